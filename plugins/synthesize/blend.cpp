#include "blend.hpp"

#include "blend_poisson.hpp"
#include "cutout.hpp"

#include <algorithm>
#include <cmath>

namespace {

/// Divided by 255 and rounded, for 0 to 255 * 255.
inline int over_255(int value) { return (value + 128 + ((value + 128) >> 8)) >> 8; }

/// Goes over object and patch together. `target(before, colour, alpha)` is what a value would be in full, times alpha:
/// `colour` is multiplied by alpha already, all of 255.
template <class Target>
void mix(const cv::Mat& object, int strength, Patch& patch, const Target& target) {
    std::int64_t sum = 0;
    int greatest = 0, pixels = 0;
    for (int y = 0; y < object.rows; ++y) {
        const auto* from = object.ptr<cv::Vec4b>(y);
        auto* to = patch.rgb.ptr<cv::Vec3b>(y);
        auto* drawn = patch.drawn.ptr(y);
        for (int x = 0; x < object.cols; ++x) {
            const int alpha = from[x][3];
            if (alpha < least_cover) continue;
            drawn[x] = 255;
            ++pixels;
            for (int c = 0; c < 3; ++c) {
                const int before = to[x][c];
                const int change = (target(before, from[x][c], alpha) - over_255(before * alpha)) * strength / 256;
                const int after = std::clamp(before + change, 0, 255);
                to[x][c] = static_cast<std::uint8_t>(after);
                sum += std::abs(after - before);
                greatest = std::max(greatest, std::abs(after - before));
            }
        }
    }
    patch.greatest = greatest, patch.pixels = pixels;
    patch.contrast = patch.pixels == 0 ? 0 : static_cast<double>(sum) / (255.0 * 3 * patch.pixels);
}

}  // namespace

const std::vector<std::string>& blend_names() {
    static const std::vector<std::string> names{"alpha",    "poisson", "poisson_mixed", "poisson_monochrome",
                                                "multiply", "screen"};
    return names;
}

const std::vector<std::string>& match_names() {
    static const std::vector<std::string> names{"none", "light", "histogram"};
    return names;
}

Patch blended(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, Blend blend, double opacity) {
    const cv::Mat ground(onto.height, onto.width, CV_8UC3, const_cast<std::uint8_t*>(onto.pixels.data()));
    Patch patch;
    patch.box = cv::Rect(corner, object.size()) & cv::Rect(0, 0, onto.width, onto.height);
    if (patch.box.empty()) return patch;
    cv::Mat seen = object(patch.box - corner);
    patch.rgb = ground(patch.box).clone();
    patch.drawn = cv::Mat::zeros(patch.box.size(), CV_8UC1);
    const int strength = static_cast<int>(std::lround(opacity * 256));
    switch (blend) {
        case Blend::multiply:
            mix(seen, strength, patch, [](int before, int colour, int) { return over_255(before * colour); });
            break;
        case Blend::screen:
            mix(seen, strength, patch,
                [](int before, int colour, int alpha) { return alpha - over_255((255 - before) * (alpha - colour)); });
            break;
        case Blend::alpha:
            mix(seen, strength, patch, [](int, int colour, int) { return colour; });
            break;
        default:
            seen = cloned(seen, ground, patch.box, blend);
            mix(seen, strength, patch, [](int, int colour, int) { return colour; });
    }
    return patch;
}
