#include "divisions.hpp"

#include <fettle/sdk.hpp>

namespace {

/// The threshold with the lowest cost to expect per image: of what is missed, and of what is called by mistake. None
/// of the three numbers has a default: whoever asks for the lowest cost knows what things cost.
struct LowestCost final : fettle::Threshold {
    double miss = 1, false_alarm = 1, prevalence = 0.5;

    static void describe(fettle::Describe<LowestCost>& d) {
        d.summary(
             "The threshold with the lowest cost to expect on calibration scores. Needs labelled anomalies: synthetic "
             "ones, made from calibration images.")
            .param("miss", &LowestCost::miss, "What an anomalous image that is let pass costs, in any unit.",
                   fettle::at_least(0) & fettle::required())
            .param("false_alarm", &LowestCost::false_alarm,
                   "What a sound image that is called anomalous costs, in the same unit.",
                   fettle::at_least(0) & fettle::required())
            .param("prevalence", &LowestCost::prevalence, "The share of anomalous images to reckon with, 0 to 1.",
                   fettle::between(0, 1) & fettle::required())
            .needs_anomalies("scores")
            .check(&LowestCost::something_costs);
    }

    std::string something_costs() const {
        if (miss == 0 && false_alarm == 0) return "`miss` and `false_alarm` are both 0: every threshold costs the same";
        if (prevalence == 0 || prevalence == 1)
            return "`prevalence` must lie between 0 and 1, both excluded: where all images are of one kind there is "
                   "nothing to decide";
        return {};
    }

    bool needs_anomalies() const override { return true; }

    double fit(const fettle::Calibration& calibration) const override {
        const threshold::Divisions divisions(calibration);
        return divisions.best([&](const auto& division) {
            return -(miss * prevalence * (1 - divisions.recall(division)) +
                     false_alarm * (1 - prevalence) * divisions.false_alarms(division));
        });
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        return threshold::caution_of_anomalies(calibration);
    }
};

}  // namespace

void add_cost(fettle::PluginBuilder& plugin) { plugin.add<LowestCost>("threshold.cost"); }
