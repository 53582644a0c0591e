// A trained network as the value that leaves the trainer.
#pragma once

#include "calibration.hpp"
#include "checkpoint.hpp"
#include "task.hpp"

namespace train {

/// `net` as it evaluates, which it is left in, with its description: curves, a few examples of what it makes of the
/// calibration images (null where there are none: of those it learnt from), and how it came to be. Throws
/// Error(Fault::numeric) where what it makes of them isn't finite.                  [one thread]
fettle::Network network_of(torch::nn::Module& net, const Task& task, const Recipe& recipe,
                           const fettle::ImageShape& shape, const Progress& progress, const Lessons& lessons,
                           const Calibration* calibration, const fettle::Context& context);

}  // namespace train
