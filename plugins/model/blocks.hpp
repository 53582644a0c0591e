// The blocks that the architectures are made of.
#pragma once

#include "upsampled.hpp"

#include <fettle/sdk.hpp>

#include <torch/torch.h>

#include <string>
#include <utility>

namespace model {

namespace nn = torch::nn;

/// In place: batch norm's backward pass doesn't need its result.
inline torch::Tensor leaky(torch::Tensor normed) { return torch::leaky_relu_(normed, 0.2); }

inline nn::Conv2d convolution3(int from, int to, int stride = 1, int dilation = 1, bool bias = false) {
    return nn::Conv2d(nn::Conv2dOptions(from, to, 3).stride(stride).padding(dilation).dilation(dilation).bias(bias));
}

inline nn::Conv2d convolution1(int from, int to) { return nn::Conv2d(nn::Conv2dOptions(from, to, 1)); }

/// 3x3 convolution, batch norm, leaky ReLU. The sides are kept, or halved by stride 2; the edge is padded with zeros.
struct BlockImpl : nn::Module {
    BlockImpl(int from, int to, int stride = 1, int dilation = 1)
        : convolution(register_module("convolution", convolution3(from, to, stride, dilation))),
          norm(register_module("norm", nn::BatchNorm2d(to))) {}

    torch::Tensor forward(const torch::Tensor& x) { return leaky(norm(convolution(x))); }

    nn::Conv2d convolution;
    nn::BatchNorm2d norm;
};
TORCH_MODULE(Block);

/// A block of as many channels out as in, whose result is added to what came in.
struct ResidualBlockImpl : nn::Module {
    ResidualBlockImpl(int channels, int dilation)
        : block(register_module("block", Block(channels, channels, 1, dilation))) {}

    torch::Tensor forward(const torch::Tensor& x) { return x + block(x); }

    Block block;
};
TORCH_MODULE(ResidualBlock);

/// Twice the sides: nearest upsampling and a 3x3 convolution, or a transposed 4x4 one of stride 2.
struct DoublingImpl : nn::Module {
    DoublingImpl(int from, int to, const std::string& upsample, bool bias) {
        if (upsample == "transposed")
            transposed = register_module(
                "transposed",
                nn::ConvTranspose2d(nn::ConvTranspose2dOptions(from, to, 4).stride(2).padding(1).bias(bias)));
        else
            convolution = register_module("convolution", convolution3(from, to, 1, 1, bias));
    }

    torch::Tensor forward(const torch::Tensor& x) {
        return transposed ? transposed(x) : upsampled_convolution(x, convolution->weight, convolution->bias);
    }

    nn::Conv2d convolution{nullptr};
    nn::ConvTranspose2d transposed{nullptr};
};
TORCH_MODULE(Doubling);

/// Twice the sides, batch norm, leaky ReLU.
struct DoublingBlockImpl : nn::Module {
    DoublingBlockImpl(int from, int to, const std::string& upsample)
        : doubling(register_module("doubling", Doubling(from, to, upsample, /*bias=*/false))),
          norm(register_module("norm", nn::BatchNorm2d(to))) {}

    torch::Tensor forward(const torch::Tensor& x) { return leaky(norm(doubling(x))); }

    Doubling doubling;
    nn::BatchNorm2d norm;
};
TORCH_MODULE(DoublingBlock);

}  // namespace model
