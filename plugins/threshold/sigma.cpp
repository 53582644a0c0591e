#include "divisions.hpp"

#include <fettle/sdk.hpp>

#include <cmath>
#include <numeric>

namespace {

/// Mean and standard deviation (n - 1 in the denominator) of the sound scores. Right where these are normally
/// distributed; scores of reconstruction seldom are: their upper tail is longer, and more sound images lie above.
struct Sigma final : fettle::Threshold {
    double deviations = 3;

    static void describe(fettle::Describe<Sigma>& d) {
        d.summary("The mean of the normal calibration scores and so many standard deviations more. Needs no labels.")
            .param("deviations", &Sigma::deviations,
                   "How many: of normally distributed scores 3 leave 0.13% above, 2 leave 2.3%.", fettle::above(0));
    }

    double fit(const fettle::Calibration& calibration) const override {
        threshold::require_normal(calibration, 2, "a standard deviation", threshold::enough_for_deviation);
        const std::vector<double>& scores = calibration.normal;
        if (scores.front() == scores.back()) return scores.front();  // the mean's rounding would call some of them
        const auto count = static_cast<double>(scores.size());
        const double mean = std::accumulate(scores.begin(), scores.end(), 0.0) / count;
        double squares = 0;
        for (const double score : scores) squares += (score - mean) * (score - mean);
        return mean + deviations * std::sqrt(squares / (count - 1));
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        if (auto words = threshold::all_equal(calibration); !words.empty()) return words;
        return threshold::few_for_deviation(calibration, 0.5);
    }
};

}  // namespace

void add_sigma(fettle::PluginBuilder& plugin) { plugin.add<Sigma>("threshold.sigma"); }
