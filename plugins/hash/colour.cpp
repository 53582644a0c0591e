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
int saturation(int most, int least) {
    if (most == least) return 0;
    const float share = static_cast<float>(most - least) / static_cast<float>(most);
    return static_cast<int>(share * 255.0);
}

/// Which sixth of 0..255 the hue falls into, as Pillow's HSV has it: floats, but for sums with a number in doubles.
int hue_bin(int red, int green, int blue, int most, int least) {
    const float spread = static_cast<float>(most - least);
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
    constexpr int dark = 256 / 8, pale = 256 / 3, vivid = 256 * 2 / 3;
    const fettle::Image brightness = grey(image);
    const int green_at = image.channels == 1 ? 0 : 1, blue_at = image.channels == 1 ? 0 : 2;
    Counts counts;
    const std::uint8_t* pixel = image.pixels.data();
    for (const std::uint8_t bright : brightness.pixels) {
        const int red = pixel[0], green = pixel[green_at], blue = pixel[blue_at];
        pixel += image.channels;
        if (bright < dark) {
            ++counts.black;
            continue;
        }
        const auto [least, most] = std::minmax({red, green, blue});
        const int strength = saturation(most, least);
        if (strength < pale) {
            ++counts.grey;
            continue;
        }
        ++counts.coloured;
        if (strength == vivid) continue;  // neither, in the original
        ++(strength < vivid ? counts.faint : counts.bright)[hue_bin(red, green, blue, most, least)];
    }
    return counts;
}

}  // namespace

fettle::Bits colour_hash(const fettle::Image& image, int bits) {
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
