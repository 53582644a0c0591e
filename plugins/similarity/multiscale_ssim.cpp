#include "pair.hpp"
#include "ssim_job.hpp"
#include "ssim_map.hpp"

namespace {

using fettle::Tensor;

/// Wang, Simoncelli and Bovik, "Multi-scale structural similarity for image quality assessment" (Asilomar 2003), as
/// 1 - MS-SSIM: the product over scales of the mean of contrast and structure, at the last scale with luminance, each
/// to the power of its weight; from one scale to the next, means of 2x2 pixels. Negative means count as 0. As
/// pytorch-msssim has it: per channel, then averaged; an odd side gets a black row or column before it is halved.
struct MultiscaleSsim final : fettle::Similarity {
    /// The paper's weights, finest scale first.
    static constexpr std::array<double, 5> weights{0.0448, 0.2856, 0.3001, 0.2363, 0.1333};

    int scales = static_cast<int>(weights.size());
    int window = 11;
    double sigma = 1.5;
    double k1 = 0.01;
    double k2 = 0.03;

    static void describe(fettle::Describe<MultiscaleSsim>& d) {
        d.summary("One minus multi-scale structural similarity: one number per image.")
            .param(
                "scales", &MultiscaleSsim::scales,
                "How many scales, each half as large as the one before. With less than five, the first of the paper's "
                "weights, made to sum to 1.",
                fettle::between(1, static_cast<double>(weights.size())))
            .param("window", &MultiscaleSsim::window, "Side of the window in pixels, the same at every scale; odd.",
                   fettle::between(3, ssim::most_taps) & fettle::odd())
            .param("sigma", &MultiscaleSsim::sigma, "Standard deviation of the window's Gaussian, in pixels.",
                   fettle::between(0.1, 100))
            .param("k1", &MultiscaleSsim::k1, "Keeps the comparison of means stable where both are dark.",
                   fettle::between(0, 1))
            .param("k2", &MultiscaleSsim::k2, "Keeps the comparison of contrasts stable where both are flat.",
                   fettle::between(0, 1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        // So that the window fits into the last scale, whose side is rounded up each time.
        similarity::require_side(reference, (std::int64_t{window - 1} << (scales - 1)) + 1,
                                 std::to_string(scales) + " scales with a window of " + std::to_string(window),
                                 "scales");
        const std::int64_t images = reference.size(0), channels = reference.size(1);
        const auto planes = [&](const Tensor& batch) {
            return batch.reshape({images * channels, 1, batch.size(2), batch.size(3)});
        };
        Tensor x = planes(reference), y = planes(candidate), product;
        ssim::Window how{.taps = ssim::gaussian(window, sigma), .c1 = k1 * k1, .c2 = k2 * k2};
        for (int scale = 0; scale < scales; ++scale) {
            how.luminance = scale == scales - 1;
            const Tensor mean = 1 - similarity::over_sides(ssim::map_of(x, y, how));
            const Tensor factor = power(mean, weight_of(scale));
            product = product.defined() ? product * factor : factor;
            if (scale < scales - 1) x = halved(x), y = halved(y);
        }
        return 1 - similarity::over_channels(product.reshape({images, channels, 1, 1}));
    }

   private:
    /// All five are taken as they stand, though they sum to 1.0001.
    double weight_of(int scale) const {
        double total = 0;
        for (int k = 0; k < scales; ++k) total += weights[static_cast<std::size_t>(k)];
        return weights[static_cast<std::size_t>(scale)] / (scales == static_cast<int>(weights.size()) ? 1 : total);
    }
    /// Of what is above 0; else 0, with a gradient of 0: the power's own is infinite there. NaN stays NaN.
    static Tensor power(const Tensor& base, double exponent) {
        const Tensor below = base <= 0;
        return base.masked_fill(below, 1).pow(exponent).masked_fill(below, 0);
    }
    static Tensor halved(const Tensor& images) {
        return torch::avg_pool2d(images, /*kernel_size=*/2, /*stride=*/2, {images.size(2) % 2, images.size(3) % 2});
    }
};

}  // namespace

void add_multiscale_ssim(fettle::PluginBuilder& plugin) { plugin.add<MultiscaleSsim>("similarity.multiscale_ssim"); }
