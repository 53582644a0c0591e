#include "pair.hpp"

namespace {

using fettle::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

/// Sums of `length` neighbours along one side, N of them becoming N - length + 1: those of 1, 2, 4, ... neighbours by
/// doubling, put together as the length's binary digits say.
Tensor sums(Tensor values, int side, std::int64_t length) {
    const auto places = values.size(side) - length + 1;
    Tensor total;
    for (std::int64_t done = 0, run = 1;; run *= 2) {
        if ((length & run) != 0) {
            const Tensor part = values.narrow(side, done, places);
            total = total.defined() ? total + part : part;
            done += run;
        }
        if (done == length) return total;
        const auto longer = values.size(side) - run;
        values = values.narrow(side, 0, longer) + values.narrow(side, run, longer);
    }
}

/// Means over square windows inside the image.
struct WindowMeans : torch::autograd::Function<WindowMeans> {
    static Tensor forward(AutogradContext* context, const Tensor& values, std::int64_t window) {
        context->saved_data["window"] = window;
        return sums(sums(values, 2, window), 3, window) / static_cast<double>(window * window);
    }
    /// Each pixel gets back from every window that holds it: the same means, of the gradient on a larger ground of 0.
    static variable_list backward(AutogradContext* context, variable_list upstream) {
        const auto window = context->saved_data["window"].toInt(), edge = window - 1;
        const Tensor ground = torch::constant_pad_nd(upstream[0], {edge, edge, edge, edge});
        return {sums(sums(ground, 2, window), 3, window) / static_cast<double>(window * window), Tensor()};
    }
};

/// One minus the correlation of two images in a window about each pixel, averaged over channels, where the window
/// fits inside the image:
///
///     1 - (cov + f^2) / sqrt((var + f^2) (var' + f^2)),   f = flat, all windows uniform, population.
///
/// It doesn't see a change of brightness or contrast that is the same all over a window: 0 where one is a brighter copy
/// of the other, 1 where they have nothing to do with each other, 2 where one is the other's negative. The constant
/// makes two flat windows alike (0), and a flat one unlike any other (near 1). Local normalised correlation as in
/// B. Avants et al., "Symmetric diffeomorphic image registration with cross-correlation" (Medical Image Analysis 12,
/// 2008), without its square; the constant's place as in SSIM.
struct LocalNormalisedCorrelation final : fettle::Similarity {
    int window = 9;
    double flat = 0.01;

    static void describe(fettle::Describe<LocalNormalisedCorrelation>& d) {
        d.summary("One minus the correlation in a window: structure, whatever brightness and contrast.")
            .param("window", &LocalNormalisedCorrelation::window,
                   "Side of the window in pixels; odd. The map loses half of it on each edge.",
                   fettle::between(3, 255) & fettle::odd())
            .param("flat", &LocalNormalisedCorrelation::flat,
                   "Standard deviation, in brightness from 0 to 1, below which a window counts as flat.",
                   fettle::between(1e-3, 1));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        similarity::require_side(reference, window, "the window of " + std::to_string(window), "window");
        const Tensor x = centred(reference), y = centred(candidate);
        const Tensor mean_x = means(x), mean_y = means(y);
        const double constant = flat * flat;
        const Tensor variance_x = means(x.square()) - mean_x.square() + constant;
        const Tensor variance_y = means(y.square()) - mean_y.square() + constant;
        const Tensor covariance = means(x * y) - mean_x * mean_y + constant;
        return similarity::over_channels(1 - covariance / (variance_x * variance_y).sqrt()).clamp_min(0);
    }

   private:
    Tensor means(const Tensor& values) const { return WindowMeans::apply(values, std::int64_t{window}); }

    /// Without the image's mean, which changes nothing but leaves small numbers to square: single precision tells the
    /// variance of a flat window from 0 only so.
    static Tensor centred(const Tensor& images) {
        const Tensor values = images.contiguous();
        return values - similarity::over_sides(values.detach());
    }
};

}  // namespace

void add_local_normalised_correlation(fettle::PluginBuilder& plugin) {
    plugin.add<LocalNormalisedCorrelation>("similarity.local_normalised_correlation");
}
