#include "drawing.hpp"

#include <algorithm>
#include <array>
#include <numbers>

namespace {

constexpr float pi = std::numbers::pi_v<float>;

float between(fettle::Random& random, double low, double high) { return static_cast<float>(random.uniform(low, high)); }

void set_light(Part& part, fettle::Random& random) {
    const float angle = between(random, 0, 2 * pi);
    part.light_x = std::cos(angle);
    part.light_y = std::sin(angle);
}

void set_tint(Part& part, fettle::Random& random, std::array<float, 3> tint) {
    for (std::size_t c = 0; c < 3; ++c) part.tint[c] = tint[c] * (1 + between(random, -0.004, 0.004));
}

/// What the sensor adds to every pixel.
void add_grain(Field& light, const Noise& noise, float height) {
    for (int y = 0; y < light.height; ++y)
        for (int x = 0; x < light.width; ++x) light.at(x, y) += height * noise.lattice(x + 7919, y);
}

/// Radii of a turned disc in shares of its own, from outside in, and what else makes it this product.
struct DiscDesign {
    float groove_outer, groove_inner, cavity, hub, bore, bolt_circle, bolt_radius;
    int bolts, vanes;
    float sweep;  ///< how far the vanes lean, radians

    explicit DiscDesign(fettle::Random random) {
        groove_outer = between(random, 0.62, 0.68);
        groove_inner = groove_outer - between(random, 0.035, 0.05);
        cavity = groove_inner - between(random, 0.06, 0.08);
        hub = between(random, 0.24, 0.28);
        bore = hub - between(random, 0.07, 0.09);
        bolts = std::array{0, 3, 4, 6}[static_cast<std::size_t>(random.integer(0, 3))];
        bolt_circle = (1 + groove_outer) / 2;
        bolt_radius = between(random, 0.035, 0.05);
        vanes = random.integer(5, 8);
        sweep = between(random, 0.8, 1.4) * (random.chance(0.5) ? 1 : -1);
    }
};

/// How one disc lies under the camera, and its light.
struct DiscView {
    float centre_x, centre_y, radius;
    float tilt_x, tilt_y, flatten;  ///< seen a little from the side: shorter along (tilt_x, tilt_y)
    float turn, sheen, sheen_height, second, face, table, slope_x, slope_y;

    DiscView(int width, int height, fettle::Random& random) {
        const float side = static_cast<float>(std::min(width, height));
        centre_x = width / 2.0f + side * between(random, -0.03, 0.03);
        centre_y = height / 2.0f + side * between(random, -0.03, 0.03);
        radius = side * between(random, 0.41, 0.45);
        const float angle = between(random, 0, pi);
        tilt_x = std::cos(angle);
        tilt_y = std::sin(angle);
        flatten = between(random, 0.0, 0.06);
        turn = between(random, 0, 2 * pi);
        sheen = between(random, 0, pi);
        sheen_height = between(random, 0.10, 0.22);
        second = between(random, -0.04, 0.04);
        face = between(random, 0.60, 0.72);
        table = between(random, 0.45, 0.68);
        slope_x = between(random, -0.08, 0.08);
        slope_y = between(random, -0.08, 0.08);
    }
};

/// Shading of one disc, pixel by pixel, in its own coordinates: the disc's radius is 1.
class DiscShader {
   public:
    DiscShader(const DiscDesign& design, const DiscView& view, const Part& part, fettle::Random& random)
        : d_(design),
          v_(view),
          light_x_(part.light_x),
          light_y_(part.light_y),
          blur_(0.6f / view.radius),
          marks_(random.bits()),
          blotches_(random.bits()),
          rough_(random.bits()),
          shake_(between(random, 0.7, 1.3)) {
        for (int k = 0; k < d_.bolts; ++k) {
            const float angle = v_.turn + 2 * pi * static_cast<float>(k) / static_cast<float>(d_.bolts);
            bolts_.push_back({d_.bolt_circle * std::cos(angle), d_.bolt_circle * std::sin(angle)});
        }
    }

    /// Brightness at (x, y); `solid` becomes the share of it that is machined face, `rim` how near the outer edge.
    float shade(float x, float y, float& solid, float& rim) const {
        const float r = std::sqrt(x * x + y * y) + 1e-6f;
        const float towards = (x * light_x_ + y * light_y_) / r;  // 1 on the side of the light
        const float on_disc = edge(1 - r, blur_);
        solid = rim = 0;
        float value = table(x, y);
        if (on_disc <= 0) return value;

        const float top = face(x, y, r, towards);
        const float on_face = edge(r - d_.groove_outer, blur_);
        const float bevel = edge(r - 0.975f, 1.5f * blur_) * (0.22f * towards - 0.10f);
        float disc = on_face > 0 ? top + bevel : 0;
        if (on_face < 1) disc = on_face * disc + (1 - on_face) * inside(x, y, r, towards, top);
        solid = on_disc * on_face;
        for (const auto& [bx, by] : bolts_) {
            const float dx = x - bx, dy = y - by, distance = std::sqrt(dx * dx + dy * dy);
            if (distance > d_.bolt_radius * 1.5f) continue;
            const float across = (dx * light_x_ + dy * light_y_) / d_.bolt_radius;
            const float chamfer = edge(d_.bolt_radius * 1.25f - distance, blur_),
                        hole = edge(d_.bolt_radius - distance, blur_);
            disc += chamfer * (-0.16f * across - 0.05f);
            disc += hole * (0.10f - 0.10f * across - disc);
            solid *= 1 - chamfer;
        }
        rim = solid * edge(r - 0.9f, 0.08f);
        return value + on_disc * (disc - value);
    }

   private:
    float table(float x, float y) const {
        // The shadow falls away from the light, soft, and is darkest where the disc touches the table.
        const float sx = x + 0.07f * light_x_, sy = y + 0.07f * light_y_;
        const float gap = std::sqrt(sx * sx + sy * sy) - 1;
        const float shadow = gap < 0.25f ? 0.34f * (1 - edge(gap - 0.07f, 0.13f)) : 0;
        return (v_.table + v_.slope_x * x + v_.slope_y * y + 0.02f * blotches_.fractal(2 * x + 50, 2 * y, 3)) *
               (1 - shadow);
    }

    /// Turned metal: fine rings, and a sheen in two opposite fans where the rings lie across the light.
    float face(float x, float y, float r, float towards) const {
        const float c = x / r, s = y / r, cos2 = c * c - s * s, sin2 = 2 * c * s;
        const float fan = cos2 * std::cos(2 * v_.sheen) + sin2 * std::sin(2 * v_.sheen);
        const float wide = fan * std::abs(fan) * 0.5f + fan * 0.5f;
        const float wobble = 0.01f * towards;
        const float rings = 0.6f * marks_.at(90 * (r + wobble), 1.5f * c) + 0.4f * marks_.at(31 * r, 40 + s);
        const float worn = blotches_.fractal(3 * x, 3 * y, 3);
        return v_.face + v_.sheen_height * wide + v_.second * towards + 0.035f * shake_ * rings * (1 + 0.6f * fan) +
               0.05f * worn;
    }

    /// Groove, collar, cavity with vanes, hub and bore, from outside in.
    float inside(float x, float y, float r, float towards, float top) const {
        const auto beyond = [&](float radius, float shift) { return edge(r + shift * towards - radius, blur_); };
        const float wall = 0.14f + 0.05f * rough_.at(9 * x, 9 * y);
        const float collar = top + 0.05f - 0.10f * edge(0.012f - std::abs(r - d_.cavity), 0.012f);
        const float in_groove = beyond(d_.groove_inner, 0.012f);  // the groove's shadow makes it a crescent
        float value = in_groove * (wall + 0.1f * std::max(0.0f, -towards)) + (1 - in_groove) * collar;
        const float in_cavity = 1 - beyond(d_.cavity, 0);
        if (in_cavity > 0) value += in_cavity * (cavity(x, y, r, towards) - value);
        const float in_hub = 1 - beyond(d_.hub, 0);
        if (in_hub > 0) value += in_hub * (top + 0.04f + 0.06f * towards * edge(r - (d_.hub - 0.02f), blur_) - value);
        const float in_bore = 1 - beyond(d_.bore, 0);
        if (in_bore > 0) value += in_bore * (bore(x, y, r, towards) - value);
        return value;
    }

    /// Cast skin in the shade, with the vanes' edges catching some light.
    float cavity(float x, float y, float r, float towards) const {
        const float depth = (r - d_.hub) / (d_.cavity - d_.hub);
        const float angle = std::atan2(y, x) - v_.turn + d_.sweep * depth;
        const float phase = angle * static_cast<float>(d_.vanes) / (2 * pi);
        const float across = phase - std::floor(phase) - 0.5f;
        const float vane = std::exp(-across * across * 160) * edge(depth - 0.35f, 0.25f);
        const float skin = 0.09f + 0.05f * rough_.fractal(14 * x, 14 * y, 2);
        return skin + 0.17f * vane + 0.07f * std::max(0.0f, -towards) * edge(depth - 0.75f, 0.2f);
    }

    float bore(float x, float y, float r, float towards) const {
        const float through = v_.table * 0.78f + v_.slope_x * x + v_.slope_y * y;
        const float wall =
            edge(r - d_.bore * (0.78f - 0.16f * towards), 2.5f * blur_);  // seen on the far side of the light
        return through * (1 - 0.45f * wall) - 0.10f * towards * (r / d_.bore);
    }

    const DiscDesign& d_;
    const DiscView& v_;
    float light_x_, light_y_, blur_;
    Noise marks_, blotches_, rough_;
    float shake_;
    std::vector<std::pair<float, float>> bolts_;
};

}  // namespace

Part draw_casting(int width, int height, fettle::Random design_random, fettle::Random random) {
    Part part{Field(width, height, 0), Field(width, height, 0), Field(width, height, 0)};
    set_light(part, random);
    set_tint(part, random, {0.985f, 1.0f, 1.015f});
    const DiscDesign design(design_random);
    const DiscView view(width, height, random);
    const DiscShader shader(design, view, part, random);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            float dx = (static_cast<float>(x) + 0.5f - view.centre_x) / view.radius;
            float dy = (static_cast<float>(y) + 0.5f - view.centre_y) / view.radius;
            const float stretch = (dx * view.tilt_x + dy * view.tilt_y) * view.flatten;
            dx += stretch * view.tilt_x;
            dy += stretch * view.tilt_y;
            part.light.at(x, y) = shader.shade(dx, dy, part.place.at(x, y), part.rim.at(x, y));
        }
    add_grain(part.light, Noise(random.bits()), 0.016f);
    return part;
}

Part draw_concrete(int width, int height, fettle::Random, fettle::Random random) {
    Part part{Field(width, height, 0), Field(width, height, 1)};
    set_light(part, random);
    set_tint(part, random, {1.02f, 1.0f, 0.96f});
    const Noise stains(random.bits()), sand(random.bits()), stones(random.bits()), voids(random.bits());
    const float base = between(random, 0.55, 0.72), scale = 128.0f / static_cast<float>(std::min(width, height));
    const float slope_x = between(random, -0.1, 0.1), slope_y = between(random, -0.1, 0.1);
    const float blotch = between(random, 0.10, 0.2), relief = between(random, 0.10, 0.18),
                speck = between(random, 0.05, 0.09);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const float u = static_cast<float>(x) * scale, v = static_cast<float>(y) * scale;
            // Relief lit from one side: the difference of its height along the light.
            const auto rise = [&](float a, float b) { return sand.fractal(a / 4, b / 4, 2); };
            const float slope = rise(u + 0.8f * part.light_x, v + 0.8f * part.light_y) - rise(u, v);
            const float grains =
                stones.at((0.8f * u + 0.6f * v) / 1.5f, (0.8f * v - 0.6f * u) / 1.5f);  // askew: no grid shows
            const float hollow = edge(voids.at((0.6f * u + 0.8f * v) / 2.6f, (0.6f * v - 0.8f * u) / 2.6f) - 0.86f,
                                      0.05f);  // air voids of a pixel or two
            part.light.at(x, y) = base + slope_x * (u / 128 - 0.5f) + slope_y * (v / 128 - 0.5f) +
                                  blotch * stains.fractal(u / 38, v / 38, 4) - relief * slope +
                                  speck * grains * std::abs(grains) - 0.10f * hollow;
        }
    add_grain(part.light, Noise(random.bits()), 0.03f);
    return part;
}

Part draw_brushed_metal(int width, int height, fettle::Random, fettle::Random random) {
    Part part{Field(width, height, 0), Field(width, height, 1)};
    set_light(part, random);
    set_tint(part, random, {0.97f, 1.0f, 1.03f});
    const Noise lines(random.bits()), hairs(random.bits()), wear(random.bits());
    const float angle = between(random, -0.12, 0.12), c = std::cos(angle), s = std::sin(angle);
    const float base = between(random, 0.48, 0.6), glow = between(random, 0.12, 0.25), at = between(random, 0.2, 0.8);
    const float scale = 128.0f / static_cast<float>(std::min(width, height)), contrast = between(random, 0.09, 0.15);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const float u = static_cast<float>(x) * scale, v = static_cast<float>(y) * scale;
            const float along = c * u + s * v, across = c * v - s * u;
            const float band = (along / 128 - at) / 0.35f;  // a band of glare across the brushing
            part.light.at(x, y) = base + glow / (1 + band * band) + contrast * lines.at(along / 60, across * 0.9f) +
                                  0.6f * contrast * hairs.at(along / 22, across * 2.1f) +
                                  0.06f * wear.fractal(u / 50, v / 50, 3);
        }
    add_grain(part.light, Noise(random.bits()), 0.016f);
    return part;
}
