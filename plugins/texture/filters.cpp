#include "filters.hpp"

#include <opencv2/imgproc.hpp>

#include <cmath>

namespace texture {
namespace {

struct Kernels {
    cv::Mat smooth, slope;
};

/// The Gaussian, and what it has to be correlated with for its derivative.
Kernels kernels(double sigma) {
    const int radius = static_cast<int>(4 * sigma + 0.5);
    Kernels out{cv::Mat(1, 2 * radius + 1, CV_64F), cv::Mat(1, 2 * radius + 1, CV_64F)};
    double sum = 0;
    for (int x = -radius; x <= radius; ++x) sum += std::exp(-0.5 * x * x / (sigma * sigma));
    for (int x = -radius; x <= radius; ++x) {
        const double weight = std::exp(-0.5 * x * x / (sigma * sigma)) / sum;
        out.smooth.at<double>(x + radius) = weight;
        out.slope.at<double>(x + radius) = weight * x / (sigma * sigma);
    }
    return out;
}

cv::Mat filtered(const cv::Mat& values, const cv::Mat& across, const cv::Mat& down) {
    cv::Mat out;
    cv::sepFilter2D(values, out, CV_32F, across, down, {-1, -1}, 0, cv::BORDER_REFLECT);
    return out;
}

}  // namespace

cv::Mat brightness(const fettle::Image& image, const std::string& light) {
    cv::Mat out(image.height, image.width, CV_32F);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            const std::uint8_t* rgb = image.at(x, y);
            out.at<float>(y, x) = (0.299f * rgb[0] + 0.587f * rgb[1] + 0.114f * rgb[2]) / 255;
        }
    if (light == "logarithm") {
        constexpr double dark = 0.03;  // keeps the noise of black places small
        cv::log(out + dark, out);
    }
    return out;
}

cv::Mat smoothed(const cv::Mat& values, double sigma) {
    const Kernels kernel = kernels(sigma);
    return filtered(values, kernel.smooth, kernel.smooth);
}

Gradient gradient(const cv::Mat& values, double sigma) {
    const Kernels kernel = kernels(sigma);
    return {filtered(values, kernel.slope, kernel.smooth), filtered(values, kernel.smooth, kernel.slope)};
}

}  // namespace texture
