#include "pixels.hpp"

#include <fettle/error.hpp>
#include <fettle/parallel.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <string>

namespace evaluate {
namespace {

constexpr std::uint32_t sign = 0x80000000u;

std::string sides(int width, int height) { return std::to_string(width) + "x" + std::to_string(height); }

/// What lies in one range of keys, and how much lies above it.
struct Range {
    std::uint64_t lowest = 0, end = 0;  ///< keys
    std::size_t sound = 0, anomalous = 0, sound_above = 0, anomalous_above = 0;
    double overlap = 0, overlap_above = 0;  ///< sums of 1 / pixels of the region
    std::uint64_t half_pairs = 0;
    double precision = 0, area = 0;
};

template <class Key>
std::span<const Key> between(const std::vector<Key>& keys, std::uint64_t lowest, std::uint64_t end, int shift) {
    const auto before = [shift](Key key, std::uint64_t limit) { return (key >> shift) < limit; };
    const auto first = std::lower_bound(keys.begin(), keys.end(), lowest, before);
    const auto last = std::lower_bound(first, keys.end(), end, before);
    return {first, last};
}

/// Ranges of about a quarter of a million pixels, from the highest keys down. A key that fills more than one stands
/// alone in its range, which then needs no sorting.
std::vector<Range> ranges_of(std::span<const ImagePixels> images) {
    std::size_t pixels = 0;
    std::vector<std::uint32_t> sample;
    constexpr std::size_t step = 128, in_range = std::size_t{1} << 18;
    for (const ImagePixels& image : images) {
        pixels += image.sound.size() + image.anomalous.size();
        for (std::size_t i = step / 2; i < image.sound.size(); i += step) sample.push_back(image.sound[i]);
        for (std::size_t i = step / 2; i < image.anomalous.size(); i += step)
            sample.push_back(static_cast<std::uint32_t>(image.anomalous[i] >> 32));
    }
    std::sort(sample.begin(), sample.end());
    std::vector<std::uint64_t> cuts{0, std::uint64_t{1} << 32};
    const std::size_t wanted = pixels / in_range + 1;
    for (std::size_t k = 1; k < wanted; ++k) {
        const std::uint64_t key = sample[k * sample.size() / wanted];
        if (!cuts.empty() && cuts.back() == key) cuts.push_back(key + 1);
        cuts.push_back(key);
    }
    std::sort(cuts.begin(), cuts.end());
    cuts.erase(std::unique(cuts.begin(), cuts.end()), cuts.end());
    std::vector<Range> ranges;
    for (std::size_t k = cuts.size(); k-- > 1;) ranges.push_back({.lowest = cuts[k - 1], .end = cuts[k]});
    return ranges;
}

/// Walks the keys of a range downwards, ties at once.
void walk(Range& range, const std::vector<std::uint32_t>& sound, const std::vector<std::uint64_t>& anomalous,
          double most_sound) {
    std::size_t s = sound.size(), a = anomalous.size();
    auto sound_called = range.sound_above, hits = range.anomalous_above;
    double overlap = range.overlap_above;
    while (s > 0 || a > 0) {
        const std::uint32_t of_sound = s > 0 ? sound[s - 1] : 0;
        const std::uint32_t of_anomalous = a > 0 ? static_cast<std::uint32_t>(anomalous[a - 1] >> 32) : 0;
        const std::uint32_t key = s == 0 ? of_anomalous : a == 0 ? of_sound : std::max(of_sound, of_anomalous);
        std::size_t more_sound = 0, more_hits = 0;
        double more_overlap = 0;
        for (; s > 0 && sound[s - 1] == key; --s) ++more_sound;
        for (; a > 0 && anomalous[a - 1] >> 32 == key; --a, ++more_hits)
            more_overlap += 1 / static_cast<double>(anomalous[a - 1] & 0xFFFFFFFFu);
        // A pair counts for the sound pixel: twice the hits above it, once those at its own key.
        range.half_pairs += more_sound * (2 * hits + more_hits);
        const auto before = static_cast<double>(sound_called);
        const double within = std::min(static_cast<double>(more_sound), most_sound - before);
        if (within > 0) {
            const double risen = more_overlap * within / static_cast<double>(more_sound);
            range.area += within * (overlap + risen / 2);
        }
        sound_called += more_sound;
        hits += more_hits;
        overlap += more_overlap;
        if (more_hits > 0)
            range.precision +=
                static_cast<double>(more_hits) * static_cast<double>(hits) / static_cast<double>(hits + sound_called);
    }
}

void rank(Range& range, std::span<const ImagePixels> images, double most_sound) {
    std::vector<std::uint32_t> sound;
    std::vector<std::uint64_t> anomalous;
    sound.reserve(range.sound);
    anomalous.reserve(range.anomalous);
    for (const ImagePixels& image : images) {
        const auto some = between(image.sound, range.lowest, range.end, 0);
        sound.insert(sound.end(), some.begin(), some.end());
        const auto others = between(image.anomalous, range.lowest, range.end, 32);
        anomalous.insert(anomalous.end(), others.begin(), others.end());
    }
    if (range.end - range.lowest > 1) sort_keys(sound);
    std::sort(anomalous.begin(), anomalous.end());
    walk(range, sound, anomalous, most_sound);
}

}  // namespace

std::uint32_t ordered_key(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value + 0.0f);  // -0 becomes 0
    return (bits & sign) != 0 ? ~bits : bits | sign;
}

float ordered_value(std::uint32_t key) { return std::bit_cast<float>((key & sign) != 0 ? key & ~sign : ~key); }

std::uint32_t key_above(double threshold) {
    constexpr float highest = std::numeric_limits<float>::max(), infinity = std::numeric_limits<float>::infinity();
    if (threshold >= static_cast<double>(highest)) return ordered_key(infinity);
    if (threshold < -static_cast<double>(highest)) return 0;
    const auto near = static_cast<float>(threshold);
    return ordered_key(static_cast<double>(near) > threshold ? near : std::nextafter(near, infinity));
}

void sort_keys(std::vector<std::uint32_t>& keys) {
    constexpr int digits = 3, bits = 11;
    constexpr std::uint32_t values = 1u << bits;
    if (keys.size() < 256) return std::sort(keys.begin(), keys.end());
    std::array<std::array<std::size_t, values>, digits> places{};
    for (const std::uint32_t key : keys)
        for (int d = 0; d < digits; ++d) ++places[d][(key >> (d * bits)) % values];
    std::vector<std::uint32_t> other(keys.size());
    for (int d = 0; d < digits; ++d) {
        auto& place = places[d];
        if (std::find(place.begin(), place.end(), keys.size()) != place.end()) continue;  // one digit for all
        std::exclusive_scan(place.begin(), place.end(), place.begin(), std::size_t{0});
        for (const std::uint32_t key : keys) other[place[(key >> (d * bits)) % values]++] = key;
        keys.swap(other);
    }
}

std::size_t ImagePixels::sound_from(std::uint32_t key) const {
    return static_cast<std::size_t>(sound.end() - std::lower_bound(sound.begin(), sound.end(), key));
}
std::size_t ImagePixels::anomalous_from(std::uint32_t key) const {
    return static_cast<std::size_t>(anomalous.end() -
                                    std::lower_bound(anomalous.begin(), anomalous.end(), std::uint64_t{key} << 32));
}

ImagePixels pixels_of(const fettle::Plane& map, const fettle::Image& mask) {
    ImagePixels out;
    if (mask.empty()) {
        out.sound.reserve(map.values.size());
        for (const float value : map.values) out.sound.push_back(ordered_key(value));
        sort_keys(out.sound);
        return out;
    }
    const cv::Mat set(mask.height, mask.width, CV_8UC1, const_cast<std::uint8_t*>(mask.pixels.data()));
    cv::Mat labels, boxes, centres;
    const int count = cv::connectedComponentsWithStats(set > 127, labels, boxes, centres, 8, CV_32S);
    out.regions = static_cast<std::size_t>(count - 1);
    out.sound.reserve(static_cast<std::size_t>(boxes.at<int>(0, cv::CC_STAT_AREA)));
    for (int y = 0; y < map.height; ++y) {
        const int* row = labels.ptr<int>(y);
        for (int x = 0; x < map.width; ++x) {
            const std::uint32_t key = ordered_key(map.values[static_cast<std::size_t>(y) * map.width + x]);
            if (row[x] == 0)
                out.sound.push_back(key);
            else
                out.anomalous.push_back(std::uint64_t{key} << 32 |
                                        static_cast<std::uint32_t>(boxes.at<int>(row[x], cv::CC_STAT_AREA)));
        }
    }
    sort_keys(out.sound);
    std::sort(out.anomalous.begin(), out.anomalous.end());
    return out;
}

fettle::Image fitting_mask(const fettle::Image& mask, const fettle::Plane& map, const std::string& name) {
    const int across = mask.width - map.width, down = mask.height - map.height;
    if (across == 0 && down == 0) return mask;
    if (across < 0 || down < 0 || across % 2 != 0 || down % 2 != 0)
        throw fettle::Error(fettle::Fault::shape, "the map of `" + name + "` is " + sides(map.width, map.height) +
                                                      ", its mask " + sides(mask.width, mask.height))
            .help(
                "a map may lack an even border of its image, else they must be of one size: resize images and masks "
                "before the network sees them");
    fettle::Image out(map.width, map.height, 1);
    for (int y = 0; y < map.height; ++y) std::copy_n(mask.at(across / 2, y + down / 2), map.width, out.at(0, y));
    return out;
}

PixelRanking rank_pixels(std::span<const ImagePixels> images, double limit) {
    std::vector<Range> ranges = ranges_of(images);
    fettle::parallel_for_each_index(ranges.size(), [&](std::size_t r) {
        Range& range = ranges[r];
        for (const ImagePixels& image : images) {
            range.sound += between(image.sound, range.lowest, range.end, 0).size();
            const auto some = between(image.anomalous, range.lowest, range.end, 32);
            range.anomalous += some.size();
            for (const std::uint64_t key : some) range.overlap += 1 / static_cast<double>(key & 0xFFFFFFFFu);
        }
    });
    std::size_t sound = 0, anomalous = 0, regions = 0;
    double overlap = 0;
    for (Range& range : ranges) {
        range.sound_above = sound, range.anomalous_above = anomalous, range.overlap_above = overlap;
        sound += range.sound, anomalous += range.anomalous, overlap += range.overlap;
    }
    for (const ImagePixels& image : images) regions += image.regions;
    const double most_sound = limit * static_cast<double>(sound);
    fettle::parallel_for_each_index(ranges.size(), [&](std::size_t r) { rank(ranges[r], images, most_sound); });
    std::uint64_t half_pairs = 0;
    double precision = 0, area = 0;
    for (const Range& range : ranges) half_pairs += range.half_pairs, precision += range.precision, area += range.area;
    const auto all_anomalous = static_cast<double>(anomalous);
    return {static_cast<double>(half_pairs) / (2 * all_anomalous * static_cast<double>(sound)),
            precision / all_anomalous, area / most_sound / static_cast<double>(regions)};
}

std::vector<std::uint32_t> spread_keys(std::span<const ImagePixels> images, std::size_t count) {
    std::vector<std::uint32_t> sample;
    constexpr std::size_t step = 64;
    const auto take = [&](const auto& keys, int shift) {
        for (std::size_t i = keys.size(); i > 0; i -= std::min(i, step))
            sample.push_back(static_cast<std::uint32_t>(keys[i - 1] >> shift));
    };
    for (const ImagePixels& image : images) take(image.sound, 0), take(image.anomalous, 32);
    std::sort(sample.begin(), sample.end(), std::greater<>());
    std::vector<std::uint32_t> out;
    for (std::size_t k = 0; k < count; ++k) {
        const double ratio = static_cast<double>(k) / static_cast<double>(count - 1);
        const auto place = static_cast<std::size_t>(std::pow(static_cast<double>(sample.size()), ratio)) - 1;
        if (out.empty() || sample[place] < out.back()) out.push_back(sample[place]);
    }
    return out;
}

}  // namespace evaluate
