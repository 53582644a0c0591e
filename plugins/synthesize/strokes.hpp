// Lines of varying width as fields: for every pixel near one, how deep inside it lies and on which side.
#pragma once

#include "drawn.hpp"

#include <fettle/drawing.hpp>

#include <memory>
#include <span>
#include <vector>

/// A point of a line, and half its width there, in pixels.
struct Knot {
    float x = 0, y = 0, half = 0;
};

/// What is known of a pixel near a line.
struct Near {
    float half;    ///< half the line's width there
    float along;   ///< length of the line up to there, in pixels
    float nx, ny;  ///< from the line to the pixel, unit length
};

/// The lines of one defect. Where two are near a pixel, the one that it lies deeper in counts.
class Strokes {
   public:
    /// For a box of an image, at (left, top).
    Strokes(int left, int top, int width, int height);

    /// Adds a line; `margin`: how far beyond its edge pixels still know of it, in pixels.
    void add(std::span<const Knot> line, float margin);

    /// How deep a pixel of the box lies in a line, in pixels; negative outside, very negative far from all.
    float depth(int x, int y) const { return depth_.at(x, y); }
    /// Valid where depth() > -margin.
    const Near& near(int x, int y) const { return near_[static_cast<std::size_t>(y) * depth_.width + x]; }

   private:
    void add_piece(const Knot& from, const Knot& to, float along, float margin);

    int left_, top_;
    fettle::Field depth_;
    std::unique_ptr<Near[]> near_;
};

/// The places of several lines' knots, for change_around.
std::vector<Point> points_of(std::span<const std::vector<Knot>> lines);
/// The widest half width among them, in pixels.
float widest_of(std::span<const std::vector<Knot>> lines);
