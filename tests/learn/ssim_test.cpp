// The values of similarity.ssim and similarity.multiscale_ssim: published ones, those of other people's libraries, and
// what must hold for any images.
#include "ssim.hpp"

namespace {

using namespace ssim_tests;
using learn::Settings;
using ::testing::AllOf;
using ::testing::HasSubstr;

const char* const single = "similarity.ssim";
const char* const multiscale = "similarity.multiscale_ssim";

double mean_ssim(const Tensor& a, const Tensor& b, const Settings& settings) {
    return 1 - compare(single, a, b, settings).to(torch::kFloat64).mean().item<double>();
}

/// What the three variants give for the reference pair: scikit-image's default; tf.image.ssim, pytorch-msssim and
/// scikit-image's Gaussian; torchmetrics.
const std::vector<std::pair<std::string, double>> published{
    {"scikit", 0.6706827205459464}, {"wang", 0.5881409192834592}, {"torchmetrics", 0.6000691866780961}};

TEST(SsimVariants, GiveThePublishedValues) {
    const auto [a, b] = reference_pair();
    for (const auto& [variant, value] : published) {
        EXPECT_NEAR(mean_ssim(a, b, {{"variant", variant}}), value, 1e-12) << variant;
        const auto grey = [](const Tensor& image) { return image.to(torch::kFloat32).expand({2, 3, 64, 96}); };
        EXPECT_NEAR(mean_ssim(grey(a), grey(b), {{"variant", variant}}), value, 1e-6) << variant;
    }
}

TEST(SsimVariants, CoverWhatTheirBorderLeaves) {
    const auto [a, b] = reference_pair();
    const auto sides = [&](const char* variant) { return compare(single, a, b, {{"variant", variant}}).sizes().vec(); };
    EXPECT_EQ(sides("wang"), (std::vector<std::int64_t>{1, 1, 54, 86}));
    EXPECT_EQ(sides("scikit"), (std::vector<std::int64_t>{1, 1, 58, 90}));
    EXPECT_EQ(sides("torchmetrics"), (std::vector<std::int64_t>{1, 1, 64, 96}));
}

/// What a script makes of images a and b, which it finds as arrays of shape N x C x H x W in [0, 1].
Tensor of_python(const Tensor& a, const Tensor& b, const std::string& script, const std::string& modules) {
    const learn::Folder folder;
    learn::write_numbers(folder.path / "a", a);
    learn::write_numbers(folder.path / "b", b);
    std::string shape;
    for (const auto side : a.sizes()) shape += std::to_string(side) + ",";
    support::run_python(folder.path,
                        "import sys, os, numpy\n"
                        "os.chdir(sys.argv[1])\n"
                        "a, b = (numpy.fromfile(n).reshape(" +
                            shape + ") for n in 'ab')\n" + script + "\nnumpy.asarray(out, dtype='f8').tofile('out')\n",
                        modules);
    return learn::read_numbers(folder.path / "out");
}

/// One value per image.
Tensor each(const Tensor& maps) { return 1 - maps.mean({1, 2, 3}); }

TEST(SsimVariants, AgreeWithScikitImage) {
    if (!support::has_python("skimage, numpy")) GTEST_SKIP() << "no Python with scikit-image to compare with";
    const auto images = noise({3, 3, 40, 37}, 1);
    const std::string call =
        "from skimage.metrics import structural_similarity as f\n"
        "out = [f(x, y, data_range=1.0, channel_axis=0";
    const Tensor usual = of_python(images[0], images[1], call + ") for x, y in zip(a, b)]", "skimage, numpy");
    EXPECT_LT((each(compare(single, images[0], images[1], {{"variant", "scikit"}})) - usual).abs().max().item<double>(),
              1e-12);
    const Tensor gaussian =
        of_python(images[0], images[1],
                  call + ", gaussian_weights=True, use_sample_covariance=False, sigma=1.5) for x, y in zip(a, b)]",
                  "skimage, numpy");
    EXPECT_LT((each(compare(single, images[0], images[1])) - gaussian).abs().max().item<double>(), 1e-12);
}

TEST(SsimVariants, AgreeWithTorchmetrics) {
    if (!support::has_python("torchmetrics, numpy")) GTEST_SKIP() << "no Python with torchmetrics to compare with";
    const auto images = noise({3, 3, 40, 37}, 2);
    for (const double sigma : {0.8, 1.5, 2.0}) {
        const Tensor peer =
            of_python(images[0], images[1],
                      "import torch\n"
                      "from torchmetrics.functional.image import structural_similarity_index_measure as f\n"
                      "out = f(torch.from_numpy(a), torch.from_numpy(b), data_range=1.0, reduction='none', sigma=" +
                          std::to_string(sigma) + ").numpy()",
                      "torchmetrics, numpy");
        const Tensor ours =
            each(compare(single, images[0], images[1], {{"variant", "torchmetrics"}, {"sigma", sigma}}));
        EXPECT_LT((ours - peer).abs().max().item<double>(), 1e-12) << "sigma " << sigma;
    }
}

/// pytorch-msssim makes its window in single precision, whatever the images; its sum isn't 1, and flat parts show that:
/// on photographs up to 2e-5 of what it says. With the same window in double it says what the formula does.
std::string with_window(const std::string& call, int channels, int taps = 11) {
    return "import torch, pytorch_msssim\n"
           "g = torch.exp(-(torch.arange(" +
           std::to_string(taps) + ", dtype=torch.float64) - " + std::to_string(taps / 2) +
           ").square() / (2 * 1.5 ** 2))\n"
           "win = (g / g.sum()).expand(" +
           std::to_string(channels) +
           ", 1, 1, -1)\n"
           "out = pytorch_msssim." +
           call + "torch.from_numpy(a), torch.from_numpy(b), data_range=1.0, size_average=False, win=win";
}

TEST(Ssim, AgreesWithPytorchMsssim) {
    if (!support::has_python("pytorch_msssim, numpy")) GTEST_SKIP() << "no Python with pytorch-msssim to compare with";
    const auto images = noise({4, 3, 40, 37}, 3);
    const Tensor peer = of_python(images[0], images[1], with_window("ssim(", 3) + ").numpy()", "pytorch_msssim, numpy");
    EXPECT_LT((each(compare(single, images[0], images[1])) - peer).abs().max().item<double>(), 1e-12);
}

TEST(MultiscaleSsim, AgreesWithPytorchMsssim) {
    if (!support::has_python("pytorch_msssim, numpy")) GTEST_SKIP() << "no Python with pytorch-msssim to compare with";
    const auto check = [](const std::vector<Tensor>& images, int scales, int window) {
        std::string weights = "[0.0448, 0.2856, 0.3001, 0.2363, 0.1333]";
        if (scales < 5)
            weights = "(lambda w: [x / sum(w) for x in w])(" + weights + "[:" + std::to_string(scales) + "])";
        const Tensor peer = of_python(
            images[0], images[1],
            with_window("ms_ssim(", static_cast<int>(images[0].size(1)), window) + ", weights=" + weights + ").numpy()",
            "pytorch_msssim, numpy");
        const Settings settings{{"scales", scales}, {"window", window}};
        const Tensor maps = compare(multiscale, images[0], images[1], settings);
        ASSERT_EQ(maps.sizes(), (std::vector<std::int64_t>{images[0].size(0), 1, 1, 1}));
        EXPECT_LT((each(maps) - peer).abs().max().item<double>(), 1e-12) << scales << " scales, window " << window;
        const Tensor coarse =
            compare(multiscale, images[0].to(torch::kFloat32), images[1].to(torch::kFloat32), settings);
        EXPECT_LT((each(coarse) - peer).abs().max().item<double>(), 1e-6) << scales << " scales, window " << window;
    };
    check(noise({3, 3, 176, 192}, 4), 5, 11);
    check(noise({2, 1, 161, 165}, 5), 5, 11);  // odd at every scale but the last
    check(noise({2, 3, 131, 118}, 6), 3, 7);
    auto inverted = noise({2, 3, 170, 170}, 7);
    inverted[1] = 1 - inverted[0];  // contrast below 0, which counts as 0
    check(inverted, 5, 11);
    for (const double brightness : {40, 128, 220}) {  // pictures of 256 levels, flat in large parts
        const Tensor flat = (brightness + torch::linspace(-30, 30, 180, torch::kFloat64)).floor();
        const Tensor picture = flat.expand({2, 3, 176, 180});
        check({(picture / 255).contiguous(), (picture + torch::randint(-3, 4, {2, 3, 176, 180})).clamp(0, 255) / 255},
              5, 11);
    }
}

TEST(MultiscaleSsim, SaysHowLargeImagesMustBe) {
    const auto error = learn::error_of([] {
        compare(multiscale, torch::rand({1, 3, 160, 300}), torch::rand({1, 3, 160, 300}));
    });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_EQ(error.parameter(), "scales");
    EXPECT_THAT(error.what(), HasSubstr("300x160"));
    EXPECT_THAT(error.help(), HasSubstr("161x161"));
    EXPECT_EQ(compare(multiscale, torch::rand({1, 3, 161, 161}), torch::rand({1, 3, 161, 161})).numel(), 1);
    EXPECT_EQ(compare(multiscale, torch::rand({2, 1, 21, 21}), torch::rand({2, 1, 21, 21}), {{"scales", 2}}).numel(),
              2);
}

/// One scale is SSIM; equal images differ by nothing; the order doesn't matter.
TEST(MultiscaleSsim, IsSsimAtOneScale) {
    const auto images = noise({2, 1, 40, 30}, 8);
    const Tensor whole = compare(single, images[0], images[1]).mean({1, 2, 3}, true);
    EXPECT_LT((compare(multiscale, images[0], images[1], {{"scales", 1}}) - whole).abs().max().item<double>(), 1e-12);
    const auto large = noise({2, 3, 170, 180}, 9);
    EXPECT_EQ(compare(multiscale, large[0], large[0]).abs().max().item<double>(), 0);
    EXPECT_TRUE(
        torch::allclose(compare(multiscale, large[0], large[1]), compare(multiscale, large[1], large[0]), 0, 1e-12));
}

TEST(Ssim, IsWhatMatrixProductsGive) {
    for (const int window : {3, 11, 17}) {
        const auto images = noise({2, 3, 41, 38}, 10);
        const Tensor map = compare(single, images[0], images[1], {{"window", window}, {"sigma", 2}});
        EXPECT_LT((map - by_matrices(images[0], images[1], window, 2)).abs().max().item<double>(), 1e-12) << window;
    }
}

/// Small differences of bright, nearly flat images: where single precision loses most if moments aren't centred, or if
/// the window's weights don't sum to 1.
TEST(Ssim, IsExactToAMillionthInSinglePrecision) {
    torch::manual_seed(11);
    for (const auto& [variant, value] : published)
        for (const double brightness : {0.02, 0.5, 0.98}) {
            const Tensor a = brightness + 0.02 * torch::rand({2, 3, 64, 64}, torch::kFloat64) - 0.01;
            const Tensor b = a + 0.01 * torch::rand({2, 3, 64, 64}, torch::kFloat64);
            const Tensor x = a.to(torch::kFloat32), y = b.to(torch::kFloat32);
            const auto map = [&](const Tensor& left, const Tensor& right) {
                return compare(single, left, right, {{"variant", variant}}).to(torch::kFloat64);
            };
            const Tensor exact = map(x.to(torch::kFloat64), y.to(torch::kFloat64));
            EXPECT_LT((map(x, y) - exact).abs().max().item<double>(), 2e-5) << variant << " " << brightness;
            EXPECT_LT((map(x, y) - exact).mean().abs().item<double>(), 3e-7) << variant << " " << brightness;
        }
}

/// As a camera gives them: few levels in large flat parts, so that what rounding does to one pixel it does to many.
TEST(Ssim, OfPicturesOf256LevelsIsExactToAMillionthInSinglePrecision) {
    torch::manual_seed(12);
    const auto slope = [](std::int64_t side) { return torch::linspace(90, 200, side, torch::kFloat64).floor(); };
    for (const auto& [variant, value] : published)
        for (const int noise : {1, 6, 30}) {
            const Tensor a = slope(200).expand({1, 3, 200, 200});
            const Tensor b = (a + torch::randint(-noise, noise + 1, {1, 3, 200, 200})).clamp(0, 255);
            const auto mean = [&](torch::ScalarType type) {
                return mean_ssim((a / 255).to(type), (b / 255).to(type), {{"variant", variant}});
            };
            EXPECT_NEAR(mean(torch::kFloat32), mean(torch::kFloat64), 1e-6) << variant << ", noise of " << noise;
        }
}

TEST(Ssim, EqualImagesDifferByNothingAtAll) {
    const auto images = noise({2, 3, 40, 30}, 12, torch::kFloat32);
    for (const auto& [variant, value] : published)
        EXPECT_EQ(compare(single, images[0], images[0], {{"variant", variant}}).abs().max().item<float>(), 0)
            << variant;
}

TEST(Ssim, IsSymmetric) {
    const auto images = noise({2, 3, 40, 30}, 13, torch::kFloat32);
    for (const auto& [variant, value] : published) {
        const Settings settings{{"variant", variant}};
        EXPECT_TRUE(torch::equal(compare(single, images[0], images[1], settings),
                                 compare(single, images[1], images[0], settings)))
            << variant;
    }
}

/// However a batch lies in memory, the map is the same to the last bit.
TEST(Ssim, TakesAnyLayout) {
    const auto images = noise({3, 3, 33, 45}, 14, torch::kFloat32);
    const Tensor map = compare(single, images[0], images[1]);
    const auto last = [](const Tensor& t) { return t.contiguous(at::MemoryFormat::ChannelsLast); };
    const Tensor wide = torch::zeros({3, 5, 40, 60});
    const Tensor part = wide.slice(1, 1, 4).slice(2, 2, 35).slice(3, 7, 52);
    part.copy_(images[1]);
    const Tensor turned = images[1].transpose(2, 3).contiguous().transpose(2, 3);
    EXPECT_TRUE(torch::equal(map, compare(single, last(images[0]), last(images[1]))));
    EXPECT_TRUE(torch::equal(map, compare(single, images[0], last(images[1]))));
    EXPECT_TRUE(torch::equal(map, compare(single, images[0], part)));
    EXPECT_TRUE(torch::equal(map, compare(single, last(images[0]), turned)));
    const Tensor one = images[0].slice(0, 0, 1);
    EXPECT_TRUE(torch::equal(compare(single, one.expand({3, 3, 33, 45}), images[1]),
                             compare(single, one.repeat({3, 1, 1, 1}), images[1])));
}

/// Alone, in a batch, on one thread or several, whatever strips the rows are divided into.
TEST(Ssim, GivesTheSameBitsAloneAndTogether) {
    const auto images = noise({18, 3, 200, 61}, 15, torch::kFloat32);
    const auto maps = [&](int threads) {
        return with_threads(threads, [&] { return compare(single, images[0], images[1]); });
    };
    const Tensor together = maps(1);
    EXPECT_TRUE(torch::equal(together, maps(2)));
    for (const std::int64_t n : {0, 7, 17})
        EXPECT_TRUE(torch::equal(together.slice(0, n, n + 1),
                                 compare(single, images[0].slice(0, n, n + 1), images[1].slice(0, n, n + 1))));
}

/// What isn't a number shows where a window meets it, and nowhere else.
TEST(Ssim, LetsNaNThrough) {
    auto images = noise({2, 3, 40, 50}, 16, torch::kFloat32);
    const Tensor whole = compare(single, images[0], images[1]);
    images[1][1][2][20][30] = std::nanf("");
    const Tensor map = compare(single, images[0], images[1]);
    Tensor expected = torch::zeros_like(map, torch::kBool);
    expected[1][0].slice(0, 10, 21).slice(1, 20, 31).fill_(true);
    EXPECT_TRUE(torch::equal(map.isnan(), expected));
    EXPECT_TRUE(torch::equal(map.masked_fill(expected, 0), whole.masked_fill(expected, 0)));
    const auto large = noise({2, 1, 161, 161}, 17);
    large[0][1][0][5][5] = std::nan("");
    const Tensor numbers = compare(multiscale, large[0], large[1]);
    EXPECT_TRUE(std::isfinite(numbers[0].item<double>()));
    EXPECT_TRUE(std::isnan(numbers[1].item<double>()));
}

/// Half precision is compared in single; a pair of which one is double, in double.
TEST(Ssim, ComparesOtherTypesInOneThatIsPreciseEnough) {
    const auto images = noise({2, 3, 20, 20}, 18);
    const Tensor x = images[0].to(torch::kBFloat16), y = images[1].to(torch::kFloat32);
    EXPECT_TRUE(torch::equal(compare(single, x, y), compare(single, x.to(torch::kFloat32), y)));
    EXPECT_EQ(compare(single, y, images[0]).scalar_type(), torch::kFloat64);
}

TEST(Ssim, SaysWhatIsTooSmallOrOfAnotherSize) {
    const auto of = [](const Settings& settings, std::vector<std::int64_t> a, std::vector<std::int64_t> b) {
        return learn::error_of([&] { compare(single, torch::rand(a), torch::rand(b), settings); });
    };
    EXPECT_THAT(of({}, {1, 3, 10, 40}, {1, 3, 10, 40}).what(), AllOf(HasSubstr("40x10"), HasSubstr("window of 11")));
    EXPECT_THAT(of({}, {1, 3, 10, 40}, {1, 3, 10, 40}).help(), HasSubstr("11x11"));
    EXPECT_THAT(of({{"variant", "scikit"}}, {1, 3, 6, 6}, {1, 3, 6, 6}).what(), HasSubstr("window of 7"));
    EXPECT_THAT(of({{"variant", "torchmetrics"}}, {1, 3, 5, 9}, {1, 3, 5, 9}).help(), HasSubstr("6x6"));
    EXPECT_THAT(of({}, {1, 3, 20, 40}, {1, 3, 40, 20}).what(), AllOf(HasSubstr("40x20"), HasSubstr("20x40")));
    EXPECT_THAT(of({}, {2, 3, 20, 20}, {1, 3, 20, 20}).what(), HasSubstr("2 images"));
    EXPECT_EQ(
        compare(single, torch::rand({1, 1, 6, 6}), torch::rand({1, 1, 6, 6}), {{"variant", "torchmetrics"}}).numel(),
        36);
    EXPECT_EQ(compare(single, torch::rand({0, 3, 20, 20}), torch::rand({0, 3, 20, 20})).numel(), 0);
}

TEST(Ssim, ChecksTheWindowAgainstTheVariant) {
    const auto complaint = [](const Settings& settings) {
        auto& library = learn::library("similarity");
        return library.entry(single).check(*library.make(single, settings));
    };
    EXPECT_EQ(complaint({}), "");
    EXPECT_EQ(complaint({{"window", 5}, {"sigma", 0.7}}), "");
    EXPECT_EQ(complaint({{"variant", "scikit"}}), "");
    EXPECT_EQ(complaint({{"variant", "scikit"}, {"window", 7}}), "");
    EXPECT_THAT(complaint({{"variant", "scikit"}, {"window", 9}}),
                AllOf(HasSubstr("window of 7"), HasSubstr("`wang`")));
    EXPECT_THAT(complaint({{"variant", "scikit"}, {"sigma", 2}}), HasSubstr("uniform window"));
    EXPECT_EQ(complaint({{"variant", "torchmetrics"}, {"sigma", 2}}), "");
    EXPECT_EQ(complaint({{"variant", "torchmetrics"}, {"sigma", 2}, {"window", 15}}), "");
    EXPECT_THAT(complaint({{"variant", "torchmetrics"}, {"window", 7}}), HasSubstr("11 wide"));
    EXPECT_THAT(complaint({{"variant", "torchmetrics"}, {"sigma", 40}}), HasSubstr("281 wide"));
    EXPECT_EQ(complaint({{"variant", "torchmetrics"}, {"sigma", 36}}), "");
}

}  // namespace
