#include "gradient.hpp"

namespace {

using fettle::Tensor;

/// `similarity.gradient_magnitude` at several scales, each half the one before, brought back to the images' size and
/// averaged: MSGMS of V. Zavrtanik, M. Kristan, D. Skočaj, "Reconstruction by inpainting for visual anomaly detection"
/// (Pattern Recognition 112, 2021). Small scales see large defects of low contrast. Beyond the edge the images go on
/// as they are there, so that the maps of all scales cover all of the image.
struct MultiscaleGradientMagnitude final : fettle::Similarity {
    double constant = 0.0026;
    int scales = 4;

    static void describe(fettle::Describe<MultiscaleGradientMagnitude>& d) {
        d.summary("One minus the similarity of gradient magnitudes, averaged over scales.")
            .param("constant", &MultiscaleGradientMagnitude::constant,
                   "Keeps flat places alike: squared steepness, in brightness from 0 to 1 per pixel, below which edges "
                   "don't count.",
                   fettle::between(1e-6, 1))
            .param("scales", &MultiscaleGradientMagnitude::scales, "How many scales, each half the one before.",
                   fettle::between(1, 8));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const std::int64_t coarsest = std::int64_t{1} << (scales - 1);
        similarity::require_side(reference, 2 * coarsest + 1, std::to_string(scales) + " scales", "scales");
        Tensor r = reference, c = candidate, sum = at_scale(r, c, 0, reference);
        for (int scale = 1; scale < scales; ++scale) {
            r = halved(r), c = halved(c);
            sum = sum + at_scale(r, c, scale, reference);
        }
        return sum / scales;
    }

   private:
    /// Means of 2x2 pixels; where a side is odd, the last ones of what there is.
    static Tensor halved(const Tensor& images) {
        return torch::avg_pool2d(images, 2, 2, 0, /*ceil_mode=*/true, /*count_include_pad=*/false);
    }

    /// The map of images halved `scale` times, as large as `original` and in its place.
    Tensor at_scale(const Tensor& reference, const Tensor& candidate, int scale, const Tensor& original) const {
        const auto extended = [](const Tensor& images) { return torch::replication_pad2d(images, {1, 1, 1, 1}); };
        const Tensor map = similarity::over_channels(
            similarity::gradient_difference(extended(reference), extended(candidate), constant));
        if (scale == 0) return map;
        return torch::upsample_bilinear2d(map, {map.size(2) << scale, map.size(3) << scale}, /*align_corners=*/false)
            .narrow(2, 0, original.size(2))
            .narrow(3, 0, original.size(3));
    }
};

}  // namespace

void add_multiscale_gradient_magnitude(fettle::PluginBuilder& plugin) {
    plugin.add<MultiscaleGradientMagnitude>("similarity.multiscale_gradient_magnitude");
}
