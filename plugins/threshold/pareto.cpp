#include "pareto.hpp"

#include <boost/math/tools/minima.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace threshold {
namespace {

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

/// The best distribution with shape / scale = `ratio`, which is above -1 / (the highest excess).
Pareto with_ratio(const std::vector<double>& excesses, double ratio) {
    if (ratio == 0) return {0, mean(excesses)};
    double sum = 0;
    for (const double excess : excesses) sum += std::log1p(ratio * excess);
    const double shape = sum / static_cast<double>(excesses.size());
    return {shape, shape / ratio};
}

/// Minus its mean log-likelihood, but for a shape below -1, which isn't allowed.
double surprise(const std::vector<double>& excesses, double ratio) {
    const Pareto pareto = with_ratio(excesses, ratio);
    if (pareto.shape < -1) return std::numeric_limits<double>::infinity();
    return std::log(pareto.scale) + pareto.shape + 1;
}

/// Ratios to look near: from just above where the tail would end at the highest excess, through 0, to heavy tails.
/// In units of 1 / (the highest excess) below 0, of 1 / (the mean) above.
std::vector<double> ratios(const std::vector<double>& excesses) {
    constexpr int steps = 60;
    const double highest = *std::max_element(excesses.begin(), excesses.end());
    std::vector<double> out;
    for (int i = 0; i <= steps; ++i) out.push_back((std::pow(10.0, -12.0 * (steps - i) / steps) - 1) / highest);
    for (int i = 0; i <= steps; ++i) out.push_back(std::pow(10.0, -4 + 10.0 * i / steps) / mean(excesses));
    return out;
}

}  // namespace

double Pareto::above(double rate) const {
    // expm1 holds near a shape of 0, where (rate^-shape - 1) / shape would cancel.
    return shape == 0 ? -scale * std::log(rate) : scale * std::expm1(-shape * std::log(rate)) / shape;
}

double Pareto::likelihood(const std::vector<double>& excesses) const {
    double sum = 0;
    for (const double excess : excesses) {
        const double reach = shape * excess / scale;
        if (reach < -1) return -std::numeric_limits<double>::infinity();
        if (shape == 0)
            sum += excess / scale;
        else if (shape != -1)  // at which all up to the tail's end are equally likely
            sum += (1 + 1 / shape) * std::log1p(reach);
    }
    return -std::log(scale) - sum / static_cast<double>(excesses.size());
}

Pareto most_likely_pareto(const std::vector<double>& excesses) {
    const std::vector<double> grid = ratios(excesses);
    std::vector<double> surprises;
    for (const double ratio : grid) surprises.push_back(surprise(excesses, ratio));
    const auto best =
        static_cast<std::size_t>(std::min_element(surprises.begin(), surprises.end()) - surprises.begin());
    const double low = grid[best == 0 ? 0 : best - 1], high = grid[std::min(best + 1, grid.size() - 1)];
    const auto [ratio, lowest] = boost::math::tools::brent_find_minima(
        [&](double each) { return surprise(excesses, each); }, low, high, std::numeric_limits<double>::digits / 2);
    const Pareto found = with_ratio(excesses, lowest < surprises[best] ? ratio : grid[best]);
    // The end of what is allowed: shape -1, evenly spread up to the highest excess.
    const double highest = *std::max_element(excesses.begin(), excesses.end());
    return std::log(highest) < std::min(lowest, surprises[best]) ? Pareto{-1, highest} : found;
}

Pareto pareto_by_moments(const std::vector<double>& excesses) {
    const auto count = static_cast<double>(excesses.size());
    double weighted = 0;
    for (std::size_t i = 0; i < excesses.size(); ++i)  // the plotting position that Hosking and Wallis advise
        weighted += (1 - (static_cast<double>(i + 1) - 0.35) / count) * excesses[i];
    weighted /= count;
    const double average = mean(excesses), difference = average - 2 * weighted;
    return {2 - average / difference, 2 * average * weighted / difference};
}

}  // namespace threshold
