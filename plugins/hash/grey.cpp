#include "grey.hpp"

#include "weights.hpp"

#include <fettle/error.hpp>

#include <algorithm>
#include <cstring>

namespace hash {
namespace {

using fettle::Image;

struct Source {
    const std::uint8_t* pixels;
    int width, height, channels;
};

/// Weights, for code that includes nothing.
struct Taps {
    const int* first;
    const int* count;
    const std::int32_t* values;
    int stride;
};

#define LANES 4
namespace portable {
#include "passes.inl"
}  // namespace portable
#undef LANES

#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define LANES 8
namespace avx2 {
#include "passes.inl"
}  // namespace avx2
#undef LANES
#pragma GCC pop_options

bool has_avx2() {
    static const bool has = __builtin_cpu_supports("avx2") != 0;
    return has;
}
#else
namespace avx2 = portable;
bool has_avx2() { return false; }
#endif

Taps view(const Weights& weights) {
    return {weights.first.data(), weights.count.data(), weights.values.data(), weights.stride};
}

std::size_t up_to_tile(int length) { return (static_cast<std::size_t>(length) + 15) / 16 * 16; }

/// Rows of bytes in whole tiles of 16.
struct Tiles {
    Tiles(int width, int height) : stride(up_to_tile(width)), bytes(stride * up_to_tile(height)) {}
    std::size_t stride;
    std::vector<std::uint8_t> bytes;
};

Tiles grey_at_width(const Image& image, int width, Code code) {
    Tiles out(width, image.height);
    if (image.width == width) {
        const Image values = grey(image);
        for (int y = 0; y < image.height; ++y) std::copy_n(values.at(0, y), width, &out.bytes[y * out.stride]);
        return out;
    }
    const auto weights = lanczos_weights(image.width, width);
    const auto across = code == Code::fastest && has_avx2() ? avx2::across : portable::across;
    std::vector<std::int32_t> scratch(up_to_tile(image.width) * 16);
    across({image.pixels.data(), image.width, image.height, image.channels}, view(*weights), width, scratch.data(),
           out.bytes.data(), out.stride);
    return out;
}

}  // namespace

void refuse_empty(const Image& image) {
    if (image.empty()) throw fettle::Error(fettle::Fault::data, "an image without pixels has no hash");
}

Image grey(const Image& image) {
    refuse_empty(image);
    if (image.channels == 1) return image;
    Image out(image.width, image.height, 1);
    const std::uint8_t* rgb = image.pixels.data();
    for (std::uint8_t& value : out.pixels) {
        value = static_cast<std::uint8_t>(grey_value(rgb[0], rgb[1], rgb[2]));
        rgb += image.channels;
    }
    return out;
}

Image resize_grey(const Image& image, int width, int height, Code code) {
    refuse_empty(image);
    Tiles lines = grey_at_width(image, width, code);
    if (image.height != height) {
        const auto weights = lanczos_weights(image.height, height);
        Tiles rows(width, height);
        const auto down = code == Code::fastest && has_avx2() ? avx2::down : portable::down;
        down(lines.bytes.data(), view(*weights), height, rows.bytes.data(), rows.stride);
        lines = std::move(rows);
    }
    Image out(width, height, 1);
    for (int y = 0; y < height; ++y) std::copy_n(&lines.bytes[y * lines.stride], width, out.at(0, y));
    return out;
}

}  // namespace hash
