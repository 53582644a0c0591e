#include "grey.hpp"
#include "hashes.hpp"

#include <fettle/error.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cstdint>

namespace hash {
namespace {

constexpr int hues = 6;

/// Saturation, 0..255, as Pillow's HSV has it (libImaging/Convert.c): in floats, cut.
constexpr int saturation(int most, int spread) {
    return spread == 0 ? 0 : static_cast<int>(static_cast<float>(spread) / static_cast<float>(most) * 255.0);
}

/// The least spread between a pixel's channels that makes a saturation of `wanted` or more, by its largest channel.
constexpr std::array<int, 256> least_spreads(int wanted) {
    std::array<int, 256> spreads{};
    for (int most = 0; most < 256; ++most)
        while (spreads[most] <= most && saturation(most, spreads[most]) < wanted) ++spreads[most];
    return spreads;
}

/// Which sixth of 0..255 the hue falls into, as Pillow's HSV has it: floats, but for sums with a number in doubles.
int hue_bin(int red, int green, int blue, int most, int range) {
    const auto spread = static_cast<float>(range);
    const auto below = [&](int channel) { return static_cast<float>(most - channel) / spread; };
    float hue = red == most     ? below(blue) - below(green)
                : green == most ? static_cast<float>(2.0 + below(red) - below(blue))
                                : static_cast<float>(4.0 + below(green) - below(red));
    const double turn = hue / 6.0 + 1.0;
    hue = static_cast<float>(turn >= 1 ? turn - 1 : turn);              // no less than 5/6, no more than 11/6
    return std::min(static_cast<int>(hue * 255.0) * 2 / 85, hues - 1);  // edges at 42.5, 85, 127.5 ...
}

/// Numbers of pixels.
struct Counts {
    std::int64_t black = 0, grey = 0, coloured = 0;
    std::array<std::int64_t, hues> faint{}, bright{};
};

Counts counted(const fettle::Image& image) {
    constexpr unsigned dark = 256 / 8;
    // Of one saturation, 170, a pixel is neither faint nor bright in the original.
    static constexpr auto coloured = least_spreads(256 / 3), vivid = least_spreads(256 * 2 / 3),
                          bright = least_spreads(256 * 2 / 3 + 1);
    const int green_at = image.channels == 1 ? 0 : 1, blue_at = image.channels == 1 ? 0 : 2;
    Counts counts;
    for (std::size_t at = 0; at < image.pixels.size(); at += image.channels) {
        const int red = image.pixels[at], green = image.pixels[at + green_at], blue = image.pixels[at + blue_at];
        const int most = std::max(std::max(red, green), blue), spread = most - std::min(std::min(red, green), blue);
        if (grey_value(red, green, blue) < dark) {
            ++counts.black;
        } else if (spread < coloured[most]) {
            ++counts.grey;
        } else {
            ++counts.coloured;
            if (spread < vivid[most])
                ++counts.faint[hue_bin(red, green, blue, most, spread)];
            else if (spread >= bright[most])
                ++counts.bright[hue_bin(red, green, blue, most, spread)];
        }
    }
    return counts;
}

}  // namespace

fettle::Bits colour_hash(const fettle::Image& image, int bits) {
    refuse_empty(image);
    const Counts counts = counted(image);
    const int levels = 1 << bits;
    fettle::Bits out;
    const auto add = [&](std::int64_t count, double of) {
        const int level = std::min(levels - 1, static_cast<int>(static_cast<double>(count) / of * levels));
        // The original's own digits: not quite binary ones, 4 and 6 of 3 bits look the same.
        for (int i = 0; i < bits; ++i) out.push_back((level >> (bits - 1 - i)) % (1 << (bits - i)) > 0);
    };
    const auto pixels = static_cast<double>(image.pixels.size() / image.channels);
    add(counts.black, pixels);
    add(counts.grey, pixels);
    const auto coloured = static_cast<double>(std::max<std::int64_t>(counts.coloured, 1));
    for (const std::int64_t count : counts.faint) add(count, coloured);
    for (const std::int64_t count : counts.bright) add(count, coloured);
    return out;
}

namespace {

/// Distance between colour hashes: how much of the image is black, grey, and of which hue.
struct Colour final : fettle::Hash {
    int bits = 3;

    static void describe(fettle::Describe<Colour>& d) {
        d.summary("Number of bits in which the colour hashes of two images differ.")
            .param("bits", &Colour::bits, "Bits for each of the 14 shares (black, grey, six hues faint and bright).",
                   fettle::between(1, 16));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override { return colour_hash(image, bits); }
};

}  // namespace
}  // namespace hash

void add_colour(fettle::PluginBuilder& plugin) { plugin.add<hash::Colour>("hash.colour"); }
