// Strategies for thresholds, made and fitted in one line.
#pragma once

#include "fakes.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <fettle/roles/decide.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace thresholds {

inline fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/threshold.so");
    return library;
}

struct Strategy {
    std::shared_ptr<fettle::Component> object;
    explicit Strategy(const std::string& name, const fettle::testing::Settings& settings = {})
        : object(plugin().make("threshold." + name, settings)) {}
    const fettle::Threshold* operator->() const { return dynamic_cast<const fettle::Threshold*>(object.get()); }
};

/// What a strategy's own check says of these settings; empty where nothing is wrong.
inline std::string check(const std::string& name, const fettle::testing::Settings& settings) {
    return plugin().entry("threshold." + name).check(*Strategy(name, settings).object);
}

inline fettle::Calibration calibration(std::vector<double> normal, std::vector<double> anomalous = {}) {
    std::sort(normal.begin(), normal.end());
    std::sort(anomalous.begin(), anomalous.end());
    return {std::move(normal), std::move(anomalous)};
}

inline std::vector<double> draws(fettle::Random& random, int count, double mean = 0, double deviation = 1) {
    std::vector<double> out;
    for (int i = 0; i < count; ++i) out.push_back(mean + deviation * random.normal());
    return out;
}

inline std::size_t above(const std::vector<double>& scores, double threshold) {
    return static_cast<std::size_t>(
        std::count_if(scores.begin(), scores.end(), [&](double score) { return score > threshold; }));
}

/// Rows of calibration, one row of test that nothing may be found from.
inline std::shared_ptr<fettle::Scores> table(const fettle::Calibration& scores) {
    std::vector<fettle::SampleInfo> rows{fakes::info("test", fettle::Split::test, fettle::Label::anomalous)};
    std::vector<double> values{1e6};
    const auto add = [&](const std::vector<double>& scores, fettle::Label label) {
        for (const double score : scores) {
            rows.push_back(fakes::info(std::to_string(rows.size()), fettle::Split::calibrate, label));
            values.push_back(score);
        }
    };
    add(scores.normal, fettle::Label::normal);
    add(scores.anomalous, fettle::Label::anomalous);
    return fakes::table("ssim mean", rows, values);
}

/// The error that fitting throws; a test that got this far without one fails on its words.
inline fettle::Error failure(const Strategy& strategy, const fettle::Calibration& calibration) {
    try {
        strategy->fit(calibration);
    } catch (const fettle::Error& error) {
        return error;
    }
    return {fettle::Fault::plugin, "nothing was thrown"};
}

}  // namespace thresholds
