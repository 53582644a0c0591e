#include "normal_table.hpp"

#include <cmath>
#include <numbers>

namespace {

/// Where the distribution function reaches `probability`, by bisection.
double quantile(double probability) {
    double low = -6, high = 6;
    for (int k = 0; k < 50; ++k) {
        const double middle = (low + high) / 2;
        (std::erfc(-middle / std::numbers::sqrt2) / 2 < probability ? low : high) = middle;
    }
    return (low + high) / 2;
}

}  // namespace

const std::array<float, 4096>& normal_table() {
    static const auto table = [] {
        std::array<float, 4096> out;
        for (std::size_t k = 0; k < out.size() / 2; ++k) {
            const auto value = static_cast<float>(quantile((static_cast<double>(k) + 0.5) / 4096));
            out[k] = value;
            out[out.size() - 1 - k] = -value;
        }
        return out;
    }();
    return table;
}
