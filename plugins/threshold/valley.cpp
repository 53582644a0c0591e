#include "mixture.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>

namespace {

using Histogram = std::vector<double>;

/// The mean of each count and its neighbours; beyond the ends the end itself counts, so nothing gets lost.
Histogram smoothed(const Histogram& counts) {
    Histogram out(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i)
        out[i] = (counts[i == 0 ? 0 : i - 1] + counts[i] + counts[std::min(i + 1, counts.size() - 1)]) / 3;
    return out;
}

/// Where counts rise and then fall; of a plateau its last bin. Nothing lies beyond the ends.
std::vector<std::size_t> peaks(const Histogram& counts) {
    std::vector<std::size_t> out;
    bool rising = true;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double next = i + 1 < counts.size() ? counts[i + 1] : 0;
        if (rising && next < counts[i]) {
            out.push_back(i);
            rising = false;
        } else if (next > counts[i]) {
            rising = true;
        }
    }
    return out;
}

/// The lowest point between a histogram's two peaks, after it was smoothed until it had no more than two. Source:
/// Prewitt and Mendelsohn, "The analysis of cell images" (Annals of the New York Academy of Sciences 128, 1966).
struct Valley final : threshold::Mixture {
    int bins = 256;

    static void describe(fettle::Describe<Valley>& d) {
        d.summary(
            "The valley between the two peaks of the scores' smoothed histogram. Looks at no labels, but needs scores "
            "of both kinds.");
        d.param("bins", &Valley::bins, "How many equal steps the range of the scores is divided into.",
                fettle::between(8, 65536));
        describe_mixture(d);
    }

    double fit(const fettle::Calibration& calibration) const override {
        const std::vector<double> all = scores(calibration);
        const double low = all.front(), width = (all.back() - low) / bins;
        const std::size_t bin = lowest(histogram(all, width));
        return low + (static_cast<double>(bin) + 0.5) * width;
    }

   private:
    Histogram histogram(const std::vector<double>& scores, double width) const {
        Histogram counts(static_cast<std::size_t>(bins));
        for (const double score : scores) {
            const auto bin = static_cast<std::size_t>((score - scores.front()) / width);
            ++counts[std::min(bin, counts.size() - 1)];
        }
        return counts;
    }

    /// The first of the lowest bins between the two peaks.
    static std::size_t lowest(Histogram counts) {
        // Smoothing k times spreads a bin's count over about sqrt(2 k / 3) bins: after bins^2 times all is flat.
        std::vector<std::size_t> found = peaks(counts);
        for (std::size_t k = 0; found.size() > 2 && k < counts.size() * counts.size(); ++k) {
            counts = smoothed(counts);
            found = peaks(counts);
        }
        if (found.size() != 2)
            throw fettle::Error(fettle::Fault::data, "the scores' histogram has no two peaks, however it is smoothed")
                .help(
                    "it takes two groups of scores that lie apart; `threshold.otsu` divides any, and "
                    "`threshold.quantile` needs sound ones alone");
        const auto first = counts.begin() + static_cast<std::ptrdiff_t>(found[0]);
        const auto last = counts.begin() + static_cast<std::ptrdiff_t>(found[1]) + 1;
        return static_cast<std::size_t>(std::min_element(first, last) - counts.begin());
    }
};

}  // namespace

void add_valley(fettle::PluginBuilder& plugin) { plugin.add<Valley>("threshold.valley"); }
