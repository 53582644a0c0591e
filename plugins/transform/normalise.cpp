#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using Histogram = std::array<std::uint64_t, 256>;
using Table = std::array<std::uint8_t, 256>;

std::uint64_t count_of(const Histogram& histogram) {
    std::uint64_t count = 0;
    for (const auto each : histogram) count += each;
    return count;
}

/// The value at a place of the sorted pixels.
int value_at(const Histogram& histogram, std::uint64_t place) {
    int value = 0;
    for (std::uint64_t below = histogram[0]; below <= place && value < 255; below += histogram[++value]) continue;
    return value;
}

/// With linear interpolation between neighbours, as numpy has it.
double quantile(const Histogram& histogram, double at) {
    const double place = at * static_cast<double>(count_of(histogram) - 1);
    const auto below = static_cast<std::uint64_t>(place);
    const int low = value_at(histogram, below);
    if (place == std::floor(place)) return low;
    return std::lerp(low, value_at(histogram, below + 1), place - std::floor(place));
}

std::pair<double, double> mean_and_deviation(const Histogram& histogram) {
    const auto count = static_cast<double>(count_of(histogram));
    double sum = 0, squares = 0;
    for (int v = 0; v < 256; ++v) sum += v * static_cast<double>(histogram[v]);
    const double mean = sum / count;
    for (int v = 0; v < 256; ++v) squares += (v - mean) * (v - mean) * static_cast<double>(histogram[v]);
    return {mean, std::sqrt(squares / count)};
}

/// value times `factor` plus `offset`, for each of 256 values.
Table line(double factor, double offset) {
    Table table;
    for (int v = 0; v < 256; ++v)
        table[v] = static_cast<std::uint8_t>(std::lround(std::clamp(v * factor + offset, 0.0, 255.0)));
    return table;
}

/// Brings every image to the same range, or to the same mean and spread, so that light and exposure matter less.
struct Normalise final : fettle::Transform {
    std::string by = "range";
    std::string channels = "joint";
    std::array<double, 2> quantiles{0.005, 0.995};
    double mean = 128;
    double deviation = 48;

    static void describe(fettle::Describe<Normalise>& d) {
        d.summary("Every image brought to the same range of values, or to the same mean and deviation.")
            .param("by", &Normalise::by,
                   "\"range\": two quantiles go to 0 and 255; \"deviation\": mean and standard deviation become those "
                   "given.",
                   fettle::one_of({"range", "deviation"}))
            .param("channels", &Normalise::channels,
                   "\"joint\": red, green and blue change by one rule, so hues stay; \"each\": by one of its own.",
                   fettle::one_of({"joint", "each"}))
            .param("quantiles", &Normalise::quantiles,
                   "Of \"range\": the shares of values that end below 0 and below 255.", fettle::between(0, 1))
            .param("mean", &Normalise::mean, "Of \"deviation\": the new mean, a grey value of 255.",
                   fettle::between(0, 255))
            .param("deviation", &Normalise::deviation, "Of \"deviation\": the new standard deviation, in grey values.",
                   fettle::between(0, 128))
            .check(&Normalise::quantiles_ascend);
    }

    std::string quantiles_ascend() const {
        return quantiles[0] < quantiles[1] ? "" : "`quantiles` begins with the lower one, and they differ";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        std::array<Histogram, 3> counts{};
        auto& pixels = sample.image.pixels;
        for (std::size_t i = 0; i < pixels.size(); ++i) ++counts[i % 3][pixels[i]];
        if (channels == "joint") {
            for (int v = 0; v < 256; ++v) counts[0][v] += counts[1][v] + counts[2][v];
            counts[1] = counts[2] = counts[0];
        }
        const std::array<Table, 3> tables{table_for(counts[0]), table_for(counts[1]), table_for(counts[2])};
        for (std::size_t i = 0; i < pixels.size(); ++i) pixels[i] = tables[i % 3][pixels[i]];
        return sample;
    }

   private:
    /// What has no range stays as it is; what doesn't deviate becomes the new mean.
    Table table_for(const Histogram& histogram) const {
        if (by == "deviation") {
            const auto [old_mean, old_deviation] = mean_and_deviation(histogram);
            const double factor = old_deviation > 0 ? deviation / old_deviation : 0;
            return line(factor, mean - factor * old_mean);
        }
        const double low = quantile(histogram, quantiles[0]), high = quantile(histogram, quantiles[1]);
        if (high <= low) return line(1, 0);
        return line(255 / (high - low), -255 * low / (high - low));
    }
};

}  // namespace

void add_normalise(fettle::PluginBuilder& plugin) { plugin.add<Normalise>("transform.normalise"); }
