#include "circle.hpp"
#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

/// Marks a part of each image in its mask, for stages that ask where something may lie. The mask then says nothing of
/// defects any more.
struct Region final : fettle::Transform {
    std::string within = "image";
    std::array<double, 2> ring{0, 1};
    std::array<double, 2> search{0.3, 0.55};
    std::string tone = "any";
    double blur = 0.01;
    double margin = 0;

    static void describe(fettle::Describe<Region>& d) {
        d.summary("Masks of where something may lie: a round part, a ring of it, its bright or its dark places.")
            .param("within", &Region::within,
                   "Where to look: the whole \"image\", or the \"circle\" that a round part's outline makes.",
                   fettle::one_of({"image", "circle"}))
            .param("ring", &Region::ring, "Of \"circle\": from where to where, as shares of its radius.",
                   fettle::between(0, 2))
            .param("search", &Region::search,
                   "Of \"circle\": least and greatest radius it may have, as shares of the image's shorter side.",
                   fettle::between(0.05, 1))
            .param("tone", &Region::tone,
                   "What is marked there: everything, or what is brighter or darker than a threshold by Otsu, found "
                   "among what lies there.",
                   fettle::one_of({"any", "bright", "dark"}))
            .param("blur", &Region::blur,
                   "Standard deviation of the blur before the threshold, as a share of the shorter side.",
                   fettle::between(0, 0.5))
            .param("margin", &Region::margin,
                   "How far the mask stays away from its own edge, as a share of the shorter side.",
                   fettle::between(0, 0.5))
            .check(&Region::ranges_ascend);
    }

    std::string ranges_ascend() const {
        for (const auto& [name, range] : {std::pair{"ring", ring}, std::pair{"search", search}})
            if (range[0] >= range[1])
                return std::string("`") + name + "` begins with the lower number, and the two differ";
        return "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        const cv::Mat grey = luminance(sample.image);
        const double shorter = std::min(grey.cols, grey.rows);
        cv::Mat marked(grey.size(), CV_8UC1, cv::Scalar(255));
        if (within == "circle") marked = circle_of(sample, grey, shorter);
        if (tone != "any") marked &= of_tone(grey, marked, blur * shorter);
        if (const int pixels = static_cast<int>(std::lround(margin * shorter)); pixels > 0)
            cv::erode(marked, marked, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * pixels + 1, 2 * pixels + 1}),
                      {-1, -1}, 1, cv::BORDER_CONSTANT, cv::Scalar(0));
        sample.mask = image_of(marked);
        sample.instances = {};
        sample.instance_classes.clear();
        return sample;
    }

   private:
    /// Nothing where no outline goes round; the lineage says so.
    cv::Mat circle_of(fettle::Sample& sample, const cv::Mat& grey, double shorter) const {
        cv::Mat marked(grey.size(), CV_8UC1, cv::Scalar(0));
        const auto circle = find_circle(grey, search[0] * shorter, search[1] * shorter);
        tell(sample, {{"stage", "transform.region"}, {"found", circle.has_value()}});
        if (!circle) return marked;
        const double inner = ring[0] * circle->radius, outer = ring[1] * circle->radius;
        for (int y = 0; y < marked.rows; ++y)
            for (int x = 0; x < marked.cols; ++x)
                if (const double r = std::hypot(x - circle->x, y - circle->y); r >= inner && r <= outer)
                    marked.at<std::uint8_t>(y, x) = 255;
        return marked;
    }

    cv::Mat of_tone(const cv::Mat& grey, const cv::Mat& where, double sigma) const {
        cv::Mat soft = grey, values(0, 0, CV_8UC1), out;
        if (sigma > 0) cv::GaussianBlur(grey, soft, {}, sigma, sigma, cv::BORDER_REFLECT_101);
        for (int y = 0; y < soft.rows; ++y)
            for (int x = 0; x < soft.cols; ++x)
                if (where.at<std::uint8_t>(y, x) != 0) values.push_back(soft.at<std::uint8_t>(y, x));
        if (values.empty()) return cv::Mat::zeros(grey.size(), CV_8UC1);
        cv::Mat unused;
        const double level = cv::threshold(values, unused, 0, 255, cv::THRESH_BINARY | cv::THRESH_OTSU);
        cv::threshold(soft, out, level, 255, tone == "bright" ? cv::THRESH_BINARY : cv::THRESH_BINARY_INV);
        return out;
    }
};

}  // namespace

void add_region(fettle::PluginBuilder& plugin) { plugin.add<Region>("transform.region"); }
