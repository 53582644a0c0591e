#include "blocks.hpp"

namespace {

/// The plain autoencoder with residual dilated convolutions at its lowest resolution, so that a place of the code
/// knows a wide surrounding of the image without the sides being halved any further.
struct Dilated final : model::Convolutional {
    std::vector<int> dilations{1, 2, 4, 8};

    static void describe(fettle::Describe<Dilated>& d) {
        d.summary("Convolutional autoencoder with residual dilated convolutions at its lowest resolution.");
        describe_shared(d);
        d.param("dilations", &Dilated::dilations,
                "One residual 3x3 convolution for each, its taps that many pixels apart at the lowest resolution.",
                fettle::between(1, 256));
    }

   protected:
    torch::nn::Sequential middle(int channels) const override {
        torch::nn::Sequential blocks;
        for (const int dilation : dilations) blocks->push_back(model::ResidualBlock(channels, dilation));
        return blocks;
    }
};

}  // namespace

void add_dilated_autoencoder(fettle::PluginBuilder& plugin) { plugin.add<Dilated>("model.dilated_autoencoder"); }
