// A memory of patterns, addressed by how alike they are to a code (Gong et al., ICCV 2019, section 3.3).
#pragma once

#include "halving.hpp"

#include <cmath>

namespace model {

/// `slots` patterns of `channels` numbers. Works on every place of a map alone.
struct MemoryImpl : nn::Module {
    MemoryImpl(int slots, int channels, double threshold, double sharpness)
        : patterns(register_parameter("patterns", torch::empty({slots, channels}))),
          threshold(threshold),
          sharpness(sharpness) {
        const double bound = 1 / std::sqrt(static_cast<double>(channels));
        nn::init::uniform_(patterns, -bound, bound);
    }

    /// Weights of the patterns, N x slots x h x w, not negative; of a place they sum to 1, or are all 0 where none was
    /// above the threshold. Equations 4 (softmax of the cosine), 7 (hard shrinkage) and the division after it.
    torch::Tensor address(const torch::Tensor& code) {
        const torch::Tensor cosine = torch::conv2d(unit(code), unit(patterns).unsqueeze(2).unsqueeze(3));
        const torch::Tensor weights = torch::softmax(sharpness * cosine, 1);
        const torch::Tensor above = weights - threshold;
        const torch::Tensor kept = torch::relu(above) * weights / (above.abs() + 1e-12);
        return kept / kept.sum(1, /*keepdim=*/true).clamp_min(1e-12);
    }

    /// The patterns mixed by their weights: N x channels x h x w. Equation 3.
    torch::Tensor recall(const torch::Tensor& address) {
        return torch::conv2d(address, patterns.t().unsqueeze(2).unsqueeze(3));
    }

    torch::Tensor patterns;
    double threshold, sharpness;

   private:
    static torch::Tensor unit(const torch::Tensor& x) { return x / x.norm(2, 1, /*keepdim=*/true).clamp_min(1e-12); }
};
TORCH_MODULE(Memory);

}  // namespace model
