#include "network.hpp"

namespace {

/// What a network makes of images, computed when read.
class Reconstructed final : public fettle::Images {
   public:
    Reconstructed(fettle::Ref<fettle::Network> network, fettle::Ref<fettle::Images> originals, std::size_t batch,
                  const fettle::Context& context)
        : program_(std::move(network), context), originals_(std::move(originals)), batch_(batch) {}

    std::size_t size() const override { return originals_->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return originals_->info(index); }
    std::size_t block() const override { return std::max(batch_, originals_->block()); }
    bool varies() const override { return originals_->varies(); }

    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto batch = originals_->read(indices, round);
        auto images = std::make_shared<fettle::TorchPart>(program_.run(*batch, 1).front());
        return std::make_shared<fettle::Batch>(infer::infos_of(*batch), std::move(images));
    }

   private:
    infer::Program program_;
    fettle::Ref<fettle::Images> originals_;
    std::size_t batch_;
};

/// What a trained network makes of images. What it can't rebuild, because it never learnt it, stays different: the
/// similarity stages look there.
struct Reconstruct final : fettle::Stage {
    struct In {
        fettle::Ref<fettle::Network> network;
        std::vector<fettle::Ref<fettle::Images>> images;
    };
    struct Out {
        fettle::Ref<fettle::Images> images, originals;
    };
    int batch = infer::usual_batch;

    static void describe(fettle::Describe<Reconstruct>& d) {
        d.summary("Gives images through a trained network.")
            .in("network", &In::network, "The network, as a trainer gives it.", fettle::outside_data())
            .in("images", &In::images, "What to rebuild; several sets are taken one after another.")
            .out("images", &Out::images, "What the network makes of them.", {}, fettle::Labels::kept)
            .out("originals", &Out::originals, "The same samples as they came in.", {}, fettle::Labels::kept)
            .on_device();
        infer::describe_batch(d);
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto originals = fettle::join_images(in.images);
        return {std::make_shared<Reconstructed>(in.network, originals, static_cast<std::size_t>(batch), context),
                originals};
    }
};

}  // namespace

void add_reconstruct(fettle::PluginBuilder& plugin) { plugin.add<Reconstruct>("infer.reconstruct"); }
