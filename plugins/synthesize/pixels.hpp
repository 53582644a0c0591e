// OpenCV's view of an image, and colours between its pixels.
#pragma once

#include <fettle/image.hpp>

#include <opencv2/core.hpp>

#include <algorithm>
#include <array>
#include <cmath>

/// The same pixels as a matrix, for reading; the image must outlive it.
inline cv::Mat matrix_of(const fettle::Image& image) {
    return cv::Mat(image.height, image.width, CV_8UC(image.channels), const_cast<std::uint8_t*>(image.pixels.data()));
}

/// RGB at a place between pixel centres, bilinear; beyond the border as on it.
inline std::array<float, 3> colour_at(const fettle::Image& image, float x, float y) {
    x = std::clamp(x, 0.0f, static_cast<float>(image.width - 1));
    y = std::clamp(y, 0.0f, static_cast<float>(image.height - 1));
    const int left = static_cast<int>(x), top = static_cast<int>(y);
    const int right = std::min(left + 1, image.width - 1), bottom = std::min(top + 1, image.height - 1);
    const float u = x - static_cast<float>(left), v = y - static_cast<float>(top);
    const std::uint8_t *a = image.at(left, top), *b = image.at(right, top), *c = image.at(left, bottom),
                       *d = image.at(right, bottom);
    std::array<float, 3> colour;
    for (std::size_t k = 0; k < 3; ++k) {
        const float upper = a[k] + u * (b[k] - a[k]), lower = c[k] + u * (d[k] - c[k]);
        colour[k] = upper + v * (lower - upper);
    }
    return colour;
}
