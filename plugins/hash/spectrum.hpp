#pragma once

#include <vector>

namespace hash {

/// The lowest frequencies of each column of a matrix of `rows` rows: row k of the result is frequency k < `wanted` <=
/// rows. DCT-II, unnormalised (scipy.fftpack's): y_k = 2 sum_n x_n cos(pi k (2n + 1) / 2N). What is 0 by symmetry is 0
/// exactly, all but the constant frequency of a flat column, say: a rounding error there would become a bit.
///                                                                                      [any thread, concurrent]
std::vector<double> lowest_frequencies(std::vector<double> matrix, int rows, int wanted);

/// Rows as columns.
std::vector<double> transposed(const std::vector<double>& matrix, int rows);

/// Of a set that isn't empty; between the two in the middle where there are two, as numpy's.
double median(std::vector<double> values);

}  // namespace hash
