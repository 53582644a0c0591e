// Every way to divide calibration scores by a threshold, with what it finds and what it calls by mistake.
#pragma once

#include <fettle/roles/decide.hpp>

#include <cmath>
#include <cstddef>
#include <string>
#include <vector>

namespace threshold {

/// A threshold between `lower` and the next higher score `upper`: half-way, and below `upper` whatever is rounded.
double between(double lower, double upper);

/// "5 %": three digits.
std::string percent(double share);

/// The share of scores that lie above a threshold. `ascending` isn't empty.
double share_above(const std::vector<double>& ascending, double threshold);

/// Scores it takes for the highest share 1 - `at` of them to be one at least; 2 at least.
std::size_t needed_for(double at);

/// What to say where all sound calibration scores are equal; else empty.
std::string all_equal(const fettle::Calibration& calibration);

/// What to say where a deviation is told from so few sound scores that it may be far off; else empty. `variance`: its
/// relative one for normally distributed scores, times their number less 1. 2 scores at least.
std::string few_for_deviation(const fettle::Calibration& calibration, double variance);

/// Below so many sound scores a deviation is told with a warning.
constexpr std::size_t enough_for_deviation = 30;

/// Throws Error(Fault::data) where there are fewer than `needed` sound scores. `strategy`: "a standard deviation".
/// `better`: from how many on there is no warning, where that is more.
void require_normal(const fettle::Calibration& calibration, std::size_t needed, const std::string& strategy,
                    std::size_t better = 0);

/// Calibration scores divided at a threshold.
struct Division {
    double threshold;
    std::size_t found;   ///< anomalous scores above it
    std::size_t alarms;  ///< sound scores above it
};

/// The divisions of scores of both kinds: one for each threshold that tells something else from its neighbours. Equal
/// scores are never divided, and a threshold lies half-way between the scores on its two sides.
///                                                                                   [any thread, concurrent]
class Divisions {
   public:
    /// Throws Error(Fault::data) where one kind is missing, or all scores are equal.
    explicit Divisions(const fettle::Calibration& calibration);

    /// From the threshold that nothing lies above, down to one that everything lies above.
    const std::vector<Division>& all() const { return all_; }
    std::size_t anomalous() const { return anomalous_; }
    std::size_t normal() const { return normal_; }

    double recall(const Division& division) const;
    double false_alarms(const Division& division) const;
    /// `prevalence`: the share of anomalous samples to reckon with; 0 for that of the calibration samples.
    /// Precision is 0 where nothing lies above the threshold.
    double precision(const Division& division, double prevalence) const;
    double f1(const Division& division, double prevalence) const;

    /// The threshold of the division with the highest gain; of several, equal but for rounding, the highest, with the
    /// fewest false alarms.
    template <class Gain>
    double best(const Gain& gain) const {
        constexpr double rounding = 1e-13;
        const Division* best = &all_.front();
        double highest = gain(*best);
        for (const Division& each : all_)
            if (const double value = gain(each); value > highest + rounding * std::abs(highest))
                best = &each, highest = value;
        return best->threshold;
    }

   private:
    std::vector<Division> all_;
    std::size_t anomalous_, normal_;
};

/// Says where the anomalous scores don't lie above the sound ones, by their medians; else empty. Both kinds are there.
std::string no_higher(const fettle::Calibration& calibration);

/// What to know of a threshold that was found by anomalous scores: that they don't lie above the sound ones, or that
/// there are few of either; else empty. Both kinds are there.
std::string caution_of_anomalies(const fettle::Calibration& calibration);

}  // namespace threshold
