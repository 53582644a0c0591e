#include "overlay.hpp"

#include <fettle/error.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace report {
namespace {

using fettle::Image;

constexpr int jpeg_quality = 80;

/// Width and height, at most `side` pixels on the longer side.
std::pair<int, int> fitted(const Image& image, int side) {
    const int longer = std::max(image.width, image.height);
    if (longer <= side) return {image.width, image.height};
    const auto scaled = [&](int length) { return std::max((length * side + longer / 2) / longer, 1); };
    return {scaled(image.width), scaled(image.height)};
}

std::string uri(const char* type, const std::vector<std::uint8_t>& bytes) {
    std::string base64((bytes.size() + 2) / 3 * 4 + 1, '\0');
    base64.resize(static_cast<std::size_t>(EVP_EncodeBlock(reinterpret_cast<unsigned char*>(base64.data()),
                                                           bytes.data(), static_cast<int>(bytes.size()))));
    return std::string("data:image/") + type + ";base64," + base64;
}

}  // namespace

std::string photo_uri(const Image& image, int side) {
    const auto [width, height] = fitted(image, side);
    return uri("jpeg", fettle::encode_image(fettle::resize_image(image, width, height), ".jpg", jpeg_quality));
}

std::string mask_uri(const Image& mask, int side) {
    const auto [width, height] = fitted(mask, side);
    return uri("png", fettle::encode_image(fettle::resize_mask(mask, width, height), ".png"));
}

Image levels(const fettle::Plane& map, int width, int height, double high) {
    if (map.width > width || map.height > height)
        throw fettle::Error(fettle::Fault::shape, "a map of " + std::to_string(map.width) + "x" +
                                                      std::to_string(map.height) + " is larger than its image of " +
                                                      std::to_string(width) + "x" + std::to_string(height));
    Image out(width, height, 1);
    const auto level = [&](float value) {
        return value > 0 ? static_cast<std::uint8_t>(std::lround(255 * std::min(value / high, 1.0))) : std::uint8_t{0};
    };
    if (map.width == 1 && map.height == 1) {
        std::fill(out.pixels.begin(), out.pixels.end(), level(map.values.front()));
        return out;
    }
    const int left = (width - map.width) / 2, top = (height - map.height) / 2;
    for (int y = 0; y < map.height; ++y)
        for (int x = 0; x < map.width; ++x)
            *out.at(left + x, top + y) = level(map.values[static_cast<std::size_t>(y) * map.width + x]);
    return out;
}

}  // namespace report
