#include "grey.hpp"

#include <fettle/error.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hash {
namespace {

using fettle::Image;

constexpr double lobes = 3;
constexpr int fraction_bits = 22;  // of the weights: 8 bits of pixel and 2 of headroom fill an int32

double sinc(double x) {
    if (x == 0) return 1;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return -lobes <= x && x < lobes ? sinc(x) * sinc(x / lobes) : 0; }

/// The input pixels that make one output pixel, and their weights in fixed point.
struct Taps {
    int first;
    std::vector<std::int32_t> weights;
};

std::vector<Taps> taps(int from, int to) {
    const double scale = static_cast<double>(from) / to;
    const double stretch = std::max(scale, 1.0), support = lobes * stretch, shrink = 1 / stretch;
    std::vector<Taps> out;
    for (int i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
        const int end = std::min(static_cast<int>(centre + support + 0.5), from);
        std::vector<double> exact;
        double sum = 0;
        for (int x = first; x < end; ++x) sum += exact.emplace_back(lanczos((x - centre + 0.5) * shrink));
        Taps& each = out.emplace_back(Taps{first, {}});
        for (const double weight : exact)
            each.weights.push_back(static_cast<std::int32_t>(std::round(weight / sum * (1 << fraction_bits))));
    }
    return out;
}

std::uint8_t rounded(std::int32_t sum) {
    return static_cast<std::uint8_t>(std::clamp((sum + (1 << (fraction_bits - 1))) >> fraction_bits, 0, 255));
}

Image across(const Image& image, int width) {
    Image out(width, image.height, 1);
    const std::vector<Taps> columns = taps(image.width, width);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < width; ++x) {
            const Taps& each = columns[x];
            const std::uint8_t* pixel = image.at(each.first, y);
            std::int32_t sum = 0;
            for (std::size_t k = 0; k < each.weights.size(); ++k) sum += pixel[k] * each.weights[k];
            *out.at(x, y) = rounded(sum);
        }
    return out;
}

Image down(const Image& image, int height) {
    Image out(image.width, height, 1);
    const std::vector<Taps> rows = taps(image.height, height);
    std::vector<std::int32_t> sums(image.width);
    for (int y = 0; y < height; ++y) {
        std::fill(sums.begin(), sums.end(), 0);
        for (std::size_t k = 0; k < rows[y].weights.size(); ++k) {
            const std::uint8_t* pixel = image.at(0, rows[y].first + static_cast<int>(k));
            for (int x = 0; x < image.width; ++x) sums[x] += pixel[x] * rows[y].weights[k];
        }
        std::transform(sums.begin(), sums.end(), out.at(0, y), rounded);
    }
    return out;
}

}  // namespace

Image grey(const Image& image) {
    if (image.empty()) throw fettle::Error(fettle::Fault::data, "an image without pixels has no hash");
    if (image.channels == 1) return image;
    Image out(image.width, image.height, 1);
    const std::uint8_t* rgb = image.pixels.data();
    for (std::uint8_t& value : out.pixels) {
        value = static_cast<std::uint8_t>((19595u * rgb[0] + 38470u * rgb[1] + 7471u * rgb[2] + 0x8000u) >> 16);
        rgb += image.channels;
    }
    return out;
}

Image resize_lanczos(const Image& image, int width, int height) {
    Image out = image.width == width ? image : across(image, width);
    return out.height == height ? out : down(out, height);
}

}  // namespace hash
