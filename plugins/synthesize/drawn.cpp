#include "drawn.hpp"

#include "instances.hpp"
#include "pixels.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Image;
using fettle::Random;
using fettle::Sample;

/// Draws of one defect, before it is given up.
constexpr int attempts = 16;
/// A defect of fewer pixels, or of less than this share of the image's, is none.
constexpr int fewest_pixels = 3;
constexpr double least_share = 0.00015;

bool is_grey(const Image& image) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        if (image.pixels[i] != image.pixels[i + 1] || image.pixels[i] != image.pixels[i + 2]) return false;
    return true;
}

/// 255 where the image is brighter (or darker) than Otsu's threshold, which parts its greys into the two classes that
/// vary least within themselves; blurred, so that grain doesn't count.
std::vector<std::uint8_t> parted(const Image& image, bool bright) {
    cv::Mat grey, mask;
    cv::cvtColor(matrix_of(image), grey, cv::COLOR_RGB2GRAY);
    cv::GaussianBlur(grey, grey, {}, std::max(1.0, std::min(image.width, image.height) / 150.0));
    cv::threshold(grey, mask, 0, 255, (bright ? cv::THRESH_BINARY : cv::THRESH_BINARY_INV) | cv::THRESH_OTSU);
    return {mask.datastart, mask.dataend};
}

void keep_ring(std::vector<std::uint8_t>& places, int width, int height, const Range& ring) {
    const double unit = std::min(width, height) / 2.0;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double distance = std::hypot(x + 0.5 - width / 2.0, y + 0.5 - height / 2.0) / unit;
            if (distance < ring[0] || distance > ring[1]) places[static_cast<std::size_t>(y) * width + x] = 0;
        }
}

/// How a change shows.
struct Seen {
    int pixels = 0;
    double contrast = 0;  ///< mean absolute change over pixels and channels, 0..1
};

/// Takes back what lies where it may not or changes less than `least` levels; measures the rest.
Seen trim(Change& change, const Ground& ground, int least) {
    Seen seen;
    long sum = 0;
    for (int y = 0; y < change.pixels.height; ++y) {
        std::uint8_t* now = change.pixels.at(0, y);
        const std::uint8_t* before = ground.image().at(change.left, change.top + y);
        for (int x = 0; x < change.pixels.width; ++x, now += 3, before += 3) {
            const int r = std::abs(now[0] - before[0]), g = std::abs(now[1] - before[1]),
                      b = std::abs(now[2] - before[2]);
            const bool stays = std::max(r, std::max(g, b)) >= least && ground.allows(change.left + x, change.top + y);
            if (!stays) now[0] = before[0], now[1] = before[1], now[2] = before[2];
            seen.pixels += stays;
            sum += stays ? r + g + b : 0;
        }
    }
    if (seen.pixels > 0) seen.contrast = static_cast<double>(sum) / (765.0 * seen.pixels);
    return seen;
}

/// Puts a trimmed change into the image, its mask and its instances, and its box into what is told of it.
void put_down(Change& change, Sample& onto, std::uint8_t number) {
    int x0 = onto.image.width, y0 = onto.image.height, x1 = 0, y1 = 0;
    for (int j = 0; j < change.pixels.height; ++j) {
        const int y = change.top + j;
        const std::uint8_t* from = change.pixels.at(0, j);
        std::uint8_t *to = onto.image.at(change.left, y), *mask = onto.mask.at(change.left, y),
                     *instance = onto.instances.at(change.left, y);
        int first = change.pixels.width, last = -1;
        for (int i = 0; i < change.pixels.width; ++i, from += 3, to += 3) {
            if (((from[0] ^ to[0]) | (from[1] ^ to[1]) | (from[2] ^ to[2])) == 0) continue;
            to[0] = from[0], to[1] = from[1], to[2] = from[2];
            mask[i] = 255;
            instance[i] = number;
            first = std::min(first, i);
            last = i;
        }
        if (last < 0) continue;
        x0 = std::min(x0, change.left + first), x1 = std::max(x1, change.left + last + 1);
        y0 = std::min(y0, y), y1 = y + 1;
    }
    change.told["x"] = x0;
    change.told["y"] = y0;
    change.told["width"] = x1 - x0;
    change.told["height"] = y1 - y0;
}

/// A defect over another may bring a pixel back to what it was: it is no defect's then.
void forget_unchanged(const Image& before, const Image& earlier_mask, Sample& after) {
    for (std::size_t i = 0; i < after.mask.pixels.size(); ++i)
        if (after.mask.pixels[i] != 0 && (earlier_mask.empty() || earlier_mask.pixels[i] == 0) &&
            std::equal(&before.pixels[3 * i], &before.pixels[3 * i] + 3, &after.image.pixels[3 * i]))
            after.mask.pixels[i] = after.instances.pixels[i] = 0;
}

std::string rounded(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f", value);
    return text;
}

}  // namespace

std::string descending(std::initializer_list<std::pair<const char*, Range>> ranges) {
    for (const auto& [name, range] : ranges)
        if (range[0] > range[1]) return std::string("`") + name + "` begins with the greater number";
    return "";
}

Ground::Ground(const Sample& sample, const fettle::Images* objects, const std::string& on, const Range& ring)
    : sample_(sample), objects_(objects) {
    const auto& [width, height, channels, pixels] = sample.image;
    side_ = static_cast<float>(std::min(width, height));
    grey_ = is_grey(sample.image);
    room_ = static_cast<std::size_t>(width) * height;
    if (on != "everything") places_ = parted(sample.image, on == "bright");
    if (ring[1] > 0) {
        places_.resize(room_, 255);
        keep_ring(places_, width, height, ring);
    }
    if (!places_.empty()) room_ -= static_cast<std::size_t>(std::count(places_.begin(), places_.end(), 0));
}

Point Ground::place(Random& random) const {
    const int width = image().width, height = image().height;
    for (int attempt = 0; attempt < 64; ++attempt) {
        const int x = random.integer(0, width - 1), y = random.integer(0, height - 1);
        if (allows(x, y)) return {static_cast<float>(x), static_cast<float>(y)};
    }
    // Little room: the k-th of it.
    auto k = random.integer(0, static_cast<int>(room_) - 1);
    std::size_t i = 0;
    while (places_[i] == 0 || k-- > 0) ++i;
    return {static_cast<float>(i % static_cast<std::size_t>(width)),
            static_cast<float>(i / static_cast<std::size_t>(width))};
}

Change change_around(const Image& image, const std::vector<Point>& points, float reach) {
    float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
    for (const Point& point : points) {
        x0 = std::min(x0, point.x), x1 = std::max(x1, point.x);
        y0 = std::min(y0, point.y), y1 = std::max(y1, point.y);
    }
    const auto limited = [](float value, int side) {
        return static_cast<int>(std::clamp(value, 0.0f, static_cast<float>(side)));
    };
    Change change;
    change.left = limited(x0 - reach, image.width);
    change.top = limited(y0 - reach, image.height);
    const int right = limited(x1 + reach + 2, image.width), bottom = limited(y1 + reach + 2, image.height);
    if (right <= change.left || bottom <= change.top) return change;
    change.pixels = Image(right - change.left, bottom - change.top, 3);
    for (int y = 0; y < change.pixels.height; ++y)
        std::copy_n(image.at(change.left, change.top + y), 3 * change.pixels.width, change.pixels.at(0, y));
    return change;
}

std::string Drawn::contradiction() const {
    if (count.empty() || count.size() > 2) return "`count` is a number, or a list of the least and the most";
    if (count.front() > count.back()) return "`count` begins with the greater number";
    if (const std::string text = descending({{"ring", ring}}); !text.empty()) return text;
    return own_contradiction();
}

Sample Drawn::damage(Sample clean, const fettle::Images* objects, Random& random) const {
    const int wanted = random.integer(count.front(), count.back());
    const Image before = wanted > 1 ? clean.image : Image(), earlier_mask = clean.mask;
    open_instances(clean);
    const Ground ground(clean, objects, on, ring);
    if (!ground.has_room())
        throw Error(Fault::data, "there is nowhere in `" + clean.info.id + "` for a defect to lie")
            .parameter(on != "everything" ? "on" : "ring")
            .help(
                "no pixel is both what `on` and what `ring` ask for; `on = \"everything\"` and `ring = [0, 0]` take "
                "the whole image");
    for (int k = 0; k < wanted; ++k) add_defect(clean, ground, random);
    if (wanted > 1) forget_unchanged(before, earlier_mask, clean);
    close_instances(clean);
    return clean;
}

void Drawn::add_defect(Sample& sample, const Ground& ground, Random& random) const {
    const auto area = static_cast<double>(sample.mask.pixels.size());
    const int fewest = std::max(fewest_pixels, static_cast<int>(least_share * area));
    double strongest = -1;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        Change change = draw(ground, random);
        if (change.pixels.empty()) continue;
        const Seen seen = trim(change, ground, least_change());
        if (seen.pixels < fewest || seen.contrast < contrast) {
            strongest = std::max(strongest, seen.pixels < fewest ? 0 : seen.contrast);
            continue;
        }
        change.told["stage"] = std::string("synthesize.") + name();
        change.told["contrast"] = seen.contrast;
        put_down(change, sample, add_instance(sample, name()));
        sample.lineage.push_back(change.told.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
        return;
    }
    if (strongest < 0)
        throw Error(Fault::data, "in `" + sample.info.id + "` no place was found for synthesize." + name())
            .help(no_place_help());
    throw Error(Fault::data, "no " + std::string(name()) + " drawn into `" + sample.info.id + "` shows: of " +
                                 std::to_string(attempts) + ", the plainest changed what it covers by " +
                                 rounded(strongest) + ", where `contrast` asks for " + rounded(contrast))
        .parameter("contrast")
        .help(
            "the image may be too dark, too bright or too even for it: make the defect larger or stronger, lower "
            "`contrast`, or leave the image out");
}
