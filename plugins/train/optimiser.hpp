// What turns gradients into steps.
#pragma once

#include "recipe.hpp"

#include <memory>
#include <vector>

namespace train {

/// The recipe's optimiser: Adam (Kingma and Ba, ICLR 2015), AdamW (Loshchilov and Hutter, ICLR 2019) or gradient
/// descent with momentum, as LibTorch has them.
std::unique_ptr<torch::optim::Optimizer> optimiser_of(const Recipe& recipe, std::vector<fettle::Tensor> parameters);

/// From here on it steps at this rate.
void set_rate(torch::optim::Optimizer& optimiser, double rate);

}  // namespace train
