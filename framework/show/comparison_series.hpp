// For comparison.cpp.
#pragma once

#include "show/comparison.hpp"

namespace fettle::runtime {

/// Fills in which of a comparison's runs belong together: `series`, `letters`, `varied` and `of_one_sweep`.
void find_series(Comparison& comparison);

}  // namespace fettle::runtime
