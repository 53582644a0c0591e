#include "optimiser.hpp"

namespace train {

std::unique_ptr<torch::optim::Optimizer> optimiser_of(const Recipe& recipe, std::vector<fettle::Tensor> parameters) {
    using namespace torch::optim;
    const double rate = recipe.learning_rate, decay = recipe.weight_decay;
    if (recipe.optimiser == "adamw")
        return std::make_unique<AdamW>(std::move(parameters), AdamWOptions(rate).weight_decay(decay));
    if (recipe.optimiser == "sgd")
        return std::make_unique<SGD>(std::move(parameters),
                                     SGDOptions(rate).momentum(recipe.momentum).weight_decay(decay));
    return std::make_unique<Adam>(std::move(parameters), AdamOptions(rate).weight_decay(decay));
}

void set_rate(torch::optim::Optimizer& optimiser, double rate) {
    for (auto& group : optimiser.param_groups()) group.options().set_lr(rate);
}

}  // namespace train
