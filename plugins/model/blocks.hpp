// What the convolutional autoencoders share: their parameters, their blocks and their halves.
#pragma once

#include <fettle/sdk.hpp>

#include <torch/torch.h>

#include <string>
#include <utility>
#include <vector>

namespace model {

namespace nn = torch::nn;

/// 3x3 convolution, batch norm, leaky ReLU. The sides are kept, or halved by stride 2; the edge is padded with zeros.
struct BlockImpl : nn::Module {
    BlockImpl(int from, int to, int stride = 1, int dilation = 1)
        : convolution(register_module(
              "convolution",
              nn::Conv2d(
                  nn::Conv2dOptions(from, to, 3).stride(stride).padding(dilation).dilation(dilation).bias(false)))),
          norm(register_module("norm", nn::BatchNorm2d(to))) {}

    torch::Tensor forward(const torch::Tensor& x) {
        torch::Tensor normed = norm(convolution(x));
        return torch::leaky_relu_(normed, 0.2);  // in place: batch norm's backward pass doesn't need its result
    }

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

/// Encoder, middle and decoder, one after the other; the output passes a sigmoid into [0, 1].
struct Chain final : fettle::ReconstructionNet {
    Chain(nn::Sequential encoder, nn::Sequential middle, nn::Sequential decoder)
        : encoder(register_module("encoder", std::move(encoder))),
          middle(register_module("middle", std::move(middle))),
          decoder(register_module("decoder", std::move(decoder))) {}

    fettle::Tensor forward(fettle::Tensor images) override {
        return torch::sigmoid(decoder->forward(middle->forward(encoder->forward(images))));
    }

    nn::Sequential encoder, middle, decoder;
};

/// An encoder of `depth` convolutions of stride 2, each with twice the channels of the one before; a narrow place; a
/// decoder that mirrors the encoder by nearest upsampling and convolution. What lies between encoder and narrow
/// place is the derived architecture's.
class Convolutional : public fettle::Autoencoder {
   public:
    int width = 16;
    int depth = 4;
    int bottleneck = 32;

    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const final {
        require_divisible(input);
        nn::Sequential encoder, between = middle(channels_at(depth - 1)), decoder;
        for (int level = 0; level < depth; ++level)
            encoder->push_back(Block(level == 0 ? input.channels : channels_at(level - 1), channels_at(level), 2));
        between->push_back(nn::Conv2d(nn::Conv2dOptions(channels_at(depth - 1), bottleneck, 1)));

        decoder->push_back(Block(bottleneck, channels_at(depth - 1)));
        for (int level = depth - 1; level >= 0; --level) {
            decoder->push_back(
                nn::Upsample(nn::UpsampleOptions().scale_factor(std::vector<double>{2, 2}).mode(torch::kNearest)));
            if (level > 0) decoder->push_back(Block(channels_at(level), channels_at(level - 1)));
        }
        decoder->push_back(nn::Conv2d(nn::Conv2dOptions(width, input.channels, 3).padding(1)));
        return std::make_shared<Chain>(encoder, between, decoder);
    }

   protected:
    /// What works at the lowest resolution, before the narrow place; may be empty.
    virtual nn::Sequential middle(int channels) const = 0;

    template <class T>
    static void describe_shared(fettle::Describe<T>& d) {
        d.param("width", &T::width, "Channels of the first level; every further level has twice as many.",
                fettle::between(1, 1024))
            .param("depth", &T::depth, "How often the encoder halves the sides, which must be divisible by 2^depth.",
                   fettle::between(1, 8))
            .param("bottleneck", &T::bottleneck, "Channels at the narrowest place, of sides / 2^depth.",
                   fettle::between(1, 8192));
    }

   private:
    int channels_at(int level) const { return width << level; }

    void require_divisible(const fettle::ImageShape& input) const {
        const int unit = 1 << depth;
        if (input.width > 0 && input.height > 0 && input.width % unit == 0 && input.height % unit == 0) return;
        const auto sides = [](int width, int height) { return std::to_string(width) + "x" + std::to_string(height); };
        const auto down = [&](int side) { return std::max(side / unit, 1) * unit; };
        const auto up = [&](int side) { return (side + unit - 1) / unit * unit; };
        const std::string smaller = sides(down(input.width), down(input.height));
        const std::string larger = sides(up(input.width), up(input.height));
        throw fettle::Error(fettle::Fault::shape, "a network of depth " + std::to_string(depth) + " halves the sides " +
                                                      std::to_string(depth) + " times, and " +
                                                      sides(input.width, input.height) + " is not divisible by " +
                                                      std::to_string(unit))
            .parameter("depth")
            .help("the nearest sizes that work: " + (smaller == larger ? larger : smaller + " or " + larger));
    }
};

}  // namespace model
