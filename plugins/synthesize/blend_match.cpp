// An object's light fitted to the ground beneath it.
#include "blend.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using Histogram = std::array<double, 256>;
using Table = std::array<std::uint8_t, 256>;

int plain(int colour, int alpha) { return std::min(255, (colour * 255 + alpha / 2) / alpha); }

/// use(object pixel, ground pixel) for what shows of the object and lies inside the image.
template <class Use>
void over_both(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, const Use& use) {
    for (int y = std::max(0, -corner.y); y < std::min(object.rows, onto.height - corner.y); ++y)
        for (int x = std::max(0, -corner.x); x < std::min(object.cols, onto.width - corner.x); ++x)
            if (const auto& pixel = object.at<cv::Vec4b>(y, x); pixel[3] != 0)
                use(pixel, onto.at(corner.x + x, corner.y + y));
}

/// The object with each plain colour looked up, alpha as it is.
cv::Mat looked_up(const cv::Mat& object, const std::array<Table, 3>& tables) {
    cv::Mat out = object.clone();
    for (int y = 0; y < out.rows; ++y)
        for (auto *pixel = out.ptr<cv::Vec4b>(y), *end = pixel + out.cols; pixel != end; ++pixel) {
            const int alpha = (*pixel)[3];
            if (alpha == 0) continue;
            for (std::size_t c = 0; c < 3; ++c) {
                auto& value = (*pixel)[static_cast<int>(c)];
                value = static_cast<std::uint8_t>(
                    (tables[c][static_cast<std::size_t>(plain(value, alpha))] * alpha + 127) / 255);
            }
        }
    return out;
}

std::uint8_t towards(int from, double to, double share) {
    return static_cast<std::uint8_t>(std::lround(std::clamp(std::lerp(from, to, share), 0.0, 255.0)));
}

/// The value at the same place of the sorted values, interpolated between the values that occur.
double counterpart(double quantile, const Histogram& sums) {
    int below = -1;
    for (int v = 0; v < 256; ++v) {
        const double here = sums[static_cast<std::size_t>(v)];
        const double before = v == 0 ? 0 : sums[static_cast<std::size_t>(v - 1)];
        if (here == before) continue;  // no pixel has this value
        if (quantile <= here) {
            if (below < 0) return v;
            const double start = sums[static_cast<std::size_t>(below)];
            return std::lerp(below, v, (quantile - start) / (here - start));
        }
        below = v;
    }
    return below;
}

Histogram summed(Histogram counts) {
    double sum = 0, total = 0;
    for (const double count : counts) total += count;
    for (double& count : counts) count = (sum += count) / total;
    return counts;
}

}  // namespace

cv::Mat matched(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, Match match, double share) {
    std::array<Histogram, 3> its{}, grounds{};
    double weight = 0, brightness = 0;
    over_both(object, corner, onto, [&](const cv::Vec4b& pixel, const std::uint8_t* ground) {
        weight += pixel[3];
        for (int c = 0; c < 3; ++c) {
            const auto channel = static_cast<std::size_t>(c);
            its[channel][static_cast<std::size_t>(plain(pixel[c], pixel[3]))] += pixel[3];
            grounds[channel][ground[c]] += pixel[3];
            const double share_of_grey[] = {0.299, 0.587, 0.114};
            brightness += share_of_grey[c] * (ground[c] * pixel[3] - 255.0 * pixel[c]);
        }
    });
    if (match == Match::none || weight == 0) return object;
    std::array<Table, 3> tables{};
    for (std::size_t c = 0; c < 3; ++c) {
        const Histogram from = summed(its[c]), to = summed(grounds[c]);
        for (int v = 0; v < 256; ++v) {
            const auto value = static_cast<std::size_t>(v);
            tables[c][value] = match == Match::light ? towards(v, v + brightness / weight, share)
                                                     : towards(v, counterpart(from[value], to), share);
        }
    }
    return looked_up(object, tables);
}
