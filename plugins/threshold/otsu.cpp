#include "divisions.hpp"
#include "mixture.hpp"

#include <fettle/sdk.hpp>

#include <numeric>

namespace {

/// The division into two groups whose means lie farthest apart for their sizes: it explains the largest part of the
/// scores' variance. Computed for every gap between scores, without a histogram. Source: Otsu, "A threshold selection
/// method from gray-level histograms" (IEEE Transactions on Systems, Man, and Cybernetics 9, 1979).
struct Otsu final : threshold::Mixture {
    static void describe(fettle::Describe<Otsu>& d) {
        d.summary(
            "The division into two groups that explains most of the scores' variance. Looks at no labels, but needs "
            "scores of both kinds.");
        describe_mixture(d);
    }

    double fit(const fettle::Calibration& calibration) const override { return best(scores(calibration)).threshold; }

    /// Groups of equal size that touch, as of scores spread evenly, explain 3/4 of the variance (1/16 of the squared
    /// range, of 1/12); two halves of a normal distribution explain 2/pi.
    std::string caution(const fettle::Calibration& calibration) const override {
        const std::vector<double> all = scores(calibration);
        if (auto words = few(all); !words.empty()) return words;
        const double explained = best(all).explained;
        if (explained > 0.75) return {};
        return "the two groups explain " + threshold::percent(explained) +
               " of the scores' variance; scores spread evenly, without any groups, would give 75 %";
    }

   private:
    struct Best {
        double threshold, explained;
    };

    static Best best(const std::vector<double>& scores) {
        const auto count = static_cast<double>(scores.size());
        const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
        Best best{scores.front(), -1};
        double below = 0, total = 0;  // sums of differences from the mean, so that nothing cancels
        for (const double score : scores) total += (score - mean) * (score - mean);
        for (std::size_t i = 0; i + 1 < scores.size(); ++i) {
            below += scores[i] - mean;
            if (scores[i] == scores[i + 1]) continue;
            // With n1 of n below, the variance between the groups is below^2 n / (n1 (n - n1)), over n.
            const auto lower = static_cast<double>(i + 1);
            const double explained = below * below * count / (lower * (count - lower)) / total;
            if (explained > best.explained) best = {threshold::between(scores[i], scores[i + 1]), explained};
        }
        return best;
    }
};

}  // namespace

void add_otsu(fettle::PluginBuilder& plugin) { plugin.add<Otsu>("threshold.otsu"); }
