// How many of each set make up a total.
#pragma once

#include <cstddef>
#include <vector>

/// Shares of 1 from ratios: none negative, one at least above 0.
std::vector<double> shares_of(const std::vector<double>& ratios);

/// Whole numbers that sum to `total` and are nearest to the shares of it: each is rounded down, and those with the
/// largest remainder get one more (Hamilton's method); of equal remainders the earlier.
std::vector<std::size_t> counts_of(const std::vector<double>& shares, std::size_t total);

/// The largest total of which no set's share is more than the set holds.
std::size_t largest_total(const std::vector<double>& shares, const std::vector<std::size_t>& sizes);
