#include "similarity.hpp"

namespace {

using fettle::Tensor;
using learn::compare;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// The pair of 96x64 whose SSIM several public implementations agree on, grey, 0..255.
std::pair<fettle::Image, fettle::Image> reference_pair() {
    fettle::Image a(96, 64, 3), b(96, 64, 3);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 96; ++x)
            for (int c = 0; c < 3; ++c) {
                const int value = (3 * x + 5 * y) % 256;
                a.at(x, y)[c] = static_cast<std::uint8_t>(value);
                const bool patch = y >= 20 && y < 36 && x >= 30 && x < 50;
                b.at(x, y)[c] =
                    static_cast<std::uint8_t>(patch ? 128 : std::clamp(value + (7 * x + 11 * y) % 41 - 20, 0, 255));
            }
    return {a, b};
}

/// 1 x 1 x H x W in [0, 1], float64.
Tensor grey(const fettle::Image& image) {
    Tensor out = torch::empty({1, 1, image.height, image.width}, torch::kFloat64);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) out[0][0][y][x] = image.at(x, y)[0] / 255.0;
    return out;
}

fettle::Ref<fettle::Images> one(const fettle::Image& image) {
    return fettle::lazy_images({{"one", fettle::Label::normal}}, [image](std::size_t, std::uint32_t) {
        fettle::Sample sample;
        sample.image = image;
        return sample;
    });
}

/// SSIM at one place by its definition: weighted means, then weighted deviations from them, in plain loops.
double ssim_at(const Tensor& x, const Tensor& y, int top, int left, int window, double sigma) {
    std::vector<double> weights;
    double total = 0;
    for (int i = 0; i < window; ++i)
        for (int k = 0; k < window; ++k) {
            const double u = i - (window - 1) / 2.0, v = k - (window - 1) / 2.0;
            weights.push_back(std::exp(-(u * u + v * v) / (2 * sigma * sigma)));
            total += weights.back();
        }
    const auto weighted = [&](const auto& value) {
        double sum = 0;
        for (int i = 0; i < window; ++i)
            for (int k = 0; k < window; ++k) {
                const auto index = static_cast<std::size_t>(i * window + k);
                sum += weights[index] / total *
                       value(x[top + i][left + k].item<double>(), y[top + i][left + k].item<double>());
            }
        return sum;
    };
    const double mx = weighted([](double a, double) { return a; }), my = weighted([](double, double b) { return b; });
    const double vx = weighted([&](double a, double) { return (a - mx) * (a - mx); });
    const double vy = weighted([&](double, double b) { return (b - my) * (b - my); });
    const double cov = weighted([&](double a, double b) { return (a - mx) * (b - my); });
    const double c1 = 1e-4, c2 = 9e-4;
    return (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2));
}

TEST(Similarity, TypesSayAllTheyShould) {
    for (const auto& type : learn::library("similarity").entries())
        EXPECT_THAT(fettle::testing::complaints(type), IsEmpty()) << type.info.id;
}

TEST(Ssim, GivesTheValueThatOtherImplementationsGive) {
    const auto [a, b] = reference_pair();
    const Tensor x = grey(a), y = grey(b);
    EXPECT_NEAR(1 - compare("similarity.ssim", x, y).mean().item<double>(), 0.5881409192834592, 1e-12);
    const Tensor single = compare("similarity.ssim", x.to(torch::kFloat32).expand({1, 3, 64, 96}),
                                  y.to(torch::kFloat32).expand({1, 3, 64, 96}));
    EXPECT_NEAR(1 - single.mean().item<double>(), 0.5881409192834592, 1e-6);
}

TEST(Ssim, AsAStageGivesThatValueFromPixels) {
    const auto [a, b] = reference_pair();
    auto& plugin = learn::library("similarity");
    const auto stage = plugin.make("similarity.ssim");
    learn::TestContext context;
    context.set_label("ssim");
    const auto out = plugin.run("similarity.ssim", *stage, {{"reference", {one(a)}}, {"candidate", {one(b)}}}, context);
    const auto maps = std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps"));
    const std::size_t first = 0;
    const fettle::Plane plane = maps->read({&first, 1})->plane(0);
    EXPECT_EQ(plane.width, 86);
    EXPECT_EQ(plane.height, 54);
    double sum = 0;
    for (const float value : plane.values) sum += value;
    EXPECT_NEAR(1 - sum / static_cast<double>(plane.values.size()), 0.5881409192834592, 1e-6);
    EXPECT_EQ(maps->label(), "ssim");
    EXPECT_EQ(maps->info(0).id, "one");
}

TEST(Ssim, AgreesWithItsDefinitionForAnyWindow) {
    torch::manual_seed(5);
    fettle::Random random(5);
    for (const int window : {3, 7, 11, 17}) {
        const double sigma = random.uniform(0.5, 4);
        const Tensor x = torch::rand({2, 2, 20, 23}, torch::kFloat64), y = torch::rand({2, 2, 20, 23}, torch::kFloat64);
        const Tensor map = compare("similarity.ssim", x, y, {{"window", window}, {"sigma", sigma}});
        ASSERT_EQ(map.sizes(), (std::vector<std::int64_t>{2, 1, 20 - window + 1, 23 - window + 1}));
        for (int trial = 0; trial < 5; ++trial) {
            const int n = random.integer(0, 1), top = random.integer(0, 20 - window),
                      left = random.integer(0, 23 - window);
            double mean = 0;
            for (int c = 0; c < 2; ++c) mean += ssim_at(x[n][c], y[n][c], top, left, window, sigma) / 2;
            EXPECT_NEAR(map[n][0][top][left].item<double>(), 1 - mean, 1e-11) << "window " << window;
        }
    }
}

TEST(Ssim, IsZeroForEqualImagesAndSymmetric) {
    torch::manual_seed(1);
    const Tensor x = torch::rand({3, 3, 24, 31}), y = torch::rand({3, 3, 24, 31});
    EXPECT_LT(compare("similarity.ssim", x, x).abs().max().item<float>(), 1e-6f);
    EXPECT_TRUE(torch::allclose(compare("similarity.ssim", x, y), compare("similarity.ssim", y, x), 0, 1e-6));
    EXPECT_LT(compare("similarity.ssim", x, x + 0.1 * y).mean().item<float>(),
              compare("similarity.ssim", x, x + 0.3 * y).mean().item<float>());
}

TEST(Ssim, GradientIsThatOfFiniteDifferences) {
    torch::manual_seed(3);
    const auto map = [](const Tensor& a, const Tensor& b) { return compare("similarity.ssim", a, b); };
    learn::expect_gradient(
        map, {torch::rand({1, 2, 13, 12}, torch::kFloat64), torch::rand({1, 2, 13, 12}, torch::kFloat64)});
}

TEST(Ssim, DeclaresThatItsWindowIsOdd) {
    const auto& parameters = learn::library("similarity").entry("similarity.ssim").info.parameters;
    const auto window =
        std::find_if(parameters.begin(), parameters.end(), [](const auto& p) { return p.name == "window"; });
    ASSERT_NE(window, parameters.end());
    EXPECT_TRUE(window->constraint.odd);
    EXPECT_EQ(window->constraint.lowest, 3.0);
}

TEST(Ssim, SaysWhenImagesAreSmallerThanTheWindow) {
    const auto error = learn::error_of([] {
        compare("similarity.ssim", torch::rand({1, 3, 10, 40}), torch::rand({1, 3, 10, 40}));
    });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_EQ(error.parameter(), "window");
    EXPECT_THAT(error.what(), HasSubstr("40x10"));
    EXPECT_EQ(compare("similarity.ssim", torch::rand({1, 3, 11, 11}), torch::rand({1, 3, 11, 11})).numel(), 1);
}

TEST(L2, AgreesWithPlainLoops) {
    torch::manual_seed(2);
    const Tensor x = torch::rand({2, 3, 5, 4}), y = torch::rand({2, 3, 5, 4});
    const Tensor map = compare("similarity.l2", x, y);
    ASSERT_EQ(map.sizes(), (std::vector<std::int64_t>{2, 1, 5, 4}));
    for (int n = 0; n < 2; ++n)
        for (int i = 0; i < 5; ++i)
            for (int k = 0; k < 4; ++k) {
                double sum = 0;
                for (int c = 0; c < 3; ++c)
                    sum += std::pow(x[n][c][i][k].item<double>() - y[n][c][i][k].item<double>(), 2);
                EXPECT_NEAR(map[n][0][i][k].item<double>(), sum / 3, 1e-7);
            }
    const auto [a, b] = reference_pair();
    EXPECT_NEAR(compare("similarity.l2", grey(a), grey(b)).mean().item<double>() * 255 * 255, 708.4944661458, 1e-9);
}

TEST(Ssim, GivesTheSameBitsWithOneThreadAndTwo) {
    auto& plugin = learn::library("similarity");
    const auto stage = plugin.make("similarity.ssim");
    const auto maps_with = [&](learn::TestContext& context) {
        return std::dynamic_pointer_cast<const fettle::Maps>(
            plugin
                .run("similarity.ssim", *stage,
                     {{"reference", {learn::pictures(16, 128, 112)}},
                      {"candidate", {learn::pictures(16, 128, 112, true)}}},
                     context)
                .at("maps"));
    };
    learn::TestContext alone({}, 1, 1), pair({}, 1, 2);
    const auto a = maps_with(alone), b = maps_with(pair);
    std::vector<std::size_t> all(16);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
    const auto left = a->read(all), right = b->read(all);
    for (std::size_t i = 0; i < all.size(); ++i)
        EXPECT_EQ(left->plane(i).values, right->plane(i).values) << "map " << i;
}

TEST(Similarity, SaysAsAStageWhatDoesNotMatch) {
    auto& plugin = learn::library("similarity");
    const auto stage = plugin.make("similarity.ssim");
    learn::TestContext context;
    const auto run = [&](const auto& reference, const auto& candidate) {
        const auto out =
            plugin.run("similarity.ssim", *stage, {{"reference", {reference}}, {"candidate", {candidate}}}, context);
        const std::size_t first = 0;
        std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps"))->read({&first, 1});
    };
    EXPECT_THAT(learn::error_of([&] { run(learn::pictures(2), learn::pictures(3)); }).what(),
                HasSubstr("`reference` has 2 samples, `candidate` 3"));
    const auto error = learn::error_of([&] { run(learn::pictures(2, 32, 24), learn::pictures(2, 32, 32)); });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.what(), AllOf(HasSubstr("32x24"), HasSubstr("32x32")));
}

}  // namespace
