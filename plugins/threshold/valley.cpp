#include "divisions.hpp"
#include "mixture.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>

namespace {

using Histogram = std::vector<double>;

/// The mean of each count and its neighbours; beyond the ends there is nothing.
Histogram smoothed(const Histogram& counts) {
    Histogram out(counts.size());
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double before = i > 0 ? counts[i - 1] : 0, after = i + 1 < counts.size() ? counts[i + 1] : 0;
        out[i] = (before + counts[i] + after) / 3;
    }
    return out;
}

/// Where counts rise and then fall; of a plateau its last bin. What rounding does to a plateau is no slope.
std::vector<std::ptrdiff_t> peaks(const Histogram& counts) {
    const double rounding = 1e-12 * *std::max_element(counts.begin(), counts.end());
    std::vector<std::ptrdiff_t> out;
    bool rising = true;
    for (std::size_t i = 0; i + 1 < counts.size(); ++i) {
        const double step = counts[i + 1] - counts[i];
        if (rising && step < -rounding) {
            out.push_back(static_cast<std::ptrdiff_t>(i));
            rising = false;
        } else if (step > rounding) {
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
                fettle::between(8, 1024));
        describe_mixture(d);
    }

    double fit(const fettle::Calibration& calibration) const override {
        const std::vector<double> all = scores(calibration);
        return threshold_at(lowest(histogram(all)), all);
    }

    /// Smoothed until there are two peaks, scores of a single group have them too: of 400 drawn from a normal, a
    /// uniform, an exponential or a logarithmic normal distribution nearly always with fewer than 5 % on one side or a
    /// valley more than half as high as the lower peak; two groups four deviations apart have one a third as high.
    std::string caution(const fettle::Calibration& calibration) const override {
        const std::vector<double> all = scores(calibration);
        if (auto words = few(all); !words.empty()) return words;
        const Bottom bottom = lowest(histogram(all));
        const double above = threshold::share_above(all, threshold_at(bottom, all));
        const auto count = static_cast<double>(all.size());
        if (const double fewer = std::min(above, 1 - above); fewer * count < 9.5 || fewer < 0.05)
            return std::to_string(std::lround(fewer * count)) + " of " + std::to_string(all.size()) + " scores lie " +
                   (above < 0.5 ? "above" : "below") + " the valley; so few are hardly a group, and a single group's " +
                   "farthest scores look the same";
        if (bottom.height <= 0.5) return {};
        return "the valley is " + threshold::percent(bottom.height) +
               " as high as the lower of the two peaks; a single group of scores has such valleys by chance";
    }

   private:
    struct Bottom {
        double place;   ///< a bin, or between two
        double height;  ///< over the lower peak's, 0 to 1
    };

    double threshold_at(const Bottom& bottom, const std::vector<double>& scores) const {
        return std::lerp(scores.front(), scores.back(), (bottom.place - bins + 0.5) / bins);
    }

    /// With as many empty bins on either side, for smoothing to spread into: the ends are no walls.
    Histogram histogram(const std::vector<double>& scores) const {
        Histogram counts(static_cast<std::size_t>(3 * bins));
        const double low = scores.front(), range = scores.back() - low;
        for (const double score : scores) {
            const int bin = static_cast<int>((score - low) / range * bins);
            ++counts[static_cast<std::size_t>(bins + std::min(bin, bins - 1))];
        }
        return counts;
    }

    /// The lowest bin between the two peaks; the middle one where several in a row are as low.
    Bottom lowest(Histogram counts) const {
        // Smoothing k times spreads a bin's count over about sqrt(2 k / 3) bins: long before bins^2 there is one peak.
        std::vector<std::ptrdiff_t> found = peaks(counts);
        for (int k = 0; found.size() > 2 && k < bins * bins; ++k) {
            counts = smoothed(counts);
            found = peaks(counts);
        }
        if (found.size() != 2)
            throw fettle::Error(fettle::Fault::data, "the scores' histogram has no two peaks, however it is smoothed")
                .help(
                    "it takes two groups of scores that lie apart; `threshold.otsu` divides any, and "
                    "`threshold.quantile` needs sound ones alone");
        const auto first = counts.begin() + found[0], last = counts.begin() + found[1] + 1;
        const double highest = *std::min_element(first, last) * (1 + 1e-12);  // what rounding does is no slope
        const auto bottom = std::find_if(first, last, [&](double each) { return each <= highest; });
        const auto end = std::find_if(bottom, last, [&](double each) { return each > highest; });
        return {static_cast<double>((bottom - counts.begin()) + (end - counts.begin()) - 1) / 2,
                *bottom / std::min(*first, *(last - 1))};
    }
};

}  // namespace

void add_valley(fettle::PluginBuilder& plugin) { plugin.add<Valley>("threshold.valley"); }
