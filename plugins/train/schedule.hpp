// How long the optimiser's steps are as a training goes on.
#pragma once

#include "recipe.hpp"

#include <cstdint>
#include <limits>

namespace train {

/// What a schedule remembers of the epochs that are done; only "plateau" looks at it.
struct Watch {
    double best = std::numeric_limits<double>::infinity();  ///< lowest loss of an epoch so far
    std::int64_t waited = 0;                                ///< epochs since then or since the last fall
    std::int64_t falls = 0;
};

/// A recipe's schedule over a training of known length.                                [any thread, concurrent]
class Schedule {
   public:
    Schedule(const Recipe& recipe, std::int64_t per_epoch)
        : recipe_(recipe), per_epoch_(per_epoch), steps_(per_epoch * recipe.epochs) {}

    std::int64_t steps() const { return steps_; }
    /// The step size of step `step`, counted from 0.
    double rate(std::int64_t step, const Watch& watch) const;
    /// What is remembered after an epoch with this loss.
    Watch after_epoch(Watch watch, double loss) const;

   private:
    double fallen(std::int64_t times) const;

    const Recipe& recipe_;
    std::int64_t per_epoch_, steps_;
};

}  // namespace train
