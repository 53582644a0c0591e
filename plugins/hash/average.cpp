#include "grey.hpp"
#include "hashes.hpp"
#include "spectrum.hpp"

#include <fettle/sdk.hpp>

#include <numeric>

namespace hash {

fettle::Bits average_hash(const fettle::Image& image, int size, Middle middle) {
    const fettle::Image small = resize_grey(image, size, size);
    const auto& pixels = small.pixels;
    const double level = middle == Middle::median
                             ? median({pixels.begin(), pixels.end()})
                             : std::accumulate(pixels.begin(), pixels.end(), 0.0) / static_cast<double>(pixels.size());
    fettle::Bits bits;
    for (const std::uint8_t pixel : pixels) bits.push_back(pixel > level);
    return bits;
}

namespace {

/// Distance between average hashes: which parts are brighter than the whole.
struct Average final : fettle::Hash {
    int size = 8;
    std::string level = "mean";

    static void describe(fettle::Describe<Average>& d) {
        d.summary("Number of bits in which the average hashes of two images differ.")
            .param("size", &Average::size, "Side of the hash: it has size x size bits.", fettle::between(2, 64))
            .param("level", &Average::level, "What a part is brighter than: the mean or the median of all parts.",
                   fettle::one_of({"mean", "median"}));
    }

    fettle::Bits fingerprint(const fettle::Image& image) const override {
        return average_hash(image, size, level == "mean" ? Middle::mean : Middle::median);
    }
};

}  // namespace
}  // namespace hash

void add_average(fettle::PluginBuilder& plugin) { plugin.add<hash::Average>("hash.average"); }
