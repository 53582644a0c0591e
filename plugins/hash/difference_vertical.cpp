#include "grey.hpp"
#include "hashes.hpp"

#include <fettle/sdk.hpp>

namespace hash {

fettle::Bits difference_hash_vertical(const fettle::Image& image, int size) {
    const fettle::Image small = resize_grey(image, size, size + 1);
    fettle::Bits bits;
    for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x) bits.push_back(*small.at(x, y + 1) > *small.at(x, y));
    return bits;
}

namespace {

/// Distance between vertical difference hashes: which parts are brighter than their neighbour above.
struct DifferenceVertical final : fettle::Hash {
    int size = 8;

    static void describe(fettle::Describe<DifferenceVertical>& d) {
        d.summary("Number of bits in which the vertical difference hashes of two images differ.")
            .param("size", &DifferenceVertical::size, "Side of the hash: it has size x size bits.",
                   fettle::between(2, 64));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override {
        return difference_hash_vertical(image, size);
    }
};

}  // namespace
}  // namespace hash

void add_difference_vertical(fettle::PluginBuilder& plugin) {
    plugin.add<hash::DifferenceVertical>("hash.difference_vertical");
}
