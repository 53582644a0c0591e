#include "pair.hpp"

#include <cmath>
#include <numbers>

namespace {

using fettle::Tensor;
using similarity::root;

/// CIELAB under D65, each N x 1 x H x W.
struct Lab {
    Tensor lightness, a, b;
};

/// IEC 61966-2-1; not clamped, the straight part goes on below 0. Where a branch isn't taken its argument is kept in
/// its domain, so that no infinite gradient meets a 0.
Tensor linear_light(const Tensor& srgb) {
    constexpr double knee = 0.04045;
    return torch::where(srgb <= knee, srgb / 12.92, ((srgb.clamp_min(knee) + 0.055) / 1.055).pow(2.4));
}

/// The cube root of CIE 15, with its straight part near black.
Tensor compressed(const Tensor& ratio) {
    constexpr double knee = 216.0 / 24389;
    return torch::where(ratio <= knee, ratio * (841.0 / 108) + 4.0 / 29, ratio.clamp_min(knee).pow(1.0 / 3));
}

/// From sRGB, N x 3 x H x W. The matrix is that of the primaries of ITU-R BT.709 under D65 (ASTM E308's 0.95047, 1,
/// 1.08883); its rows are divided by the white, their sums, so that greys have no colour at all.
Lab lab_of(const Tensor& srgb) {
    const Tensor linear = linear_light(srgb);
    const Tensor red = linear.narrow(1, 0, 1), green = linear.narrow(1, 1, 1), blue = linear.narrow(1, 2, 1);
    const auto mixed = [&](double r, double g, double b) {
        const double white = r + g + b;
        return compressed(red * (r / white) + green * (g / white) + blue * (b / white));
    };
    const Tensor x = mixed(0.4124564, 0.3575761, 0.1804375);
    const Tensor y = mixed(0.2126729, 0.7151522, 0.0721750);
    const Tensor z = mixed(0.0193339, 0.1191920, 0.9503041);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

/// A hue as a point on the unit circle; the origin for a colour without one.
struct Direction {
    Tensor x, y;
};

Direction direction_of(const Tensor& a, const Tensor& b, const Tensor& chroma) {
    constexpr double colourless = 1e-6;  // far below what single precision leaves of a grey's chroma
    const Tensor length = chroma.clamp_min(colourless);
    return {a / length, b / length};
}

/// The hue half-way between two, and the sine of half the angle from the first to the second.
struct Between {
    Direction mean;
    Tensor half_sine;
};

/// By vectors, since angles have no gradient at the origin. Hues less than 120 degrees apart are halved by their sum,
/// others by the normal of their difference, so that neither vanishes. Of a hue and none, the mean is the hue.
Between between(const Direction& p, const Direction& q) {
    const Tensor cross = p.x * q.y - p.y * q.x;
    const Tensor near = p.x * q.x + p.y * q.y > -0.5;
    const Tensor turn =
        torch::where(cross < 0, torch::full({}, -1.0, cross.options()), torch::ones({}, cross.options()));
    const Tensor sum_x = p.x + q.x, sum_y = p.y + q.y, apart_x = q.x - p.x, apart_y = q.y - p.y;
    const auto length = [](const Tensor& x, const Tensor& y) {
        return torch::addcmul(x.square(), y, y).clamp_min(0.25).sqrt();
    };
    const Tensor sum = length(sum_x, sum_y), apart = length(apart_x, apart_y);
    const Tensor none = ((sum_x == 0) & (sum_y == 0)).to(cross.scalar_type());  // any hue will do, but a point has none
    return {{torch::where(near, sum_x / sum + none, turn * apart_y / apart),
             torch::where(near, sum_y / sum, -turn * apart_x / apart)},
            torch::where(near, cross / sum, turn * apart / 2)};
}

/// How much hue counts at this hue: T of CIEDE2000, with the multiples of the angle from its sine and cosine.
Tensor hue_weight(const Direction& hue) {
    const auto turned = [](const Direction& d, double degrees) {  // the cosine of an angle less `degrees`
        const double angle = degrees * std::numbers::pi / 180;
        return d.x * std::cos(angle) + d.y * std::sin(angle);
    };
    const Tensor &c = hue.x, &s = hue.y;
    const Direction twice{c.square() - s.square(), 2 * c * s};
    const Direction thrice{c * twice.x - s * twice.y, s * twice.x + c * twice.y};
    const Direction four{twice.x.square() - twice.y.square(), 2 * twice.x * twice.y};
    return 1 - 0.17 * turned(hue, 30) + 0.24 * twice.x + 0.32 * turned(thrice, -6) - 0.20 * turned(four, 63);
}

/// sin(2 * 30 exp(-((h - 275) / 25)^2)) degrees: 0 but about blue.
Tensor blue_turn(const Direction& hue) {
    const double blue = 275 * std::numbers::pi / 180, degrees = 180 / std::numbers::pi;
    const Tensor along = hue.x * std::cos(blue) + hue.y * std::sin(blue);
    const Tensor aside = hue.y * std::cos(blue) - hue.x * std::sin(blue);
    const Tensor angle = torch::atan2(aside, along) * degrees;
    const Tensor from_blue = torch::where(angle > 85, angle - 360, angle);  // hues are 0 to 360, so -275 to 85
    return torch::sin((from_blue / 25).square().neg().exp() * (60 / degrees));
}

/// sqrt(c^7 / (c^7 + 25^7)).
Tensor vividness(const Tensor& chroma) {
    const Tensor power = chroma.pow(3.5);
    return power / (power.square() + std::pow(25.0, 7)).sqrt();
}

/// CIEDE2000 as G. Sharma, W. Wu, E. Dalal write it, "The CIEDE2000 color-difference formula: implementation notes,
/// supplementary test data, and mathematical observations" (Color Research and Application 30, 2005), kL = kC = kH = 1.
Tensor ciede2000(const Lab& p, const Lab& q) {
    const auto chroma = [](const Tensor& a, const Tensor& b) { return root(torch::addcmul(a.square(), b, b)); };
    const Tensor stretch = 1.5 - 0.5 * vividness((chroma(p.a, p.b) + chroma(q.a, q.b)) / 2);
    const Tensor a_p = p.a * stretch, a_q = q.a * stretch;
    const Tensor chroma_p = chroma(a_p, p.b), chroma_q = chroma(a_q, q.b), mean = (chroma_p + chroma_q) / 2;
    const Between hues = between(direction_of(a_p, p.b, chroma_p), direction_of(a_q, q.b, chroma_q));

    const Tensor off_middle = ((p.lightness + q.lightness) / 2 - 50).square();
    const Tensor lightness = (q.lightness - p.lightness) / (1 + 0.015 * off_middle / (20 + off_middle).sqrt());
    const Tensor colour = (chroma_q - chroma_p) / (1 + 0.045 * mean);
    const Tensor hue = 2 * root(chroma_p * chroma_q) * hues.half_sine / (1 + 0.015 * mean * hue_weight(hues.mean));
    const Tensor turn = -2 * vividness(mean) * blue_turn(hues.mean);
    return root((lightness.square() + colour.square() + hue.square() + turn * colour * hue).clamp_min(0));
}

/// The difference of two colours as people see it, pixel by pixel: 1 is about the least that one notices, black and
/// white are 100 apart. Grey images differ by their lightness alone.
struct ColourDifference final : fettle::Similarity {
    static void describe(fettle::Describe<ColourDifference>& d) {
        d.summary("CIEDE2000: how different colours look, pixel by pixel; 1 is just noticeable.");
    }

    Tensor compare(const Tensor& reference, const Tensor& candidate) const override {
        similarity::require_same(reference, candidate);
        const auto channels = reference.size(1);
        if (channels != 1 && channels != 3)
            throw fettle::Error(fettle::Fault::shape,
                                "images of " + std::to_string(channels) + " channels have no colour to compare")
                .help("give RGB or grey images");
        const auto colours = [&](const Tensor& images) {
            return lab_of(channels == 3 ? images : images.expand({-1, 3, -1, -1}));
        };
        return ciede2000(colours(reference), colours(candidate));
    }
};

}  // namespace

void add_colour_difference(fettle::PluginBuilder& plugin) {
    plugin.add<ColourDifference>("similarity.colour_difference");
}
