// What each architecture is made of, compared with its definition.
#include "../../plugins/model/memory.hpp"
#include "model.hpp"
#include "python.hpp"

#include <nlohmann/json.hpp>

#include <fstream>

namespace {

using fettle::Tensor;
using learn::apart;
using learn::Settings;

std::shared_ptr<fettle::ReconstructionNet> build(const std::string& id, const Settings& settings,
                                                 const fettle::ImageShape& shape) {
    return learn::build({id, id, {}}, settings, shape);
}

// 3x3 convolutions without bias, each followed by a scale and a shift per channel; a 1x1 and the last with bias.
TEST(Autoencoder, HasTheLayersItsDefaultsSay) {
    const int encoder = 9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128) + 2 * (16 + 32 + 64 + 128);
    const int narrow = 128 * 32 + 32;
    const int decoder = 9 * (32 * 128 + 128 * 64 + 64 * 32 + 32 * 16) + 2 * (128 + 64 + 32 + 16) + 9 * 16 * 3 + 3;
    const auto count = [](const std::string& id) { return learn::parameters(*build(id, {}, {3, 64, 64})); };
    EXPECT_EQ(count("model.autoencoder"), encoder + narrow + decoder);
    EXPECT_EQ(count("model.dilated_autoencoder"), encoder + narrow + decoder + 4 * (9 * 128 * 128 + 2 * 128));
    EXPECT_EQ(count("model.memory_autoencoder"), encoder + narrow + decoder + 100 * 32);
    const int joins = 9 * (64 * 64 + 32 * 32 + 16 * 16);
    EXPECT_EQ(count("model.unet_autoencoder"), encoder + narrow + decoder + joins);
}

// Upsampling and convolution in one: LibTorch's two, forward and backward, are the oracle.
TEST(UpsampledConvolution, EqualsUpsamplingAndConvolution) {
    torch::manual_seed(2);
    for (const auto& [count, from, to, height, width] :
         {std::array{2, 3, 5, 4, 7}, {1, 1, 1, 1, 1}, {3, 8, 3, 6, 2}, {2, 4, 16, 1, 9}})
        for (const bool channels_last : {false, true})
            for (const bool with_bias : {false, true}) {
                const auto fresh = [&](at::IntArrayRef shape) {
                    return torch::randn(shape, torch::kFloat64).requires_grad_(true);
                };
                Tensor images = fresh({count, from, height, width});
                if (channels_last) images = images.detach().contiguous(at::MemoryFormat::ChannelsLast).requires_grad_();
                const Tensor weight = fresh({to, from, 3, 3}), bias = with_bias ? fresh({to}) : Tensor();
                const Tensor fused = model::upsampled_convolution(images, weight, bias);
                const Tensor plain =
                    torch::conv2d(torch::upsample_nearest2d(images, {2 * height, 2 * width}), weight, bias, 1, 1);
                ASSERT_EQ(fused.sizes(), plain.sizes());
                EXPECT_LT(apart(fused, plain), 1e-12);
                std::vector<Tensor> learns{images, weight};
                if (with_bias) learns.push_back(bias);
                const Tensor upstream = torch::randn_like(plain);
                const auto ours = torch::autograd::grad({fused}, learns, {upstream});
                const auto theirs = torch::autograd::grad({plain}, learns, {upstream});
                for (std::size_t i = 0; i < learns.size(); ++i) EXPECT_LT(apart(ours[i], theirs[i]), 1e-11) << i;
                const torch::NoGradGuard no_gradients;
                EXPECT_TRUE(learn::same_bits(model::upsampled_convolution(images, weight, bias), fused));
            }
}

// How far an output pixel sees, from the gradient in the input: every dilation d at resolution 1/2^depth adds
// d * 2^depth pixels on each side.
TEST(DilatedAutoencoder, SeesFurtherByItsDilations) {
    const auto reach = [](const std::vector<int>& dilations, const char* along) {
        fettle::Setting::List list(dilations.begin(), dilations.end());
        const auto net = build("model.dilated_autoencoder",
                               {{"width", 4}, {"depth", 2}, {"dilations", list}, {"along", along}}, {3, 160, 160});
        net->to(torch::kFloat64);
        net->eval();  // batch norm would tie every pixel to every other
        const Tensor images = torch::rand({1, 3, 160, 160}, torch::kFloat64).requires_grad_(true);
        net->forward(images).index({0, 0, 80, 80}).backward();
        const Tensor columns = images.grad().abs().sum({0, 1, 2}).nonzero();
        return columns.max().item<std::int64_t>() - columns.min().item<std::int64_t>();
    };
    const auto none = reach({}, "space");
    EXPECT_EQ(reach({1}, "space"), none + 2 * 1 * 4);
    EXPECT_EQ(reach({1, 2, 4}, "space"), none + 2 * (1 + 2 + 4) * 4);
    EXPECT_EQ(reach({1, 2, 4}, "channels"), none + 2 * 3 * 4);  // 3x3 in space each, whatever the dilation
}

// Along the channels the taps of one kernel are `dilation` apart: which channels of the code answer to one of them.
TEST(DilatedAutoencoder, TapsOfChannelsAreThatFarApart) {
    for (const int dilation : {1, 3, 5}) {
        const auto net =
            build("model.dilated_autoencoder",
                  {{"width", 16}, {"depth", 1}, {"dilations", fettle::Setting::List{dilation}}, {"along", "channels"}},
                  {3, 8, 8});
        net->eval();
        const auto middle = std::dynamic_pointer_cast<torch::nn::SequentialImpl>(net->named_children()["middle"]);
        ASSERT_TRUE(middle);
        const Tensor code = torch::rand({1, 16, 4, 4}).requires_grad_(true);
        // The middle ends in a sum over channels: with the last layer's weight on one channel, only that is left.
        Tensor weight = net->named_parameters()["middle.1.weight"];
        weight.set_data(torch::zeros_like(weight));
        weight.detach().index_put_({0, 8}, 1);
        middle->forward(code).index({0, 0, 2, 2}).backward();
        const Tensor seen = code.grad().abs().sum({0, 2, 3}).nonzero().flatten();
        EXPECT_TRUE(torch::equal(seen, torch::tensor({8 - dilation, 8, 8 + dilation}, torch::kInt64))) << seen;
    }
}

/// A variational network whose code has these moments at every place, whatever the image.
std::shared_ptr<fettle::ReconstructionNet> with_moments(const Settings& settings, const std::vector<double>& moments) {
    const auto net = build("model.variational_autoencoder", settings, {3, 16, 24});
    net->to(torch::kFloat64);
    net->eval();
    for (const auto& parameter : net->named_parameters()) {
        if (!parameter.key().starts_with("moments.")) continue;
        Tensor values = parameter.value();
        const bool is_bias = parameter.key().ends_with("bias");
        values.set_data(is_bias ? torch::tensor(moments, torch::kFloat64) : torch::zeros_like(values));
    }
    return net;
}

TEST(VariationalAutoencoder, PenaltyIsTheDivergenceOfPyTorchsDistributions) {
    if (!support::has_python("torch, json")) GTEST_SKIP() << "needs Python with torch";
    const learn::Folder folder;
    const std::vector<double> moments{0.3, -1.7, 0, 2.5, /* logarithms of variances */ -0.4, 0.9, 0, -3};
    std::ofstream(folder.path / "moments.json") << nlohmann::json(moments);
    support::run_python(folder.path, R"(
import json, sys, torch
from torch.distributions import Normal, kl_divergence
values = torch.tensor(json.load(open(sys.argv[1] + "/moments.json")), dtype=torch.float64)
mean, log_variance = values.chunk(2)
nats = kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(torch.zeros(4).double(), torch.ones(4).double()))
json.dump(nats.sum().item(), open(sys.argv[1] + "/nats.json", "w"))
)",
                        "torch, json");
    double nats = 0;
    std::ifstream(folder.path / "nats.json") >> nats;
    ASSERT_GT(nats, 1);
    const Tensor images = torch::rand({5, 3, 16, 24}, torch::kFloat64);
    const double numbers = 3 * 16 * 24;
    const auto penalty = [&](const char* code, double weight) {
        const auto net = with_moments({{"code", code}, {"latent", 4}, {"depth", 2}, {"divergence", weight}}, moments);
        return net->learn(images).penalty.item<double>();
    };
    EXPECT_NEAR(penalty("vector", 1), nats / numbers, 1e-12);
    EXPECT_NEAR(penalty("vector", 0.25), 0.25 * nats / numbers, 1e-12);
    EXPECT_NEAR(penalty("map", 1), 4 * 6 * nats / numbers, 1e-12);  // a code at each of 4 x 6 places
    EXPECT_EQ(penalty("map", 0), 0);
}

TEST(VariationalAutoencoder, DrawsInTrainingAndTakesTheMeanOtherwise) {
    const Tensor images = torch::rand({2, 3, 16, 24}, torch::kFloat64);
    const Settings settings{{"code", "vector"}, {"latent", 2}, {"depth", 2}};
    const auto wide = with_moments(settings, {0.5, -0.5, 1, 1}), narrow = with_moments(settings, {0.5, -0.5, -60, -60});
    EXPECT_TRUE(learn::same_bits(wide->forward(images), wide->forward(images)));
    const auto drawn = [&](fettle::ReconstructionNet& net, std::uint64_t seed) {
        torch::manual_seed(seed);
        return net.learn(images).images;
    };
    EXPECT_TRUE(learn::same_bits(drawn(*wide, 1), drawn(*wide, 1)));
    EXPECT_GT(apart(drawn(*wide, 1), drawn(*wide, 2)), 1e-4);
    EXPECT_LT(apart(drawn(*narrow, 1), narrow->forward(images)), 1e-5);
}

// Equations 3, 4 and 7 of Gong et al. in plain loops.
TEST(Memory, AddressesAsThePaperSays) {
    torch::manual_seed(5);
    const int slots = 7, channels = 4;
    for (const double threshold : {0.0, 1.0 / slots, 1.3 / slots}) {
        model::Memory memory(slots, channels, threshold, 2.0);
        memory->to(torch::kFloat64);
        const Tensor code = torch::randn({2, channels, 3, 2}, torch::kFloat64);
        const Tensor address = memory->address(code), recalled = memory->recall(address);
        ASSERT_EQ(address.sizes(), (std::vector<std::int64_t>{2, slots, 3, 2}));
        for (const int n : {0, 1})
            for (const int y : {0, 1, 2})
                for (const int x : {0, 1}) {
                    const auto number = [](const Tensor& t) { return t.item<double>(); };
                    std::vector<double> weights(slots);
                    double sum = 0, kept = 0;
                    for (int s = 0; s < slots; ++s) {
                        double dot = 0, of_code = 0, of_pattern = 0;
                        for (int c = 0; c < channels; ++c) {
                            const double z = number(code.index({n, c, y, x})),
                                         m = number(memory->patterns.index({s, c}));
                            dot += z * m, of_code += z * z, of_pattern += m * m;
                        }
                        sum += weights[s] = std::exp(2 * dot / std::sqrt(of_code * of_pattern));
                    }
                    for (double& w : weights) w = w / sum > threshold ? w / sum : 0, kept += w;
                    for (int s = 0; s < slots; ++s)
                        EXPECT_NEAR(number(address.index({n, s, y, x})), kept > 0 ? weights[s] / kept : 0, 1e-9);
                    for (int c = 0; c < channels; ++c) {
                        double mixed = 0;
                        for (int s = 0; s < slots; ++s)
                            mixed += kept > 0 ? weights[s] / kept * number(memory->patterns.index({s, c})) : 0;
                        EXPECT_NEAR(number(recalled.index({n, c, y, x})), mixed, 1e-9);
                    }
                }
    }
}

TEST(Memory, WeightsOfAPlaceSumToOneAndFewerStayAsTheyShrink) {
    torch::manual_seed(6);
    for (int round = 0; round < 20; ++round) {
        const Tensor code = torch::randn({2, 8, 4, 4});
        torch::manual_seed(100 + round);
        model::Memory all(50, 8, 0, 1);
        torch::manual_seed(100 + round);
        model::Memory few(50, 8, 1.0 / 50, 1);
        for (auto& memory : {all, few}) {
            const Tensor address = model::Memory(memory)->address(code);
            EXPECT_GE(address.min().item<float>(), 0);
            EXPECT_LT(apart(address.sum(1), torch::ones({2, 4, 4})), 1e-5);
        }
        EXPECT_EQ(all->address(code).count_nonzero().item<std::int64_t>(), 2 * 50 * 16);
        EXPECT_LT(few->address(code).count_nonzero().item<std::int64_t>(), 2 * 50 * 16 * 3 / 4);
    }
}

TEST(Memory, RecallsTheNearestPatternWhereItIsSharp) {
    torch::manual_seed(7);
    model::Memory memory(20, 6, 0, 1e4);
    const Tensor code = torch::randn({1, 6, 5, 5});
    const Tensor unit = memory->patterns / memory->patterns.norm(2, 1, true);
    const Tensor nearest = torch::einsum("sc,nchw->nshw", {unit, code}).argmax(1);
    EXPECT_TRUE(torch::equal(memory->address(code).argmax(1), nearest));
    EXPECT_GT(memory->address(code).amax(1).min().item<float>(), 0.5);
}

TEST(UNetAutoencoder, LeavesConnectionsOutInTrainingOnly) {
    const Tensor images = torch::rand({2, 3, 32, 32});
    const auto made = [&](double dropout, bool training, std::uint64_t seed) {
        const auto net = build("model.unet_autoencoder", {{"skip_dropout", dropout}}, {3, 32, 32});
        net->train(training);
        torch::manual_seed(seed);
        return net->forward(images);
    };
    EXPECT_GT(apart(made(0.5, true, 1), made(0.5, true, 2)), 1e-4);
    EXPECT_TRUE(learn::same_bits(made(0.5, true, 1), made(0.5, true, 1)));
    EXPECT_TRUE(learn::same_bits(made(0.5, false, 1), made(0.5, false, 2)));
    EXPECT_TRUE(learn::same_bits(made(0.5, false, 1), made(0, false, 1)));
    EXPECT_TRUE(learn::same_bits(made(0, true, 1), made(0, true, 2)));
}

// A connection of n channels is a 3x3 convolution from n to n; the lowest but one comes first.
TEST(UNetAutoencoder, HasAsManyConnectionsAsItIsTold) {
    const auto count = [](int connections) {
        return learn::parameters(*build("model.unet_autoencoder", {{"connections", connections}}, {3, 64, 64}));
    };
    const auto plain = learn::parameters(*build("model.autoencoder", {}, {3, 64, 64}));
    EXPECT_EQ(count(0), plain);
    EXPECT_EQ(count(1), plain + 9 * 64 * 64);
    EXPECT_EQ(count(2), plain + 9 * (64 * 64 + 32 * 32));
    EXPECT_EQ(count(3), plain + 9 * (64 * 64 + 32 * 32 + 16 * 16));
    EXPECT_EQ(count(7), count(3));
}

}  // namespace
