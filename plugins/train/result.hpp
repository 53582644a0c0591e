// A trained network as the value that leaves the trainer.
#pragma once

#include "checkpoint.hpp"
#include "task.hpp"

namespace train {

/// `net` as it evaluates, which it is left in, with its description: curves, a few examples of what it makes of the
/// samples of `shown`, and how it came to be.                                       [one thread]
fettle::Network network_of(torch::nn::Module& net, const Task& task, const Recipe& recipe,
                           const fettle::ImageShape& shape, const Progress& progress, const Lessons& shown,
                           const fettle::Context& context);

}  // namespace train
