#include "shares.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace {

/// 0.3 of 10 is 3, whatever the last bit of 0.3 is.
constexpr double rounding = 1e-9;

}  // namespace

std::vector<double> shares_of(const std::vector<double>& ratios) {
    const double sum = std::accumulate(ratios.begin(), ratios.end(), 0.0);
    std::vector<double> shares;
    for (const double ratio : ratios) shares.push_back(ratio / sum);
    return shares;
}

std::vector<std::size_t> counts_of(const std::vector<double>& shares, std::size_t total) {
    std::vector<std::size_t> counts, order(shares.size());
    std::vector<double> remainders;  // in steps of `rounding`, so that equal ones are equal
    for (const double share : shares) {
        const double exact = share * static_cast<double>(total), whole = std::floor(exact + rounding);
        counts.push_back(static_cast<std::size_t>(whole));
        remainders.push_back(std::round((exact - whole) / rounding));
    }
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return remainders[a] > remainders[b]; });
    std::size_t left = total - std::accumulate(counts.begin(), counts.end(), std::size_t{0});
    for (std::size_t k = 0; left > 0; ++k, --left) ++counts[order[k]];
    return counts;
}

std::size_t largest_total(const std::vector<double>& shares, const std::vector<std::size_t>& sizes) {
    double most = std::numeric_limits<double>::max();
    for (std::size_t k = 0; k < shares.size(); ++k)
        if (shares[k] > 0) most = std::min(most, static_cast<double>(sizes[k]) / shares[k]);
    return static_cast<std::size_t>(most + rounding);
}
