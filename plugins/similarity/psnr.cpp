#include "pair.hpp"

#include <fettle/known_as.hpp>
#include <fettle/parameter.hpp>

#include <cmath>
#include <numbers>

namespace {

using fettle::Tensor;

/// How many decibels an image's peak signal-to-noise ratio lies below the best that is told apart: one number per
/// image, 0 where the two are equal. PSNR is 10 log10(1 / MSE) for brightness from 0 to 1 and infinite for equal
/// images; here the error has a floor f that such images keep,
///
///     best - 10 log10(1 / (MSE + f)) = 10 log10(1 + MSE / f),    f = 10^(-best / 10),
///
/// so that equal images score 0, and PSNR is best less the score: with 100 dB, to 1e-5 dB wherever it is below 43.
struct Psnr final : fettle::Similarity, fettle::KnownAs {
    double best = 100;

    static void describe(fettle::Describe<Psnr>& d) {
        d.summary("Decibels of peak signal-to-noise ratio below the best: one number per image, on a map of 1x1.")
            .param("best", &Psnr::best,
                   "The ratio given to equal images, in dB; the score is this less the ratio of the two images. One "
                   "level in one value of a 300x300 picture is 102 dB.",
                   fettle::between(20, 150));
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const Tensor error = similarity::over_channels(similarity::over_sides((reference - candidate).square()));
        return torch::log1p(error * std::pow(10, best / 10)) * (10 / std::numbers::ln10);
    }

    std::string known_as(double score) const override {
        if (score <= 0) return "PSNR infinite";
        const double error = std::expm1(score / weight * std::numbers::ln10 / 10) * std::pow(10, -best / 10);
        return "PSNR " + fettle::Setting(std::round(-10000 * std::log10(error)) / 1000).text() + " dB";
    }
};

}  // namespace

void add_psnr(fettle::PluginBuilder& plugin) { plugin.add<Psnr>("similarity.psnr"); }
