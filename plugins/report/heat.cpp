#include "heat.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace report {
namespace {

using fettle::Image;

constexpr double strongest = 0.9;  ///< how much of the image a bright colour hides

/// 256 RGB colours, readable by the colour-blind (matplotlib's inferno, as OpenCV ships it); those of the page.
const cv::Mat& colours() {
    static const cv::Mat table = [] {
        cv::Mat ramp(1, 256, CV_8U), bgr, rgb;
        for (int i = 0; i < 256; ++i) ramp.at<std::uint8_t>(i) = static_cast<std::uint8_t>(i);
        cv::applyColorMap(ramp, bgr, cv::COLORMAP_INFERNO);
        cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
        return rgb;
    }();
    return table;
}

}  // namespace

Image heat(const Image& levels) {
    Image out(levels.width, levels.height, 3);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) {
            const auto& colour = colours().at<cv::Vec3b>(*levels.at(x, y));
            std::copy(colour.val, colour.val + 3, out.at(x, y));
        }
    return out;
}

Image heat_over(const Image& image, const Image& levels) {
    Image out = image;
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) {
            std::uint8_t* pixel = out.at(x, y);
            const std::uint8_t level = *levels.at(x, y);
            const auto& colour = colours().at<cv::Vec3b>(level);
            const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];  // ITU-R BT.601
            const double weight = strongest * std::sqrt(level / 255.0);
            for (int c = 0; c < 3; ++c)
                pixel[c] = static_cast<std::uint8_t>(std::lround((1 - weight) * grey + weight * colour[c]));
        }
    return out;
}

}  // namespace report
