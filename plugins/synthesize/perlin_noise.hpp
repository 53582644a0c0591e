// Gradient noise after Perlin.
#pragma once

#include <fettle/drawing.hpp>

#include <cstdint>

struct Gradient {
    float x, y;
};

/// A unit vector at every lattice point, and between four of them the sum of their slopes, blended by
/// 6 t^5 - 15 t^4 + 10 t^3 and scaled by sqrt(2): smooth, about [-1, 1], and 0 at the lattice points.
/// Source: Perlin, "Improving noise" (SIGGRAPH 2002).                               [any thread, concurrent]
class PerlinNoise {
   public:
    explicit PerlinNoise(std::uint32_t seed) : seed_(seed) {}

    Gradient gradient(int x, int y) const;
    /// Values of a field's pixels: the middle of pixel (i, j) lies at (x0 + i xi + j xj, y0 + i yi + j yj).
    struct Lattice {
        float x0, y0, xi, yi, xj, yj;
    };
    fettle::Field field(int width, int height, const Lattice& lattice) const;

   private:
    /// Where a row begins, and a step along it.
    struct Row {
        float x, y, xi, yi;
    };
    /// Values of the pixels of a row that lie in one cell.
    void fill(int cell_x, int cell_y, const Row& row, int begin, int end, float* values) const;

    std::uint32_t seed_;
};
