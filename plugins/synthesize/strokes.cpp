#include "strokes.hpp"

#include <algorithm>
#include <cmath>

Strokes::Strokes(int left, int top, int width, int height)
    : left_(left),
      top_(top),
      depth_(width, height, -1e6f),
      near_(std::make_unique_for_overwrite<Near[]>(depth_.values.size())) {}

void Strokes::add(std::span<const Knot> line, float margin) {
    float along = 0;
    for (std::size_t k = 0; k + 1 < line.size(); ++k) {
        add_piece(line[k], line[k + 1], along, margin);
        along += std::hypot(line[k + 1].x - line[k].x, line[k + 1].y - line[k].y);
    }
}

void Strokes::add_piece(const Knot& from, const Knot& to, float along, float margin) {
    const float dx = to.x - from.x, dy = to.y - from.y, square = dx * dx + dy * dy + 1e-9f, length = std::sqrt(square);
    const float reach = std::max(from.half, to.half) + margin;
    const auto first = [](float value, int side) { return std::clamp(static_cast<int>(std::floor(value)), 0, side); };
    const int x0 = first(std::min(from.x, to.x) - reach - static_cast<float>(left_), depth_.width),
              x1 = first(std::max(from.x, to.x) + reach - static_cast<float>(left_) + 2, depth_.width),
              y0 = first(std::min(from.y, to.y) - reach - static_cast<float>(top_), depth_.height),
              y1 = first(std::max(from.y, to.y) + reach - static_cast<float>(top_) + 2, depth_.height);
    for (int y = y0; y < y1; ++y)
        for (int x = x0; x < x1; ++x) {
            const float px = static_cast<float>(x + left_) - from.x, py = static_cast<float>(y + top_) - from.y;
            const float t = std::clamp((px * dx + py * dy) / square, 0.0f, 1.0f);
            const float ex = px - t * dx, ey = py - t * dy, distance = std::sqrt(ex * ex + ey * ey);
            const float half = from.half + t * (to.half - from.half), depth = half - distance;
            float& deepest = depth_.at(x, y);
            if (depth <= deepest || depth < -margin) continue;
            deepest = depth;
            const float scale = 1 / (distance + 1e-6f);
            near_[static_cast<std::size_t>(y) * depth_.width + x] = {half, along + t * length, ex * scale, ey * scale};
        }
}

std::vector<Point> points_of(std::span<const std::vector<Knot>> lines) {
    std::vector<Point> points;
    for (const auto& line : lines)
        for (const Knot& knot : line) points.push_back({knot.x, knot.y});
    return points;
}

float widest_of(std::span<const std::vector<Knot>> lines) {
    float widest = 0;
    for (const auto& line : lines)
        for (const Knot& knot : line) widest = std::max(widest, knot.half);
    return widest;
}
