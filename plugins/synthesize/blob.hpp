// Round-ish shapes with an uneven outline.
#pragma once

#include "drawn.hpp"

#include <fettle/drawing.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

/// An ellipse whose outline is disturbed by noise; lengths in pixels.
class Blob {
   public:
    /// `radius`: mean of its two half axes; `stretch`: the longer by the shorter one; `angle` of the longer, radians;
    /// `ragged`: how far the outline strays, as a share of the radius.
    Blob(Point middle, float radius, float stretch, float angle, float ragged, std::uint32_t seed)
        : middle_(middle), long_(std::sqrt(stretch)), cosine_(std::cos(angle)), sine_(std::sin(angle)) {
        const fettle::Noise noise(seed);
        float farthest = 0;
        for (int k = 0; k <= directions; ++k) {
            const float turn = 2 * pi * static_cast<float>(k % directions) / directions;
            float& outline = outline_[static_cast<std::size_t>(k)];
            outline = radius * (1 + 1.6f * ragged *
                                        noise.fractal(1.9f * std::cos(turn) + 9.4f, 1.9f * std::sin(turn) + 3.7f, 3));
            farthest = std::max(farthest, outline);
        }
        reach_ = farthest * std::max(long_, 1 / long_);
    }

    /// About how deep a place lies inside, in pixels; negative outside.
    float depth(float x, float y) const {
        const float dx = x - middle_.x, dy = y - middle_.y;
        const float along = (cosine_ * dx + sine_ * dy) / long_, across = (cosine_ * dy - sine_ * dx) * long_;
        const float at = direction(along, across);
        const auto k = static_cast<std::size_t>(at);
        const float outline = outline_[k] + (at - static_cast<float>(k)) * (outline_[k + 1] - outline_[k]);
        return outline - std::sqrt(along * along + across * across);
    }
    /// No place farther from the middle lies inside.
    float reach() const { return reach_; }

   private:
    static constexpr int directions = 128;

    /// 0 to `directions`, once round: not the angle, but near it, and quickly found.
    static float direction(float x, float y) {
        const float quarter = y / (std::abs(x) + std::abs(y) + 1e-9f);  // -1 to 1 from below to above
        const float turn = x >= 0 ? (y >= 0 ? quarter : 4 + quarter) : 2 - quarter;
        return std::min(turn, 3.99999f) * (directions / 4);
    }

    Point middle_;
    float long_, cosine_, sine_, reach_ = 0;
    std::array<float, directions + 1> outline_;
};

/// use(pixel, x, y) for the pixels of a change within `reach` of a place; x and y are the image's.
template <class Use>
void for_each_near(Change& change, Point middle, float reach, const Use& use) {
    const auto limited = [](float value, int side) {
        return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(side)));
    };
    const float left = static_cast<float>(change.left), top = static_cast<float>(change.top);
    const int x0 = limited(middle.x - reach - left, change.pixels.width),
              x1 = limited(middle.x + reach - left + 2, change.pixels.width),
              y0 = limited(middle.y - reach - top, change.pixels.height),
              y1 = limited(middle.y + reach - top + 2, change.pixels.height);
    for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x)
            use(change.pixels.at(x, y), static_cast<float>(x) + left, static_cast<float>(y) + top);
}
