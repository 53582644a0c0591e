#include "blob.hpp"
#include "shade.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// How far the outline strays, as a share of the radius.
constexpr float stray = 0.3f;

/// What is drawn for one stain.
struct Plan {
    float radius, strength, softness, tide;
    std::array<float, 3> tint;
    bool bright;
    int lobes;
};

/// Soft blotches that change brightness and colour, with a tide mark at their edge: oil, rust, water.
struct Stain final : Drawn {
    Range radius{0.05, 0.18}, strength{0.12, 0.35}, softness{0.2, 0.6}, tint{0, 0.05}, tide{0, 0.4};
    std::string tone = "dark";

    Stain() { contrast = 0.03; }

    static void describe(fettle::Describe<Stain>& d) {
        d.summary("Stains: soft blotches that change brightness and colour.")
            .param("radius", &Stain::radius, "Least and greatest radius, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("strength", &Stain::strength, "Least and greatest share of the way to black or white.",
                   fettle::between(0.02, 1))
            .param("softness", &Stain::softness, "Least and greatest width of the edge, as shares of the radius.",
                   fettle::between(0, 1))
            .param("tint", &Stain::tint,
                   "Least and greatest shift towards warm or cold colours, as shares of the light; an image of greys "
                   "stays one.",
                   fettle::between(0, 1))
            .param("tide", &Stain::tide, "Least and greatest share by which the edge is stronger than the middle.",
                   fettle::between(0, 2))
            .param("tone", &Stain::tone, "Whether stains are bright, dark, or either, half of the time each.",
                   fettle::one_of({"bright", "dark", "either"}));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "stain"; }
    std::string own_contradiction() const override {
        return descending(
            {{"radius", radius}, {"strength", strength}, {"softness", softness}, {"tint", tint}, {"tide", tide}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        Plan plan{std::max(2.0f, ground.side() * between(radius, random)),
                  between(strength, random),
                  between(softness, random),
                  between(tide, random),
                  {},
                  false,
                  random.integer(1, 3)};
        plan.bright = random.chance(0.5) ? tone != "dark" : tone == "bright";
        // Warmer or colder, as rust and oil are, and a little of anything else.
        const float shift = between(tint, random) * (random.chance(0.7) ? 1.0f : -1.0f);
        const auto else_of = [&] { return shift * static_cast<float>(random.uniform(-0.2, 0.2)); };
        plan.tint = {shift + else_of(), else_of(), -shift + else_of()};
        if (ground.grey()) plan.tint = {};
        const Point middle = ground.place(random);
        std::vector<Blob> lobes;
        std::vector<Point> middles;
        float reach = 0;
        for (int k = 0; k < plan.lobes; ++k) {
            const float size = plan.radius * (k == 0 ? 1.0f : static_cast<float>(random.uniform(0.4, 0.8)));
            const float away = k == 0 ? 0.0f : plan.radius * 0.7f,
                        angle = static_cast<float>(random.uniform(0, 6.2831));
            middles.push_back({middle.x + away * std::cos(angle), middle.y + away * std::sin(angle)});
            lobes.emplace_back(middles.back(), size, static_cast<float>(random.uniform(1, 1.8)),
                               static_cast<float>(random.uniform(0, 3.1416)), 0.18f, random.bits());
            reach = std::max(reach, lobes.back().reach());
        }
        Change change = change_around(ground.image(), middles, reach + plan.radius * (stray + plan.softness / 2) + 2);
        if (change.pixels.empty()) return change;
        paint(change, middle, lobes, plan, random);
        change.told = {{"radius", plan.radius},
                       {"strength", plan.strength},
                       {"softness", plan.softness},
                       {"tide", plan.tide},
                       {"tint", plan.tint},
                       {"lobes", plan.lobes},
                       {"tone", plan.bright ? "bright" : "dark"}};
        return change;
    }

   private:
    static void paint(Change& change, Point middle, const std::vector<Blob>& lobes, const Plan& plan, Random& random) {
        const Noise mottle(random.bits());
        const float half = std::max(0.8f, plan.radius * plan.softness / 2), sign = plan.bright ? -1.0f : 1.0f;
        for_each_near(change, middle, 1e6f, [&](std::uint8_t* pixel, float x, float y) {
            float deep = -1e6f;
            for (const Blob& lobe : lobes) deep = std::max(deep, lobe.depth(x, y));
            if (deep < -half - stray * plan.radius) return;
            const float scale = plan.radius / 2;
            const float wave = mottle.fractal(x / scale, y / scale, 3);
            const float cover = edge(deep + stray * plan.radius * wave, half);
            if (cover <= 0.01f) return;
            const float away = (deep - 0.5f * half) / (0.12f * plan.radius + 1.5f);  // from the tide mark
            const float amount = cover * plan.strength * (1 + plan.tide / (1 + away * away) + 0.35f * wave);
            for (std::size_t c = 0; c < 3; ++c)
                pixel[c] = to_level(shaded(pixel[c], std::min(1.0f, sign * amount)) * (1 + cover * plan.tint[c]));
        });
    }
};

}  // namespace

void add_stain(fettle::PluginBuilder& plugin) { plugin.add<Stain>("synthesize.stain"); }
