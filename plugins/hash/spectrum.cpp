#include "spectrum.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace hash {
namespace {

/// A matrix's row times a factor, added to another row.
void add(std::vector<double>& to, std::size_t to_row, const std::vector<double>& from, std::size_t from_row,
         std::size_t columns, double factor) {
    double* out = &to[to_row * columns];
    const double* in = &from[from_row * columns];
    for (std::size_t c = 0; c < columns; ++c) out[c] += in[c] * factor;
}

}  // namespace

// Even frequencies come from x_n + x_{N-1-n}, odd ones from x_n - x_{N-1-n}, again and again with half the rows.
std::vector<double> lowest_frequencies(std::vector<double> matrix, int rows, int wanted) {
    const std::size_t columns = matrix.size() / rows, length = rows, low = wanted;
    std::vector<double> waves(4 * length);  // 2 cos(pi i / 2N)
    for (std::size_t i = 0; i < waves.size(); ++i)
        waves[i] = 2 * std::cos(std::numbers::pi * static_cast<double>(i) / (2.0 * static_cast<double>(length)));
    std::vector<double> out(low * columns), differences(length / 2 * columns);

    std::size_t count = length, stride = 1;  // rows that are left; row k of theirs is frequency k * stride
    const auto wave = [&](std::size_t k, std::size_t n) { return waves[k * (2 * n + 1) * stride % waves.size()]; };
    for (; count > 1; count /= 2, stride *= 2) {
        const std::size_t half = count / 2;
        for (std::size_t i = 0; i < half * columns; ++i) {
            double& front = matrix[i];
            const double back = matrix[(count - 1 - i / columns) * columns + i % columns];
            differences[i] = front - back;
            front += back;
        }
        for (std::size_t k = 1; k < count && k * stride < low; k += 2)
            for (std::size_t n = 0; n < half; ++n) add(out, k * stride, differences, n, columns, wave(k, n));
        if (count % 2 == 1) {
            // The waves of k > 0 sum to 0, so the middle row may be taken off every other one.
            for (std::size_t k = 2; k < count && k * stride < low; k += 2)
                for (std::size_t n = 0; n < half; ++n) {
                    add(out, k * stride, matrix, n, columns, wave(k, n));
                    add(out, k * stride, matrix, half, columns, -2 * wave(k, n));
                }
            break;
        }
    }
    for (std::size_t n = 0; n <= count / 2; ++n) add(out, 0, matrix, n, columns, 2);
    return out;
}

std::vector<double> transposed(const std::vector<double>& matrix, int rows) {
    const std::size_t columns = matrix.size() / rows;
    std::vector<double> out(matrix.size());
    for (std::size_t i = 0; i < matrix.size(); ++i) out[i % columns * rows + i / columns] = matrix[i];
    return out;
}

double median(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) return *middle;
    return (*std::max_element(values.begin(), middle) + *middle) / 2;
}

}  // namespace hash
