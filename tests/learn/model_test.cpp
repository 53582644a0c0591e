#include "learn.hpp"

namespace {

using fettle::Tensor;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::shared_ptr<fettle::ReconstructionNet> build(const std::string& id, const learn::Settings& settings,
                                                 const fettle::ImageShape& shape) {
    torch::manual_seed(4);
    return learn::make<fettle::Autoencoder>(id, settings)->build(shape);
}

std::int64_t parameters(const fettle::ReconstructionNet& net) {
    std::int64_t count = 0;
    for (const Tensor& each : net.parameters()) count += each.numel();
    return count;
}

TEST(Model, TypesSayAllTheyShould) {
    for (const auto& type : learn::library("model").entries())
        EXPECT_THAT(fettle::testing::complaints(type), IsEmpty()) << type.info.id;
}

class EitherModel : public ::testing::TestWithParam<const char*> {};

TEST_P(EitherModel, GivesBackTheShapeItGotInUnitRange) {
    for (const auto& [width, depth, bottleneck, height, side] :
         {std::array{16, 4, 32, 128, 128}, {4, 1, 3, 6, 10}, {3, 3, 1, 24, 64}, {8, 5, 16, 32, 96}}) {
        const auto net =
            build(GetParam(), {{"width", width}, {"depth", depth}, {"bottleneck", bottleneck}}, {3, height, side});
        const Tensor images = 4 * torch::randn({2, 3, height, side});  // far outside what it will ever get
        for (const bool training : {true, false}) {
            net->train(training);
            const Tensor out = net->forward(images);
            EXPECT_EQ(out.sizes(), images.sizes());
            EXPECT_GE(out.min().item<float>(), 0);
            EXPECT_LE(out.max().item<float>(), 1);
        }
    }
}

TEST_P(EitherModel, EveryParameterLearns) {
    const auto net = build(GetParam(), {}, {3, 64, 64});
    net->forward(torch::rand({2, 3, 64, 64})).square().sum().backward();
    for (const auto& parameter : net->named_parameters()) {
        ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
        EXPECT_GT(parameter.value().grad().abs().max().item<float>(), 0) << parameter.key();
    }
}

TEST_P(EitherModel, IsInitialisedFromTheGeneratorAlone) {
    const auto a = build(GetParam(), {}, {3, 32, 32}), b = build(GetParam(), {}, {3, 32, 32});
    for (const auto& parameter : a->named_parameters())
        EXPECT_TRUE(learn::same_bits(parameter.value(), b->named_parameters()[parameter.key()])) << parameter.key();
}

TEST_P(EitherModel, NamesTheNearestSizesThatWork) {
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

INSTANTIATE_TEST_SUITE_P(Learn, EitherModel, ::testing::Values("model.autoencoder", "model.dilated_autoencoder"),
                         [](const auto& info) { return std::string(info.param).substr(6); });

// 3x3 convolutions without bias, each followed by a scale and a shift per channel; a 1x1 and the last with bias.
TEST(Autoencoder, HasTheLayersItsDefaultsSay) {
    const int encoder = 9 * (3 * 16 + 16 * 32 + 32 * 64 + 64 * 128) + 2 * (16 + 32 + 64 + 128);
    const int narrow = 128 * 32 + 32;
    const int decoder = 9 * (32 * 128 + 128 * 64 + 64 * 32 + 32 * 16) + 2 * (128 + 64 + 32 + 16) + 9 * 16 * 3 + 3;
    EXPECT_EQ(parameters(*build("model.autoencoder", {}, {3, 64, 64})), encoder + narrow + decoder);
    const int dilated = 4 * (9 * 128 * 128 + 2 * 128);
    EXPECT_EQ(parameters(*build("model.dilated_autoencoder", {}, {3, 64, 64})), encoder + narrow + decoder + dilated);
}

// How far an output pixel sees, from the gradient in the input: every dilation d at resolution 1/2^depth adds
// d * 2^depth pixels on each side.
TEST(DilatedAutoencoder, SeesFurtherByItsDilations) {
    const auto reach = [](const std::vector<int>& dilations) {
        fettle::Setting::List list(dilations.begin(), dilations.end());
        const auto net =
            build("model.dilated_autoencoder", {{"width", 4}, {"depth", 2}, {"dilations", list}}, {3, 160, 160});
        net->to(torch::kFloat64);
        net->eval();  // batch norm would tie every pixel to every other
        const Tensor images = torch::rand({1, 3, 160, 160}, torch::kFloat64).requires_grad_(true);
        net->forward(images).index({0, 0, 80, 80}).backward();
        const Tensor columns = images.grad().abs().sum({0, 1, 2}).nonzero();
        return columns.max().item<std::int64_t>() - columns.min().item<std::int64_t>();
    };
    const auto none = reach({});
    EXPECT_EQ(reach({1}), none + 2 * 1 * 4);
    EXPECT_EQ(reach({1, 2, 4}), none + 2 * (1 + 2 + 4) * 4);
}

}  // namespace
