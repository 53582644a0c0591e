#include "model.hpp"

namespace {

using fettle::Tensor;
using ::testing::HasSubstr;

using Net = std::shared_ptr<fettle::DiscriminativeNet>;

Net build(const learn::Settings& settings, const fettle::ImageShape& shape, const learn::Components& parts = {}) {
    torch::manual_seed(4);
    const auto made = learn::library("model").make("model.discriminative", settings, parts);
    return std::dynamic_pointer_cast<fettle::Discriminative>(made)->build(shape);
}

fettle::Setting widths(std::vector<int> values) { return fettle::Setting::List(values.begin(), values.end()); }

struct Variant {
    std::vector<int> widths;
    bool whole;
    int height, width;
};
class Discriminative : public ::testing::TestWithParam<Variant> {};

TEST_P(Discriminative, GivesImagesAndAMapInUnitRange) {
    const auto& [levels, whole, height, width] = GetParam();
    const Net net = build({{"widths", widths(levels)}, {"whole", whole}}, {3, height, width});
    const Tensor images = 4 * torch::randn({2, 3, height, width});
    for (const bool training : {true, false}) {
        net->train(training);
        const auto judged = net->forward(images);
        EXPECT_EQ(judged.images.sizes(), images.sizes());
        EXPECT_EQ(judged.anomaly.sizes(), images.narrow(1, 0, 1).sizes());
        for (const Tensor& out : {judged.images, judged.anomaly}) {
            EXPECT_GE(out.min().item<float>(), 0);
            EXPECT_LE(out.max().item<float>(), 1);
        }
    }
}

TEST_P(Discriminative, EveryParameterLearns) {
    const auto& [levels, whole, height, width] = GetParam();
    const Net net = build({{"widths", widths(levels)}, {"whole", whole}}, {3, height, width});
    const auto judged = net->forward(torch::rand({2, 3, height, width}));
    (judged.images.square().sum() + judged.anomaly.square().sum()).backward();
    learn::expect_gradients(*net);
}

TEST_P(Discriminative, ComputesTheSameAsAStoredProgramForAnyNumberOfImages) {
    const auto& [levels, whole, height, width] = GetParam();
    const std::int64_t h = height, w = width;
    const Net net = build({{"widths", widths(levels)}, {"whole", whole}}, {3, height, width});
    net->forward(torch::rand({4, 3, h, w}));
    net->eval();
    const torch::NoGradGuard no_gradients;
    torch::jit::Module script = learn::stored(*net, torch::rand({2, 3, h, w}), [&](const Tensor& images) {
        const auto judged = net->forward(images);
        return c10::ivalue::Tuple::create({judged.images, judged.anomaly});
    });
    for (const int count : {1, 3}) {
        const Tensor images = torch::rand({count, 3, h, w});
        const auto direct = net->forward(images);
        const auto stored = script.forward({images}).toTuple()->elements().vec();
        EXPECT_LT(learn::apart(stored.at(0).toTensor(), direct.images), 1e-6);
        EXPECT_LT(learn::apart(stored.at(1).toTensor(), direct.anomaly), 1e-6);
        EXPECT_LT(learn::apart(net->forward(images.narrow(0, 0, 1)).anomaly, direct.anomaly.narrow(0, 0, 1)), 1e-5);
    }
}

INSTANTIATE_TEST_SUITE_P(Learn, Discriminative,
                         ::testing::Values(Variant{{24, 48, 96, 128}, false, 64, 48}, Variant{{8, 16}, true, 32, 48},
                                           Variant{{6}, true, 16, 16}, Variant{{6}, false, 48, 16}),
                         [](const auto& info) { return "variant_" + std::to_string(info.index); });

TEST(DiscriminativeModel, LearnsToMarkHolesInFourPictures) {
    const Net net = build(
        {{"widths", widths({8, 16})}, {"whole", true}}, {3, 32, 32},
        {{"reconstruction", learn::make<fettle::Autoencoder>("model.autoencoder", {{"width", 8}, {"depth", 2}})}});
    torch::manual_seed(3);
    const Tensor mask = (torch::rand({4, 1, 32, 32}) < 0.1).to(torch::kFloat32);
    const auto [before, after] = learn::overfitted(*net, 60, [&](const Tensor& images) {
        const auto judged = net->forward(images * (1 - mask));
        return torch::mse_loss(judged.images, images) + torch::binary_cross_entropy(judged.anomaly, mask);
    });
    EXPECT_LT(after, before / 2);
}

TEST(DiscriminativeModel, RebuildsByTheArchitectureItIsGiven) {
    const auto plain = build({}, {3, 32, 32});
    const auto dilated =
        build({}, {3, 32, 32}, {{"reconstruction", learn::make<fettle::Autoencoder>("model.dilated_autoencoder")}});
    EXPECT_EQ(learn::parameters(*dilated) - learn::parameters(*plain), 4 * (9 * 128 * 128 + 2 * 128));
}

TEST(DiscriminativeModel, SaysWhoseSidesDontDivide) {
    const auto part = learn::make<fettle::Autoencoder>("model.autoencoder", {{"depth", 5}});
    const auto error = learn::error_of([&] { build({}, {3, 48, 48}, {{"reconstruction", part}}); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_EQ(error.parameter(), "reconstruction.depth");
    EXPECT_THAT(error.help(), HasSubstr("32x32 or 64x64"));
    const auto shallow = learn::make<fettle::Autoencoder>("model.autoencoder", {{"depth", 1}});
    const auto own = learn::error_of([&] { build({}, {3, 24, 40}, {{"reconstruction", shallow}}); });
    EXPECT_EQ(own.parameter(), "widths");
    EXPECT_THAT(own.what(), HasSubstr("40x24"));
    EXPECT_THAT(own.help(), HasSubstr("32x16 or 48x32"));
    EXPECT_NO_THROW(build({{"whole", true}}, {3, 24, 40}, {{"reconstruction", shallow}}));
}

TEST(DiscriminativeModel, NeedsALevel) {
    auto& library = learn::library("model");
    const auto check = library.entry("model.discriminative").check;
    EXPECT_EQ(check(*library.make("model.discriminative")), "");
    EXPECT_THAT(check(*library.make("model.discriminative", {{"widths", fettle::Setting::List{}}})),
                HasSubstr("empty"));
    EXPECT_THAT(check(*library.make("model.discriminative", {{"widths", widths(std::vector<int>(11, 4))}})),
                HasSubstr("11"));
}

}  // namespace
