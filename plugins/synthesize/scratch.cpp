#include "shade.hpp"
#include "strokes.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// What is drawn for one scratch.
struct Plan {
    float length, half, strength, angle, bend, gaps;
    int strokes;
    bool bright;
};

/// Thin furrows, straight or slightly bent, bright or dark, fading and interrupted along their length.
struct Scratch final : Drawn {
    Range length{0.15, 0.6}, width{0.003, 0.008}, strength{0.3, 0.75}, angle{0, 360}, bend{0, 25}, gaps{0, 0.4};
    std::array<int, 2> strokes{1, 2};
    std::string tone = "either";

    Scratch() { contrast = 0.05; }

    static void describe(fettle::Describe<Scratch>& d) {
        d.summary("Scratches: thin, straight or slightly bent, bright or dark, interrupted.")
            .param("length", &Scratch::length, "Least and greatest length, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 3})
            .param("width", &Scratch::width, "Least and greatest width, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 0.2})
            .param("strength", &Scratch::strength,
                   "Least and greatest share of the way to black or white in the middle of the furrow.",
                   fettle::between(0.05, 1))
            .param("angle", &Scratch::angle, "Least and greatest direction in degrees, clockwise from the right.",
                   fettle::between(-360, 360))
            .param("bend", &Scratch::bend, "Least and greatest turn from one end to the other in degrees, either way.",
                   fettle::between(0, 180))
            .param("gaps", &Scratch::gaps, "Least and greatest share of the length that is interrupted.",
                   fettle::between(0, 0.9))
            .param("strokes", &Scratch::strokes, "Least and greatest number of nearly parallel strokes of one scratch.",
                   fettle::between(1, 20))
            .param("tone", &Scratch::tone, "Whether scratches are bright, dark, or either, half of the time each.",
                   fettle::one_of({"bright", "dark", "either"}));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "scratch"; }
    std::string own_contradiction() const override {
        if (strokes[0] > strokes[1]) return "`strokes` begins with the greater number";
        return descending({{"length", length},
                           {"width", width},
                           {"strength", strength},
                           {"angle", angle},
                           {"bend", bend},
                           {"gaps", gaps}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const Plan plan{std::max(5.0f, ground.side() * between(length, random)),
                        std::max(0.35f, ground.side() * between(width, random) / 2),
                        between(strength, random),
                        between(angle, random) * pi / 180,
                        between(bend, random) * pi / 180 * (random.chance(0.5) ? 1.0f : -1.0f),
                        between(gaps, random),
                        between(strokes, random),
                        random.chance(0.5) ? tone != "dark" : tone == "bright"};
        const Point middle = ground.place(random);
        constexpr float margin = 3.5f;
        const auto lines = bent_lines(plan, middle, random);
        Change change = change_around(ground.image(), points_of(lines), widest_of(lines) + margin);
        if (change.pixels.empty()) return change;
        for (const auto& line : lines) paint(change, line, plan, margin, random);
        change.told = {{"length", plan.length},        {"thickness", 2 * plan.half},
                       {"strength", plan.strength},    {"angle", plan.angle * 180 / pi},
                       {"bend", plan.bend * 180 / pi}, {"gaps", plan.gaps},
                       {"strokes", plan.strokes},      {"tone", plan.bright ? "bright" : "dark"}};
        return change;
    }

   private:
    static std::vector<std::vector<Knot>> bent_lines(const Plan& plan, Point middle, Random& random) {
        std::vector<std::vector<Knot>> lines;
        for (int k = 0; k < plan.strokes; ++k) {
            const auto aside = static_cast<float>(k == 0 ? 0 : random.uniform(-0.05, 0.05)) * plan.length,
                       ahead = static_cast<float>(k == 0 ? 0 : random.uniform(-0.3, 0.3)) * plan.length,
                       size = static_cast<float>(k == 0 ? 1 : random.uniform(0.25, 0.8)),
                       turn = static_cast<float>(k == 0 ? 0 : random.uniform(-0.07, 0.07));
            const float c = std::cos(plan.angle), s = std::sin(plan.angle);
            lines.push_back(bent_line(plan, {middle.x + ahead * c - aside * s, middle.y + ahead * s + aside * c},
                                      plan.length * size, plan.angle + turn));
        }
        return lines;
    }

    /// An arc whose middle lies at `middle` and runs along `angle` there.
    static std::vector<Knot> bent_line(const Plan& plan, Point middle, float length, float angle) {
        const int steps = std::max(2, static_cast<int>(length / 5));
        const float step = length / static_cast<float>(steps);
        std::vector<Knot> line;
        Point at{0, 0};
        float heading = angle - plan.bend / 2;
        for (int k = 0; k <= steps; ++k) {
            line.push_back({at.x, at.y, plan.half});
            heading += plan.bend / static_cast<float>(steps);
            at.x += step * std::cos(heading);
            at.y += step * std::sin(heading);
        }
        const Knot centre = line[line.size() / 2];
        for (Knot& knot : line) knot.x += middle.x - centre.x, knot.y += middle.y - centre.y;
        return line;
    }

    /// Pressure varies along the line; where it falls below what `gaps` says, nothing is scratched. The lip beside a
    /// furrow catches the other light, faintly.
    static void paint(Change& change, const std::vector<Knot>& line, const Plan& plan, float margin, Random& random) {
        Strokes strokes(change.left, change.top, change.pixels.width, change.pixels.height);
        strokes.add(line, margin);
        const Noise pressure(random.bits()), grain(random.bits());
        const float length = plan.length, side = random.chance(0.5) ? 1.0f : -1.0f, c = std::cos(plan.angle),
                    s = std::sin(plan.angle);
        const float sign = plan.bright ? -1.0f : 1.0f;
        for (int y = 0; y < change.pixels.height; ++y)
            for (int x = 0; x < change.pixels.width; ++x) {
                const float depth = strokes.depth(x, y);
                if (depth <= -margin + 0.5f) continue;
                const Near& near = strokes.near(x, y);
                const float at = near.along / length, waves = pressure.fractal(near.along / 14 + 3, 0.5f, 3);
                const float ends = std::min({1.0f, 6 * at + 0.15f, 6 * std::max(0.0f, 1 - at) + 0.1f});
                // Two thirds of the noise's values lie within 0.3 of 0: `gaps` of the length falls below.
                const float open = edge(waves - 0.6f * (plan.gaps - 0.5f) + (plan.gaps <= 0.01f ? 1.0f : 0.0f), 0.06f);
                const float worn = 0.85f + 0.25f * grain.lattice(x + change.left, y + change.top);
                const float press = ends * open * worn * (0.8f + 0.5f * waves);
                const float across = (near.ny * c - near.nx * s) * side;  // 1 on the side of the lip
                const float furrow = edge(depth, 0.75f),
                            lip = (edge(depth + 1.3f, 0.75f) - furrow) * std::max(0.0f, across);
                const float dark = sign * plan.strength * press * (furrow - 0.3f * lip);
                if (furrow + lip > 0.02f) shade(change.pixels.at(x, y), dark);
            }
    }
};

}  // namespace

void add_scratch(fettle::PluginBuilder& plugin) { plugin.add<Scratch>("synthesize.scratch"); }
