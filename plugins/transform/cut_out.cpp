#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace {

/// Figures cut out of an image at random places: holes in a cut-out, patches painted over in a picture.
struct CutOut final : fettle::Transform {
    std::string shape = "random";
    std::vector<int> count{1};
    std::array<double, 2> size{0.1, 0.3};
    std::array<int, 3> colour{0, 0, 0};
    std::string mask = "clear";

    static void describe(fettle::Describe<CutOut>& d) {
        d.summary("Figures cut out of images at random places, or painted over.")
            .param("shape", &CutOut::shape, "What is cut out; \"random\" draws one of the others for each.",
                   fettle::one_of({"rectangle", "square", "circle", "triangle", "random"}))
            .param("count", &CutOut::count, "How many figures: a number, or the least and the most.",
                   fettle::between(0, 1000))
            .param("size", &CutOut::size,
                   "Least and greatest side (of a circle: diameter), as a share of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 4})
            .param("colour", &CutOut::colour, "What is painted there: red, green and blue of 255.",
                   fettle::between(0, 255))
            .param("mask", &CutOut::mask,
                   "\"clear\": the mask is emptied there (a hole in a cut-out, no anomaly in a picture); \"keep\": it "
                   "stays.",
                   fettle::one_of({"clear", "keep"}))
            .random()
            .check(&CutOut::ranges_ascend);
    }

    std::string ranges_ascend() const {
        if (count.empty() || count.size() > 2) return "`count` is a number, or a list of the least and the most";
        if (count.front() > count.back()) return "`count` begins with the greater number";
        return size[0] > size[1] ? "`size` begins with the greater number" : "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const int wanted = random.integer(count.front(), count.back());
        for (int k = 0; k < wanted; ++k) cut(sample, random);
        return sample;
    }

   private:
    void cut(fettle::Sample& sample, fettle::Random& random) const {
        static const char* const shapes[] = {"rectangle", "square", "circle", "triangle"};
        const std::string drawn = shapes[random.integer(0, 3)], figure = shape == "random" ? drawn : shape;
        const double shorter = std::min(sample.image.width, sample.image.height);
        const double width = shorter * random.uniform(size[0], size[1]);
        const double other = shorter * random.uniform(size[0], size[1]), turn = random.uniform(0, 360);
        const double height = figure == "rectangle" ? other : width;
        const cv::Point2d middle(random.uniform(0, sample.image.width), random.uniform(0, sample.image.height));
        paint(view(sample.image), figure, middle, width, height, turn,
              {1.0 * colour[0], 1.0 * colour[1], 1.0 * colour[2]});
        if (mask == "clear" && !sample.mask.empty()) paint(view(sample.mask), figure, middle, width, height, turn, {0});
        tell(sample, {{"stage", "transform.cut_out"},
                      {"shape", figure},
                      {"x", middle.x},
                      {"y", middle.y},
                      {"width", width},
                      {"height", height},
                      {"angle", figure == "triangle" ? turn : 0}});
    }

    /// Rectangles stand upright; a triangle, with equal sides, is turned.
    static void paint(cv::Mat pixels, const std::string& figure, cv::Point2d middle, double width, double height,
                      double turn, const cv::Scalar& paint) {
        const auto at = [](double x, double y) { return cv::Point(cvFloor(x), cvFloor(y)); };
        if (figure == "circle")
            return cv::circle(pixels, at(middle.x, middle.y), cvRound(width / 2), paint, cv::FILLED);
        if (figure != "triangle")
            return cv::rectangle(pixels, at(middle.x - width / 2, middle.y - height / 2),
                                 at(middle.x + width / 2, middle.y + height / 2), paint, cv::FILLED);
        std::vector<cv::Point> corners;
        for (int k = 0; k < 3; ++k) {
            const double angle = (turn + 120 * k) * std::numbers::pi / 180, radius = width / std::sqrt(3.0);
            corners.push_back(at(middle.x + radius * std::cos(angle), middle.y + radius * std::sin(angle)));
        }
        cv::fillConvexPoly(pixels, corners, paint);
    }
};

}  // namespace

void add_cut_out(fettle::PluginBuilder& plugin) { plugin.add<CutOut>("transform.cut_out"); }
