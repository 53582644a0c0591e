#include "halving.hpp"

namespace {

namespace nn = torch::nn;

/// The channels as an axis of their own, which has no edge effects but the zeros beyond both ends: 3x3x3 convolution
/// to `features` maps, whose taps are neighbours in space and `dilation` apart among the channels; batch norm, leaky
/// ReLU, and one map of their weighted sum, added to what came in. Every channel shares the weights.
struct ChannelBlockImpl : nn::Module {
    ChannelBlockImpl(int features, int dilation)
        : convolution(register_module(
              "convolution",
              nn::Conv3d(
                  nn::Conv3dOptions(1, features, 3).padding({dilation, 1, 1}).dilation({dilation, 1, 1}).bias(false)))),
          norm(register_module("norm", nn::BatchNorm3d(features))),
          sum(register_module("sum", nn::Conv3d(nn::Conv3dOptions(features, 1, 1)))) {}

    torch::Tensor forward(const torch::Tensor& x) {
        return x + sum(model::leaky(norm(convolution(x.unsqueeze(1))))).squeeze(1);
    }

    nn::Conv3d convolution;
    nn::BatchNorm3d norm;
    nn::Conv3d sum;
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
        constexpr int features = 8;  // maps along the channels: as many products as a 3x3 convolution of 8 channels
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
