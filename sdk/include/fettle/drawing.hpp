// What pictures are drawn from: smooth noise that knows every place by its seed, soft edges, one value per pixel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace fettle {

/// Smooth noise in [-1, 1] over the plane: values on a lattice, hashed from (seed, x, y) and blended between its
/// points (value noise). The same point always has the same value.                     [any thread, concurrent]
class Noise {
   public:
    explicit Noise(std::uint32_t seed) : seed_(seed) {}

    float at(float x, float y) const {
        const float fx = std::floor(x), fy = std::floor(y);
        const int ix = static_cast<int>(fx), iy = static_cast<int>(fy);
        const float tx = smooth(x - fx), ty = smooth(y - fy);
        const float top = lattice(ix, iy) + tx * (lattice(ix + 1, iy) - lattice(ix, iy));
        const float bottom = lattice(ix, iy + 1) + tx * (lattice(ix + 1, iy + 1) - lattice(ix, iy + 1));
        return top + ty * (bottom - top);
    }
    /// Octaves of half the size and half the height each, added; about [-1, 1].
    float fractal(float x, float y, int octaves) const {
        float sum = 0, height = 0.5f;
        for (int k = 0; k < octaves; ++k, x = 2 * x + 17.3f, y = 2 * y + 5.7f, height /= 2) sum += height * at(x, y);
        return sum;
    }
    /// One lattice point: white noise.
    float lattice(int x, int y) const {
        std::uint32_t h =
            seed_ ^ (static_cast<std::uint32_t>(x) * 0x9E3779B1u) ^ (static_cast<std::uint32_t>(y) * 0x85EBCA77u);
        h = (h ^ (h >> 15)) * 0x2C1B3C6Du;
        h = (h ^ (h >> 12)) * 0x297A2D39u;
        return static_cast<float>(h ^ (h >> 15)) * (2.0f / 4294967295.0f) - 1;
    }

   private:
    static float smooth(float t) { return t * t * (3 - 2 * t); }
    std::uint32_t seed_;
};

/// 0 below -half, 1 above half, smooth between: an edge as a lens draws it.
inline float edge(float distance, float half) {
    const float t = std::min(1.0f, std::max(0.0f, distance / (2 * half) + 0.5f));
    return t * t * (3 - 2 * t);
}

/// One value per pixel, row-major.
struct Field {
    int width = 0, height = 0;
    std::vector<float> values;

    Field() = default;
    Field(int width, int height, float value)
        : width(width), height(height), values(static_cast<std::size_t>(width) * height, value) {}
    float& at(int x, int y) { return values[static_cast<std::size_t>(y) * width + x]; }
    float at(int x, int y) const { return values[static_cast<std::size_t>(y) * width + x]; }
    bool holds(int x, int y) const { return x >= 0 && y >= 0 && x < width && y < height; }
};

}  // namespace fettle
