#include "blob.hpp"
#include "shade.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// One hole of a cluster.
struct Hole {
    Point at;
    float radius;
};

/// Gas holes: round-ish, dark inside, the far wall and the rim catching the light; alone or in clusters.
struct Pore final : Drawn {
    Range radius{0.008, 0.025}, depth{0.5, 0.8}, spread{0.03, 0.12};
    std::array<int, 2> cluster{1, 3};
    double rim = 0.4, roughness = 1;

    Pore() { contrast = 0.08; }

    static void describe(fettle::Describe<Pore>& d) {
        d.summary("Pores: round-ish dark holes with a lit rim, single or in clusters.")
            .param("radius", &Pore::radius, "Least and greatest radius, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 0.5})
            .param("depth", &Pore::depth, "Least and greatest share of the light that is lost inside.",
                   fettle::between(0.05, 1))
            .param("cluster", &Pore::cluster, "Least and greatest number of holes of one defect.",
                   fettle::between(1, 50))
            .param("spread", &Pore::spread,
                   "Least and greatest distance of a cluster's other holes from the first, as shares of the image's "
                   "shorter side.",
                   fettle::between(0, 1))
            .param("rim", &Pore::rim, "Brightness of the rim that catches the light: 0 is none, 1 white.",
                   fettle::between(0, 1))
            .param("roughness", &Pore::roughness, "How far the outline strays from a circle: 0 is round.",
                   fettle::between(0, 3));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "pore"; }
    std::string own_contradiction() const override {
        if (cluster[0] > cluster[1]) return "`cluster` begins with the greater number";
        return descending({{"radius", radius}, {"depth", depth}, {"spread", spread}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const std::vector<Hole> holes = placed(ground, random);
        const float dark = between(depth, random), light = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
        std::vector<Point> points;
        float reach = 0;
        for (const Hole& hole : holes) {
            points.push_back(hole.at);
            reach = std::max(reach, hole.radius * (1.5f + 0.75f * static_cast<float>(roughness)) + 4);
        }
        Change change = change_around(ground.image(), points, reach);
        if (change.pixels.empty()) return change;
        change.told = {{"depth", dark}, {"light", light * 180 / pi}, {"holes", nlohmann::json::array()}};
        for (const Hole& hole : holes) {
            paint(change, hole, dark, light, random);
            change.told["holes"].push_back({{"x", hole.at.x}, {"y", hole.at.y}, {"radius", hole.radius}});
        }
        return change;
    }

   private:
    /// The first, largest hole lies where a defect may; the others about it.
    std::vector<Hole> placed(const Ground& ground, Random& random) const {
        const int number = between(cluster, random);
        const float widest = std::max(1.0f, ground.side() * between(radius, random));
        std::vector<Hole> holes{{ground.place(random), widest}};
        for (int k = 1; k < number; ++k) {
            const float distance = ground.side() * between(spread, random) + widest,
                        angle = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
            const Point first = holes.front().at;
            holes.push_back({{first.x + distance * std::cos(angle), first.y + distance * std::sin(angle)},
                             std::max(0.9f, widest * static_cast<float>(random.uniform(0.3, 0.9)))});
        }
        return holes;
    }

    void paint(Change& change, const Hole& hole, float depth, float light, Random& random) const {
        const Blob blob(hole.at, hole.radius, static_cast<float>(random.uniform(1, 1.7)),
                        static_cast<float>(random.uniform(0, std::numbers::pi)), 0.28f * static_cast<float>(roughness),
                        random.bits());
        const Noise inner(random.bits());
        const float light_x = std::cos(light), light_y = std::sin(light), lit = static_cast<float>(rim);
        const float rim_width = 0.7f + 0.12f * hole.radius;
        for_each_near(change, hole.at, blob.reach() + rim_width + 2, [&](std::uint8_t* pixel, float x, float y) {
            const float deep = blob.depth(x, y);
            if (deep < -rim_width - 1.5f) return;
            const float inside = edge(deep, 0.9f), ring = edge(deep + rim_width, 0.9f) - inside;
            const float dx = (x - hole.at.x) / hole.radius, dy = (y - hole.at.y) / hole.radius;
            const float away = -(dx * light_x + dy * light_y);  // 1 at the wall that faces the light
            const float wall = std::clamp(0.55f * away, 0.0f, 0.6f) * (1 - std::clamp(deep / hole.radius, 0.0f, 1.0f));
            float dark = inside * depth * (1 - wall + 0.12f * inner.at(x / 1.7f, y / 1.7f));
            dark -= lit * ring * std::max(0.0f, away) * 0.8f;  // the far rim shines,
            dark += 0.25f * ring * std::max(0.0f, -away);      // the near one lies in shade
            if (inside + ring > 0.02f) shade(pixel, std::clamp(dark, -1.0f, 1.0f));
        });
    }
};

}  // namespace

void add_pore(fettle::PluginBuilder& plugin) { plugin.add<Pore>("synthesize.pore"); }
