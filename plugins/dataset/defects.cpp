#include "drawing.hpp"

#include <algorithm>
#include <numbers>

namespace {

constexpr float pi = std::numbers::pi_v<float>;
constexpr float visible = 0.2f;  ///< coverage below this is none, so that the mask ends where the change does

float between(fettle::Random& random, double low, double high) { return static_cast<float>(random.uniform(low, high)); }

struct Point {
    float x, y;
};

/// A pixel where a defect may begin: drawn among those that `allowed` allows fully, else anywhere.
Point start_in(const Field& allowed, fettle::Random& random) {
    for (int attempt = 0; attempt < 200; ++attempt) {
        const int x = random.integer(0, allowed.width - 1), y = random.integer(0, allowed.height - 1);
        if (allowed.at(x, y) > 0.7f) return {static_cast<float>(x), static_cast<float>(y)};
    }
    return {static_cast<float>(allowed.width) / 2, static_cast<float>(allowed.height) / 2};
}

/// Draws strokes and blobs into a defect's fields; the more covering one of two wins a pixel.
class Brush {
   public:
    explicit Brush(Defect& defect) : defect_(defect) {}

    /// One piece of a line: `gain(across)` with across in pixels, negative to the left of its direction.
    template <class Gain>
    void line(Point a, Point b, float width, float strength, const Gain& gain) {
        const float dx = b.x - a.x, dy = b.y - a.y, length = std::sqrt(dx * dx + dy * dy) + 1e-6f;
        const float reach = width / 2 + 1.5f;
        for_each_pixel(std::min(a.x, b.x) - reach, std::min(a.y, b.y) - reach, std::max(a.x, b.x) + reach,
                       std::max(a.y, b.y) + reach, [&](int x, int y) {
                           const float px = static_cast<float>(x) - a.x, py = static_cast<float>(y) - a.y;
                           const float along = std::clamp((px * dx + py * dy) / (length * length), 0.0f, 1.0f);
                           const float ex = px - along * dx, ey = py - along * dy;
                           const float across = (dx * py - dy * px) / length;
                           cover(x, y, strength * edge(width / 2 - std::sqrt(ex * ex + ey * ey), 0.7f), gain(across));
                       });
    }

    /// A blob whose outline is a circle disturbed by noise; `gain(x, y)` with x, y in radii from the middle.
    template <class Gain>
    void blob(Point middle, float radius, float ragged, const Noise& noise, const Gain& gain) {
        const float reach = radius * (1 + ragged) + 1.5f;
        for_each_pixel(middle.x - reach, middle.y - reach, middle.x + reach, middle.y + reach, [&](int x, int y) {
            const float dx = static_cast<float>(x) - middle.x, dy = static_cast<float>(y) - middle.y;
            const float distance = std::sqrt(dx * dx + dy * dy) + 1e-6f;
            const float outline =
                radius *
                (1 + ragged * 1.6f * noise.fractal(2.3f * dx / distance + 9.4f, 2.3f * dy / distance + 3.7f, 3));
            cover(x, y, edge(outline - distance, 0.8f), gain(dx / radius, dy / radius));
        });
    }

   private:
    template <class Use>
    void for_each_pixel(float x0, float y0, float x1, float y1, const Use& use) {
        const Field& field = defect_.alpha;
        for (int y = std::max(0, static_cast<int>(y0)); y <= std::min(field.height - 1, static_cast<int>(y1) + 1); ++y)
            for (int x = std::max(0, static_cast<int>(x0)); x <= std::min(field.width - 1, static_cast<int>(x1) + 1);
                 ++x)
                use(x, y);
    }
    void cover(int x, int y, float alpha, float gain) {
        if (alpha <= defect_.alpha.at(x, y)) return;
        defect_.alpha.at(x, y) = alpha;
        defect_.gain.at(x, y) = gain;
    }

    Defect& defect_;
};

/// A random walk that keeps its heading roughly, widest in its middle, with thinner branches.
void crack(Brush& brush, Point from, float heading, float length, float widest, float depth, float unit, int branches,
           fettle::Random& random) {
    const int steps = std::max(6, static_cast<int>(length / (1.5f * unit)));
    const float stride = length / static_cast<float>(steps), ahead = heading;
    float drift = 0;
    Point at = from;
    for (int k = 0; k < steps; ++k) {
        const float done = (static_cast<float>(k) + 0.5f) / static_cast<float>(steps);
        drift = 0.94f * drift + 0.16f * static_cast<float>(random.normal());
        heading = ahead + drift + 0.75f * static_cast<float>(random.normal());  // around grains, between them
        const Point next{at.x + stride * std::cos(heading), at.y + stride * std::sin(heading)};
        const float width = widest * std::sqrt(std::sin(pi * (0.12f + 0.86f * done))) * between(random, 0.55, 1.3);
        const float dark = 1 - depth * std::min(1.0f, 0.5f + 0.25f * width);
        brush.line(at, next, width, 1, [&](float) { return dark; });
        if (branches > 0 && done > 0.2f && done < 0.8f && random.chance(3.0 / steps)) {
            --branches;
            const float side = between(random, 0.5, 1.1) * (random.chance(0.5) ? 1.0f : -1.0f);
            crack(brush, next, ahead + side, length * between(random, 0.25, 0.5), widest * 0.7f, depth, unit, 0,
                  random);
        }
        at = next;
    }
}

void draw_crack(Brush& brush, const Part& part, float unit, fettle::Random& random) {
    const float heading = between(random, 0, 2 * pi), length = unit * between(random, 26, 70);
    const Point middle = start_in(part.place, random);
    const Point from{middle.x - 0.5f * length * std::cos(heading), middle.y - 0.5f * length * std::sin(heading)};
    const float depth = between(random, 0.7, 0.9);
    crack(brush, from, heading, length, unit * between(random, 1.1, 2.2), depth, unit, random.integer(0, 2), random);
}

/// A furrow: one lip catches the light, the other lies in shade; pressed harder in some places than in others.
void draw_scratch(Brush& brush, const Part& part, float unit, fettle::Random& random) {
    float heading = between(random, 0, 2 * pi);
    const float length = unit * between(random, 30, 80), bend = between(random, -0.012, 0.012) / unit;
    const float width = unit * between(random, 1.1, 1.9), lip = between(random, 1.2, 1.4),
                shade = between(random, 0.5, 0.7);
    const Point middle = start_in(part.place, random);
    const Noise pressure(random.bits());
    Point at{middle.x - 0.5f * length * std::cos(heading), middle.y - 0.5f * length * std::sin(heading)};
    const int steps = std::max(4, static_cast<int>(length / (3 * unit)));
    const float stride = length / static_cast<float>(steps);
    for (int k = 0; k < steps; ++k) {
        heading += stride * bend;
        const Point next{at.x + stride * std::cos(heading), at.y + stride * std::sin(heading)};
        const float done = static_cast<float>(k) / static_cast<float>(steps);
        const float ends = std::min({1.0f, 8 * done + 0.3f, 8 * (1 - done)});
        const float strength =
            std::clamp(ends * (0.75f + 0.45f * pressure.at(static_cast<float>(k) / 3, 0)), 0.25f, 1.0f);
        const bool left_lit = std::sin(heading) * part.light_x - std::cos(heading) * part.light_y > 0;
        brush.line(at, next, width + 0.8f, strength,
                   [&](float across) { return (across < 0) == left_lit ? shade : lip; });
        at = next;
    }
}

/// Gas holes: dark inside, the wall that faces the light brighter.
void draw_pore(Brush& brush, const Part& part, float unit, fettle::Random& random) {
    const Point middle = start_in(part.place, random);
    const int count = random.integer(1, 5);
    for (int k = 0; k < count; ++k) {
        const float spread = unit * (k == 0 ? 0 : between(random, 4, 11)), angle = between(random, 0, 2 * pi);
        const float radius = unit * (k == 0 ? between(random, 2.2, 4.2) : between(random, 1.2, 2.6));
        const Point at{middle.x + spread * std::cos(angle), middle.y + spread * std::sin(angle)};
        brush.blob(at, radius, 0.25f, Noise(random.bits()), [&](float x, float y) {
            return std::clamp(0.30f - 0.35f * (x * part.light_x + y * part.light_y), 0.1f, 0.75f);
        });
    }
}

/// Broken-out material: a ragged outline, rough and mostly darker inside.
void draw_chip(Brush& brush, const Part& part, float unit, fettle::Random& random) {
    const Point at = start_in(part.rim.values.empty() ? part.place : part.rim, random);
    const Noise outline(random.bits()), rough(random.bits());
    const float tone = between(random, 0.4, 0.58), grain = 4 * between(random, 0.7, 1.3);
    brush.blob(at, unit * between(random, 5, 9), 0.45f, outline, [&](float x, float y) {
        const float facet =
            rough.at(1.3f * grain * x / 4, 1.3f * grain * y / 4) + 0.5f * rough.fractal(grain * x, grain * y, 2);
        return std::clamp(tone + 0.28f * facet - 0.15f * (x * part.light_x + y * part.light_y), 0.12f, 0.8f);
    });
}

/// Keeps the defect on the part and gives it a definite end; returns how many pixels it changes.
std::size_t settle(Defect& defect, const Field& place) {
    std::size_t changed = 0;
    for (std::size_t i = 0; i < place.values.size(); ++i) {
        const float covered = defect.alpha.values[i] * place.values[i];
        defect.alpha.values[i] = std::max(0.0f, (covered - visible) / (1 - visible));
        changed += covered > visible;
    }
    return changed;
}

}  // namespace

Defect draw_defect(const std::string& kind, const Part& part, fettle::Random random) {
    const int width = part.place.width, height = part.place.height;
    const float unit = static_cast<float>(std::min(width, height)) / 128;
    const auto enough = static_cast<std::size_t>(std::max(4.0f, 14 * unit * unit));
    for (int attempt = 0;; ++attempt) {
        Defect defect{Field(width, height, 0), Field(width, height, 1)};
        Brush brush(defect);
        if (kind == "crack") draw_crack(brush, part, unit, random);
        if (kind == "scratch") draw_scratch(brush, part, unit, random);
        if (kind == "pore") draw_pore(brush, part, unit, random);
        if (kind == "chip") draw_chip(brush, part, unit, random);
        if (settle(defect, part.place) >= enough || attempt == 20) return defect;
    }
}
