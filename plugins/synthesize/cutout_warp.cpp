#include "cutout_warp.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr int frame = 2;
constexpr double unit = 65536;  // of fixed-point places

/// The four bytes of a pixel, each in 16 bits of its own.
std::uint64_t spread(std::uint32_t pixel) {
    return (pixel & 0x00FF00FFu) | static_cast<std::uint64_t>(pixel & 0xFF00FF00u) << 24;
}

std::uint32_t packed(std::uint64_t lanes) {
    return static_cast<std::uint32_t>(lanes & 0x00FF00FFu) | static_cast<std::uint32_t>(lanes >> 24 & 0xFF00FF00u);
}

/// Four neighbours mixed by where between them the place lies, in 256ths. The weights sum to 256, so no lane overflows
/// and a colour that is no greater than its alpha stays so.
std::uint32_t between(const std::uint8_t* top, const std::uint8_t* bottom, std::uint32_t right, std::uint32_t down) {
    std::uint32_t pixels[4];
    std::memcpy(pixels, top, 8);
    std::memcpy(pixels + 2, bottom, 8);
    if ((pixels[0] | pixels[1] | pixels[2] | pixels[3]) == 0) return 0;
    const std::uint32_t both = right * down >> 8;
    const std::uint64_t sum = spread(pixels[0]) * (256 - right - down + both) + spread(pixels[1]) * (right - both) +
                              spread(pixels[2]) * (down - both) + spread(pixels[3]) * both + 0x0080008000800080u;
    return packed(sum >> 8 & 0x00FF00FF00FF00FFu);
}

/// Narrows first..last to the places where -1 < start + step * x < end.
void narrow(double start, double step, double end, double& first, double& last) {
    if (std::abs(step) < 1e-9) {
        if (start <= -1 || start >= end) last = first - 1;
        return;
    }
    const double low = (-1 - start) / step, high = (end - start) / step;
    first = std::max(first, std::min(low, high));
    last = std::min(last, std::max(low, high));
}

}  // namespace

cv::Mat bordered(const cv::Mat& rgba) {
    cv::Mat out;
    cv::copyMakeBorder(rgba, out, frame, frame, frame, frame, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED,
                       cv::Scalar::all(0));
    return out(cv::Rect(frame, frame, rgba.cols, rgba.rows));
}

cv::Mat warped(const cv::Mat& from, const cv::Matx23d& to_source, cv::Size size) {
    cv::Mat out = cv::Mat::zeros(size, CV_8UC4);
    const auto step_x = static_cast<std::int64_t>(std::llround(to_source(0, 0) * unit));
    const auto step_y = static_cast<std::int64_t>(std::llround(to_source(1, 0) * unit));
    for (int y = 0; y < size.height; ++y) {
        const double x0 = to_source(0, 1) * y + to_source(0, 2), y0 = to_source(1, 1) * y + to_source(1, 2);
        double first = 0, last = size.width - 1;
        narrow(x0, to_source(0, 0), from.cols, first, last);
        narrow(y0, to_source(1, 0), from.rows, first, last);
        if (first > last) continue;
        // Rounding leads no further beyond what was narrowed down to than the frame is wide.
        const int begin = static_cast<int>(std::ceil(first)), end = static_cast<int>(std::floor(last));
        std::int64_t u = std::llround(x0 * unit) + step_x * begin, v = std::llround(y0 * unit) + step_y * begin;
        auto* to = out.ptr<std::uint32_t>(y);
        for (int x = begin; x <= end; ++x, u += step_x, v += step_y) {
            const std::uint8_t* pixel = from.data + (v >> 16) * static_cast<std::int64_t>(from.step[0]) + 4 * (u >> 16);
            to[x] = between(pixel, pixel + from.step[0], static_cast<std::uint32_t>(u >> 8 & 255),
                            static_cast<std::uint32_t>(v >> 8 & 255));
        }
    }
    return out;
}
