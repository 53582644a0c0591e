// What the architectures share that halve the sides several times: parameters, encoder and decoder.
#pragma once

#include "blocks.hpp"

#include <memory>
#include <string>

namespace model {

/// Throws Error(Fault::shape), naming the nearest sizes that work, where `input` can't be halved so often. `what`
/// begins the sentence: "a network of depth 4"; `parameter` is what says so.
void require_divisible(const fettle::ImageShape& input, int halvings, const std::string& what,
                       const std::string& parameter);

/// An encoder of `depth` convolutions of stride 2, each with twice the channels of the one before, and a decoder that
/// mirrors it.
class Halving : public fettle::Autoencoder {
   public:
    int width = 16;
    int depth = 4;
    std::string upsample = "nearest";

   protected:
    int channels_at(int level) const { return width << level; }
    /// Channels at the lowest resolution.
    int deepest() const { return channels_at(depth - 1); }
    void require_sides(const fettle::ImageShape& input) const {
        require_divisible(input, depth, "a network of depth " + std::to_string(depth), "depth");
    }
    /// Images to N x deepest() x H / 2^depth x W / 2^depth.
    nn::Sequential encoder(int channels) const;
    /// N x `code` x H / 2^depth x W / 2^depth to images, whose sigmoid is still to be taken.
    nn::Sequential decoder(int code, int channels) const;

    template <class T>
    static void describe_halves(fettle::Describe<T>& d) {
        d.param("width", &T::width, "Channels of the first level; every further level has twice as many.",
                fettle::between(1, 1024))
            .param("depth", &T::depth, "How often the encoder halves the sides, which must be divisible by 2^depth.",
                   fettle::between(1, 8))
            .param("upsample", &T::upsample,
                   "How the decoder doubles the sides: \"nearest\" upsampling and a convolution, or a \"transposed\" "
                   "convolution, which takes longer and may leave a checkerboard.",
                   fettle::one_of({"nearest", "transposed"}));
    }
};

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

/// Encoder, a narrow place, decoder. What lies between encoder and narrow place is the derived architecture's.
class Convolutional : public Halving {
   public:
    int bottleneck = 32;

    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const final {
        require_sides(input);
        nn::Sequential first = encoder(input.channels), between = middle(deepest());
        between->push_back(convolution1(deepest(), bottleneck));
        return std::make_shared<Chain>(first, between, decoder(bottleneck, input.channels));
    }

   protected:
    /// What works at the lowest resolution, before the narrow place; may be empty.
    virtual nn::Sequential middle(int channels) const = 0;

    template <class T>
    static void describe_shared(fettle::Describe<T>& d) {
        describe_halves(d);
        d.param("bottleneck", &T::bottleneck, "Channels at the narrowest place, of sides / 2^depth.",
                fettle::between(1, 8192));
    }
};

/// The plain autoencoder at these settings.
std::shared_ptr<const fettle::Autoencoder> plain_autoencoder();

}  // namespace model
