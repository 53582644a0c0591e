#include "pair.hpp"

namespace {

using fettle::Tensor;

/// Charbonnier's penalty of the difference d, averaged over channels: a square near zero, an absolute difference far
/// from it, and smooth in between,
///
///     sqrt(d^2 + epsilon^2) - epsilon = d^2 / (sqrt(d^2 + epsilon^2) + epsilon),
///
/// of which the second form keeps its digits where d is small. P. Charbonnier et al., "Two deterministic
/// half-quadratic regularization algorithms for computed imaging" (ICIP 1994); the default as in W.-S. Lai et al.,
/// "Deep Laplacian pyramid networks for fast and accurate super-resolution" (CVPR 2017).
struct Charbonnier final : fettle::Similarity {
    double epsilon = 1e-3;

    static void describe(fettle::Describe<Charbonnier>& d) {
        d.summary("Charbonnier's penalty: squared for small differences, absolute for large ones.")
            .param("epsilon", &Charbonnier::epsilon,
                   "The difference at which square turns into absolute, in brightness from 0 to 1.",
                   fettle::between(1e-6, 1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const Tensor squared = (reference - candidate).square();
        return similarity::over_channels(squared / ((squared + epsilon * epsilon).sqrt() + epsilon));
    }
};

}  // namespace

void add_charbonnier(fettle::PluginBuilder& plugin) { plugin.add<Charbonnier>("similarity.charbonnier"); }
