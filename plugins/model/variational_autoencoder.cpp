// D. P. Kingma and M. Welling, "Auto-encoding variational Bayes", ICLR 2014.
#include "halving.hpp"

namespace {

namespace nn = torch::nn;
using fettle::Tensor;

/// Mean and logarithm of the variance of each number of the code.
struct Moments {
    Tensor mean, log_variance;
};

/// Nats by which the normal distribution of these moments diverges from the standard one, per image: appendix B.
Tensor divergence_of(const Moments& moments) {
    const Tensor each =
        moments.mean.square() + moments.log_variance.exp() - 1 - moments.log_variance;  // 0 at mean 0, variance 1
    return 0.5 * each.flatten(1).sum(1);
}

struct VariationalNet final : fettle::ReconstructionNet {
    /// `moments` gives twice as many channels (or numbers) as the code has; `weight` is of the divergence, per image.
    VariationalNet(nn::Sequential encoder, nn::Sequential moments, nn::Sequential decoder, double weight)
        : encoder(register_module("encoder", std::move(encoder))),
          moments(register_module("moments", std::move(moments))),
          decoder(register_module("decoder", std::move(decoder))),
          weight(weight) {}

    Moments moments_of(const Tensor& images) {
        const auto halves = moments->forward(encoder->forward(images)).chunk(2, 1);
        return {halves[0], halves[1].clamp(-30, 20)};  // beyond, float32 knows no such deviation
    }
    Tensor decoded(const Tensor& code) { return torch::sigmoid(decoder->forward(code)); }

    Tensor forward(Tensor images) override { return decoded(moments_of(images).mean); }

    Learnt learn(Tensor images) override {
        const Moments code = moments_of(images);
        const Tensor drawn = code.mean + (0.5 * code.log_variance).exp() * torch::randn_like(code.mean);
        return {decoded(drawn), weight * divergence_of(code).mean()};
    }

    nn::Sequential encoder, moments, decoder;
    double weight;
};

/// A vector as a map.
struct FoldedImpl : nn::Module {
    FoldedImpl(std::int64_t channels, std::int64_t height, std::int64_t width) : shape{-1, channels, height, width} {}
    Tensor forward(const Tensor& x) { return x.view(shape).contiguous(at::MemoryFormat::ChannelsLast); }
    std::vector<std::int64_t> shape;
};
TORCH_MODULE(Folded);

/// Learns a distribution of codes for each image, held near the standard normal one, and rebuilds from their means.
struct Variational final : model::Halving {
    std::string code = "map";
    int latent = 32;
    double divergence = 0.1;

    static void describe(fettle::Describe<Variational>& d) {
        d.summary("Variational autoencoder: codes are distributions, drawn from in training and held near the normal.");
        describe_halves(d);
        d.param("code", &Variational::code,
                "Whether the code keeps its places, a \"map\" of sides / 2^depth, or is one \"vector\" for the image.",
                fettle::one_of({"map", "vector"}))
            .param("latent", &Variational::latent, "Channels of the map, or numbers of the vector.",
                   fettle::between(1, 8192))
            .param("divergence", &Variational::divergence,
                   "Weight of the divergence of an image's code from the standard normal distribution, in nats per "
                   "number of the image.",
                   fettle::at_least(0));
    }

    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        require_sides(input);
        const std::int64_t height = input.height >> depth, width = input.width >> depth;
        nn::Sequential first = encoder(input.channels), moments, last;
        if (code == "map") {
            moments->push_back(model::convolution1(deepest(), 2 * latent));
        } else {
            moments->push_back(nn::Flatten());
            moments->push_back(nn::Linear(deepest() * height * width, 2 * latent));
            last->push_back(nn::Linear(latent, deepest() * height * width));
            last->push_back(Folded(deepest(), height, width));
        }
        last->extend(*decoder(code == "map" ? latent : deepest(), input.channels));
        const double numbers = static_cast<double>(input.channels) * input.height * input.width;
        return std::make_shared<VariationalNet>(first, moments, last, divergence / numbers);
    }
};

}  // namespace

void add_variational_autoencoder(fettle::PluginBuilder& plugin) {
    plugin.add<Variational>("model.variational_autoencoder");
}
