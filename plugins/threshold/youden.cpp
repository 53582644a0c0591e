#include "divisions.hpp"

#include <fettle/sdk.hpp>

namespace {

/// The threshold with the highest recall less false alarm rate: the point of the ROC curve farthest above its
/// diagonal, which doesn't depend on how many anomalies there are. Source: Youden, "Index for rating diagnostic tests"
/// (Cancer 3, 1950).
struct Youden final : fettle::Threshold {
    static void describe(fettle::Describe<Youden>& d) {
        d.summary(
             "The threshold with the highest recall less false alarm rate on calibration scores. Needs labelled "
             "anomalies: synthetic ones, made from calibration images.")
            .needs_anomalies("scores");
    }

    bool needs_anomalies() const override { return true; }

    double fit(const fettle::Calibration& calibration) const override {
        const threshold::Divisions divisions(calibration);
        const auto anomalous = static_cast<double>(divisions.anomalous());
        const auto normal = static_cast<double>(divisions.normal());
        // Times both counts: whole numbers, so that equal ones are equal.
        return divisions.best([&](const auto& division) {
            return static_cast<double>(division.found) * normal - static_cast<double>(division.alarms) * anomalous;
        });
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        return threshold::caution_of_anomalies(calibration);
    }
};

}  // namespace

void add_youden(fettle::PluginBuilder& plugin) { plugin.add<Youden>("threshold.youden"); }
