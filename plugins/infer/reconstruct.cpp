#include <fettle/sdk.hpp>

#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/script.h>

#include <sstream>

namespace {

using fettle::Error;
using fettle::Fault;

std::string sides(std::int64_t width, std::int64_t height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

/// What a network makes of images, computed when read.
class Reconstructed final : public fettle::Images {
   public:
    Reconstructed(fettle::Ref<fettle::Network> network, fettle::Ref<fettle::Images> originals,
                  const fettle::Context& context)
        : network_(std::move(network)), originals_(std::move(originals)), context_(&context) {}

    std::size_t size() const override { return originals_->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return originals_->info(index); }
    std::size_t block() const override { return std::max(std::size_t{16}, originals_->block()); }
    bool varies() const override { return originals_->varies(); }

    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto batch = originals_->read(indices, round);
        std::vector<fettle::SampleInfo> infos;
        for (std::size_t i = 0; i < batch->size(); ++i) infos.push_back(batch->info(i));
        const fettle::TensorWork work(*context_);
        const fettle::Tensor images = tensor_of(*batch, context_->device());
        require_size(images, infos);
        const torch::jit::GraphOptimizerEnabledGuard unoptimised(false);  // every call computes as the first one did
        const torch::IValue result = script().forward({images.contiguous(at::MemoryFormat::ChannelsLast)});
        auto values = std::make_shared<fettle::TorchPart>(result.toTensor().contiguous());
        return std::make_shared<fettle::Batch>(std::move(infos), std::move(values));
    }

   private:
    void require_size(const fettle::Tensor& images, const std::vector<fettle::SampleInfo>& infos) const {
        if (images.size(2) == network_->height && images.size(3) == network_->width) return;
        throw Error(Fault::shape, "`" + infos.front().id + "` is " + sides(images.size(3), images.size(2)) +
                                      ", the network was trained on " + sides(network_->width, network_->height))
            .help("bring the images to the size of the training's with a `transform.resize` or the data set's `size`");
    }

    /// Loaded by the first reader, who holds the device.
    torch::jit::Module& script() const {
        std::call_once(loaded_, [this] {
            try {
                std::istringstream bytes(network_->script);
                script_ = torch::jit::load(bytes, torch_device(context_->device()));
                script_.eval();
            } catch (const c10::Error& error) {
                throw Error(Fault::data, "the network can't be loaded as TorchScript: " +
                                             std::string(error.what_without_backtrace()));
            }
        });
        return script_;
    }

    fettle::Ref<fettle::Network> network_;
    fettle::Ref<fettle::Images> originals_;
    const fettle::Context* context_;
    mutable std::once_flag loaded_;
    mutable torch::jit::Module script_;
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

    static void describe(fettle::Describe<Reconstruct>& d) {
        d.summary("Gives images through a trained network.")
            .in("network", &In::network, "The network, as a trainer gives it.", fettle::outside_data())
            .in("images", &In::images, "What to rebuild; several sets are taken one after another.")
            .out("images", &Out::images, "What the network makes of them.")
            .out("originals", &Out::originals, "The same samples as they came in.")
            .on_device();
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto originals = fettle::join_images(in.images);
        return {std::make_shared<Reconstructed>(in.network, originals, context), originals};
    }
};

}  // namespace

void add_reconstruct(fettle::PluginBuilder& plugin) { plugin.add<Reconstruct>("infer.reconstruct"); }
