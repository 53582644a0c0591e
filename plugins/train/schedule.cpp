#include "schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace train {

/// What is left of the step size after that many falls.
double Schedule::fallen(std::int64_t times) const {
    return std::max(std::pow(recipe_.fall_factor, static_cast<double>(times)), recipe_.final_rate);
}

/// A linear warm-up; then "cosine" is half a cosine down to `final_rate` (Loshchilov and Hutter, "SGDR: stochastic
/// gradient descent with warm restarts", ICLR 2017, without restarts).
double Schedule::rate(std::int64_t step, const Watch& watch) const {
    const double full = recipe_.learning_rate;
    const double rising = step < recipe_.warm_up ? static_cast<double>(step + 1) / recipe_.warm_up : 1;
    if (recipe_.schedule == "step") return full * rising * fallen(step / per_epoch_ / recipe_.fall_after);
    if (recipe_.schedule == "plateau") return full * rising * fallen(watch.falls);
    if (recipe_.schedule == "constant" || step < recipe_.warm_up) return full * rising;
    const double done = static_cast<double>(step - recipe_.warm_up) / static_cast<double>(steps_ - recipe_.warm_up);
    return full * (recipe_.final_rate + (1 - recipe_.final_rate) * 0.5 * (1 + std::cos(std::numbers::pi * done)));
}

Watch Schedule::after_epoch(Watch watch, double loss) const {
    if (loss < watch.best) {
        watch.best = loss;
        watch.waited = 0;
    } else if (++watch.waited >= recipe_.fall_after) {
        ++watch.falls;
        watch.waited = 0;
    }
    return watch;
}

}  // namespace train
