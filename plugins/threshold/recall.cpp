#include "divisions.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// The highest threshold that a share `at` of the anomalous calibration scores lies above.
struct Recall final : fettle::Threshold {
    double at = 0.95;

    static void describe(fettle::Describe<Recall>& d) {
        d.summary(
             "The highest threshold that finds a given share of anomalous calibration samples. Needs labelled "
             "anomalies: synthetic ones, made from calibration images.")
            .param("at", &Recall::at, "That share, between 0 and 1: 1 finds every one of them.",
                   fettle::between(0, 1) & fettle::above(0))
            .needs_anomalies("scores");
    }

    bool needs_anomalies() const override { return true; }

    double fit(const fettle::Calibration& calibration) const override {
        const threshold::Divisions divisions(calibration);
        const std::size_t wanted = wanted_of(divisions.anomalous());
        return std::find_if(divisions.all().begin(), divisions.all().end(),
                            [&](const auto& division) { return division.found >= wanted; })
            ->threshold;
    }

    /// What to expect of further anomalies: m of them cut the line into m + 1 gaps that are equally likely, and the
    /// threshold lies in the one below the lowest that is to be found.
    std::string caution(const fettle::Calibration& calibration) const override {
        if (auto words = threshold::no_higher(calibration); !words.empty()) return words;
        const std::size_t count = calibration.anomalous.size(), needed = threshold::needed_for(at);
        if (at == 1 || count >= needed) return threshold::caution_of_anomalies(calibration);
        return std::to_string(count) + " anomalous calibration scores can't tell where " + threshold::percent(at) +
               " of such scores lie above; that takes " + std::to_string(needed) +
               ". All of them are found; expect about " +
               threshold::percent(static_cast<double>(count) / static_cast<double>(count + 1)) + " of further ones";
    }

   private:
    std::size_t wanted_of(std::size_t count) const {
        constexpr double rounding = 1e-9;  // 0.95 of 20 is 19, whatever the last bit of 0.95 is
        return static_cast<std::size_t>(std::ceil(at * static_cast<double>(count) - rounding));
    }
};

}  // namespace

void add_recall(fettle::PluginBuilder& plugin) { plugin.add<Recall>("threshold.recall"); }
