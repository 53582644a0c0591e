#include "circle.hpp"
#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <numbers>

namespace {

constexpr double pi = std::numbers::pi;
constexpr int directions = 720;
/// Of 255: an angular wave weaker than this is no feature to turn a part by.
constexpr double least_wave = 0.5;

/// Round parts brought to one place, one size and, where asked, one angle, so that the same pixel of every image shows
/// the same of the part.
struct Align final : fettle::Transform {
    double radius = 0.45;
    std::array<double, 2> search{0.3, 0.55};
    bool round = false;
    std::string angle = "keep";
    int harmonic = 1;
    std::array<double, 2> ring{0.3, 0.95};

    static void describe(fettle::Describe<Align>& d) {
        d.summary("Round parts brought to the image's centre at one radius, and turned alike.")
            .param("radius", &Align::radius, "The part's radius afterwards, as a share of the image's shorter side.",
                   fettle::between(0.05, 2))
            .param("search", &Align::search,
                   "Least and greatest radius that the part's outline may have now, as shares of the shorter side.",
                   fettle::between(0.05, 1))
            .param("round", &Align::round, "Whether a part seen askew, as an ellipse, is made round.")
            .param("angle", &Align::angle,
                   "\"keep\" turns nothing; \"dominant\" turns the brightest direction of the ring upwards.",
                   fettle::one_of({"keep", "dominant"}))
            .param("harmonic", &Align::harmonic,
                   "Of \"dominant\": how often the part's feature repeats in a full turn: 6 for a wheel with 6 spokes.",
                   fettle::between(1, 128))
            .param(
                "ring", &Align::ring,
                "Of \"dominant\": the ring that is looked at, from inside to outside, as shares of the part's radius.",
                fettle::between(0, 1.5))
            .check(&Align::ranges_ascend);
    }

    std::string ranges_ascend() const {
        for (const auto& [name, range] : {std::pair{"search", search}, std::pair{"ring", ring}})
            if (range[0] >= range[1])
                return std::string("`") + name + "` begins with the lower number, and the two differ";
        return "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        const cv::Mat grey = luminance(sample.image);
        const double shorter = std::min(grey.cols, grey.rows);
        const auto circle = find_circle(grey, search[0] * shorter, search[1] * shorter);
        nlohmann::json step{{"stage", "transform.align"}, {"found", circle.has_value()}};
        if (circle) {
            const double turn = angle == "dominant" ? turn_of(grey, *circle) : 0;
            bring(sample, *circle, radius * shorter / circle->radius, turn);
            step.update({{"x", circle->x},
                         {"y", circle->y},
                         {"radius", circle->radius},
                         {"flattening", circle->flattening},
                         {"support", circle->support},
                         {"angle", turn * 180 / pi}});
        }
        tell(sample, step);
        return sample;
    }

   private:
    /// Moves the circle to the middle of the image, `scale` times as large, turned clockwise by `turn` radians.
    void bring(fettle::Sample& sample, const Circle& circle, double scale, double turn) const {
        const cv::Matx22d turned(std::cos(turn), std::sin(turn), -std::sin(turn), std::cos(turn));
        const double f = round ? circle.flattening : 0, c = f * std::cos(2 * circle.axis),
                     s = f * std::sin(2 * circle.axis);
        const cv::Matx22d squeezed(1 + c, s, s, 1 - c);  // along the axis by 1 + f, across it by 1 - f
        const cv::Matx22d m = squeezed * turned * (1 / scale);
        const cv::Vec2d middle((sample.image.width - 1) / 2.0, (sample.image.height - 1) / 2.0);
        const cv::Vec2d offset = cv::Vec2d(circle.x, circle.y) - m * middle;
        warp(sample, {m(0, 0), m(0, 1), offset[0], m(1, 0), m(1, 1), offset[1]},
             {sample.image.width, sample.image.height}, cv::BORDER_REPLICATE);
    }

    /// The smallest turn, clockwise in radians, that brings a crest of the ring's angular wave to the top; 0 where it
    /// has none.
    double turn_of(const cv::Mat& grey, const Circle& circle) const {
        const int steps = std::max(2, static_cast<int>((ring[1] - ring[0]) * circle.radius));
        std::complex<double> wave = 0;
        for (int d = 0; d < directions; ++d) {
            const double at = 2 * pi * d / directions;
            double sum = 0;
            for (int k = 0; k < steps; ++k) {
                const double r = circle.radius * (ring[0] + (ring[1] - ring[0]) * k / (steps - 1));
                sum += nearest(grey, circle.x + r * std::cos(at), circle.y + r * std::sin(at));
            }
            wave += sum / steps * std::polar(2.0 / directions, -harmonic * at);
        }
        if (std::abs(wave) < least_wave) return 0;
        const double period = 2 * pi / harmonic, crest = -std::arg(wave) / harmonic;  // y goes down: clockwise
        return std::remainder(-pi / 2 - crest, period);
    }

    static double nearest(const cv::Mat& grey, double x, double y) {
        return grey.at<std::uint8_t>(std::clamp(cvRound(y), 0, grey.rows - 1),
                                     std::clamp(cvRound(x), 0, grey.cols - 1));
    }
};

}  // namespace

void add_align(fettle::PluginBuilder& plugin) { plugin.add<Align>("transform.align"); }
