#include "haar.hpp"

#include <numbers>

namespace hash {
namespace {

constexpr double half_root = std::numbers::sqrt2 / 2;  // both weights of the Haar filter

/// A square of numbers.
struct Square {
    explicit Square(std::size_t side) : side(side), values(side * side) {}
    double& at(std::size_t row, std::size_t column) { return values[row * side + column]; }
    double at(std::size_t row, std::size_t column) const { return values[row * side + column]; }

    std::size_t side;
    std::vector<double> values;
};

double sum(double a, double b) { return half_root * a + half_root * b; }
double difference(double a, double b) { return half_root * a - half_root * b; }

/// One level: means in the upper left quarter, details in the others. Down the columns first, then along the rows.
Square apart(const Square& whole) {
    const std::size_t side = whole.side, half = side / 2;
    Square columns(side), out(side);
    for (std::size_t i = 0; i < half; ++i)
        for (std::size_t x = 0; x < side; ++x) {
            columns.at(i, x) = sum(whole.at(2 * i, x), whole.at(2 * i + 1, x));
            columns.at(half + i, x) = difference(whole.at(2 * i, x), whole.at(2 * i + 1, x));
        }
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t i = 0; i < half; ++i) {
            out.at(y, i) = sum(columns.at(y, 2 * i), columns.at(y, 2 * i + 1));
            out.at(y, half + i) = difference(columns.at(y, 2 * i), columns.at(y, 2 * i + 1));
        }
    return out;
}

/// The level undone: along the rows first.
Square together(const Square& quarters) {
    const std::size_t side = quarters.side, half = side / 2;
    Square columns(side), out(side);
    for (std::size_t y = 0; y < side; ++y)
        for (std::size_t i = 0; i < half; ++i) {
            columns.at(y, 2 * i) = sum(quarters.at(y, i), quarters.at(y, half + i));
            columns.at(y, 2 * i + 1) = difference(quarters.at(y, i), quarters.at(y, half + i));
        }
    for (std::size_t i = 0; i < half; ++i)
        for (std::size_t x = 0; x < side; ++x) {
            out.at(2 * i, x) = sum(columns.at(i, x), columns.at(half + i, x));
            out.at(2 * i + 1, x) = difference(columns.at(i, x), columns.at(half + i, x));
        }
    return out;
}

Square means_of(const Square& quarters) {
    Square out(quarters.side / 2);
    for (std::size_t y = 0; y < out.side; ++y)
        for (std::size_t x = 0; x < out.side; ++x) out.at(y, x) = quarters.at(y, x);
    return out;
}

Square without_mean(const Square& square) {
    if (square.side == 1) return Square(1);
    Square quarters = apart(square);
    const Square means = without_mean(means_of(quarters));
    for (std::size_t y = 0; y < means.side; ++y)
        for (std::size_t x = 0; x < means.side; ++x) quarters.at(y, x) = means.at(y, x);
    return together(quarters);
}

}  // namespace

std::vector<double> haar_means(const fettle::Image& square, int size) {
    Square values(static_cast<std::size_t>(square.width));
    for (std::size_t i = 0; i < values.values.size(); ++i) values.values[i] = square.pixels[i] / 255.0;
    values = without_mean(values);
    while (values.side > static_cast<std::size_t>(size)) values = means_of(apart(values));
    return values.values;
}

}  // namespace hash
