// The generalised Pareto distribution, fitted to how far the highest scores lie above a level.
#pragma once

#include <vector>

namespace threshold {

/// P(excess > y) = (1 + shape y / scale)^(-1 / shape), exp(-y / scale) where shape is 0. A shape above 0 is a heavy
/// tail; below 0 the tail ends at -scale / shape.
struct Pareto {
    double shape, scale;

    /// The excess that the share `rate` (above 0, below 1) lies above.
    double above(double rate) const;
    /// Mean logarithm of the density over excesses; minus infinity where one lies beyond the tail's end.
    double likelihood(const std::vector<double>& excesses) const;
};

/// By maximum likelihood, with a shape of at least -1 (below, the likelihood has no bound). It is searched along one
/// number, shape / scale: for each value of it the best shape is known. Source: Grimshaw, "Computing maximum
/// likelihood estimates for the generalized Pareto distribution" (Technometrics 35, 1993).
/// `excesses`: 2 or more, all above 0.                                                [any thread, concurrent]
Pareto most_likely_pareto(const std::vector<double>& excesses);

/// By probability-weighted moments: steadier with few excesses, biased where the shape is above 1/2. Source: Hosking
/// and Wallis, "Parameter and quantile estimation for the generalized Pareto distribution" (Technometrics 29, 1987).
/// `excesses`: 2 or more, ascending, all above 0.                                     [any thread, concurrent]
Pareto pareto_by_moments(const std::vector<double>& excesses);

}  // namespace threshold
