#include "overlay.hpp"

#include <fettle/error.hpp>

#include <openssl/evp.h>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace report {
namespace {

using fettle::Image;

constexpr int jpeg_quality = 82;
constexpr double strongest = 0.9;  ///< how much of the image a bright colour hides

Image shrunk(const Image& image, int side) {
    const int longer = std::max(image.width, image.height);
    if (longer <= side) return image;
    const auto scaled = [&](int length) { return std::max((length * side + longer / 2) / longer, 1); };
    return fettle::resize_image(image, scaled(image.width), scaled(image.height));
}

/// The map in the middle of a picture of its image's size, 255 at `high`. One number for the whole image fills it.
Image heat(const fettle::Plane& map, int width, int height, double high) {
    if (map.width > width || map.height > height)
        throw fettle::Error(fettle::Fault::shape, "a map of " + std::to_string(map.width) + "x" +
                                                      std::to_string(map.height) + " is larger than its image of " +
                                                      std::to_string(width) + "x" + std::to_string(height));
    Image out(width, height, 1);
    const auto level = [&](float value) {
        return static_cast<std::uint8_t>(std::lround(255 * std::clamp(value / high, 0.0, 1.0)));
    };
    if (map.width == 1 && map.height == 1) {
        std::fill(out.pixels.begin(), out.pixels.end(), level(map.values.front()));
        return out;
    }
    const int left = (width - map.width) / 2, top = (height - map.height) / 2;
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            *out.at(left + x, top + y) = level(map.values[static_cast<std::size_t>(y) * map.width + x]);
    return out;
}

/// 256 RGB colours from violet to bright yellow, readable by the colour-blind; the black quarter at their low end is
/// left out, since it would look like the image's own shadows. The page's legend shows the same ones.
const cv::Mat& colours() {
    static const cv::Mat table = [] {
        cv::Mat ramp(1, 256, CV_8U), bgr, rgb;
        for (int i = 0; i < 256; ++i) ramp.at<std::uint8_t>(i) = static_cast<std::uint8_t>(64 + i * 3 / 4);
        cv::applyColorMap(ramp, bgr, cv::COLORMAP_INFERNO);
        cv::cvtColor(bgr, rgb, cv::COLOR_BGR2RGB);
        return rgb;
    }();
    return table;
}

}  // namespace

std::string data_uri(const Image& image, int side) {
    const auto bytes = fettle::encode_image(shrunk(image, side), ".jpg", jpeg_quality);
    std::string base64((bytes.size() + 2) / 3 * 4 + 1, '\0');
    base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                                           bytes.data(), static_cast<int>(bytes.size()))));
    return "data:image/jpeg;base64," + base64;
}

Image overlay(const Image& image, const fettle::Plane& map, double high, int side) {
    Image out = shrunk(image, side);
    const Image values = shrunk(heat(map, image.width, image.height, high), side);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) {
            std::uint8_t* pixel = out.at(x, y);
            const std::uint8_t value = *values.at(x, y);
            const auto& colour = colours().at<cv::Vec3b>(value);
            const double grey = 0.299 * pixel[0] + 0.587 * pixel[1] + 0.114 * pixel[2];
            const double weight = strongest * std::sqrt(value / 255.0);
            for (int c = 0; c < 3; ++c)
                pixel[c] = static_cast<std::uint8_t>(std::lround((1 - weight) * grey + weight * colour[c]));
        }
    return out;
}

}  // namespace report
