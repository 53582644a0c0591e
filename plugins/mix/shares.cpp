#include "shares.hpp"

#include <fettle/statistics.hpp>

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

std::size_t largest_total(const std::vector<double>& shares, const std::vector<std::size_t>& sizes) {
    double most = std::numeric_limits<double>::max();
    for (std::size_t k = 0; k < shares.size(); ++k)
        if (shares[k] > 0) most = std::min(most, static_cast<double>(sizes[k]) / shares[k]);
    return static_cast<std::size_t>(most + rounding);
}
