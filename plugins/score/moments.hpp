// Mean and spread of numbers that come one by one, and of all but one of them.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace score {

/// Source: Welford, "Note on a method for calculating corrected sums of squares and products" (Technometrics 4, 1962).
/// A plain value type.                                                                           [any thread]
struct Moments {
    double mean = 0, squares = 0;  ///< of the numbers; summed squares of their differences from it

    /// `count`: with this one.
    void add(double value, std::size_t count) {
        const double difference = value - mean;
        mean += difference / static_cast<double>(count);
        squares += difference * (value - mean);
    }
    /// As if `value`, one of `count` (2 or more), had never been added.
    Moments without(double value, std::size_t count) const {
        const auto n = static_cast<double>(count);
        const double difference = value - mean;
        return {mean - difference / (n - 1), std::max(squares - difference * difference * n / (n - 1), 0.0)};
    }
    /// With one less than `count` (2 or more) in the denominator.
    double deviation(std::size_t count) const { return std::sqrt(squares / static_cast<double>(count - 1)); }
};

}  // namespace score
