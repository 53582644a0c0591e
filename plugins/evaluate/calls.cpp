#include "calls.hpp"

#include <algorithm>
#include <cmath>

namespace evaluate {

fettle::Confusion confusion(Steps steps, double threshold) {
    fettle::Confusion out;
    for (const Step& step : steps) {
        const bool called = step.score > threshold;
        (called ? out.true_positive : out.false_negative) += step.anomalous;
        (called ? out.false_positive : out.true_negative) += step.normal;
    }
    return out;
}

double accuracy(const fettle::Confusion& c) {
    return share(c.true_positive + c.true_negative,
                 c.true_positive + c.false_positive + c.true_negative + c.false_negative);
}

double balanced_accuracy(const fettle::Confusion& c) {
    return (share(c.true_positive, c.true_positive + c.false_negative) +
            share(c.true_negative, c.true_negative + c.false_positive)) /
           2;
}

Interval balanced_accuracy_interval(const fettle::Confusion& c, double deviations) {
    const std::size_t anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
    const double recall = share(c.true_positive, anomalous), specificity = share(c.true_negative, normal);
    const Interval of_recall = wilson(c.true_positive, anomalous, deviations);
    const Interval of_specificity = wilson(c.true_negative, normal, deviations);
    const double mean = (recall + specificity) / 2;
    return {std::max(mean - std::hypot(recall - of_recall.low, specificity - of_specificity.low) / 2, 0.0),
            std::min(mean + std::hypot(of_recall.high - recall, of_specificity.high - specificity) / 2, 1.0)};
}

double f1(const Calls& c) { return 2 * c.true_positive / (2 * c.true_positive + c.false_positive + c.false_negative); }

double mcc(const Calls& c) {
    const auto& [tp, fp, tn, fn] = c;
    return (tp * tn - fp * fn) / (std::sqrt((tp + fp) * (tp + fn)) * std::sqrt((tn + fp) * (tn + fn)));
}

bool mcc_is_defined(const fettle::Confusion& c) {
    return c.true_positive + c.false_negative > 0 && c.true_negative + c.false_positive > 0 &&
           c.true_positive + c.false_positive > 0 && c.true_negative + c.false_negative > 0;
}

Interval corner_interval(const fettle::Confusion& c, double (*figure)(const Calls&), double deviations) {
    const std::size_t anomalous = c.true_positive + c.false_negative, normal = c.true_negative + c.false_positive;
    const Interval recall = wilson(c.true_positive, anomalous, deviations);
    const Interval specificity = wilson(c.true_negative, normal, deviations);
    const auto all_anomalous = static_cast<double>(anomalous), all_normal = static_cast<double>(normal);
    Interval out{1, -1};
    for (const double found : {recall.low, recall.high})
        for (const double kept : {specificity.low, specificity.high}) {
            const double value = figure(
                {found * all_anomalous, (1 - kept) * all_normal, kept * all_normal, (1 - found) * all_anomalous});
            const double defined = std::isfinite(value) ? value : 0;
            out = {std::min(out.low, defined), std::max(out.high, defined)};
        }
    return out;
}

double acceleration(const fettle::Confusion& calls, double (*figure)(const fettle::Confusion&)) {
    using fettle::Confusion;
    const std::size_t anomalous = calls.true_positive + calls.false_negative;
    const std::size_t normal = calls.true_negative + calls.false_positive;
    Acceleration out;
    const auto leave_out = [&](std::size_t Confusion::*kind, std::size_t stratum, std::size_t of) {
        if (calls.*kind == 0) return;
        Confusion less = calls;
        --(less.*kind);
        const double value = figure(less);
        out.add(stratum, std::isfinite(value) ? value : figure(calls), calls.*kind, of);
    };
    leave_out(&Confusion::true_positive, 0, anomalous);
    leave_out(&Confusion::false_negative, 0, anomalous);
    leave_out(&Confusion::false_positive, 1, normal);
    leave_out(&Confusion::true_negative, 1, normal);
    return out.value();
}

}  // namespace evaluate
