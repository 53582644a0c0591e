#include "divisions.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>

namespace {

/// The lowest threshold whose precision on sound and synthetic calibration scores is `at` or more: of those that are
/// right often enough when they call, the one that finds most.
struct Precision final : fettle::Threshold {
    double at = 0.95, prevalence = 0;

    static void describe(fettle::Describe<Precision>& d) {
        d.summary(
             "The lowest threshold with a given precision on calibration scores. Needs labelled anomalies: synthetic "
             "ones, made from calibration images.")
            .param("at", &Precision::at, "The share of what is called anomalous that must be so, between 0 and 1.",
                   fettle::between(0, 1) & fettle::above(0))
            .param("prevalence", &Precision::prevalence,
                   "The share of anomalous images to reckon with, 0 to 1; 0 for that of the calibration samples.",
                   fettle::between(0, 0.999))
            .needs_anomalies("scores");
    }

    bool needs_anomalies() const override { return true; }

    double fit(const fettle::Calibration& calibration) const override {
        const threshold::Divisions divisions(calibration);
        const auto precision = [&](const auto& division) { return divisions.precision(division, prevalence); };
        const auto lowest = std::find_if(divisions.all().rbegin(), divisions.all().rend(),
                                         [&](const auto& division) { return precision(division) >= at; });
        if (lowest != divisions.all().rend()) return lowest->threshold;
        double highest = 0;
        for (const auto& division : divisions.all()) highest = std::max(highest, precision(division));
        throw fettle::Error(fettle::Fault::data, "no threshold reaches a precision of " + threshold::percent(at) +
                                                     " on the calibration scores; the highest is " +
                                                     threshold::percent(highest))
            .parameter("at")
            .help("ask for that, or for a metric that tells the synthetic anomalies from sound images better");
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        return threshold::caution_of_anomalies(calibration);
    }
};

}  // namespace

void add_precision(fettle::PluginBuilder& plugin) { plugin.add<Precision>("threshold.precision"); }
