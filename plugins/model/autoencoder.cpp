#include "halving.hpp"

namespace {

/// A plain convolutional autoencoder.
struct Plain final : model::Convolutional {
    static void describe(fettle::Describe<Plain>& d) {
        d.summary("Convolutional autoencoder: strided convolutions down, upsampling and convolutions up.");
        describe_shared(d);
    }

   protected:
    torch::nn::Sequential middle(int) const override { return {}; }
};

}  // namespace

std::shared_ptr<const fettle::Autoencoder> model::plain_autoencoder() { return std::make_shared<Plain>(); }

void add_autoencoder(fettle::PluginBuilder& plugin) { plugin.add<Plain>("model.autoencoder"); }
