// After V. Zavrtanik, M. Kristan and D. Skocaj, "DRAEM: a discriminatively trained reconstruction embedding for surface
// anomaly detection", ICCV 2021: what is anomalous is learnt from the image and its reconstruction together.
#include "unet.hpp"

namespace {

using fettle::Error;
using fettle::Tensor;

struct RebuildingAndSegmenting final : fettle::DiscriminativeNet {
    RebuildingAndSegmenting(std::shared_ptr<fettle::ReconstructionNet> reconstruction, model::UNet segmentation)
        : reconstruction(register_module("reconstruction", std::move(reconstruction))),
          segmentation(register_module("segmentation", std::move(segmentation))) {}

    Judged forward(Tensor images) override { return judged(images, reconstruction->forward(images)); }

    Learnt learn(Tensor images) override {
        const auto learnt = reconstruction->learn(images);
        return {judged(images, learnt.images), learnt.penalty};
    }

    Judged judged(const Tensor& images, const Tensor& rebuilt) {
        constexpr double gain = 3;  // differences are small beside the images themselves
        const Tensor seen = torch::cat({images, rebuilt, gain * (images - rebuilt)}, 1);
        return {rebuilt, torch::sigmoid(segmentation->forward(seen))};
    }

    std::shared_ptr<fettle::ReconstructionNet> reconstruction;
    model::UNet segmentation;
};

/// Rebuilds an image without its defects, and marks them.
struct Discriminator final : fettle::Discriminative {
    std::vector<int> widths{24, 48, 96, 128};
    bool whole = false;
    std::string upsample = "nearest";
    fettle::Ref<fettle::Autoencoder> reconstruction;

    static void describe(fettle::Describe<Discriminator>& d) {
        d.summary("An autoencoder, and a U-Net that marks defects by comparing its result with the image.")
            .param("widths", &Discriminator::widths,
                   "Channels of the U-Net's levels, one at least; each level has half the sides of the one before.",
                   fettle::between(1, 4096))
            .param("whole", &Discriminator::whole,
                   "Whether the U-Net's first level has the sides of the image, instead of half of them: for finer "
                   "defects, at about four times the time.")
            .param("upsample", &Discriminator::upsample,
                   "How the U-Net doubles the sides: \"nearest\" upsampling and a convolution, or a \"transposed\" "
                   "convolution, which takes longer and may leave a checkerboard.",
                   fettle::one_of({"nearest", "transposed"}))
            .component("reconstruction", &Discriminator::reconstruction,
                       "The architecture that rebuilds; `model.autoencoder` where none is given.",
                       fettle::Presence::optional)
            .check(&Discriminator::contradiction);
    }

    std::string contradiction() const {
        if (widths.empty()) return "`widths` is empty, and the U-Net has one level at least: [24, 48, 96, 128]";
        if (widths.size() > 10) return "`widths` has " + std::to_string(widths.size()) + " levels; 10 are the most";
        return "";
    }

    std::shared_ptr<fettle::DiscriminativeNet> build(const fettle::ImageShape& input) const override {
        auto rebuilds = rebuilding(input);
        const int levels = static_cast<int>(widths.size());
        model::require_divisible(input, whole ? levels - 1 : levels,
                                 "a U-Net of " + std::to_string(levels) + " `widths`", "widths");
        const model::UNetImpl::Settings settings{
            .from = 3 * input.channels, .to = 1, .widths = widths, .whole = whole, .upsample = upsample};
        return std::make_shared<RebuildingAndSegmenting>(std::move(rebuilds), model::UNet(settings));
    }

   private:
    std::shared_ptr<fettle::ReconstructionNet> rebuilding(const fettle::ImageShape& input) const {
        if (!reconstruction) return model::plain_autoencoder()->build(input);
        try {
            return reconstruction->build(input);
        } catch (Error& error) {
            if (!error.parameter().empty()) error.parameter("reconstruction." + error.parameter());
            throw;
        }
    }
};

}  // namespace

void add_discriminative(fettle::PluginBuilder& plugin) { plugin.add<Discriminator>("model.discriminative"); }
