// D. Gong et al., "Memorizing normality to detect anomaly: memory-augmented deep autoencoder for unsupervised anomaly
// detection", ICCV 2019. Numbers of equations are the paper's.
#include "memory.hpp"

namespace {

namespace nn = torch::nn;
using fettle::Tensor;

struct MemoryNet final : fettle::ReconstructionNet {
    MemoryNet(nn::Sequential encoder, model::Memory memory, nn::Sequential decoder, double entropy)
        : encoder(register_module("encoder", std::move(encoder))),
          memory(register_module("memory", std::move(memory))),
          decoder(register_module("decoder", std::move(decoder))),
          entropy(entropy) {}

    Tensor addresses(const Tensor& images) { return memory->address(encoder->forward(images)); }
    Tensor rebuilt(const Tensor& address) { return torch::sigmoid(decoder->forward(memory->recall(address))); }

    Tensor forward(Tensor images) override { return rebuilt(addresses(images)); }

    Learnt learn(Tensor images) override {
        const Tensor address = addresses(images);
        const Tensor each = -(address * (address + 1e-12).log()).sum(1);  // equation 9
        return {rebuilt(address), entropy * each.mean()};
    }

    nn::Sequential encoder;
    model::Memory memory;
    nn::Sequential decoder;
    double entropy;
};

/// Every place of the code is replaced by a mixture of few of the patterns learnt: what isn't among them can't be
/// rebuilt, however well the decoder generalises.
struct Remembering final : model::Halving {
    int bottleneck = 32, slots = 100;
    double shrink = 1, sharpness = 10, entropy = 2e-4;

    static void describe(fettle::Describe<Remembering>& d) {
        d.summary("Autoencoder whose code is put together from a memory of learnt patterns.");
        describe_halves(d);
        d.param("bottleneck", &Remembering::bottleneck, "Channels of the code, and numbers of each pattern.",
                fettle::between(1, 8192))
            .param("slots", &Remembering::slots, "How many patterns the memory holds.", fettle::between(2, 65536))
            .param(
                "shrink", &Remembering::shrink,
                "Weights up to this many times 1 / slots become zero; the paper advises 1 to 3. Well above 1, a place "
                "may recall nothing at all.",
                fettle::between(0, 1000))
            .param(
                "sharpness", &Remembering::sharpness,
                "Factor on the cosine similarity before its softmax; more of it and fewer patterns are mixed. With the "
                "paper's 1, no weight is more than e^2 times another.",
                fettle::above(0))
            .param("entropy", &Remembering::entropy,
                   "Weight of the entropy of a place's weights, in nats, which training makes small.",
                   fettle::at_least(0));
    }

    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        require_sides(input);
        nn::Sequential first = encoder(input.channels);
        first->push_back(model::convolution1(deepest(), bottleneck));
        return std::make_shared<MemoryNet>(first, model::Memory(slots, bottleneck, shrink / slots, sharpness),
                                           decoder(bottleneck, input.channels), entropy);
    }
};

}  // namespace

void add_memory_autoencoder(fettle::PluginBuilder& plugin) { plugin.add<Remembering>("model.memory_autoencoder"); }
