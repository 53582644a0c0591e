// Pictures for tests of duplicates: smooth and all different, and changed as publishers change them.
#pragma once

#include "data/support.hpp"

#include <fettle/duplicates.hpp>

#include <cmath>

namespace pictures {

using namespace support;

/// Bright and dark blobs of all sizes on a slope: no two seeds alike, no symmetry, and detail as photographs have it.
inline Image blobs(std::uint64_t seed, int width = 96, int height = 96) {
    Random random(seed);
    Image image(width, height, 3, 0);
    std::vector<std::array<double, 4>> spots;
    for (int k = 0; k < 60; ++k)
        spots.push_back(
            {random.uniform(0, width), random.uniform(0, height), random.uniform(2, 9), random.uniform(-70, 70)});
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            double value = 110 + 40.0 * x / width;
            for (const auto& [cx, cy, size, strength] : spots)
                value += strength * std::exp(-((x - cx) * (x - cx) + (y - cy) * (y - cy)) / (2 * size * size));
            for (int c = 0; c < 3; ++c)
                image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(value - 5 * c, 0.0, 255.0));
        }
    return image;
}

/// Brighter or darker, and a little noise.
inline Image lit(Image image, double gain, std::uint64_t seed) {
    Random random(seed);
    for (auto& value : image.pixels)
        value = static_cast<std::uint8_t>(std::clamp(value * gain + random.normal(), 0.0, 255.0));
    return image;
}

/// The hash plugin's component.
inline Ref<Hash> perceptual(int size = 16) {
    static Library library(FETTLE_PLUGIN_FOLDER "/hash.so");
    return std::dynamic_pointer_cast<const Hash>(library.make("hash.perceptual", {{"size", size}}));
}

}  // namespace pictures
