// Images that tests of hashes share.
#pragma once

#include "../../plugins/hash/hashes.hpp"

#include <fettle/testing.hpp>

#include <array>
#include <cstdlib>
#include <functional>
#include <string>

namespace testing_hash {

inline fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/hash.so");
    return library;
}

inline std::filesystem::path data_folder() {
    const char* folder = std::getenv("FETTLE_DATA");
    return folder != nullptr ? folder : FETTLE_SOURCE_FOLDER "/../shared/data";
}

inline fettle::Image painted(int width, int height, const std::function<std::array<int, 3>(int, int)>& colour) {
    fettle::Image image(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto rgb = colour(x, y);
            for (int c = 0; c < 3; ++c) image.at(x, y)[c] = static_cast<std::uint8_t>(rgb[c]);
        }
    return image;
}

/// 96x64, R = (3x + 5y) % 256, G = xy % 256, B = (255 - 2x - y) mod 256.
inline fettle::Image formula() {
    return painted(96, 64, [](int x, int y) {
        return std::array{(3 * x + 5 * y) % 256, x * y % 256, (255 - 2 * x - y + 512) % 256};
    });
}

/// One of imagehash's hashes with its options, and ours.
struct Peer {
    std::string python;  ///< a Python expression of `image`
    std::function<std::string(const fettle::Image&)> ours;
};

/// Every hash at several sizes; those of regions, which take Python most of a second, not among them.
inline std::vector<Peer> peers() {
    using fettle::Image, fettle::to_hex;
    std::vector<Peer> out;
    const auto add = [&](const std::string& name, int size, auto function) {
        out.push_back({"imagehash." + name + "(image, " + std::to_string(size) + ")",
                       [=](const Image& image) { return to_hex(function(image, size)); }});
    };
    for (const int size : {8, 2, 5, 16}) {
        add("average_hash", size, [](const Image& i, int s) { return hash::average_hash(i, s); });
        if (size != 5) add("phash", size, hash::perceptual_hash);
        if (size != 5) add("phash_simple", size, hash::perceptual_hash_simple);
        add("dhash", size, hash::difference_hash);
        add("dhash_vertical", size, hash::difference_hash_vertical);
        if (size != 5) add("whash", size, hash::wavelet_hash);
    }
    for (const int bits : {3, 1, 4, 7}) add("colorhash", bits, hash::colour_hash);
    out.push_back({"imagehash.average_hash(image, 8, numpy.median)",
                   [](const Image& i) { return to_hex(hash::average_hash(i, 8, hash::Middle::median)); }});
    return out;
}

}  // namespace testing_hash
