#include "pair.hpp"

namespace {

using fettle::Tensor;

/// The focal loss of T.-Y. Lin et al., "Focal loss for dense object detection" (ICCV 2017): cross entropy between a
/// mask (the reference, 0 or 1) and a probability (the candidate), in which pixels that are well told already weigh
/// little, so that the many easy ones don't drown the few that matter,
///
///     -alpha_t (1 - p_t)^gamma log(p_t),
///
/// with p_t the probability given to what the mask says, and alpha_t alpha where it says 1, 1 - alpha where 0.
struct Focal final : fettle::Similarity {
    double gamma = 2;
    double alpha = 0.25;

    static void describe(fettle::Describe<Focal>& d) {
        d.summary("Focal loss of a probability (candidate) against a mask of 0 and 1 (reference).")
            .param("gamma", &Focal::gamma,
                   "How little pixels weigh that are well told already; 0 is plain cross entropy.",
                   fettle::between(0, 10))
            .param("alpha", &Focal::alpha,
                   "Weight of the pixels that are 1 in the mask; those that are 0 weigh what is missing to 1.",
                   fettle::between(0, 1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        // Drawn in, not clamped: what is wrong beyond doubt keeps a gradient.
        const Tensor probability = candidate.clamp(0, 1) * (1 - 2 * margin) + margin;
        const Tensor given = reference * probability + (1 - reference) * (1 - probability);
        const Tensor share = reference * alpha + (1 - reference) * (1 - alpha);
        return similarity::over_channels(-share * (1 - given).pow(gamma) * given.log());
    }

   private:
    static constexpr double margin = 1e-6;  ///< from 0 and 1; float32 tells 1 - margin from 1
};

}  // namespace

void add_focal(fettle::PluginBuilder& plugin) { plugin.add<Focal>("similarity.focal"); }
