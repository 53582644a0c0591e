// Parts and defects drawn from random numbers: what `dataset.procedural` is made of. Brightness is linear in what is
// stored, 0 black to 1 white; lengths are in pixels, scaled by `unit` (the shorter side / 128).
#pragma once

#include <fettle/drawing.hpp>
#include <fettle/random.hpp>

#include <string>

using fettle::edge;
using fettle::Field;
using fettle::Noise;

/// A part as a camera sees it.
struct Part {
    Field light;  ///< brightness
    Field place;  ///< 1 where a defect may lie, 0 where not (table, bores), between on edges
    Field rim;    ///< the same for chips: where material ends; empty where it ends nowhere
    float tint[3]{1, 1, 1};
    float light_x = 0, light_y = -1;  ///< where the light comes from, unit length
};

/// `design` makes the product (how many holes, which radii), the same for a whole set; `random` makes the one part
/// and its photograph.                                                            [any thread, concurrent]
Part draw_casting(int width, int height, fettle::Random design, fettle::Random random);
Part draw_concrete(int width, int height, fettle::Random design, fettle::Random random);
Part draw_brushed_metal(int width, int height, fettle::Random design, fettle::Random random);

/// A defect: light * (1 - alpha) + alpha * light * gain. Where alpha is 0 nothing changes.
struct Defect {
    Field alpha, gain;
};

/// Draws a "crack", "pore", "scratch" or "chip" where `part.place` (or `part.rim`) allows it, large enough to be seen.
///                                                                               [any thread, concurrent]
Defect draw_defect(const std::string& kind, const Part& part, fettle::Random random);
