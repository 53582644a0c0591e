#include "grey.hpp"
#include "hashes.hpp"
#include "spectrum.hpp"

#include <fettle/sdk.hpp>

#include <numeric>

namespace hash {

fettle::Bits perceptual_hash_simple(const fettle::Image& image, int size) {
    const int side = 4 * size;
    const fettle::Image small = resize_grey(image, side, side);
    const auto columns = transposed({small.pixels.begin(), small.pixels.begin() + std::ptrdiff_t{side} * size}, size);
    auto strength = lowest_frequencies(columns, side, size + 1);
    strength.erase(strength.begin(), strength.begin() + size);  // the constant frequency
    const auto values = transposed(strength, size);
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    fettle::Bits bits;
    for (const double value : values) bits.push_back(value > mean);
    return bits;
}

namespace {

/// Distance between hashes of the rows' low frequencies.
struct PerceptualSimple final : fettle::Hash {
    int size = 8;

    static void describe(fettle::Describe<PerceptualSimple>& d) {
        d.summary("Number of bits in which the simple perceptual hashes (along rows alone) of two images differ.")
            .param("size", &PerceptualSimple::size, "Side of the hash: it has size x size bits.",
                   fettle::between(2, 64));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override { return perceptual_hash_simple(image, size); }
};

}  // namespace
}  // namespace hash

void add_perceptual_simple(fettle::PluginBuilder& plugin) {
    plugin.add<hash::PerceptualSimple>("hash.perceptual_simple");
}
