#include <fettle/sdk.hpp>

namespace {

/// Charbonnier's penalty sqrt(d^2 + epsilon^2) - epsilon of the difference d, averaged over channels: a square near
/// zero, an absolute difference far from it, and smooth in between. P. Charbonnier et al., "Two deterministic
/// half-quadratic regularization algorithms for computed imaging", ICIP 1994.
struct Charbonnier final : fettle::Similarity {
    double epsilon = 0.05;

    static void describe(fettle::Describe<Charbonnier>& d) {
        d.summary("Charbonnier's penalty: squared for small differences, absolute for large ones.")
            .param("epsilon", &Charbonnier::epsilon, "The difference at which one turns into the other.",
                   fettle::between(1e-4, 1));
    }

    fettle::Tensor compare(const fettle::Tensor& reference, const fettle::Tensor& candidate) const override {
        const fettle::Tensor difference = reference - candidate;
        return ((difference.square() + epsilon * epsilon).sqrt() - epsilon).mean(/*dim=*/1, /*keepdim=*/true);
    }
};

}  // namespace

FETTLE_PLUGIN(own_metric, "1.0.0", "Charbonnier's penalty") { plugin.add<Charbonnier>("own.charbonnier"); }
