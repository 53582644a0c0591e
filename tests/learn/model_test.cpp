// What holds for every architecture.
#include "model.hpp"

namespace {

using fettle::Tensor;
using learn::Architecture;
using learn::build;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Model, TypesSayAllTheyShould) {
    for (const auto& type : learn::library("model").entries())
        EXPECT_THAT(fettle::testing::complaints(type), IsEmpty()) << type.info.id;
}

class EveryModel : public ::testing::TestWithParam<Architecture> {};

TEST_P(EveryModel, GivesBackTheShapeItGotInUnitRange) {
    const char* narrow = GetParam().id == "model.variational_autoencoder" ? "latent" : "bottleneck";
    for (const auto& [width, depth, bottleneck, height, side] :
         {std::array{16, 4, 32, 128, 128}, {4, 1, 3, 6, 10}, {3, 3, 1, 24, 64}, {8, 5, 16, 32, 96}}) {
        const auto net =
            build(GetParam(), {{"width", width}, {"depth", depth}, {narrow, bottleneck}}, {3, height, side});
        const Tensor images = 4 * torch::randn({2, 3, height, side});  // far outside what it will ever get
        for (const bool training : {true, false}) {
            net->train(training);
            for (const Tensor& out : {net->forward(images), net->learn(images).images}) {
                EXPECT_EQ(out.sizes(), images.sizes());
                EXPECT_GE(out.min().item<float>(), 0);
                EXPECT_LE(out.max().item<float>(), 1);
            }
        }
    }
}

TEST_P(EveryModel, TakesImagesOfOneChannelToo) {
    const auto net = build(GetParam(), {{"depth", 2}}, {1, 16, 24});
    EXPECT_EQ(net->forward(torch::rand({2, 1, 16, 24})).size(1), 1);
}

TEST_P(EveryModel, EveryParameterLearns) {
    const auto net = build(GetParam(), {}, {3, 64, 64});
    const auto learnt = net->learn(torch::rand({2, 3, 64, 64}));
    Tensor loss = learnt.images.square().sum();
    if (learnt.penalty.defined()) {
        EXPECT_EQ(learnt.penalty.numel(), 1);
        EXPECT_GE(learnt.penalty.item<float>(), 0);
        loss = loss + learnt.penalty;
    }
    loss.backward();
    learn::expect_gradients(*net);
}

TEST_P(EveryModel, LearnsFourPicturesByHeart) {
    const auto net = build(GetParam(), {{"width", 8}, {"depth", 2}}, {3, 32, 32});
    const auto [before, after] = learn::overfitted(*net, 60, [&](const Tensor& images) {
        const auto learnt = net->learn(images);
        const Tensor error = torch::mse_loss(learnt.images, images);
        return learnt.penalty.defined() ? error + learnt.penalty : error;
    });
    EXPECT_LT(after, before / 2);
}

TEST_P(EveryModel, IsInitialisedFromTheGeneratorAlone) {
    const auto a = build(GetParam(), {}, {3, 32, 32}), b = build(GetParam(), {}, {3, 32, 32});
    for (const auto& parameter : a->named_parameters())
        EXPECT_TRUE(learn::same_bits(parameter.value(), b->named_parameters()[parameter.key()])) << parameter.key();
}

TEST_P(EveryModel, NamesTheNearestSizesThatWork) {
    const auto refusal = [](int depth, int height, int width) {
        return learn::error_of([&] { build(GetParam(), {{"depth", depth}}, {3, height, width}); });
    };
    const auto error = refusal(4, 100, 130);
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_EQ(error.parameter(), "depth");
    EXPECT_THAT(error.what(), AllOf(HasSubstr("130x100"), HasSubstr("16")));
    EXPECT_THAT(error.help(), HasSubstr("128x96 or 144x112"));
    EXPECT_THAT(refusal(4, 8, 8).help(), HasSubstr("16x16"));
    EXPECT_THAT(refusal(2, 64, 63).help(), HasSubstr("60x64 or 64x64"));
    for (const auto& [width, height] : {std::pair{128, 96}, {144, 112}})
        EXPECT_NO_THROW(build(GetParam(), {{"depth", 4}}, {3, height, width}));
}

TEST_P(EveryModel, ComputesTheSameAsAStoredProgramForAnyNumberOfImages) {
    const auto net = build(GetParam(), {}, {3, 32, 48});
    net->forward(torch::rand({4, 3, 32, 48}));  // batch norm's figures are no longer those it began with
    net->eval();
    const torch::NoGradGuard no_gradients;
    torch::jit::Module script =
        learn::stored(*net, torch::rand({2, 3, 32, 48}), [&](const Tensor& images) { return net->forward(images); });
    for (const int count : {1, 2, 3}) {
        const Tensor images = torch::rand({count, 3, 32, 48});
        const Tensor direct = net->forward(images);
        EXPECT_LT(learn::apart(script.forward({images}).toTensor(), direct), 1e-6);
        for (int i = 0; i < count; ++i)
            EXPECT_LT(learn::apart(net->forward(images.narrow(0, i, 1)), direct.narrow(0, i, 1)), 1e-5);
    }
}

// Not to the bit: oneDNN sums a 1x1 convolution in an order that depends on the number of threads.
TEST_P(EveryModel, GivesTheSameWithOneThreadAndTwo) {
    const auto net = build(GetParam(), {}, {3, 64, 64});
    net->eval();
    const torch::NoGradGuard no_gradients;
    const Tensor images = torch::rand({3, 3, 64, 64}).contiguous(at::MemoryFormat::ChannelsLast);
    const auto with_threads = [&](int threads) {
        at::set_num_threads(threads);
        return net->forward(images);
    };
    const Tensor one = with_threads(1), two = with_threads(2);
    at::set_num_threads(1);
    EXPECT_LT(learn::apart(one, two), 1e-6);
}

// The way through the custom backward pass, and the one without gradients.
TEST_P(EveryModel, ComputesTheSameWithAndWithoutGradients) {
    const auto net = build(GetParam(), {}, {3, 32, 32});
    net->eval();
    const Tensor images = torch::rand({2, 3, 32, 32}), tracked = net->forward(images);
    const torch::NoGradGuard no_gradients;
    EXPECT_TRUE(learn::same_bits(tracked, net->forward(images)));
}

INSTANTIATE_TEST_SUITE_P(Learn, EveryModel, ::testing::ValuesIn(learn::autoencoders()), learn::name_of);

}  // namespace
