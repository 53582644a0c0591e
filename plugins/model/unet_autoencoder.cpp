#include "unet.hpp"

namespace {

using fettle::Tensor;

struct UNetAutoencoderNet final : fettle::ReconstructionNet {
    explicit UNetAutoencoderNet(model::UNet net) : net(register_module("net", std::move(net))) {}
    Tensor forward(Tensor images) override { return torch::sigmoid(net->forward(images)); }
    model::UNet net;
};

/// Connections carry detail past the narrow place, so what is rebuilt is sharp; to be trained on damaged images, or it
/// learns to hand its input through. Dropout makes it look at what surrounds a place as well.
struct UNetAutoencoder final : model::Halving {
    int bottleneck = 32;
    int connections = 7;
    double skip_dropout = 0.5;

    static void describe(fettle::Describe<UNetAutoencoder>& d) {
        d.summary("Autoencoder with connections between equal resolutions, for images that were damaged on purpose.");
        describe_halves(d);
        d.param("bottleneck", &UNetAutoencoder::bottleneck, "Channels at the narrowest place, of sides / 2^depth.",
                fettle::between(1, 8192))
            .param("connections", &UNetAutoencoder::connections,
                   "How many resolutions hand their maps over to the decoder, from the lowest but one on; depth - 1 "
                   "are all, and more are no more. Finer ones make reconstructions sharper, and hand defects through "
                   "as well.",
                   fettle::between(0, 7))
            .param("skip_dropout", &UNetAutoencoder::skip_dropout,
                   "How likely each channel of a connection is left out while training.", fettle::between(0, 0.9));
    }

    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        require_sides(input);
        model::UNetImpl::Settings settings{.from = input.channels,
                                           .to = input.channels,
                                           .widths = {},
                                           .bottleneck = bottleneck,
                                           .connections = connections,
                                           .skip_dropout = skip_dropout,
                                           .upsample = upsample};
        for (int level = 0; level < depth; ++level) settings.widths.push_back(channels_at(level));
        return std::make_shared<UNetAutoencoderNet>(model::UNet(settings));
    }
};

}  // namespace

void add_unet_autoencoder(fettle::PluginBuilder& plugin) { plugin.add<UNetAutoencoder>("model.unet_autoencoder"); }
