// A network that goes down and up again, with connections between equal resolutions (Ronneberger, Fischer and Brox,
// "U-Net", MICCAI 2015).
#pragma once

#include "halving.hpp"

#include <string>
#include <vector>

namespace model {

/// A coarse map brought to twice its sides and joined with a fine one, as one convolution of both would: the sum of two
/// convolutions, batch norm, leaky ReLU. Where it isn't `joined` it takes the coarse map alone.
struct JoinBlockImpl : nn::Module {
    JoinBlockImpl(int coarse, int fine, const std::string& upsample, bool joined = true);
    torch::Tensor forward(const torch::Tensor& coarse, const torch::Tensor& fine);

    Doubling doubling;
    nn::Conv2d convolution{nullptr};
    nn::BatchNorm2d norm;
};
TORCH_MODULE(JoinBlock);

struct UNetImpl : nn::Module {
    struct Settings {
        int from = 3, to = 3;     ///< channels of what it takes and gives
        std::vector<int> widths;  ///< channels of each level, one at least; each level has half the sides of the last
        bool whole = false;       ///< the first level has the sides of the image, instead of half of them
        int bottleneck = 0;       ///< channels of a narrow place below the last level; 0 for none
        int connections = 64;     ///< between equal resolutions, from the lowest on; more than there are: all
        double skip_dropout = 0;  ///< how likely each channel of a connection is left out while training
        std::string upsample = "nearest";
    };
    explicit UNetImpl(const Settings& settings);

    /// N x from x H x W to N x to x H x W, of any range.
    torch::Tensor forward(const torch::Tensor& x);

    nn::Sequential down, middle;  ///< a block per level; the narrow place
    nn::ModuleList up;            ///< from the lowest but one to the first
    nn::Dropout2d skip;
    nn::Sequential last;
};
TORCH_MODULE(UNet);

}  // namespace model
