// Ranking by pixel: maps of many images at once, exactly, in four bytes a pixel.
#pragma once

#include <fettle/image.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace evaluate {

/// A float as a whole number in the same order: a < b exactly where key(a) < key(b). -0 and 0 have one key. For finite
/// values.
std::uint32_t ordered_key(float value);
float ordered_value(std::uint32_t key);
/// The lowest key of all values above `threshold`; one above the highest float's where there is none.
std::uint32_t key_above(double threshold);

/// Ascending, by digits (least significant first; radix sort): a tenth of std::sort's time on a map.
void sort_keys(std::vector<std::uint32_t>& keys);

/// One image's pixels, as keys.
struct ImagePixels {
    std::vector<std::uint32_t> sound;      ///< keys of pixels outside the mask, ascending
    std::vector<std::uint64_t> anomalous;  ///< of those in it: key * 2^32 + pixels of their region, ascending
    std::size_t regions = 0;

    std::size_t sound_from(std::uint32_t key) const;      ///< how many keys are `key` or above
    std::size_t anomalous_from(std::uint32_t key) const;  ///< likewise
};

/// A map against its mask (of the same size; empty: all sound), 8-connected regions of what is set being counted one by
/// one.                                                                              [any thread, concurrent]
ImagePixels pixels_of(const fettle::Plane& map, const fettle::Image& mask);

/// The mask without the even border that the map lacks. Throws Error(Fault::shape), saying both sizes and `name`,
/// where the map isn't smaller by an even number of pixels each way.
fettle::Image fitting_mask(const fettle::Image& mask, const fettle::Plane& map, const std::string& name);

/// Figures of all pixels of all images, ranked together; ties are one step.
struct PixelRanking {
    double auroc = 0;
    double average_precision = 0;
    /// Area under the mean overlap of regions (for each region the share of it that is called) over the share of
    /// sound pixels that is called, up to `limit` of it and divided by it: Bergmann et al., "MVTec AD" (CVPR 2019). 1
    /// is perfect. Between two steps the curve is straight.
    double region_overlap = 0;
};

/// Needs sound and anomalous pixels. Exact up to the rounding of sums; memory beside the images': 16 MiB a thread,
/// about. The pixels are divided into ranges of keys that are sorted on their own, by all threads.
PixelRanking rank_pixels(std::span<const ImagePixels> images, double limit);

/// At most `count` keys, descending, that divide the pixels finely where scores are high: the k-th highest pixel for k
/// in equal ratios, by a sample of each image's pixels.
std::vector<std::uint32_t> spread_keys(std::span<const ImagePixels> images, std::size_t count);

}  // namespace evaluate
