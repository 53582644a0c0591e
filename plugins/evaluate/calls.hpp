// Figures of a threshold: what was called anomalous against what is.
#pragma once

#include "bootstrap.hpp"
#include "ranking.hpp"

#include <fettle/ports.hpp>

namespace evaluate {

/// How the samples of these steps are called: anomalous where the score is above `threshold`.
fettle::Confusion confusion(Steps steps, double threshold);

inline double share(std::size_t part, std::size_t whole) {
    return static_cast<double>(part) / static_cast<double>(whole);
}

/// Share of the samples that are called what they are.
double accuracy(const fettle::Confusion& calls);

/// Mean of recall and specificity; both kinds of samples are there.
double balanced_accuracy(const fettle::Confusion& calls);
/// Its interval, from those of the two independent rates (Wilson's): Zou and Donner, Statistics in Medicine 27 (2008),
/// who recover each rate's variance on the side where it is needed. It has a width even where nothing was called wrong.
Interval balanced_accuracy_interval(const fettle::Confusion& calls, double deviations);

/// Counts that needn't be whole.
struct Calls {
    double true_positive, false_positive, true_negative, false_negative;
};
inline Calls calls_of(const fettle::Confusion& c) {
    return {static_cast<double>(c.true_positive), static_cast<double>(c.false_positive),
            static_cast<double>(c.true_negative), static_cast<double>(c.false_negative)};
}

/// Harmonic mean of precision and recall; something is anomalous or was called so.
double f1(const Calls& calls);
inline double f1(const fettle::Confusion& calls) { return f1(calls_of(calls)); }

/// Matthews's correlation of calls and labels, Biochimica et Biophysica Acta 405 (1975), where both kinds occur in
/// both.
double mcc(const Calls& calls);
inline double mcc(const fettle::Confusion& calls) { return mcc(calls_of(calls)); }
bool mcc_is_defined(const fettle::Confusion& calls);

/// From the least to the greatest a figure is at the four corners of Wilson's intervals of recall and specificity: for
/// figures that are monotone in both, where drawing anew shows no spread. Wider than need be: both rates are seldom at
/// an end at once. 0 where a corner leaves it undefined. Both kinds of samples are there.
Interval corner_interval(const fettle::Confusion& calls, double (*figure)(const Calls&), double deviations);

/// The acceleration (see bootstrap.hpp) of a figure of the counts alone; at least two samples of each kind. Where the
/// figure is undefined without one of them that one is taken to change nothing.
double acceleration(const fettle::Confusion& calls, double (*figure)(const fettle::Confusion&));

}  // namespace evaluate
