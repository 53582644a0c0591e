// Intervals by drawing the samples anew: for figures whose spread has no formula.
#pragma once

#include "ranking.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace evaluate {

/// What is wrong with so few draws for such an interval, in words, or nothing: one draw at least lies beyond each end.
std::string too_few_draws(int draws, double confidence);

/// What is computed of every redrawn set: a fixed number of figures.                [any thread, concurrent]
using Figures = std::function<void(Steps steps, std::span<double> figures)>;

/// Redraws as many anomalous samples from the anomalous ones, and as many normal from the normal, with replacement
/// (stratified), `draws` times, and computes `figures` numbers of each set. Returns one row per figure, one value per
/// draw. A draw is a function of (seed, its number), whatever the threads. Work: draws x samples.
std::vector<std::vector<double>> redraw(const Ranking& ranking, int draws, std::uint64_t seed, std::size_t figures,
                                        const Figures& compute);

/// The values between which the middle share `confidence` of the draws lies. None where all draws are one value.
std::optional<Interval> percentile(std::vector<double> drawn, double confidence);

/// Efron's bias-corrected and accelerated interval ("Better bootstrap confidence intervals", JASA 82, 1987): other
/// quantiles of the draws, that make up for their bias about `value` and for a spread that changes with the figure.
/// None where all draws are one value.
std::optional<Interval> accelerated(std::vector<double> drawn, double value, double acceleration, double confidence);

/// The acceleration of a figure of two strata from what it becomes when one sample is left out: Davison and Hinkley,
/// "Bootstrap methods and their application" (1997), section 5.3, with influence values by the jackknife.
class Acceleration {
   public:
    /// `count` samples of a stratum of `of`, each of which gives `left_out` where it is missing.
    void add(std::size_t stratum, double left_out, std::size_t count, std::size_t of);
    double value() const;

   private:
    struct Part {
        double left_out, count;
    };
    std::vector<Part> parts_[2];
    double size_[2] = {0, 0};
};

/// Of the average precision.
double average_precision_acceleration(const Ranking& ranking);

}  // namespace evaluate
