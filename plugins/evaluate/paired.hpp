// Two judges of the same samples: is one better, or could chance have made the difference?
#pragma once

#include "ranking.hpp"

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace evaluate {

/// A difference between two figures of the same samples.
struct Difference {
    double value = 0;                  ///< the first one's figure less the second one's
    std::optional<Interval> interval;  ///< none where the spread is 0
    std::optional<double> p;           ///< how often chance alone makes one as large, both ways; none where undefined
};

/// Every sample's placement under one metric: the share of the other kind that it is on the right side of, a tie by
/// half. Their mean over either kind is the AUROC; their covariances give DeLong's test.
struct Placements {
    std::vector<double> anomalous, normal;  ///< in the order of the samples of that kind
    double auroc = 0;
};
/// Both kinds are there, no score is NaN.                                            [any thread, concurrent]
Placements placements(std::span<const double> scores, const std::vector<bool>& anomalous);

/// DeLong, DeLong and Clarke-Pearson's test of two correlated areas (Biometrics 44, 1988): the difference over its
/// estimated standard error is normal. Equal areas with no spread differ by 0 with p = 1; no test where they differ
/// with no spread, or where there are fewer than two samples of a kind.
Difference auroc_difference(const Placements& first, const Placements& second, double confidence);

/// McNemar's test by the exact binomial (Psychometrika 12, 1947): how often chance alone divides the samples on which
/// the two disagree as unevenly, both ways. 1 where they never disagree.
double mcnemar(std::size_t only_first_right, std::size_t only_second_right);

/// From differences of redrawn sets: the percentile interval, and the difference over their standard deviation taken as
/// normal, as pROC has it (Robin et al., BMC Bioinformatics 12, 2011). Counting the draws beyond 0 instead could not go
/// below 2 / draws, which no adjustment for many pairs leaves significant.
Difference redrawn_difference(double value, std::vector<double> drawn, double confidence);

/// Holm's adjustment for several tests (Scandinavian Journal of Statistics 6, 1979), in their order: what remains below
/// a level is rejected with at most that chance of a single false rejection among all. Missing ones stay missing and
/// don't count.
std::vector<std::optional<double>> holm(const std::vector<std::optional<double>>& p);

}  // namespace evaluate
