// Finding images that show the same thing: equal ones, and copies that were turned by quarters, mirrored, lit
// otherwise, or shifted a little. Used where such copies must stay on one side of a split, and where they are reported.
#pragma once

#include <fettle/bits.hpp>
#include <fettle/image.hpp>
#include <fettle/roles/decide.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

namespace fettle {

/// The eight ways to lay a rectangle onto itself: `turn` % 4 quarter turns to the left, mirrored left to right after
/// them where `turn` >= 4. 0 is the image as it is.                                  [any thread, concurrent]
Image turned(const Image& image, int turn);

/// What is remembered of an image to compare it with others.
struct Look {
    std::array<std::vector<std::uint64_t>, 8> fingerprints;  ///< of the image in each of the eight turns
    std::vector<float> shape;                                ///< side * side of brightness, mean 0 and length 1
    std::uint64_t content = 0;                               ///< of size and every pixel (FNV-1a, 64 bit)

    static constexpr int side = 24;
};

/// `hash` sees the image shrunk to at most 128 pixels a side, in each turn. Throws Error(Fault::data) on an image
/// without pixels.                                                                   [any thread, concurrent]
Look look_at(const Image& image, const Hash& hash);

/// The looks of all samples, `progress(done)` after every batch.                              [one thread]
std::vector<Look> look_at_all(const Images& images, const Hash& hash, const std::function<void(std::size_t)>& progress);

/// When two images count as copies of each other.
struct Likeness {
    int radius = 32;       ///< bits in which their fingerprints differ at most, in some turn
    double alike = 0.998;  ///< correlation of their shapes at least, in the best of those turns
};

/// Two images that show the same thing.
struct Copies {
    std::size_t left = 0, right = 0;  ///< left < right
    int turn = 0;                     ///< the turn of the right one that fits the left one
    int distance = 0;                 ///< bits
    double correlation = 0;           ///< -1..1
    bool equal = false;               ///< every pixel, as they are
};

/// Every pair that is alike, ordered by left and right: the same pairs in whatever order the looks stand. The work
/// grows with the square of the number of images: about a second for 10,000 of them on one core. [one thread; uses all
/// of them]
std::vector<Copies> find_copies(const std::vector<Look>& looks, const Likeness& likeness);

/// The number of each image's group: images joined by pairs, directly or by way of others, share one. Groups are
/// numbered from 0 in the order of their first image.
std::vector<std::size_t> groups_of(std::size_t images, const std::vector<Copies>& pairs);

}  // namespace fettle
