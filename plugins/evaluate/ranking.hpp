// Figures that need no threshold: how well raw scores put anomalous samples above normal ones.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace evaluate {

struct Interval {
    double low, high;
};

/// The samples of one score, so that ties are one thing and no order among them matters.
struct Step {
    double score;
    std::size_t anomalous, normal;
};
/// From the lowest score up.
using Steps = std::span<const Step>;

/// Counts of both kinds.
struct Counts {
    std::size_t anomalous = 0, normal = 0;
};
Counts counts(Steps steps);

// What follows needs both kinds of samples among the steps.                          [any thread, concurrent]

/// Precision at each step down, weighted by the detections it adds; not interpolated (scikit-learn's
/// average_precision_score).
double average_precision(Steps steps);
/// The highest detection rate of a threshold at which the share `false_alarms` of the normal samples at most is called
/// anomalous; thresholds lie between steps, nothing is interpolated.
double detection_at(Steps steps, double false_alarms);
/// For each of `recalls` (ascending, above 0, at most 1) the precision of the highest threshold that detects that
/// share of the anomalous samples or more.
std::vector<double> precision_at(Steps steps, std::span<const double> recalls);

/// Scores as steps. Everything below is a function of these and therefore the same whatever the order of the samples,
/// and under any increasing map of the scores.                                        [any thread, concurrent]
class Ranking {
   public:
    /// `anomalous[i]` belongs to `scores[i]`; no score is NaN.
    Ranking(std::span<const double> scores, const std::vector<bool>& anomalous);

    std::size_t anomalous() const { return counts_.anomalous; }
    std::size_t normal() const { return counts_.normal; }
    const std::vector<Step>& steps() const { return steps_; }

    // What follows needs both kinds of samples.

    /// Share of the pairs of an anomalous and a normal sample in which the anomalous one scores higher; a tie is half
    /// a pair (Mann and Whitney's U over its maximum). Counted in whole half-pairs, so exact up to one rounding.
    double auroc() const;
    /// The AUROC's estimated variance: DeLong, DeLong and Clarke-Pearson, Biometrics 44 (1988). Needs two samples of
    /// each kind.
    double auroc_variance() const;
    /// `deviations` of its standard errors to each side on the scale of log(A / (1 - A)), and back: near 1 the plain
    /// scale's interval is too narrow (Pepe, "The statistical evaluation of medical tests for classification and
    /// prediction", 2003). Where every pair is in order, or none, the variance is 0; then Clopper and Pearson's
    /// interval of as many pairs as have no sample in common, all of them in order: wider than need be, never too
    /// narrow. None where the variance is 0 otherwise, or needs more samples.
    std::optional<Interval> auroc_interval(double deviations) const;
    double average_precision() const { return evaluate::average_precision(steps_); }
    /// Where every pair is in order: from the least average precision (of further samples, as many of them anomalous)
    /// at which that need not surprise, up to 1; of as many deviations as auroc_interval(). Never too narrow, whatever
    /// the scores' distributions. None where a pair isn't in order.
    std::optional<Interval> perfect_precision_interval(double deviations) const;
    /// False alarm rate and detection rate, from (0, 0) to (1, 1); points on a straight line between their neighbours
    /// are left out.
    std::vector<std::pair<double, double>> roc() const;

   private:
    std::vector<Step> steps_;
    Counts counts_;
};

/// Wilson's score interval (JASA 22, 1927) for `hits` of `trials` (> 0), without continuity correction.
Interval wilson(std::size_t hits, std::size_t trials, double deviations);

/// How many standard errors to each side hold the true figure with probability `confidence`, if it is normal.
double deviations_for(double confidence);

}  // namespace evaluate
