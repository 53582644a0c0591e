#include "grey.hpp"
#include "haar.hpp"
#include "hashes.hpp"
#include "spectrum.hpp"

#include <fettle/error.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace hash {
namespace {

bool is_power_of_two(int number) { return std::has_single_bit(static_cast<unsigned>(number)); }

/// The sums of the size x size blocks of a square image: what Haar steps leave, but for a factor and the mean.
std::vector<double> block_sums(const fettle::Image& square, int size) {
    const int block = square.width / size;
    std::vector<double> sums;
    std::vector<std::uint32_t> row(size);  // of blocks; a block of 4096 x 4096 still fits
    for (int y = 0; y < square.height; ++y) {
        const std::uint8_t* pixel = square.at(0, y);
        for (int b = 0; b < size; ++b)
            for (int x = 0; x < block; ++x) row[b] += *pixel++;
        if ((y + 1) % block != 0) continue;
        sums.insert(sums.end(), row.begin(), row.end());
        std::fill(row.begin(), row.end(), 0u);
    }
    return sums;
}

}  // namespace

fettle::Bits wavelet_hash(const fettle::Image& image, int size) {
    const int natural = static_cast<int>(std::bit_floor(static_cast<unsigned>(std::min(image.width, image.height))));
    const int side = std::max(natural, size);
    const fettle::Image square = resize_grey(image, side, side);
    std::vector<double> values = block_sums(square, size);
    double middle = median(values);
    // Sums that equal the median are told apart by the rounding errors of PyWavelets alone: seldom in photographs,
    // often in images so small that a block is a pixel.
    if (std::find(values.begin(), values.end(), middle) != values.end()) {
        values = haar_means(square, size);
        middle = median(values);
    }
    fettle::Bits bits;
    for (const double value : values) bits.push_back(value > middle);
    return bits;
}

namespace {

/// Distance between wavelet hashes: which blocks are brighter than the median block.
struct Wavelet final : fettle::Hash {
    int size = 8;

    static void describe(fettle::Describe<Wavelet>& d) {
        d.summary("Number of bits in which the Haar wavelet hashes of two images differ.")
            .param("size", &Wavelet::size, "Side of the hash, a power of two: it has size x size bits.",
                   fettle::between(2, 64))
            .check(&Wavelet::wrong);
    }

    std::string wrong() const {
        if (is_power_of_two(size)) return {};
        const unsigned below = std::bit_floor(static_cast<unsigned>(size));
        return "`size` is " + std::to_string(size) + "; each step of the wavelet halves the image, so it must be a " +
               "power of two: " + std::to_string(below) + " or " + std::to_string(2 * below);
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override { return wavelet_hash(image, size); }
};

}  // namespace
}  // namespace hash

void add_wavelet(fettle::PluginBuilder& plugin) { plugin.add<hash::Wavelet>("hash.wavelet"); }
