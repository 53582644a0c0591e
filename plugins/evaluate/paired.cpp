#include "paired.hpp"

#include "bootstrap.hpp"

#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace evaluate {
namespace {

/// The chance of a normal deviation as large, either way.
double two_sided(double deviations) { return 2 * boost::math::cdf(boost::math::normal(), -std::abs(deviations)); }

/// Variance of the mean of the differences of two placements of one kind.
double variance_of_mean(const std::vector<double>& first, const std::vector<double>& second) {
    const auto count = static_cast<double>(first.size());
    double mean = 0, squares = 0;
    for (std::size_t i = 0; i < first.size(); ++i) mean += (first[i] - second[i]) / count;
    for (std::size_t i = 0; i < first.size(); ++i)
        squares += (first[i] - second[i] - mean) * (first[i] - second[i] - mean);
    return squares / (count - 1) / count;
}

}  // namespace

Placements placements(std::span<const double> scores, const std::vector<bool>& anomalous) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    const Ranking ranking(scores, anomalous);
    const auto all_normal = static_cast<double>(ranking.normal()),
               all_anomalous = static_cast<double>(ranking.anomalous());
    std::vector<double> of(scores.size());
    double normal_below = 0, anomalous_below = 0;
    std::size_t at = 0;
    for (const Step& step : ranking.steps()) {
        const auto a = static_cast<double>(step.anomalous), n = static_cast<double>(step.normal);
        for (const std::size_t end = at + step.anomalous + step.normal; at < end; ++at)
            of[order[at]] = anomalous[order[at]] ? (normal_below + n / 2) / all_normal
                                                 : (all_anomalous - anomalous_below - a / 2) / all_anomalous;
        normal_below += n;
        anomalous_below += a;
    }
    Placements out;
    for (std::size_t i = 0; i < of.size(); ++i) (anomalous[i] ? out.anomalous : out.normal).push_back(of[i]);
    out.auroc = ranking.auroc();
    return out;
}

Difference auroc_difference(const Placements& first, const Placements& second, double confidence) {
    Difference out{first.auroc - second.auroc, {}, {}};
    if (first.anomalous.size() < 2 || first.normal.size() < 2) return out;
    const double error =
        std::sqrt(variance_of_mean(first.anomalous, second.anomalous) + variance_of_mean(first.normal, second.normal));
    if (error < 1e-14) {  // rounding aside, no sample's placement differs
        if (std::abs(out.value) < 1e-14) out.p = 1;
        return out;
    }
    const double reach = deviations_for(confidence) * error;
    out.interval = Interval{std::max(out.value - reach, -1.0), std::min(out.value + reach, 1.0)};
    out.p = two_sided(out.value / error);
    return out;
}

double mcnemar(std::size_t only_first_right, std::size_t only_second_right) {
    const std::size_t all = only_first_right + only_second_right;
    if (all == 0) return 1;
    const boost::math::binomial even(static_cast<double>(all), 0.5);
    return std::min(1.0,
                    2 * boost::math::cdf(even, static_cast<double>(std::min(only_first_right, only_second_right))));
}

Difference redrawn_difference(double value, std::vector<double> drawn, double confidence) {
    Difference out{value, {}, {}};
    const auto count = static_cast<double>(drawn.size());
    const double mean = std::accumulate(drawn.begin(), drawn.end(), 0.0) / count;
    double squares = 0;
    for (const double each : drawn) squares += (each - mean) * (each - mean);
    out.interval = percentile(std::move(drawn), confidence);
    if (out.interval && squares > 0)
        out.p = two_sided(value / std::sqrt(squares / (count - 1)));
    else if (value == 0)
        out.p = 1;
    return out;
}

std::vector<std::optional<double>> holm(const std::vector<std::optional<double>>& p) {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i]) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return *p[a] < *p[b]; });
    std::vector<std::optional<double>> out(p.size());
    double highest = 0;
    for (std::size_t k = 0; k < order.size(); ++k) {
        highest = std::max(highest, std::min(1.0, *p[order[k]] * static_cast<double>(order.size() - k)));
        out[order[k]] = highest;
    }
    return out;
}

}  // namespace evaluate
