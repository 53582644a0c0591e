// Arithmetic that several families need and must do alike.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace fettle {

/// The value below which the share `at` (0..1) of `values` lies: 0 gives the lowest, 1 the highest. Between two
/// values it is interpolated linearly: type 7 of Hyndman and Fan, "Sample quantiles in statistical packages" (The
/// American Statistician 50, 1996), which numpy, R and Excel take by default. `values` in any order, finite, not
/// empty.                                                                            [any thread, concurrent]
template <std::floating_point Number>
double quantile(std::vector<Number> values, double at) {
    if (values.empty() || !(at >= 0 && at <= 1))
        throw std::invalid_argument("a quantile needs values and 0 <= at <= 1");
    const double place = at * static_cast<double>(values.size() - 1);
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
    std::nth_element(values.begin(), below, values.end());
    const auto above = std::min_element(below + 1, values.end());
    const double low = *below, high = above == values.end() ? low : static_cast<double>(*above);
    return std::lerp(low, high, place - std::floor(place));
}

}  // namespace fettle
