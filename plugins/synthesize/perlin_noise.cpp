#include "perlin_noise.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace {

/// Directions to choose from: as many as no eye counts, few enough for a table.
constexpr std::size_t directions = 256;

const std::array<Gradient, directions>& circle() {
    static const auto table = [] {
        std::array<Gradient, directions> out;
        for (std::size_t k = 0; k < directions; ++k) {
            const double angle = 2 * std::numbers::pi * static_cast<double>(k) / directions;
            out[k] = {static_cast<float>(std::cos(angle)), static_cast<float>(std::sin(angle))};
        }
        return out;
    }();
    return table;
}

/// The greatest whole number not above `value`, quicker than std::floor.
int below(float value) {
    const int whole = static_cast<int>(value);
    return whole - (static_cast<float>(whole) > value ? 1 : 0);
}

/// How many steps more stay in a cell, from `at` (0 to 1) in it.
float steps_inside(float at, float step) {
    if (step == 0) return 1e9f;
    return std::max(0.0f, (step > 0 ? 1 - at : -at) / step - 1e-3f);
}

float fade(float t) { return t * t * t * (t * (6 * t - 15) + 10); }

}  // namespace

Gradient PerlinNoise::gradient(int x, int y) const {
    std::uint32_t h = seed_ + static_cast<std::uint32_t>(x) * 0x9E3779B1u;
    h = (h ^ (h >> 15)) * 0x2C1B3C6Du + static_cast<std::uint32_t>(y) * 0x85EBCA77u;
    h = (h ^ (h >> 13)) * 0x297A2D39u;
    return circle()[(h ^ (h >> 16)) % directions];
}

fettle::Field PerlinNoise::field(int width, int height, const Lattice& l) const {
    fettle::Field out(width, height, 0);
    for (int j = 0; j < height; ++j) {
        const float x0 = l.x0 + static_cast<float>(j) * l.xj, y0 = l.y0 + static_cast<float>(j) * l.yj;
        for (int i = 0; i < width;) {
            const float x = x0 + static_cast<float>(i) * l.xi, y = y0 + static_cast<float>(i) * l.yi;
            const int cell_x = below(x), cell_y = below(y);
            const float steps = std::min(steps_inside(x - static_cast<float>(cell_x), l.xi),
                                         steps_inside(y - static_cast<float>(cell_y), l.yi));
            const int end = std::min(width, i + 1 + static_cast<int>(std::min(steps, 1e6f)));
            fill(cell_x, cell_y, {x0, y0, l.xi, l.yi}, i, end, &out.at(0, j));
            i = end;
        }
    }
    return out;
}

void PerlinNoise::fill(int cell_x, int cell_y, const Row& row, int begin, int end, float* values) const {
    const Gradient a = gradient(cell_x, cell_y), b = gradient(cell_x + 1, cell_y), c = gradient(cell_x, cell_y + 1),
                   d = gradient(cell_x + 1, cell_y + 1);
    const float left = static_cast<float>(cell_x), above = static_cast<float>(cell_y);
    for (int i = begin; i < end; ++i) {
        const float u = row.x + static_cast<float>(i) * row.xi - left,
                    v = row.y + static_cast<float>(i) * row.yi - above, s = fade(u), t = fade(v);
        const float top = a.x * u + a.y * v, top_right = b.x * (u - 1) + b.y * v;
        const float bottom = c.x * u + c.y * (v - 1), bottom_right = d.x * (u - 1) + d.y * (v - 1);
        const float upper = top + s * (top_right - top), lower = bottom + s * (bottom_right - bottom);
        values[i] = std::numbers::sqrt2_v<float> * (upper + t * (lower - upper));
    }
}
