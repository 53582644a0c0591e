#include "divisions.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>

#include <cmath>

namespace {

/// Median and median absolute deviation: half of the sound scores may be anything without moving it far.
/// Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC, 1993), whose limit is 3.5.
struct MedianDeviation final : fettle::Threshold {
    double deviations = 3.5;

    static void describe(fettle::Describe<MedianDeviation>& d) {
        d.summary(
             "The median of the normal calibration scores and so many median absolute deviations more. Needs no "
             "labels, and bears anomalies among what is taken for normal.")
            .param("deviations", &MedianDeviation::deviations,
                   "How many, in standard deviations of normally distributed scores (1.4826 times the median absolute "
                   "deviation).",
                   fettle::above(0));
    }

    double fit(const fettle::Calibration& calibration) const override {
        threshold::require_normal(calibration, 2, "a median absolute deviation", threshold::enough_for_deviation);
        const auto [median, deviation] = spread(calibration.normal);
        return median + deviations * deviation;
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        if (auto words = threshold::all_equal(calibration); !words.empty()) return words;
        const auto [median, deviation] = spread(calibration.normal);
        constexpr double efficiency = 0.3675;  // against the standard deviation: Rousseeuw and Croux, JASA 88 (1993)
        if (deviation > 0) return threshold::few_for_deviation(calibration, 0.5 / efficiency);
        return "half of the calibration scores or more are " + fettle::Setting(median).text() +
               ", so their median absolute deviation is 0 and " +
               threshold::percent(threshold::share_above(calibration.normal, median)) + " of them lie above it";
    }

   private:
    struct Spread {
        double median, deviation;
    };

    static Spread spread(const std::vector<double>& scores) {
        constexpr double normal = 1.482602218505602;  // 1 / (the normal distribution's 75 % quantile)
        const double median = fettle::quantile(scores, 0.5);
        std::vector<double> distances;
        for (const double score : scores) distances.push_back(std::abs(score - median));
        return {median, normal * fettle::quantile(std::move(distances), 0.5)};
    }
};

}  // namespace

void add_mad(fettle::PluginBuilder& plugin) { plugin.add<MedianDeviation>("threshold.mad"); }
