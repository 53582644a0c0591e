#include "cutout_warp.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace {

constexpr int frame = 2;
constexpr double unit = 65536;  // of fixed-point places

/// Eight values of 16 bits that are computed with at once; of two neighbouring pixels, each with four bytes.
using Lanes = std::uint16_t __attribute__((vector_size(16)));
using Bytes = std::uint8_t __attribute__((vector_size(8)));

Lanes two_pixels(const std::uint8_t* at) {
    Bytes bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return __builtin_convertvector(bytes, Lanes);
}

/// Between a and b by `share` 256ths, rounded. Every step is exact modulo 2^16 and the result no more than 255.
Lanes between(Lanes a, Lanes b, Lanes share) { return ((a << 8) + (b - a) * share + 128) >> 8; }

Lanes everywhere(std::int64_t share) { return Lanes{} + static_cast<std::uint16_t>(share); }

/// Between `top` and the row below it, of the two columns each: what the left and the right one come to.
Lanes column_pair(const std::uint8_t* top, std::size_t row_bytes, std::int64_t down) {
    return between(two_pixels(top), two_pixels(top + row_bytes), everywhere(down));
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
        std::uint8_t* to = out.ptr(y) + 4 * begin;
        const std::size_t row_bytes = from.step[0];
        const auto columns = [&] {  // of the place (u, v), which moves on by a pixel of the result
            const auto pair = column_pair(from.data + (v >> 16) * static_cast<std::int64_t>(row_bytes) + 4 * (u >> 16),
                                          row_bytes, v >> 8 & 255);
            u += step_x, v += step_y;
            return pair;
        };
        int x = begin;
        for (; x < end; x += 2, to += 8) {  // two at a time: their left columns side by side, and their right ones
            const auto right = [&] { return static_cast<std::uint16_t>(u >> 8 & 255); };
            const std::uint16_t r0 = right();
            const Lanes first_pair = columns();
            const std::uint16_t r1 = right();
            const Lanes second_pair = columns();
            const Lanes shares{r0, r0, r0, r0, r1, r1, r1, r1};
            const Lanes mixed =
                between(__builtin_shufflevector(first_pair, second_pair, 0, 1, 2, 3, 8, 9, 10, 11),
                        __builtin_shufflevector(first_pair, second_pair, 4, 5, 6, 7, 12, 13, 14, 15), shares);
            const Bytes bytes = __builtin_convertvector(mixed, Bytes);
            std::memcpy(to, &bytes, sizeof bytes);
        }
        if (x == end) {
            const std::int64_t right = u >> 8 & 255;
            const Lanes pair = columns();
            const Lanes mixed =
                between(pair, __builtin_shufflevector(pair, pair, 4, 5, 6, 7, 4, 5, 6, 7), everywhere(right));
            const Bytes bytes = __builtin_convertvector(mixed, Bytes);
            std::memcpy(to, &bytes, 4);
        }
    }
    return out;
}
