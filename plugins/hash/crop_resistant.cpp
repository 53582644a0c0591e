#include "hashes.hpp"
#include "regions.hpp"

#include <fettle/error.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>

namespace hash {
namespace {

fettle::Image cut_out(const fettle::Image& image, const Box& box) {
    fettle::Image out(box.right - box.left, box.bottom - box.top, image.channels);
    for (int y = 0; y < out.height; ++y)
        std::copy_n(image.at(box.left, box.top + y), static_cast<std::size_t>(out.width) * out.channels, out.at(0, y));
    return out;
}

/// From..to of `side` as pixels of `length`, rounded as Python rounds (halves to even): at least one pixel.
std::pair<int, int> scaled(int from, int to, int length, int side) {
    const double scale = static_cast<double>(length) / side;
    const int begin = std::min(static_cast<int>(std::nearbyint(from * scale)), length - 1);
    return {begin, std::max(static_cast<int>(std::nearbyint(to * scale)), begin + 1)};
}

}  // namespace

std::vector<fettle::Bits> crop_resistant_hash(const fettle::Image& image, int size, const Regions& regions) {
    std::vector<Box> boxes = find_regions(image, regions);
    if (boxes.empty()) boxes.push_back({0, 0, regions.side, regions.side, 0});
    std::vector<fettle::Bits> hashes;
    for (const Box& box : boxes) {
        const auto [left, right] = scaled(box.left, box.right, image.width, regions.side);
        const auto [top, bottom] = scaled(box.top, box.bottom, image.height, regions.side);
        hashes.push_back(difference_hash(cut_out(image, {left, top, right, bottom, 0}), size));
    }
    return hashes;
}

double crop_resistant_distance(const std::vector<fettle::Bits>& reference, const std::vector<fettle::Bits>& candidate) {
    constexpr double tolerated = 0.25;  // share of a region's bits
    int matches = 0, different = 0;
    for (const fettle::Bits& region : reference) {
        int least = static_cast<int>(region.size());
        for (const fettle::Bits& other : candidate) least = std::min(least, fettle::bit_distance(region, other));
        if (least > tolerated * static_cast<double>(region.size())) continue;
        ++matches;
        different += least;
    }
    const auto regions = static_cast<double>(reference.size());
    if (matches == 0) return regions;
    const double misfit = different / (matches * static_cast<double>(reference.front().size()));
    return regions - (matches - misfit);
}

std::string regions_text(const std::vector<fettle::Bits>& regions) {
    std::string out;
    for (const fettle::Bits& region : regions) out += (out.empty() ? "" : ",") + fettle::to_hex(region);
    return out;
}

std::vector<fettle::Bits> regions_from_text(std::string_view text) {
    const auto refuse = [&](const char* why) {
        throw fettle::Error(fettle::Fault::data, "`" + std::string(text) + "` is no hash of regions: " + why)
            .help("it is the hexadecimal hashes of the regions, with commas between and no spaces");
    };
    std::vector<fettle::Bits> regions;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (end == at) refuse("a region has no digits");
        const fettle::Bits digits = fettle::bits_from_hex(text.substr(at, end - at));
        const auto side = static_cast<std::size_t>(std::sqrt(digits.size()));
        const auto first = digits.end() - static_cast<std::ptrdiff_t>(side * side);
        if (first - digits.begin() > 3 || std::find(digits.begin(), first, true) != first)
            refuse("no square has so many bits");
        regions.emplace_back(first, digits.end());
        if (regions.back().size() != regions.front().size()) refuse("its regions have hashes of different lengths");
        at = end + 1;
    }
    return regions;
}

namespace {

/// How much of an image's regions is not found again in another that may be cropped.
struct CropResistant final : fettle::Distance {
    int size = 8;
    int side = Regions{}.side;
    int level = Regions{}.level;
    int smallest = Regions{}.smallest;
    int most = Regions{}.most;

    static void describe(fettle::Describe<CropResistant>& d) {
        d.summary("How many of the reference's regions the candidate lacks, each known by its difference hash.")
            .param("size", &CropResistant::size, "Side of a region's hash: it has size x size bits.",
                   fettle::between(2, 64))
            .param("side", &CropResistant::side, "Pixels a side that the image is brought to for finding regions.",
                   fettle::between(16, 2048))
            .param("level", &CropResistant::level,
                   "Grey value (0 to 255) above which a pixel belongs to a bright region, else to a dark one.",
                   fettle::between(0, 255))
            .param("smallest", &CropResistant::smallest,
                   "A region has more pixels than this, of the image brought to `side`.",
                   fettle::between(0, 2048 * 2048))
            .param("most", &CropResistant::most, "The largest so many regions are kept; 0 keeps all.",
                   fettle::between(0, 10000));
    }

    double distance(const fettle::Image& reference, const fettle::Image& candidate) const override {
        return crop_resistant_distance(regions_of(reference), regions_of(candidate));
    }

    std::string fingerprint_text(const fettle::Image& image) const override { return regions_text(regions_of(image)); }

    double text_distance(std::string_view reference, std::string_view candidate) const override {
        const auto first = regions_from_text(reference), second = regions_from_text(candidate);
        const std::size_t bits = first.front().size(), others = second.front().size();
        if (bits != others)
            throw fettle::Error(fettle::Fault::shape, "the reference's regions have hashes of " + std::to_string(bits) +
                                                          " bits, the candidate's of " + std::to_string(others))
                .help("hashes of " + std::to_string(bits) + " bits are those of `size = " +
                      std::to_string(std::lround(std::sqrt(bits))) + "`, of " + std::to_string(others) +
                      " those of `size = " + std::to_string(std::lround(std::sqrt(others))) + "`");
        return crop_resistant_distance(first, second);
    }

   private:
    std::vector<fettle::Bits> regions_of(const fettle::Image& image) const {
        return crop_resistant_hash(image, size, {.side = side, .level = level, .smallest = smallest, .most = most});
    }
};

}  // namespace
}  // namespace hash

void add_crop_resistant(fettle::PluginBuilder& plugin) { plugin.add<hash::CropResistant>("hash.crop_resistant"); }
