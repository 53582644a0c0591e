#include "ranking.hpp"

#include <boost/math/distributions/normal.hpp>
#include <boost/math/quadrature/tanh_sinh.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

namespace evaluate {

Counts counts(Steps steps) {
    Counts out;
    for (const Step& step : steps) out.anomalous += step.anomalous, out.normal += step.normal;
    return out;
}

double average_precision(Steps steps) {
    double sum = 0;
    std::size_t hits = 0, called = 0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        hits += step->anomalous;
        called += step->anomalous + step->normal;
        if (step->anomalous > 0)
            sum += static_cast<double>(step->anomalous) * static_cast<double>(hits) / static_cast<double>(called);
    }
    return sum / static_cast<double>(hits);
}

double detection_at(Steps steps, double false_alarms) {
    const auto [anomalous, normal] = counts(steps);
    // A share of 0.29 of 100 allows 29, whatever the last bit of 0.29 is.
    const auto allowed = static_cast<std::size_t>(std::floor(false_alarms * static_cast<double>(normal) + 1e-9));
    std::size_t hits = 0, alarms = 0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        alarms += step->normal;
        if (alarms > allowed) break;
        hits += step->anomalous;
    }
    return static_cast<double>(hits) / static_cast<double>(anomalous);
}

std::vector<double> precision_at(Steps steps, std::span<const double> recalls) {
    const auto anomalous = static_cast<double>(counts(steps).anomalous);
    std::vector<double> out;
    std::size_t hits = 0, called = 0;
    for (auto step = steps.rbegin(); step != steps.rend() && out.size() < recalls.size(); ++step) {
        hits += step->anomalous;
        called += step->anomalous + step->normal;
        while (out.size() < recalls.size() && static_cast<double>(hits) >= recalls[out.size()] * anomalous - 1e-9)
            out.push_back(static_cast<double>(hits) / static_cast<double>(called));
    }
    return out;
}

Ranking::Ranking(std::span<const double> scores, const std::vector<bool>& anomalous) {
    std::vector<std::size_t> order(scores.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] < scores[b]; });
    for (const std::size_t i : order) {
        if (steps_.empty() || steps_.back().score != scores[i]) steps_.push_back({scores[i], 0, 0});
        ++(anomalous[i] ? steps_.back().anomalous : steps_.back().normal);
        ++(anomalous[i] ? counts_.anomalous : counts_.normal);
    }
}

double Ranking::auroc() const {
    std::uint64_t half_pairs = 0, below = 0;
    for (const Step& step : steps_) {
        half_pairs += step.anomalous * (2 * below + step.normal);
        below += step.normal;
    }
    return static_cast<double>(half_pairs) / (2.0 * static_cast<double>(anomalous()) * static_cast<double>(normal()));
}

double Ranking::auroc_variance() const {
    const double area = auroc();
    const auto all_normal = static_cast<double>(normal()), all_anomalous = static_cast<double>(anomalous());
    // Each sample's placement: the share of the other kind that it is on the right side of.
    double spread_anomalous = 0, spread_normal = 0, normal_below = 0, anomalous_below = 0;
    for (const Step& step : steps_) {
        const auto a = static_cast<double>(step.anomalous), n = static_cast<double>(step.normal);
        const double of_anomalous = (normal_below + n / 2) / all_normal;
        const double of_normal = (all_anomalous - anomalous_below - a / 2) / all_anomalous;
        spread_anomalous += a * (of_anomalous - area) * (of_anomalous - area);
        spread_normal += n * (of_normal - area) * (of_normal - area);
        normal_below += n;
        anomalous_below += a;
    }
    return spread_anomalous / (all_anomalous - 1) / all_anomalous + spread_normal / (all_normal - 1) / all_normal;
}

std::optional<Interval> Ranking::auroc_interval(double deviations) const {
    const double area = auroc();
    if (area == 0 || area == 1) {
        const double tail = boost::math::cdf(boost::math::normal(), -deviations);
        const double reach = std::pow(tail, 1 / static_cast<double>(std::min(anomalous(), normal())));
        return area == 1 ? Interval{reach, 1} : Interval{0, 1 - reach};
    }
    if (anomalous() < 2 || normal() < 2) return std::nullopt;
    const double variance = auroc_variance();
    if (variance == 0) return std::nullopt;
    const double middle = std::log(area / (1 - area)), reach = deviations * std::sqrt(variance) / (area * (1 - area));
    const auto back = [](double logit) { return 1 / (1 + std::exp(-logit)); };
    return Interval{back(middle - reach), back(middle + reach)};
}

/// Let f(t) be the share of normal samples that score as high as the upper share t of the anomalous ones. Every pair of
/// m anomalous and n normal samples is in order only where all of the m belong to that share, or else none of the n
/// scores so high: with a chance of t^m + (1 - t^m) (1 - f(t))^n at most. That this chance is `tail` at least bounds
/// f(t), for each t, and the average precision, the integral of t / (t + n / m f(t)) over t, from below.
std::optional<Interval> Ranking::perfect_precision_interval(double deviations) const {
    if (auroc() != 1) return std::nullopt;
    const double tail = boost::math::cdf(boost::math::normal(), -deviations);
    const auto m = static_cast<double>(anomalous()), n = static_cast<double>(normal());
    const auto precision = [&](double t) {
        const double all_found = std::pow(t, m);
        const double false_alarms =
            all_found >= tail ? 1 : -std::expm1(std::log((tail - all_found) / (1 - all_found)) / n);
        return t / (t + n / m * false_alarms);
    };
    const double bounded = std::pow(tail, 1 / m);  // above it f(t) may be 1
    boost::math::quadrature::tanh_sinh<double> integral;
    return Interval{integral.integrate(precision, 0.0, bounded) + integral.integrate(precision, bounded, 1.0), 1};
}

std::vector<std::pair<double, double>> Ranking::roc() const {
    using Point = std::pair<std::int64_t, std::int64_t>;  // false alarms, detections: whole, so "straight" is exact
    std::vector<Point> corners{{0, 0}};
    Point last{0, 0};
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
        const auto alarms = static_cast<std::int64_t>(step->normal), hits = static_cast<std::int64_t>(step->anomalous);
        if (corners.size() > 1) {
            const Point& before = corners[corners.size() - 2];
            if ((last.first - before.first) * hits == (last.second - before.second) * alarms) corners.pop_back();
        }
        last = {last.first + alarms, last.second + hits};
        corners.push_back(last);
    }
    std::vector<std::pair<double, double>> rates;
    for (const auto& [alarms, hits] : corners)
        rates.emplace_back(static_cast<double>(alarms) / static_cast<double>(normal()),
                           static_cast<double>(hits) / static_cast<double>(anomalous()));
    return rates;
}

double deviations_for(double confidence) { return boost::math::quantile(boost::math::normal(), (1 + confidence) / 2); }

Interval wilson(std::size_t hits, std::size_t trials, double deviations) {
    const auto count = static_cast<double>(trials);
    const double rate = static_cast<double>(hits) / count, square = deviations * deviations;
    const double centre = (rate + square / (2 * count)) / (1 + square / count);
    const double reach =
        deviations / (1 + square / count) * std::sqrt(rate * (1 - rate) / count + square / (4 * count * count));
    // At the ends the formula gives 0 and 1 exactly; rounding must not say otherwise.
    return {hits == 0 ? 0 : centre - reach, hits == trials ? 1 : centre + reach};
}

}  // namespace evaluate
