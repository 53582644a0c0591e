#include "weights.hpp"

#include <algorithm>

namespace train {

Weights tensors_of(const torch::nn::Module& net) {
    Weights tensors = net.named_parameters();
    tensors.update(net.named_buffers());
    return tensors;
}

Weights copy_of(const Weights& weights) {
    Weights copies;
    for (const auto& tensor : weights) copies.insert(tensor.key(), tensor.value().detach().clone());
    return copies;
}

void assign(Weights& to, const Weights& from) {
    const torch::NoGradGuard no_gradients;
    for (auto& tensor : to) tensor.value().copy_(from[tensor.key()]);
}

void Average::update(const torch::nn::Module& net, std::int64_t steps) {
    const torch::NoGradGuard no_gradients;
    const auto done = static_cast<double>(steps);
    const double stays = std::min(decay_, (1 + done) / (10 + done));
    for (const auto& tensor : tensors_of(net)) {
        fettle::Tensor& average = now_[tensor.key()];
        if (average.is_floating_point())
            average.lerp_(tensor.value(), 1 - stays);
        else  // batch norm's count of batches
            average.copy_(tensor.value());
    }
}

}  // namespace train
