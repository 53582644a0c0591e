#include "divisions.hpp"

#include <fettle/error.hpp>
#include <fettle/parameter.hpp>
#include <fettle/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>

namespace threshold {
namespace {

using fettle::Error;
using fettle::Fault;

/// Scores of one kind equal to `value` at the end of what is left of an ascending list; they are taken off it.
std::size_t take_equal(const std::vector<double>& ascending, std::size_t& left, double value) {
    const std::size_t before = left;
    while (left > 0 && ascending[left - 1] == value) --left;
    return before - left;
}

/// The highest of what is left of both lists; minus infinity where nothing is.
double highest_left(const fettle::Calibration& calibration, std::size_t normal, std::size_t anomalous) {
    constexpr double none = -std::numeric_limits<double>::infinity();
    return std::max(normal > 0 ? calibration.normal[normal - 1] : none,
                    anomalous > 0 ? calibration.anomalous[anomalous - 1] : none);
}

double part_of(std::size_t part, std::size_t whole) { return static_cast<double>(part) / static_cast<double>(whole); }

}  // namespace

double between(double lower, double upper) {
    const double middle = std::midpoint(lower, upper);
    return middle < upper ? middle : lower;
}

std::string percent(double share) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g %%", 100 * share);
    return text;
}

double share_above(const std::vector<double>& ascending, double threshold) {
    const auto first = std::upper_bound(ascending.begin(), ascending.end(), threshold);
    return part_of(static_cast<std::size_t>(ascending.end() - first), ascending.size());
}

std::size_t needed_for(double at) {
    if (at == 1) return 2;
    return std::max<std::size_t>(static_cast<std::size_t>(std::ceil(1 / (1 - at) - 1e-9)), 2);
}

std::string all_equal(const fettle::Calibration& calibration) {
    const std::vector<double>& scores = calibration.normal;
    if (scores.size() < 2 || scores.front() != scores.back()) return {};
    return "all " + std::to_string(scores.size()) + " calibration scores are " +
           fettle::Setting(scores.front()).text() + ", and whatever is higher is called anomalous";
}

std::string few_for_deviation(const fettle::Calibration& calibration, double variance) {
    constexpr std::size_t enough = enough_for_deviation;
    const std::size_t count = calibration.normal.size();
    if (count >= enough) return {};
    const auto error = [&](std::size_t scores) {
        return percent(std::sqrt(variance / static_cast<double>(scores - 1)));
    };
    return "the deviation is told from " + std::to_string(count) + " calibration scores and is wrong by about " +
           error(count) + "; " + std::to_string(enough) + " make it " + error(enough);
}

void require_normal(const fettle::Calibration& calibration, std::size_t needed, const std::string& strategy,
                    std::size_t better) {
    const std::size_t count = calibration.normal.size();
    if (count >= needed) return;
    throw Error(Fault::data, strategy + " can't be taken of " + std::to_string(count) + " calibration score" +
                                 (count == 1 ? "" : "s") + " of sound samples")
        .help("give the `calibrate` output of the split at least " + std::to_string(needed) + " normal images" +
              (better > needed ? ", better " + std::to_string(better) + ": below that it comes with a warning" : ""));
}

Divisions::Divisions(const fettle::Calibration& calibration)
    : anomalous_(calibration.anomalous.size()), normal_(calibration.normal.size()) {
    if (anomalous_ == 0 || normal_ == 0)
        throw Error(Fault::data, std::string("there are no ") + (normal_ == 0 ? "normal" : "anomalous") +
                                     " calibration scores; this threshold takes both kinds")
            .help(
                "score `calibrate` samples as they are, and again damaged by a synthesizer; at least 20 of each kind "
                "make a threshold worth having");
    std::size_t normal = normal_, anomalous = anomalous_;
    double value = highest_left(calibration, normal, anomalous);
    all_.push_back({value, 0, 0});
    while (normal > 0 || anomalous > 0) {
        Division next = all_.back();
        next.found += take_equal(calibration.anomalous, anomalous, value);
        next.alarms += take_equal(calibration.normal, normal, value);
        const double lower = highest_left(calibration, normal, anomalous);
        next.threshold = std::isfinite(lower) ? between(lower, value) : std::nextafter(value, lower);
        all_.push_back(next);
        value = lower;
    }
    if (all_.size() == 2)
        throw Error(Fault::data, "all " + std::to_string(normal_ + anomalous_) + " calibration scores are " +
                                     fettle::Setting(all_.front().threshold).text() +
                                     ", sound and anomalous alike: no threshold tells them apart")
            .help("look at the maps: a metric that is the same for every image can't be used");
}

double Divisions::recall(const Division& division) const { return part_of(division.found, anomalous_); }

double Divisions::false_alarms(const Division& division) const { return part_of(division.alarms, normal_); }

double Divisions::precision(const Division& division, double prevalence) const {
    if (division.found == 0) return 0;
    if (prevalence == 0) return part_of(division.found, division.found + division.alarms);
    const double found = prevalence * recall(division), alarms = (1 - prevalence) * false_alarms(division);
    return found / (found + alarms);
}

double Divisions::f1(const Division& division, double prevalence) const {
    // 2 TP / (2 TP + FP + FN), where TP + FN is all that is anomalous.
    if (prevalence == 0) return part_of(2 * division.found, division.found + division.alarms + anomalous_);
    const double found = prevalence * recall(division), alarms = (1 - prevalence) * false_alarms(division);
    return 2 * found / (found + alarms + prevalence);
}

std::string no_higher(const fettle::Calibration& calibration) {
    const double sound = fettle::quantile(calibration.normal, 0.5);
    const double anomalous = fettle::quantile(calibration.anomalous, 0.5);
    if (anomalous > sound) return {};
    return "the anomalous calibration samples score no higher than the sound ones (median " +
           fettle::Setting(anomalous).text() + " against " + fettle::Setting(sound).text() +
           "): a threshold found by them says little";
}

std::string caution_of_anomalies(const fettle::Calibration& calibration) {
    if (auto words = no_higher(calibration); !words.empty()) return words;
    constexpr std::size_t enough = 20;  // a share is then known in steps of 5 %
    const std::size_t fewest = std::min(calibration.anomalous.size(), calibration.normal.size());
    if (fewest >= enough) return {};
    return "found from " + std::to_string(calibration.anomalous.size()) + " anomalous and " +
           std::to_string(calibration.normal.size()) +
           " sound calibration scores: shares of them are known in steps of " +
           percent(1 / static_cast<double>(fewest)) + " only; " + std::to_string(enough) + " of each make it 5 %";
}

}  // namespace threshold
