#include "blend.hpp"

#include "blend_poisson.hpp"
#include "cutout.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

namespace {

/// Eight values computed with at once; nothing below leaves 16 bits.
constexpr int lanes = 8;
using Lanes = std::int16_t __attribute__((vector_size(2 * lanes)));
using Unsigned = std::uint16_t __attribute__((vector_size(2 * lanes)));
using Bytes = std::uint8_t __attribute__((vector_size(lanes)));

/// Opacities are counted in this many steps: a change of 255 times one of them still fits.
constexpr std::int16_t full_strength = 128;

Lanes load(const std::uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof bytes);
    return __builtin_convertvector(bytes, Lanes);
}

/// a * b / 255, rounded, for values of 0 to 255.
Lanes product(Lanes a, Lanes b) {
    const Unsigned exact = (Unsigned)a * (Unsigned)b + 128;
    return (Lanes)((exact + (exact >> 8)) >> 8);
}

/// One row of an object as the ground's values lie: a colour and an alpha for each of them, 0 where the object doesn't
/// count as covering. What lies behind the row's end is 0.
class Row {
   public:
    explicit Row(int width) : width_(width), colour_(room(width)), alpha_(room(width)) {}

    const std::uint8_t* colour() const { return colour_.data(); }
    const std::uint8_t* alpha() const { return alpha_.data(); }

    /// Marks in `drawn` what is covered; returns how many pixels that are.
    int spread(const cv::Vec4b* from, std::uint8_t* drawn) {
        int covered = 0;
        for (int x = 0; x < width_; ++x) {
            const bool covers = from[x][3] >= least_cover;
            drawn[x] = covers ? 255 : 0;
            covered += covers;
            std::uint32_t pixel = 0;
            if (covers) std::memcpy(&pixel, &from[x], 4);
            const std::uint32_t thrice = from[x][3] * (covers ? 0x010101u : 0u);
            std::memcpy(colour_.data() + 3 * x, &pixel, 4);  // the fourth byte is the next pixel's to write
            std::memcpy(alpha_.data() + 3 * x, &thrice, 4);
        }
        colour_[3 * static_cast<std::size_t>(width_)] = 0;
        return covered;
    }

   private:
    static std::size_t room(int width) { return 3 * static_cast<std::size_t>(width) + lanes; }

    int width_;
    std::vector<std::uint8_t> colour_, alpha_;
};

/// How far a mix went: the sum of all changes and the greatest of them.
class Change {
   public:
    void add(Lanes moved) {
        recent_ += moved;
        greatest_ = moved > greatest_ ? moved : greatest_;
        if (++added_ == 128) total();  // of 255 each: no more fit
    }
    std::int64_t total() {
        for (int i = 0; i < lanes; ++i) total_ += recent_[i];
        recent_ = Lanes{};
        added_ = 0;
        return total_;
    }
    int greatest() const {
        int most = 0;
        for (int i = 0; i < lanes; ++i) most = std::max<int>(most, greatest_[i]);
        return most;
    }

   private:
    Lanes recent_{}, greatest_{};
    int added_ = 0;
    std::int64_t total_ = 0;
};

/// Mixes eight values into those at `to`, of which `count` are there.
template <class Target>
void mix_lanes(const std::uint8_t* colour, const std::uint8_t* alpha, std::int16_t strength, std::uint8_t* to,
               int count, const Target& target, Change& change) {
    std::uint8_t padded[lanes] = {};
    if (count < lanes) std::memcpy(padded, to, static_cast<std::size_t>(count));
    const Lanes before = load(count < lanes ? padded : to), cover = load(alpha);
    const Lanes full = target(before, load(colour), cover) - product(before, cover);
    Lanes after = before + ((full * strength + std::int16_t{full_strength / 2}) >> 7);
    after = after < 0 ? Lanes{} : after;
    after = after > 255 ? Lanes{} + std::int16_t{255} : after;
    const Bytes bytes = __builtin_convertvector(after, Bytes);
    std::memcpy(to, &bytes, static_cast<std::size_t>(std::min(count, lanes)));
    change.add(after < before ? before - after : after - before);
}

/// Goes over object and patch together. `target(before, colour, alpha)` is what values would be in full, times alpha,
/// and 0 for no alpha: `colour` is multiplied by alpha already, all of 255.
template <class Target>
void mix(const cv::Mat& object, double opacity, Patch& patch, const Target& target) {
    Change change;
    Row row(object.cols);
    const auto strength = static_cast<std::int16_t>(std::lround(opacity * full_strength));
    const int values = 3 * object.cols;
    patch.pixels = 0;
    for (int y = 0; y < object.rows; ++y) {
        patch.pixels += row.spread(object.ptr<cv::Vec4b>(y), patch.drawn.ptr(y));
        for (int i = 0; i < values; i += lanes)
            mix_lanes(row.colour() + i, row.alpha() + i, strength, patch.rgb.ptr(y) + i, values - i, target, change);
    }
    patch.greatest = change.greatest();
    patch.contrast = patch.pixels == 0 ? 0 : static_cast<double>(change.total()) / (255.0 * 3 * patch.pixels);
}

}  // namespace

const std::vector<std::string>& blend_names() {
    static const std::vector<std::string> names{"alpha",    "poisson", "poisson_mixed", "poisson_monochrome",
                                                "multiply", "screen"};
    return names;
}

const std::vector<std::string>& match_names() {
    static const std::vector<std::string> names{"none", "light", "histogram"};
    return names;
}

Patch blended(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, Blend blend, double opacity) {
    const cv::Mat ground(onto.height, onto.width, CV_8UC3, const_cast<std::uint8_t*>(onto.pixels.data()));
    Patch patch;
    patch.box = cv::Rect(corner, object.size()) & cv::Rect(0, 0, onto.width, onto.height);
    if (patch.box.empty()) return patch;
    cv::Mat seen = object(patch.box - corner);
    patch.rgb = ground(patch.box).clone();
    patch.drawn.create(patch.box.size(), CV_8UC1);
    switch (blend) {
        case Blend::multiply:
            mix(seen, opacity, patch, [](Lanes before, Lanes colour, Lanes) { return product(before, colour); });
            break;
        case Blend::screen:
            mix(seen, opacity, patch,
                [](Lanes before, Lanes colour, Lanes alpha) { return alpha - product(255 - before, alpha - colour); });
            break;
        case Blend::alpha:
            mix(seen, opacity, patch, [](Lanes, Lanes colour, Lanes) { return colour; });
            break;
        default:
            seen = cloned(seen, ground, patch.box, blend);
            mix(seen, opacity, patch, [](Lanes, Lanes colour, Lanes) { return colour; });
    }
    return patch;
}
