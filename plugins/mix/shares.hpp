// How many of each set make up a total.
#pragma once

#include <cstddef>
#include <vector>

/// Shares of 1 from ratios: none negative, one at least above 0.
std::vector<double> shares_of(const std::vector<double>& ratios);

/// The largest total of which no set's share is more than the set holds.
std::size_t largest_total(const std::vector<double>& shares, const std::vector<std::size_t>& sizes);
