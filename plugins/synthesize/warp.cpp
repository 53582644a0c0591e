#include "blob.hpp"
#include "pixels.hpp"
#include "shade.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// A place where the surface is drawn out of shape: its pixels displaced by a smooth field, most in the middle.
struct Warp final : Drawn {
    Range radius{0.08, 0.2}, shift{0.03, 0.08};
    double turbulence = 0.5;

    Warp() { contrast = 0.025; }

    static void describe(fettle::Describe<Warp>& d) {
        d.summary("Warps: a place drawn out of shape by a smooth field of displacements.")
            .param("radius", &Warp::radius, "Least and greatest radius, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("shift", &Warp::shift, "Least and greatest displacement, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 0.5})
            .param("turbulence", &Warp::turbulence,
                   "Share of the displacement that differs from place to place; the rest goes one way.",
                   fettle::between(0, 1));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "warp"; }
    std::string own_contradiction() const override { return descending({{"radius", radius}, {"shift", shift}}); }

    Change draw(const Ground& ground, Random& random) const override {
        const float size = std::max(3.0f, ground.side() * between(radius, random)),
                    by = std::max(1.0f, ground.side() * between(shift, random)),
                    angle = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
        const Point middle = ground.place(random);
        const Blob blob(middle, size, static_cast<float>(random.uniform(1, 1.8)),
                        static_cast<float>(random.uniform(0, std::numbers::pi)), 0.25f, random.bits());
        Change change = change_around(ground.image(), {middle}, blob.reach());
        if (change.pixels.empty()) return change;
        const Noise across(random.bits()), down(random.bits());
        const auto wild = static_cast<float>(turbulence);
        const float one_way_x = (1 - wild) * std::cos(angle), one_way_y = (1 - wild) * std::sin(angle);
        for_each_near(change, middle, blob.reach(), [&](std::uint8_t* pixel, float x, float y) {
            const float deep = blob.depth(x, y);
            if (deep <= 0) return;
            const float amount = by * edge(deep - size / 2, size / 2), u = 2 * x / size, v = 2 * y / size;
            const auto colour = colour_at(ground.image(), x + amount * (one_way_x + 1.5f * wild * across.at(u, v)),
                                          y + amount * (one_way_y + 1.5f * wild * down.at(u, v)));
            for (std::size_t c = 0; c < 3; ++c) pixel[c] = to_level(colour[c]);
        });
        change.told = {{"radius", size}, {"shift", by}, {"angle", angle * 180 / pi}};
        return change;
    }
};

}  // namespace

void add_warp(fettle::PluginBuilder& plugin) { plugin.add<Warp>("synthesize.warp"); }
