#include "pair.hpp"

namespace {

using fettle::Tensor;

/// Absolute difference, averaged over channels: its mean over a map is the mean absolute error. Less drawn to a few
/// large differences than the square.
struct L1 final : fettle::Similarity {
    static void describe(fettle::Describe<L1>& d) { d.summary("Absolute difference, averaged over channels."); }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        return similarity::over_channels((reference - candidate).abs());
    }
};

}  // namespace

void add_l1(fettle::PluginBuilder& plugin) { plugin.add<L1>("similarity.l1"); }
