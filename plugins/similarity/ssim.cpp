#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using fettle::Tensor;

/// Structural similarity of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
/// structural similarity" (IEEE TIP 13, 2004), as 1 - SSIM. Per channel, then averaged over channels:
///
///     SSIM = (2 m_x m_y + c1)(2 s_xy + c2) / ((m_x^2 + m_y^2 + c1)(s_x^2 + s_y^2 + c2)),   c = (k * range)^2, range 1
///
/// with means, variances and covariance weighted by a Gaussian window (population, not sample), taken only where the
/// window fits inside the image. That is tf.image.ssim and, with its defaults, pytorch-msssim; scikit-image gives
/// the same with gaussian_weights=True and use_sample_covariance=False.
struct Ssim final : fettle::Similarity {
    int window = 11;
    double sigma = 1.5;
    double k1 = 0.01;
    double k2 = 0.03;

    static void describe(fettle::Describe<Ssim>& d) {
        d.summary("One minus structural similarity under a Gaussian window.")
            .param("window", &Ssim::window, "Side of the window in pixels; odd. The map loses half of it on each edge.",
                   fettle::between(3, 255) & fettle::odd())
            .param("sigma", &Ssim::sigma, "Standard deviation of the window's Gaussian, in pixels.",
                   fettle::between(0.1, 100))
            .param("k1", &Ssim::k1, "Keeps the comparison of means stable where both are dark.", fettle::between(0, 1))
            .param("k2", &Ssim::k2, "Keeps the comparison of contrasts stable where both are flat.",
                   fettle::between(0, 1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        const auto height = reference.size(2), width = reference.size(3);
        if (height < window || width < window)
            throw fettle::Error(fettle::Fault::shape, "images of " + std::to_string(width) + "x" +
                                                          std::to_string(height) + " are smaller than the window of " +
                                                          std::to_string(window))
                .parameter("window")
                .help("take a smaller window or larger images");
        const Tensor rows = band(height, reference), columns = band(width, reference).t();
        const auto blur = [&](const Tensor& x) { return torch::matmul(torch::matmul(rows, x), columns); };

        const Tensor mean_x = blur(reference), mean_y = blur(candidate);
        const Tensor mean_xx = mean_x * mean_x, mean_yy = mean_y * mean_y, mean_xy = mean_x * mean_y;
        const Tensor variance_sum = blur(reference * reference + candidate * candidate) - mean_xx - mean_yy;
        const Tensor covariance = blur(reference * candidate) - mean_xy;

        const double c1 = k1 * k1, c2 = k2 * k2;
        const Tensor luminance = (2 * mean_xy + c1) / (mean_xx + mean_yy + c1);
        const Tensor structure = (2 * covariance + c2) / (variance_sum + c2);
        return 1 - (luminance * structure).mean(/*dim=*/1, /*keepdim=*/true);
    }

   private:
    /// The window as a banded matrix, (side - window + 1) x side, so that filtering both ways is two matrix products:
    /// on the CPU some twenty times faster, forward and backward, than a depthwise convolution.
    Tensor band(std::int64_t side, const Tensor& like) const {
        Tensor taps = torch::arange(window, torch::kFloat64) - (window - 1) / 2.0;
        taps = torch::exp(-taps.square() / (2 * sigma * sigma));
        taps /= taps.sum();
        Tensor matrix = torch::zeros({side - window + 1, side}, torch::kFloat64);
        for (int k = 0; k < window; ++k) matrix.diagonal(k).fill_(taps[k]);
        return matrix.to(like.options());
    }
};

}  // namespace

void add_ssim(fettle::PluginBuilder& plugin) { plugin.add<Ssim>("similarity.ssim"); }
