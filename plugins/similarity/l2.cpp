#include "pair.hpp"

namespace {

using fettle::Tensor;

/// Squared difference, averaged over channels: its mean over a map is the mean squared error.
struct L2 final : fettle::Similarity {
    static void describe(fettle::Describe<L2>& d) { d.summary("Squared difference, averaged over channels."); }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        return similarity::over_channels((reference - candidate).square());
    }
};

}  // namespace

void add_l2(fettle::PluginBuilder& plugin) { plugin.add<L2>("similarity.l2"); }
