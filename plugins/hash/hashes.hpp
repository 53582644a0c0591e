// The hashes as functions: those of imagehash 4.3.2, bit for bit. Each is of an image of any size, RGB or of one
// channel, and throws Error(Fault::data) where there are no pixels.
#pragma once

#include <fettle/bits.hpp>
#include <fettle/image.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace hash {

enum class Middle { mean, median };

// Each of the next six has size * size bits, rows from the top; size >= 2.                 [any thread, concurrent]

/// average_hash: which of size x size pixels are brighter than their mean, or their median.
fettle::Bits average_hash(const fettle::Image& image, int size, Middle middle = Middle::mean);
/// phash: which of the lowest frequencies of a cosine transform, the constant one included, are above their median.
fettle::Bits perceptual_hash(const fettle::Image& image, int size);
/// phash_simple: the transform along rows alone, without the constant frequency, against the mean.
fettle::Bits perceptual_hash_simple(const fettle::Image& image, int size);
/// dhash: which pixels are brighter than their neighbour to the left.
fettle::Bits difference_hash(const fettle::Image& image, int size);
/// dhash_vertical: which pixels are brighter than their neighbour above.
fettle::Bits difference_hash_vertical(const fettle::Image& image, int size);
/// whash, mode haar: which blocks are brighter than the median block. `size` is a power of two.
fettle::Bits wavelet_hash(const fettle::Image& image, int size);

/// colorhash: 14 * bits bits; how much of the image is black, grey, and of each of six hues, faint and bright.
/// 1 <= bits <= 16.                                                                    [any thread, concurrent]
fettle::Bits colour_hash(const fettle::Image& image, int bits);

/// How crop_resistant_hash finds regions.
struct Regions {
    int side = 300;      ///< pixels that the image is brought to, both ways
    int level = 128;     ///< grey value above which a pixel belongs to a bright region
    int smallest = 500;  ///< a region has more pixels than this
    int most = 0;        ///< the largest so many are kept; 0: all
};
/// crop_resistant_hash: the difference hash of the box around each bright and each dark region, bright ones first; of
/// the whole image where there is none.                                                 [any thread, concurrent]
std::vector<fettle::Bits> crop_resistant_hash(const fettle::Image& image, int size, const Regions& regions = {});
/// ImageMultiHash.__sub__: 0 for equal hashes up to the number of regions in `reference` where none of them is found
/// again. Of one found, less the better it fits. Not symmetric.                          [any thread, concurrent]
double crop_resistant_distance(const std::vector<fettle::Bits>& reference, const std::vector<fettle::Bits>& candidate);

/// str(ImageMultiHash): each region's hash in hexadecimal, commas between.                [any thread, concurrent]
std::string regions_text(const std::vector<fettle::Bits>& regions);
/// hex_to_multihash: the other way round. A hash is of a square of bits: its digits tell how many. Throws
/// Error(Fault::data) naming the text where it is none, or its hashes aren't of one length.   [any thread, concurrent]
std::vector<fettle::Bits> regions_from_text(std::string_view text);

}  // namespace hash
