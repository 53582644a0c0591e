#include "pixels.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace {

/// Results coarser than this many source pixels are averaged before they are interpolated.
constexpr double coarse = 1.25;
/// Of 255: the cover from which a pixel belongs to a defect, as in fettle::resize_mask.
constexpr int quarter = 64;

bool is_soft(const fettle::Image& mask) {
    return std::any_of(mask.pixels.begin(), mask.pixels.end(), [](auto value) { return value != 0 && value != 255; });
}

/// Averages the sample `factor` to one and gives the matrix from the result to it.
cv::Matx23d shrink(fettle::Sample& sample, const cv::Matx23d& to_source, double factor) {
    const int width = std::max(1, static_cast<int>(std::lround(sample.image.width / factor)));
    const int height = std::max(1, static_cast<int>(std::lround(sample.image.height / factor)));
    const double fx = static_cast<double>(width) / sample.image.width;
    const double fy = static_cast<double>(height) / sample.image.height;
    sample.image = fettle::resize_image(sample.image, width, height);
    sample.mask = fettle::resize_mask(sample.mask, width, height);
    const auto& m = to_source;
    return {m(0, 0) * fx, m(0, 1) * fx, (m(0, 2) + 0.5) * fx - 0.5,
            m(1, 0) * fy, m(1, 1) * fy, (m(1, 2) + 0.5) * fy - 0.5};
}

fettle::Image warped(const fettle::Image& image, const cv::Matx23d& to_source, cv::Size size, int border) {
    fettle::Image out(size.width, size.height, image.channels);
    cv::Mat target = view(out);
    cv::warpAffine(view(image), target, to_source, size, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, border);
    return out;
}

}  // namespace

cv::Mat view(fettle::Image& image) {
    return cv::Mat(image.height, image.width, CV_8UC(image.channels), image.pixels.data());
}

const cv::Mat view(const fettle::Image& image) { return view(const_cast<fettle::Image&>(image)); }

fettle::Image image_of(const cv::Mat& mat) {
    fettle::Image out(mat.cols, mat.rows, mat.channels());
    for (int y = 0; y < mat.rows; ++y)
        std::memcpy(out.at(0, y), mat.ptr(y), static_cast<std::size_t>(mat.cols) * mat.channels());
    return out;
}

cv::Mat luminance(const fettle::Image& image) {
    cv::Mat grey(image.height, image.width, CV_8UC1);
    const std::uint8_t* rgb = image.pixels.data();
    for (std::uint8_t *to = grey.data, *end = to + grey.total(); to != end; ++to, rgb += 3)
        *to = static_cast<std::uint8_t>((rgb[0] * 19595u + rgb[1] * 38470u + rgb[2] * 7471u + 32768u) >> 16);
    return grey;
}

fettle::Image part_of(const fettle::Image& image, int x, int y, int width, int height) {
    return image.empty() ? fettle::Image() : image_of(view(image)(cv::Rect(x, y, width, height)));
}

void warp(fettle::Sample& sample, const cv::Matx23d& to_source, cv::Size size, int border) {
    const double area = std::abs(to_source(0, 0) * to_source(1, 1) - to_source(0, 1) * to_source(1, 0));
    const cv::Matx23d matrix = area > coarse * coarse ? shrink(sample, to_source, std::sqrt(area)) : to_source;
    sample.image = warped(sample.image, matrix, size, border);
    if (sample.mask.empty()) return;
    const bool soft = is_soft(sample.mask);
    sample.mask = warped(sample.mask, matrix, size, cv::BORDER_CONSTANT);
    if (!soft)
        for (auto& value : sample.mask.pixels) value = value >= quarter ? 255 : 0;
}

void tell(fettle::Sample& sample, const nlohmann::json& step) {
    sample.lineage.push_back(step.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

std::string sides(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }
