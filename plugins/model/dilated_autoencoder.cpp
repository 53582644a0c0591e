#include "halving.hpp"

namespace {

namespace nn = torch::nn;

/// The channels as an axis of their own: a 3x3x3 convolution to `features` maps, whose taps are neighbours in space and
/// `dilation` apart among the channels, with zeros beyond both ends; batch norm, leaky ReLU, and the weighted sum of
/// the maps, added to what came in. Every channel shares the weights. In memory a place's nine neighbours are the
/// convolution's channels, and the channels and places its rows and columns: half the time of LibTorch's Conv3d.
struct ChannelBlockImpl : nn::Module {
    ChannelBlockImpl(int features, int dilation)
        : convolution(register_module(
              "convolution",
              nn::Conv2d(
                  nn::Conv2dOptions(9, features, {3, 1}).padding({dilation, 0}).dilation({dilation, 1}).bias(false)))),
          norm(register_module("norm", nn::BatchNorm2d(features))),
          sum(register_module("sum", model::convolution1(features, 1))) {}

    torch::Tensor forward(const torch::Tensor& x) {
        const torch::Tensor seen = sum(model::leaky(norm(convolution(neighbours(x)))));
        return x + seen.contiguous().view_as(x);
    }

    /// N x C x h x w to N x 9 x C x h w: every value's 3x3 surroundings in space.
    static torch::Tensor neighbours(const torch::Tensor& x) {
        const torch::Tensor padded = torch::constant_pad_nd(x, {1, 1, 1, 1});
        std::vector<torch::Tensor> shifted;
        for (std::int64_t row = 0; row < 3; ++row)
            for (std::int64_t column = 0; column < 3; ++column)
                shifted.push_back(padded.narrow(2, row, x.size(2)).narrow(3, column, x.size(3)));
        return torch::stack(shifted, 1).flatten(3);
    }

    nn::Conv2d convolution;
    nn::BatchNorm2d norm;
    nn::Conv2d sum;
};
TORCH_MODULE(ChannelBlock);

/// The plain autoencoder with residual dilated convolutions at its lowest resolution, so that a place of the code
/// knows a wide surrounding of the image, or many more channels, without the sides being halved any further.
struct Dilated final : model::Convolutional {
    std::vector<int> dilations{1, 2, 4, 8};
    std::string along = "space";

    static void describe(fettle::Describe<Dilated>& d) {
        d.summary("Convolutional autoencoder with residual dilated convolutions at its lowest resolution.");
        describe_shared(d);
        d.param("dilations", &Dilated::dilations,
                "One residual convolution for each, its taps that many pixels (or channels) apart at the lowest "
                "resolution.",
                fettle::between(1, 256))
            .param("along", &Dilated::along,
                   "What the taps are spread over: \"space\", or the \"channels\", taken as an axis along which one "
                   "3x3x3 kernel moves.",
                   fettle::one_of({"space", "channels"}));
    }

   protected:
    nn::Sequential middle(int channels) const override {
        constexpr int features = 4;  // maps along the channels; their time is that of memory, not of products
        nn::Sequential blocks;
        for (const int dilation : dilations) {
            if (along == "space")
                blocks->push_back(model::ResidualBlock(channels, dilation));
            else
                blocks->push_back(ChannelBlock(features, dilation));
        }
        return blocks;
    }
};

}  // namespace

void add_dilated_autoencoder(fettle::PluginBuilder& plugin) { plugin.add<Dilated>("model.dilated_autoencoder"); }
