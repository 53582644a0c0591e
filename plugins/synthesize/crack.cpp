#include "shade.hpp"
#include "strokes.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// What is drawn for one crack.
struct Plan {
    float length, half, depth, angle, light;
    int branches;
};

/// Steps of a thin crack, in pixels.
constexpr float grain = 2.2f;

/// Walks on from `at` in steps of about `stride` pixels: the heading wanders about `angle`, turns at grains, and now
/// and then at a sharper corner. Widest where `profile` (0 at the start, 1 at the end) says.
template <class Profile>
std::vector<Knot> walk(Point at, float angle, float length, float wander, float stride, const Profile& profile,
                       Random& random) {
    const int steps = std::max(3, static_cast<int>(length / stride));
    const float step = length / static_cast<float>(steps);
    std::vector<Knot> line{{at.x, at.y, profile(0)}};
    float drift = 0, lean = 0;
    for (int k = 1; k <= steps; ++k) {
        if (random.chance(0.06)) lean = static_cast<float>(0.5 * random.normal());
        drift = 0.93f * drift + 0.12f * static_cast<float>(random.normal());
        const float heading = angle + wander * (drift + lean + 0.4f * static_cast<float>(random.normal()));
        at.x += step * std::cos(heading);
        at.y += step * std::sin(heading);
        line.push_back({at.x, at.y, profile(static_cast<float>(k) / static_cast<float>(steps))});
    }
    return line;
}

/// Branching random walks, dark inside, with rough edges and one lip that catches the light.
struct Crack final : Drawn {
    Range length{0.4, 1.1}, width{0.008, 0.03}, depth{0.6, 0.85}, angle{0, 360};
    std::array<int, 2> branches{0, 2};
    double wander = 1, roughness = 1, lip = 0.5;

    Crack() { contrast = 0.06; }

    static void describe(fettle::Describe<Crack>& d) {
        d.summary("Cracks: branching random walks, dark inside, rough at the edges, one lip catching the light.")
            .param("length", &Crack::length, "Least and greatest length, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 3})
            .param("width", &Crack::width, "Least and greatest widest place, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 0.5})
            .param("depth", &Crack::depth, "Least and greatest share of the light that is lost inside.",
                   fettle::between(0.05, 1))
            .param("angle", &Crack::angle, "Least and greatest direction in degrees, clockwise from the right.",
                   fettle::between(-360, 360))
            .param("branches", &Crack::branches, "Least and greatest number of branches.", fettle::between(0, 20))
            .param("wander", &Crack::wander, "How far the walk strays from its direction: 0 is straight.",
                   fettle::between(0, 3))
            .param("roughness", &Crack::roughness, "How ragged the edges are: 0 is smooth.", fettle::between(0, 3))
            .param("lip", &Crack::lip, "Brightness of the lip that catches the light: 0 is none, 1 white.",
                   fettle::between(0, 1));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "crack"; }
    std::string own_contradiction() const override {
        if (branches[0] > branches[1]) return "`branches` begins with the greater number";
        return descending({{"length", length}, {"width", width}, {"depth", depth}, {"angle", angle}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const Plan plan{std::max(6.0f, ground.side() * between(length, random)),
                        std::max(0.6f, ground.side() * between(width, random) / 2),
                        between(depth, random),
                        between(angle, random) * pi / 180,
                        static_cast<float>(random.uniform(0, 2 * std::numbers::pi)),
                        between(branches, random)};
        const auto lines = grown(plan, ground.place(random), random);
        const float lip_width = 0.8f + 0.15f * plan.half, margin = lip_width + 2 + ragged_by(plan.half);
        Change change = change_around(ground.image(), points_of(lines), widest_of(lines) + margin);
        if (change.pixels.empty()) return change;
        Strokes strokes(change.left, change.top, change.pixels.width, change.pixels.height);
        for (const auto& line : lines) strokes.add(line, margin);
        paint(change, strokes, plan, lip_width, margin, random);
        change.told = {{"length", plan.length},          {"thickness", 2 * plan.half},     {"depth", plan.depth},
                       {"angle", plan.angle * 180 / pi}, {"light", plan.light * 180 / pi}, {"branches", plan.branches}};
        return change;
    }

   private:
    /// How far the edges of a crack so wide are ragged, in pixels.
    float ragged_by(float half) const { return static_cast<float>(roughness) * (0.35f + 0.35f * half); }

    /// The crack's own line, `start` in its middle, and its branches.
    std::vector<std::vector<Knot>> grown(const Plan& plan, Point start, Random& random) const {
        const Noise swell(random.bits());
        const float blunt = static_cast<float>(random.uniform(0.05, 0.5));  // how thick the thicker end is
        const auto profile = [&](float done) {
            const float taper =
                std::sqrt(std::min(1.0f, 5 * (1 - done) + 0.02f)) * std::sqrt(std::min(1.0f, blunt + 4 * done));
            return plan.half * taper * std::clamp(0.72f + 0.55f * swell.fractal(9 * done, 0.5f, 3), 0.2f, 1.0f);
        };
        const auto wandering = static_cast<float>(wander);
        const float stride = std::max(grain, 0.6f * plan.half);  // a wide one turns no sooner than its width allows
        start.x -= 0.5f * plan.length * std::cos(plan.angle);
        start.y -= 0.5f * plan.length * std::sin(plan.angle);
        std::vector<std::vector<Knot>> lines{walk(start, plan.angle, plan.length, wandering, stride, profile, random)};
        for (int k = 0; k < plan.branches; ++k) {
            const auto& trunk = lines.front();
            const auto at = static_cast<std::size_t>(random.uniform(0.1, 0.85) * static_cast<double>(trunk.size() - 1));
            const float turn = static_cast<float>(random.uniform(0.35, 1.1)) * (random.chance(0.5) ? 1.0f : -1.0f);
            const float size = static_cast<float>(random.uniform(0.12, 0.4)), from = trunk[at].half;
            lines.push_back(walk(
                {trunk[at].x, trunk[at].y}, plan.angle + turn, plan.length * size, wandering, grain,
                [&](float done) { return 0.15f + 0.6f * from * (1 - done); }, random));
        }
        return lines;
    }

    void paint(Change& change, const Strokes& strokes, const Plan& plan, float lip_width, float margin,
               Random& random) const {
        const Noise ragged(random.bits()), rubble(random.bits()), glint(random.bits());
        const float light_x = std::cos(plan.light), light_y = std::sin(plan.light);
        const auto bright = static_cast<float>(lip);
        const float coarse = 2.6f + plan.half;  // wide cracks break along larger grains
        for (int y = 0; y < change.pixels.height; ++y)
            for (int x = 0; x < change.pixels.width; ++x) {
                float deep = strokes.depth(x, y);
                if (deep <= -margin + 1) continue;
                const Near& near = strokes.near(x, y);
                const float u = static_cast<float>(x + change.left), v = static_cast<float>(y + change.top);
                deep += ragged_by(near.half) * ragged.fractal(u / coarse, v / coarse, 3);
                const float inside = edge(deep, 0.8f);
                const float facing = -(near.nx * light_x + near.ny * light_y);  // the far wall faces the light
                float dark = 0;
                if (inside > 0) {
                    const float middle = std::clamp(deep / (near.half + 0.3f), 0.0f, 1.0f);
                    const float grit = near.half > 1.5f ? 0.35f * std::max(0.0f, rubble.fractal(u / 3, v / 3, 2)) : 0;
                    // Of a wide crack one wall is seen, lit; the other lies in its own shade.
                    const float wall = near.half > 2 ? 0.4f * std::max(0.0f, facing) : 0;
                    dark = inside * plan.depth * (0.75f + 0.25f * middle - (grit + wall) * (1 - middle));
                }
                if (const float rim = edge(deep + lip_width, 0.9f) - inside; rim > 0 && facing > 0.1f) {
                    const float shine = 0.45f + 1.6f * glint.fractal(u / 16, v / 16, 3);
                    dark -= bright * rim * facing * std::max(0.0f, shine);
                }
                if (dark != 0) shade(change.pixels.at(x, y), dark);
            }
    }
};

}  // namespace

void add_crack(fettle::PluginBuilder& plugin) { plugin.add<Crack>("synthesize.crack"); }
