#include "pair.hpp"

namespace {

using fettle::Tensor;

/// How far the candidate's brightness, taken as the probability of a bright pixel, is from the reference's: the
/// divergence of Kullback and Leibler between two Bernoulli distributions, in nats, averaged over channels,
///
///     r log(r / c) + (1 - r) log((1 - r) / (1 - c)).
///
/// It is the cross entropy that variational autoencoders learn by (D. Kingma, M. Welling, "Auto-encoding variational
/// Bayes", ICLR 2014) less what a perfect reconstruction would cost, and so 0 where the two are equal. Not symmetric.
struct Divergence final : fettle::Similarity {
    double margin = 1e-3;

    static void describe(fettle::Describe<Divergence>& d) {
        d.summary("Divergence of the candidate from the reference, with brightness as a probability.")
            .param("margin", &Divergence::margin,
                   "How far black and white are drawn in from 0 and 1, where the divergence would be infinite.",
                   fettle::between(1e-6, 0.1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const Tensor r = drawn_in(reference), c = drawn_in(candidate);
        return similarity::over_channels(r * (r.log() - c.log()) + (1 - r) * (torch::log1p(-r) - torch::log1p(-c)));
    }

   private:
    /// Not clamped at the margin: black where it should be white would have no gradient to leave by.
    Tensor drawn_in(const Tensor& images) const { return images.clamp(0, 1) * (1 - 2 * margin) + margin; }
};

}  // namespace

void add_divergence(fettle::PluginBuilder& plugin) { plugin.add<Divergence>("similarity.divergence"); }
