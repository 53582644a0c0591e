#include "divisions.hpp"

#include <fettle/sdk.hpp>

namespace {

/// The threshold with the highest F1 on sound and synthetic calibration scores. F1 depends on how many anomalies there
/// are among all: `prevalence` weighs the two kinds as they will be met.
struct HighestF1 final : fettle::Threshold {
    double prevalence = 0;

    static void describe(fettle::Describe<HighestF1>& d) {
        d.summary(
             "The threshold with the highest F1 on calibration scores. Needs labelled anomalies: synthetic ones, made "
             "from calibration images.")
            .param("prevalence", &HighestF1::prevalence,
                   "The share of anomalous images to reckon with, 0 to 1; 0 for that of the calibration samples.",
                   fettle::between(0, 0.999))
            .needs_anomalies("scores");
    }

    bool needs_anomalies() const override { return true; }

    double fit(const fettle::Calibration& calibration) const override {
        const threshold::Divisions divisions(calibration);
        return divisions.best([&](const auto& division) { return divisions.f1(division, prevalence); });
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        return threshold::caution_of_anomalies(calibration);
    }
};

}  // namespace

void add_f1(fettle::PluginBuilder& plugin) { plugin.add<HighestF1>("threshold.f1"); }
