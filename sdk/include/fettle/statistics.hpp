// Arithmetic that several families need and must do alike.
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
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

/// Whole numbers that sum to `total` and are nearest to the shares of it: each is rounded down, and those with the
/// largest remainder get one more, of equal remainders the earlier (Hamilton's method). `shares` sum to 1.
///                                                                                    [any thread, concurrent]
inline std::vector<std::size_t> apportioned(const std::vector<double>& shares, std::size_t total) {
    constexpr double rounding = 1e-9;  // 0.3 of 10 is 3, whatever the last bit of 0.3 is
    std::vector<std::size_t> counts, order(shares.size());
    std::vector<double> remainders;  // in steps of `rounding`, so that equal ones are equal
    for (const double share : shares) {
        const double exact = share * static_cast<double>(total), whole = std::floor(exact + rounding);
        counts.push_back(static_cast<std::size_t>(whole));
        remainders.push_back(std::round((exact - whole) / rounding));
    }
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    std::size_t given = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    for (std::size_t k = 0; given < total; ++k, ++given) ++counts[order[k % order.size()]];
    return counts;
}

}  // namespace fettle
