#include "gradient.hpp"

namespace {

using fettle::Tensor;

/// How unlike the edges of two images are, whatever their brightness: `similarity::gradient_difference`, averaged
/// over channels, where Prewitt's window fits inside the image.
///
/// With `deviation` the paper's index, GMSD: the standard deviation (population) over the image, averaged over
/// channels. As the authors' program does, that halves the images first (means of 2x2 pixels) and takes them for black
/// beyond their edge.
struct GradientMagnitude final : fettle::Similarity {
    double constant = 0.0026;
    bool deviation = false;

    static void describe(fettle::Describe<GradientMagnitude>& d) {
        d.summary("One minus the similarity of gradient magnitudes: edges, whatever the brightness.")
            .param("constant", &GradientMagnitude::constant,
                   "Keeps flat places alike: squared steepness, in brightness from 0 to 1 per pixel, below which edges "
                   "don't count.",
                   fettle::between(1e-6, 1))
            .param("deviation", &GradientMagnitude::deviation,
                   "Whether to give GMSD, the deviation over the image: one number per image, on a map of 1x1.");
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        if (deviation) return deviation_of(reference, candidate);
        similarity::require_side(reference, 3, "Prewitt's window of 3");
        return similarity::over_channels(similarity::gradient_difference(reference, candidate, constant));
    }

   private:
    Tensor deviation_of(const Tensor& reference, const Tensor& candidate) const {
        similarity::require_side(reference, 6, "Prewitt's window of 3 once they are halved");
        const auto prepared = [](const Tensor& images) {
            return torch::constant_pad_nd(torch::avg_pool2d(images, 2), {1, 1, 1, 1});
        };
        const Tensor map = similarity::gradient_difference(prepared(reference), prepared(candidate), constant);
        const Tensor variance = similarity::over_sides((map - similarity::over_sides(map)).square());
        return similarity::over_channels(similarity::root(variance));
    }
};

}  // namespace

void add_gradient_magnitude(fettle::PluginBuilder& plugin) {
    plugin.add<GradientMagnitude>("similarity.gradient_magnitude");
}
