#include "pair.hpp"
#include "ssim_job.hpp"
#include "ssim_map.hpp"

namespace {

using fettle::Tensor;

/// Structural similarity of Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to
/// structural similarity" (IEEE TIP 13, 2004), as 1 - SSIM. Per channel, then averaged over channels:
///
///     SSIM = (2 m_x m_y + c1)(2 s_xy + c2) / ((m_x^2 + m_y^2 + c1)(s_x^2 + s_y^2 + c2)),   c = (k * range)^2, range 1
///
/// Libraries differ in the window, in how variances are estimated and in what happens at the border; on one pair of
/// images the results lie 0.08 apart. `variant` names whose this is:
///
/// - wang: the paper's. A Gaussian window; moments of a population; only where the window fits inside the image. That
///   is tf.image.ssim and, with its defaults, pytorch-msssim; scikit-image with gaussian_weights=True and
///   use_sample_covariance=False.
/// - scikit: scikit-image's structural_similarity by default. A uniform window of 7x7; variances and covariance of a
///   sample, n / (n - 1); only where the window fits inside.
/// - torchmetrics: its structural_similarity_index_measure. A Gaussian window of int(3.5 sigma + 0.5) * 2 + 1 taps;
/// images
///   are reflected at their borders, and the map is as large as they are.
struct Ssim final : fettle::Similarity {
    static constexpr int usual_window = 11, scikit_window = 7;
    static constexpr double usual_sigma = 1.5;

    std::string variant = "wang";
    int window = usual_window;
    double sigma = usual_sigma;
    double k1 = 0.01;
    double k2 = 0.03;

    static void describe(fettle::Describe<Ssim>& d) {
        d.summary("One minus structural similarity, as the paper or as a library has it.")
            .param("variant", &Ssim::variant,
                   "Whose SSIM: `wang` is the paper's (and that of tf.image.ssim and pytorch-msssim), `scikit` and "
                   "`torchmetrics` do what these do by default, which fixes the window.",
                   fettle::one_of({"wang", "scikit", "torchmetrics"}))
            .param("window", &Ssim::window,
                   "Side of the window in pixels; odd. The map loses half of it on each edge. `scikit` has 7, "
                   "`torchmetrics` what `sigma` asks for.",
                   fettle::between(3, ssim::most_taps) & fettle::odd())
            .param("sigma", &Ssim::sigma,
                   "Standard deviation of the window's Gaussian, in pixels; `scikit` has a uniform window instead.",
                   fettle::between(0.1, 100))
            .param("k1", &Ssim::k1, "Keeps the comparison of means stable where both are dark.", fettle::between(0, 1))
            .param("k2", &Ssim::k2, "Keeps the comparison of contrasts stable where both are flat.",
                   fettle::between(0, 1))
            .check(&Ssim::contradiction);
    }

    /// What the graph says of the window against what the variant fixes. The defaults are taken for unsaid.
    std::string contradiction() const {
        const std::string own = std::to_string(taken_window());
        if (variant == "scikit" && sigma != usual_sigma)
            return "`variant = \"scikit\"` has a uniform window, and `sigma` is for a Gaussian one; leave `sigma` out, "
                   "or "
                   "take `wang`";
        if (taken_window() > ssim::most_taps)
            return "`variant = \"torchmetrics\"` makes its window " + own + " wide for this `sigma`, and " +
                   std::to_string(ssim::most_taps) + " is the most; take a `sigma` of at most 36";
        if (window == taken_window() || window == usual_window) return "";
        if (variant == "scikit") return "`variant = \"scikit\"` has a window of 7; leave `window` out, or take `wang`";
        return "`variant = \"torchmetrics\"` makes its window " + own +
               " wide for this `sigma`; leave `window` out, or "
               "take `wang`";
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const int count = taken_window();
        ssim::Window how{.taps = ssim::gaussian(count, sigma), .c1 = k1 * k1, .c2 = k2 * k2};
        if (variant == "torchmetrics") {
            const int edge = count / 2;
            similarity::require_side(reference, edge + 1, "a reflection of " + std::to_string(edge) + " pixels",
                                     "sigma");
            const auto reflected = [edge](const Tensor& images) {
                return torch::reflection_pad2d(images, {edge, edge, edge, edge});
            };
            return ssim::map_of(reflected(reference), reflected(candidate), how);
        }
        similarity::require_side(reference, count, "the window of " + std::to_string(count), "window");
        if (variant == "scikit") {
            const double pixels = count * count;
            how.taps = ssim::uniform(count);
            how.correction = pixels / (pixels - 1);
        }
        return ssim::map_of(reference, candidate, how);
    }

   private:
    int taken_window() const {
        if (variant == "scikit") return scikit_window;
        return variant == "torchmetrics" ? static_cast<int>(3.5 * sigma + 0.5) * 2 + 1 : window;
    }
};

}  // namespace

void add_ssim(fettle::PluginBuilder& plugin) { plugin.add<Ssim>("similarity.ssim"); }
