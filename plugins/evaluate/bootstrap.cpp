#include "bootstrap.hpp"

#include <fettle/parallel.hpp>
#include <fettle/parameter.hpp>
#include <fettle/random.hpp>
#include <fettle/statistics.hpp>

#include <boost/math/distributions/normal.hpp>

#include <algorithm>
#include <cmath>

namespace evaluate {
namespace {

/// The step that each sample of a kind belongs to.
std::vector<std::uint32_t> places(Steps steps, std::size_t Step::*kind) {
    std::vector<std::uint32_t> out;
    for (std::size_t s = 0; s < steps.size(); ++s) out.insert(out.end(), steps[s].*kind, static_cast<std::uint32_t>(s));
    return out;
}

bool all_equal(const std::vector<double>& values) {
    return std::adjacent_find(values.begin(), values.end(), std::not_equal_to<>()) == values.end();
}

}  // namespace

std::string too_few_draws(int draws, double confidence) {
    const auto needed = static_cast<long>(std::ceil(2 / (1 - confidence) - 1e-6));
    if (draws >= needed) return {};
    return "`draws` = " + std::to_string(draws) +
           " can't show the ends of an interval with `confidence` = " + fettle::Setting(confidence).text() +
           ": that takes " + std::to_string(needed);
}

std::vector<std::vector<double>> redraw(const Ranking& ranking, int draws, std::uint64_t seed, std::size_t figures,
                                        const Figures& compute) {
    const std::vector<Step>& steps = ranking.steps();
    const auto anomalous = places(steps, &Step::anomalous), normal = places(steps, &Step::normal);
    std::vector<std::vector<double>> drawn(figures, std::vector<double>(static_cast<std::size_t>(draws)));
    constexpr std::size_t together = 16;  // draws that share their memory
    const std::size_t count = static_cast<std::size_t>(draws);
    fettle::parallel_for_each_index((count + together - 1) / together, [&](std::size_t block) {
        std::vector<Step> set = steps;
        std::vector<double> values(figures);
        for (std::size_t draw = block * together; draw < std::min(count, (block + 1) * together); ++draw) {
            for (Step& step : set) step.anomalous = step.normal = 0;
            fettle::Random random(seed, draw);
            const auto take = [&](const std::vector<std::uint32_t>& from, std::size_t Step::*kind) {
                for (std::size_t i = 0; i < from.size(); ++i)
                    ++(set[from[static_cast<std::size_t>(random.integer(0, static_cast<int>(from.size()) - 1))]].*kind);
            };
            take(anomalous, &Step::anomalous);
            take(normal, &Step::normal);
            compute(set, values);
            for (std::size_t f = 0; f < figures; ++f) drawn[f][draw] = values[f];
        }
    });
    return drawn;
}

std::optional<Interval> percentile(std::vector<double> drawn, double confidence) {
    if (all_equal(drawn)) return std::nullopt;
    const double tail = (1 - confidence) / 2;
    return Interval{fettle::quantile(drawn, tail), fettle::quantile(drawn, 1 - tail)};
}

std::optional<Interval> accelerated(std::vector<double> drawn, double value, double acceleration, double confidence) {
    if (all_equal(drawn)) return std::nullopt;
    const auto count = static_cast<double>(drawn.size());
    double below = 0;
    for (const double each : drawn) below += each < value ? 1 : each == value ? 0.5 : 0;
    const boost::math::normal normal;
    const double bias = boost::math::quantile(normal, std::clamp(below / count, 0.5 / count, 1 - 0.5 / count));
    const auto at = [&](double share) {
        const double z = bias + boost::math::quantile(normal, share);
        const double bend = 1 - acceleration * z;
        return bend <= 0 ? (z < 0 ? 0.0 : 1.0) : boost::math::cdf(normal, bias + z / bend);
    };
    const double tail = (1 - confidence) / 2;
    return Interval{fettle::quantile(drawn, at(tail)), fettle::quantile(drawn, at(1 - tail))};
}

void Acceleration::add(std::size_t stratum, double left_out, std::size_t count, std::size_t of) {
    if (count == 0) return;
    parts_[stratum].push_back({left_out, static_cast<double>(count)});
    size_[stratum] = static_cast<double>(of);
}

double Acceleration::value() const {
    double cubes = 0, squares = 0;
    for (std::size_t s = 0; s < 2; ++s) {
        double mean = 0;
        for (const Part& part : parts_[s]) mean += part.count * part.left_out / size_[s];
        for (const Part& part : parts_[s]) {
            const double influence = (size_[s] - 1) * (mean - part.left_out) / size_[s];
            cubes += part.count * influence * influence * influence;
            squares += part.count * influence * influence;
        }
    }
    return squares == 0 ? 0 : cubes / (6 * squares * std::sqrt(squares));
}

double average_precision_acceleration(const Ranking& ranking) {
    const std::vector<Step>& steps = ranking.steps();
    const auto share = [](std::size_t part, std::size_t whole) {
        return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
    };
    // From the top down; a sample that is left out changes the terms at its step and below. The sums below each step
    // with one detection or one false alarm less are therefore kept beside the sum as it is.
    std::size_t hits = 0, called = 0;
    double below_hit = 0, below_alarm = 0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        hits += step->anomalous, called += step->anomalous + step->normal;
        if (step->anomalous == 0) continue;
        below_hit += static_cast<double>(step->anomalous) * share(hits - 1, called - 1);
        below_alarm += static_cast<double>(step->anomalous) * share(hits, called - 1);
    }
    Acceleration out;
    double above = 0;
    hits = called = 0;
    for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
        hits += step->anomalous, called += step->anomalous + step->normal;
        const auto here = static_cast<double>(step->anomalous);
        if (step->anomalous > 0) {
            const double one_less = share(hits - 1, called - 1);
            below_hit -= here * one_less;
            out.add(0, (above + (here - 1) * one_less + below_hit) / static_cast<double>(ranking.anomalous() - 1),
                    step->anomalous, ranking.anomalous());
        }
        if (step->anomalous > 0) below_alarm -= here * share(hits, called - 1);
        const double with_alarm_less = step->anomalous > 0 ? here * share(hits, called - 1) : 0;
        out.add(1, (above + with_alarm_less + below_alarm) / static_cast<double>(ranking.anomalous()), step->normal,
                ranking.normal());
        above += here * share(hits, called);
    }
    return out.value();
}

}  // namespace evaluate
