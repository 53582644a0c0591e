// How a drawn defect changes the brightness of what it lies on. Values are 0 to 255.
#pragma once

#include <algorithm>
#include <cstdint>

/// Darker by a share (1 is black), or, below 0, brighter by a share of what is missing to white.
inline float shaded(float value, float dark) { return dark >= 0 ? value * (1 - dark) : value - dark * (255 - value); }

inline std::uint8_t to_level(float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f); }

/// All three channels of a pixel, shaded alike.
inline void shade(std::uint8_t* pixel, float dark) {
    for (int c = 0; c < 3; ++c) pixel[c] = to_level(shaded(pixel[c], dark));
}
