#include "pair.hpp"

namespace {

using fettle::Tensor;

/// One minus the soft Dice coefficient of a mask m and a probability p over the whole image, one number per image; as
/// in F. Milletari, N. Navab, S.-A. Ahmadi, "V-Net" (3DV 2016), with squares below the line, so that any image equals
/// itself, and with a constant that decides for empty masks,
///
///     1 - (2 sum(m p) + smooth) / (sum(m^2) + sum(p^2) + smooth) = sum((m - p)^2) / (sum(m^2) + sum(p^2) + smooth).
struct Dice final : fettle::Similarity {
    double smooth = 1;

    static void describe(fettle::Describe<Dice>& d) {
        d.summary("One minus the soft Dice coefficient: one number per image, on a map of 1x1.")
            .param("smooth", &Dice::smooth,
                   "Added above and below the line, in pixels: what is anomalous by less hardly counts.",
                   fettle::between(1e-6, 1e6));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const auto sum = [](const Tensor& values) {  // as similarity::over_sides, for the same reason
            return values.sum(/*dim=*/3, true).sum(/*dim=*/2, true).sum(/*dim=*/1, true);
        };
        return sum((reference - candidate).square()) / (sum(reference.square() + candidate.square()) + smooth);
    }
};

}  // namespace

void add_dice(fettle::PluginBuilder& plugin) { plugin.add<Dice>("similarity.dice"); }
