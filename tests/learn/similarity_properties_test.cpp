// What every similarity promises, whatever it measures.
#include "similarity.hpp"

namespace {

using fettle::Tensor;
using ::testing::HasSubstr;

/// A network without weights, whose features never vanish: brightness, and means of it over larger squares.
class Averages final : public fettle::Pretrained {
   public:
    std::vector<Tensor> features(const Tensor& images) const override {
        const Tensor grey = images.mean(1, /*keepdim=*/true), wide = torch::avg_pool2d(grey, 3, 1, 1);
        const Tensor half = torch::adaptive_avg_pool2d(grey, {(grey.size(2) + 1) / 2, (grey.size(3) + 1) / 2});
        return {torch::cat({grey, 1 - grey, wide}, 1), torch::cat({half, 1.5 - half}, 1)};
    }
    fettle::Network network(fettle::Context&) const override { return {}; }
};

struct Case {
    std::string id;
    learn::Settings settings;
    bool symmetric = true;
    bool one_number = false;
    int border = 0;              ///< pixels lost on each edge
    int least = 1;               ///< side
    const char* parameter = "";  ///< that an error about a side names
    double tolerance = 1e-8;     ///< of gradients by finite differences
    bool masks = false;          ///< the reference is 0 or 1
    bool network = false;        ///< it looks through one

    std::shared_ptr<fettle::Similarity> made(const learn::Settings& with) const {
        std::map<std::string, std::shared_ptr<fettle::Component>> parts;
        if (network) parts["network"] = std::make_shared<Averages>();
        return std::dynamic_pointer_cast<fettle::Similarity>(
            learn::library("similarity").make("similarity." + id, with, parts));
    }
    Tensor map(const Tensor& a, const Tensor& b) const { return made(settings)->compare(a, b); }
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.id; }

std::vector<Case> cases() {
    return {
        {.id = "l1"},
        {.id = "l2"},
        {.id = "charbonnier"},
        {.id = "psnr", .one_number = true, .tolerance = 1e-6},
        {.id = "gradient_magnitude", .border = 1, .least = 3},
        {.id = "gradient_magnitude", .settings = {{"deviation", true}}, .one_number = true, .least = 6},
        {.id = "multiscale_gradient_magnitude", .settings = {{"scales", 3}}, .least = 9, .parameter = "scales"},
        {.id = "colour_difference", .tolerance = 1e-5},
        {.id = "local_normalised_correlation",
         .settings = {{"window", 5}},
         .border = 2,
         .least = 5,
         .parameter = "window"},
        {.id = "divergence", .symmetric = false},
        {.id = "focal", .symmetric = false, .masks = true},
        {.id = "dice", .one_number = true},
        {.id = "ssim", .settings = {{"window", 5}}, .border = 2, .least = 5, .parameter = "window"},
        {.id = "ssim", .settings = {{"variant", "scikit"}}, .border = 3, .least = 7, .parameter = "window"},
        {.id = "ssim", .settings = {{"variant", "torchmetrics"}, {"sigma", 0.5}}, .least = 3, .parameter = "sigma"},
        {.id = "multiscale_ssim",
         .settings = {{"scales", 2}, {"window", 3}},
         .one_number = true,
         .least = 5,
         .parameter = "scales"},
        {.id = "feature_distance", .network = true},
    };
}

class EverySimilarity : public ::testing::TestWithParam<Case> {
   protected:
    Tensor random(std::vector<std::int64_t> sizes, torch::Dtype type = torch::kFloat32) const {
        return torch::rand(sizes, type);
    }
    Tensor reference(std::vector<std::int64_t> sizes, torch::Dtype type = torch::kFloat32) const {
        return GetParam().masks ? random(sizes, type).round() : random(sizes, type);
    }
};

TEST_P(EverySimilarity, IsZeroForEqualImagesAndNeverBelow) {
    const Case& c = GetParam();
    torch::manual_seed(1);
    for (int trial = 0; trial < 1000; ++trial) {
        const auto type = trial % 2 == 0 ? torch::kFloat32 : torch::kFloat64;
        const Tensor x = reference({2, trial % 3 == 0 ? 1 : 3, 9 + trial % 7, 9 + trial % 5}, type);
        // Noise of all strengths about the same, or something else altogether.
        const Tensor y =
            trial % 4 == 0 ? torch::rand_like(x) : (x + torch::randn_like(x) * std::pow(10.0, -trial % 6)).clamp(0, 1);
        ASSERT_LT(c.map(x, x).abs().max().item<double>(), 1e-12) << "trial " << trial;
        ASSERT_GE(c.map(x, y).min().item<double>(), -1e-6) << "trial " << trial;
    }
}

TEST_P(EverySimilarity, GrowsWithTheDifference) {
    const Case& c = GetParam();
    torch::manual_seed(2);
    for (int trial = 0; trial < 20; ++trial) {
        const Tensor x = reference({1, 3, 24, 24}, torch::kFloat64), other = random({1, 3, 24, 24}, torch::kFloat64);
        double last = 0;
        for (const double share : {0.05, 0.2, 0.5, 1.0}) {
            const double now = c.map(x, x + share * (other - x)).mean().item<double>();
            ASSERT_GT(now, last) << share;
            last = now;
        }
    }
}

TEST(Similarities, AreTheSameOnCuda) {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch sees no GPU here to compare on";
    torch::manual_seed(4);
    for (const Case& c : cases()) {
        Tensor y = torch::rand({3, 3, 30, 37}), x = c.masks ? torch::rand_like(y).round() : torch::rand_like(y);
        Tensor on_gpu = y.cuda().requires_grad_(true);
        y.requires_grad_(true);
        const Tensor here = c.map(x, y), there = c.map(x.cuda(), on_gpu);
        EXPECT_TRUE(there.is_cuda()) << c.id;
        const double largest = std::max(here.abs().max().item<double>(), 1.0);
        EXPECT_LT((there.cpu() - here).abs().max().item<double>(), 1e-5 * largest) << c.id;
        here.mean().backward();
        there.mean().backward();
        const double steepest = y.grad().abs().max().item<double>();
        EXPECT_LT((on_gpu.grad().cpu() - y.grad()).abs().max().item<double>(), 1e-4 * steepest) << c.id;
    }
}

TEST_P(EverySimilarity, GivesOneChannelOfTheImagesSizeLessAnEvenBorder) {
    const Case& c = GetParam();
    for (const std::int64_t channels : {1, 3}) {
        const Tensor map = c.map(reference({2, channels, 20, 27}), random({2, channels, 20, 27}));
        using Sizes = std::vector<std::int64_t>;
        EXPECT_EQ(map.sizes(),
                  c.one_number ? (Sizes{2, 1, 1, 1}) : (Sizes{2, 1, 20 - 2 * c.border, 27 - 2 * c.border}));
    }
}

TEST_P(EverySimilarity, IsSymmetricWhereItSaysSo) {
    const Case& c = GetParam();
    torch::manual_seed(3);
    double apart = 0;
    for (int trial = 0; trial < 1000; ++trial) {
        const Tensor x = random({1, 3, 11, 13}, torch::kFloat64), y = random({1, 3, 11, 13}, torch::kFloat64);
        apart = std::max(apart, (c.map(x, y) - c.map(y, x)).abs().max().item<double>());
    }
    if (c.symmetric)
        EXPECT_LT(apart, 1e-9);
    else
        EXPECT_GT(apart, 1e-3);
}

TEST_P(EverySimilarity, GradientIsThatOfFiniteDifferences) {
    const Case& c = GetParam();
    torch::manual_seed(4);
    const auto map = [&](const Tensor& a, const Tensor& b) { return c.map(a, b); };
    for (const std::int64_t channels : {1, 3})
        learn::expect_gradient(map,
                               {random({1, channels, 13, 12}, torch::kFloat64) * 0.9 + 0.05,
                                random({1, channels, 13, 12}, torch::kFloat64) * 0.9 + 0.05},
                               channels, c.tolerance);
}

TEST_P(EverySimilarity, GradientIsFiniteWhereImagesAreEqualOrFlat) {
    const Case& c = GetParam();
    torch::manual_seed(5);
    const auto flat = [](double r, double g, double b) {
        return torch::tensor({r, g, b}, torch::kFloat32).view({1, 3, 1, 1}).expand({1, 3, 12, 12}).clone();
    };
    const std::vector<Tensor> images{flat(0, 0, 0), flat(1, 1, 1),    flat(.5, .5, .5),       flat(1, 0, 0),
                                     flat(0, 0, 1), flat(.2, .6, .6), random({1, 3, 12, 12}), flat(0, 1e-4, 0)};
    for (const Tensor& a : images)
        for (const Tensor& b : images) {
            if (c.masks && !torch::equal(a, a.round())) continue;
            const Tensor x = a.clone().requires_grad_(!c.masks), y = b.clone().requires_grad_(true);
            const Tensor value = c.map(x, y).mean();
            ASSERT_TRUE(std::isfinite(value.item<double>()));
            value.backward();
            if (!c.masks) {
                ASSERT_TRUE(torch::isfinite(x.grad()).all().item<bool>());
            }
            ASSERT_TRUE(torch::isfinite(y.grad()).all().item<bool>());
            ASSERT_LT(y.grad().abs().max().item<double>(), 1e9);
        }
}

TEST_P(EverySimilarity, IsTheSameInSinglePrecisionAndHoweverTheImagesLieInMemory) {
    const Case& c = GetParam();
    torch::manual_seed(6);
    const Tensor x = reference({3, 3, 21, 18}, torch::kFloat64), y = random({3, 3, 21, 18}, torch::kFloat64);
    const Tensor exact = c.map(x, y), single = c.map(x.to(torch::kFloat32), y.to(torch::kFloat32));
    EXPECT_EQ(single.scalar_type(), torch::kFloat32);
    EXPECT_TRUE(torch::allclose(single.to(torch::kFloat64), exact, 1e-4, 1e-5)) << (single - exact).abs().max();
    const Tensor interleaved = c.map(x, y.contiguous(at::MemoryFormat::ChannelsLast));
    EXPECT_TRUE(torch::allclose(interleaved, exact, 1e-12, 1e-12));
}

TEST_P(EverySimilarity, ComparesEachImageOnItsOwn) {
    const Case& c = GetParam();
    torch::manual_seed(7);
    const Tensor x = reference({4, 3, 19, 22}), y = random({4, 3, 19, 22});
    const Tensor all = c.map(x, y);
    for (int i = 0; i < 4; ++i)
        EXPECT_TRUE(torch::allclose(c.map(x.narrow(0, i, 1), y.narrow(0, i, 1)), all.narrow(0, i, 1), 1e-5, 1e-7));
}

TEST_P(EverySimilarity, OfGreyImagesIsTheSameWithOneChannelAndThree) {
    const Case& c = GetParam();
    torch::manual_seed(8);
    learn::Settings settings = c.settings;
    if (c.id == "dice") settings["smooth"] = 1e-6;  // which counts pixels of all channels
    const Tensor x = reference({2, 1, 16, 17}, torch::kFloat64), y = random({2, 1, 16, 17}, torch::kFloat64);
    const auto object = c.made(settings);
    EXPECT_TRUE(torch::allclose(object->compare(x, y),
                                object->compare(x.expand({2, 3, 16, 17}), y.expand({2, 3, 16, 17})), 1e-7, 1e-9));
}

TEST_P(EverySimilarity, ValuesThatAreNotFiniteStayVisible) {
    const Case& c = GetParam();
    Tensor x = reference({1, 3, 16, 16}), y = random({1, 3, 16, 16});
    y[0][1][8][8] = std::nan("");
    EXPECT_TRUE(torch::isnan(c.map(x, y)).any().item<bool>());
}

TEST_P(EverySimilarity, SaysWhatDoesNotMatch) {
    const Case& c = GetParam();
    const auto error_of = [&](std::vector<std::int64_t> a, std::vector<std::int64_t> b) {
        return learn::error_of([&] { c.map(reference(a), random(b)); });
    };
    const auto sides = error_of({2, 3, 24, 32}, {2, 3, 32, 32});
    EXPECT_EQ(sides.fault(), fettle::Fault::shape);
    EXPECT_THAT(sides.what(), AllOf(HasSubstr("`reference` is 2 images of 32x24"), HasSubstr("32x32")));
    // LibTorch would take one channel, or one image, for as many as the other has.
    EXPECT_THAT(error_of({2, 1, 32, 32}, {2, 3, 32, 32}).what(),
                AllOf(HasSubstr("1 channel,"), HasSubstr("3 channels")));
    EXPECT_THAT(error_of({1, 3, 32, 32}, {4, 3, 32, 32}).what(),
                AllOf(HasSubstr("1 image of"), HasSubstr("4 images of")));
}

TEST_P(EverySimilarity, SaysWhichSideIsTheLeast) {
    const Case& c = GetParam();
    const auto small = [&](std::int64_t height, std::int64_t width) {
        return c.map(reference({1, 3, height, width}), random({1, 3, height, width}));
    };
    EXPECT_GE(small(c.least, c.least).numel(), 1);
    if (c.least == 1) return;
    for (const auto& [height, width] : {std::pair{c.least - 1, 40}, {40, c.least - 1}}) {
        const auto error = learn::error_of([&, h = height, w = width] { small(h, w); });
        EXPECT_EQ(error.fault(), fettle::Fault::shape);
        EXPECT_EQ(error.parameter(), c.parameter);
        EXPECT_THAT(error.what(), HasSubstr(std::to_string(width) + "x" + std::to_string(height)));
        EXPECT_THAT(error.help(), HasSubstr(std::to_string(c.least) + "x" + std::to_string(c.least)));
    }
}

TEST_P(EverySimilarity, CountsByItsWeight) {
    const Case& c = GetParam();
    learn::Settings heavy = c.settings;
    heavy["weight"] = 2.5;
    const auto plain = c.made(c.settings), weighed = c.made(heavy);
    const Tensor x = reference({1, 3, 16, 16}), y = random({1, 3, 16, 16});
    EXPECT_TRUE(learn::same_bits(weighed->weighted(x, y), plain->compare(x, y) * 2.5));
    EXPECT_TRUE(learn::same_bits(weighed->compare(x, y), plain->compare(x, y)));
}

TEST_P(EverySimilarity, GivesTheSameBitsWithOneThreadAndTwo) {
    const Case& c = GetParam();
    auto& plugin = learn::library("similarity");
    const std::string id = "similarity." + c.id;
    const auto stage = c.made(c.settings);
    for (const std::size_t count : {1, 16}) {
        std::vector<std::vector<float>> planes[2];
        for (const int threads : {1, 2}) {
            learn::TestContext context({}, 1, threads);
            const auto out = plugin.run(id, *stage,
                                        {{"reference", {learn::pictures(count, 208, 192)}},
                                         {"candidate", {learn::pictures(count, 208, 192, true)}}},
                                        context);
            std::vector<std::size_t> all(count);
            for (std::size_t i = 0; i < count; ++i) all[i] = i;
            const auto batch = std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps"))->read(all);
            for (std::size_t i = 0; i < count; ++i) planes[threads - 1].push_back(batch->plane(i).values);
        }
        EXPECT_EQ(planes[0], planes[1]) << count << " images";
    }
}

std::string name_of(const ::testing::TestParamInfo<Case>& info) {
    const auto variant = info.param.settings.find("variant");
    return info.param.id + (info.param.settings.count("deviation") > 0 ? "_deviation" : "") +
           (variant == info.param.settings.end() ? "" : "_" + variant->second.as<std::string>());
}

INSTANTIATE_TEST_SUITE_P(Learn, EverySimilarity, ::testing::ValuesIn(cases()), name_of);

}  // namespace
