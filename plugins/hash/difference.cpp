#include "grey.hpp"
#include "hashes.hpp"

#include <fettle/sdk.hpp>

namespace hash {

fettle::Bits difference_hash(const fettle::Image& image, int size) {
    const fettle::Image small = resize_grey(image, size + 1, size);
    fettle::Bits bits;
    for (int y = 0; y < size; ++y)
        for (int x = 0; x < size; ++x) bits.push_back(*small.at(x + 1, y) > *small.at(x, y));
    return bits;
}

namespace {

/// Distance between difference hashes: which parts are brighter than their neighbour to the left.
struct Difference final : fettle::Hash {
    int size = 8;

    static void describe(fettle::Describe<Difference>& d) {
        d.summary("Number of bits in which the difference hashes of two images differ.")
            .param("size", &Difference::size, "Side of the hash: it has size x size bits.", fettle::between(2, 64));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override { return difference_hash(image, size); }
};

}  // namespace
}  // namespace hash

void add_difference(fettle::PluginBuilder& plugin) { plugin.add<hash::Difference>("hash.difference"); }
