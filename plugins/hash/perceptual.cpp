#include "perceptual.hpp"

#include "grey.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace hash {
namespace {

constexpr int shrink = 4;  // the image is brought down to 4 * size before its low frequencies are taken

/// DCT-II, unnormalised (scipy.fftpack's): y_k = 2 sum_n x_n cos(pi k (2n + 1) / 2N).
/// Even k come from x_n + x_{N-1-n}, odd ones from x_n - x_{N-1-n}, again and again: what is 0 by symmetry (all but
/// one value of a flat image) comes out as 0 and not as a rounding error whose sign would become a bit.
class Spectrum {
   public:
    explicit Spectrum(std::size_t length) {
        for (std::size_t i = 0; i < 4 * length; ++i)
            waves_.push_back(2 * std::cos(std::numbers::pi * static_cast<double>(i) / (2.0 * length)));
    }

    /// `x` has the length given above, or half of it, a quarter ...
    std::vector<double> operator()(const std::vector<double>& x) const {
        const std::size_t count = x.size(), half = count / 2, stride = waves_.size() / (4 * count);
        const auto wave = [&](std::size_t k, std::size_t n) {
            return waves_[k * (2 * n + 1) * stride % waves_.size()];
        };
        std::vector<double> sums(half), differences(half), y(count);
        for (std::size_t n = 0; n < half; ++n) {
            sums[n] = x[n] + x[count - 1 - n];
            differences[n] = x[n] - x[count - 1 - n];
        }
        for (std::size_t k = 1; k < count; k += 2)
            for (std::size_t n = 0; n < half; ++n) y[k] += differences[n] * wave(k, n);
        if (count % 2 == 0) {
            const std::vector<double> even = (*this)(sums);
            for (std::size_t k = 0; k < half; ++k) y[2 * k] = even[k];
        } else {
            // The waves of k > 0 sum to 0, so the middle value may be taken off every other one.
            y[0] = 2 * std::accumulate(x.begin(), x.end(), 0.0);
            for (std::size_t k = 2; k < count; k += 2)
                for (std::size_t n = 0; n < half; ++n) y[k] += (sums[n] - 2 * x[half]) * wave(k, n);
        }
        return y;
    }

   private:
    std::vector<double> waves_;  ///< 2 cos(pi i / 2N) for 0 <= i < 4N
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const std::size_t middle = values.size() / 2;
    return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

fettle::Bits perceptual_hash(const fettle::Image& image, int size) {
    const int side = shrink * size;
    const fettle::Image small = resize_lanczos(grey(image), side, side);

    const Spectrum spectrum(side);
    std::vector<std::vector<double>> low(size);  // [vertical frequency][column]
    for (int x = 0; x < side; ++x) {
        std::vector<double> column;
        for (int y = 0; y < side; ++y) column.push_back(*small.at(x, y));
        const std::vector<double> strength = spectrum(column);
        for (int k = 0; k < size; ++k) low[k].push_back(strength[k]);
    }
    std::vector<double> values;  // the lowest frequencies, the constant one included
    for (const auto& row : low) {
        const std::vector<double> strength = spectrum(row);
        values.insert(values.end(), strength.begin(), strength.begin() + size);
    }
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
