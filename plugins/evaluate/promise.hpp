// Whether normal test samples score as the normal calibration samples said they would.
#pragma once

#include <fettle/ports.hpp>

#include <cstddef>
#include <span>
#include <vector>

namespace evaluate {

/// The share of the normal test samples that lies above the k-th highest calibration score, over the share k / (n + 1)
/// that lies there on average where both are drawn alike. Scores aren't probabilities; this is what can be calibrated
/// about them. The band is where chance leaves that share with probability `confidence`: the number of test samples
/// above is then beta-binomial, whatever the scores' distribution (order statistics; Wilks, Annals of Mathematical
/// Statistics 12, 1941). Many equal scores only push the line down. At most 50 points; both sets hold a score.
fettle::Plot promise(std::vector<double> calibration, std::span<const double> test, double confidence);

/// From which to which count the middle share `confidence` of a beta-binomial lies: of `trials`, each with a chance
/// that is itself drawn from Beta(a, b).
std::pair<std::size_t, std::size_t> beta_binomial(std::size_t trials, double a, double b, double confidence);

}  // namespace evaluate
