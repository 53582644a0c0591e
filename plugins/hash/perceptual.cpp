#include "grey.hpp"
#include "hashes.hpp"
#include "spectrum.hpp"

#include <fettle/sdk.hpp>

namespace hash {

fettle::Bits perceptual_hash(const fettle::Image& image, int size) {
    const int side = 4 * size;
    const fettle::Image small = resize_grey(image, side, side);
    const auto vertical = lowest_frequencies({small.pixels.begin(), small.pixels.end()}, side, size);
    const auto values = transposed(lowest_frequencies(transposed(vertical, size), side, size), size);
    const double middle = median(values);
    fettle::Bits bits;
    for (const double value : values) bits.push_back(value > middle);
    return bits;
}

namespace {

/// Distance between perceptual hashes: which low frequencies are stronger than the median one.
struct Perceptual final : fettle::Hash {
    int size = 8;

    static void describe(fettle::Describe<Perceptual>& d) {
        d.summary("Number of bits in which the perceptual hashes of two images differ.")
            .param("size", &Perceptual::size, "Side of the hash: it has size x size bits.", fettle::between(2, 64));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override { return perceptual_hash(image, size); }
};

}  // namespace
}  // namespace hash

void add_perceptual(fettle::PluginBuilder& plugin) { plugin.add<hash::Perceptual>("hash.perceptual"); }
