// Each similarity against its formula in plain loops, or against NumPy, SciPy and scikit-image.
#include "similarity.hpp"

namespace {

using fettle::Tensor;
using learn::compare;
using ::testing::HasSubstr;

/// A value of a pair of numbers, averaged over channels, at every pixel: what a map has to be.
template <class Value>
void expect_map(const Tensor& map, const Tensor& x, const Tensor& y, const Value& value) {
    ASSERT_EQ(map.sizes(), (std::vector<std::int64_t>{x.size(0), 1, x.size(2), x.size(3)}));
    for (int n = 0; n < x.size(0); ++n)
        for (int i = 0; i < x.size(2); ++i)
            for (int k = 0; k < x.size(3); ++k) {
                double sum = 0;
                for (int c = 0; c < x.size(1); ++c)
                    sum += value(x[n][c][i][k].item<double>(), y[n][c][i][k].item<double>());
                ASSERT_NEAR(map[n][0][i][k].item<double>(), sum / static_cast<double>(x.size(1)), 1e-12);
            }
}

std::pair<Tensor, Tensor> noise(std::uint64_t seed, std::vector<std::int64_t> sizes = {2, 3, 5, 4}) {
    torch::manual_seed(seed);
    const Tensor x = torch::rand(sizes, torch::kFloat64);
    return {x, torch::rand(sizes, torch::kFloat64)};
}

/// What a script makes of two images: `r` and `c` are lists of channels, double; it writes `out`, an array.
Tensor in_python(const std::string& script, const Tensor& reference, const Tensor& candidate,
                 const std::string& modules) {
    const learn::Folder folder;
    learn::write_numbers(folder.path / "reference", reference[0]);
    learn::write_numbers(folder.path / "candidate", candidate[0]);
    const std::string shape = std::to_string(reference.size(1)) + ", " + std::to_string(reference.size(2)) + ", " +
                              std::to_string(reference.size(3));
    support::run_python(folder.path,
                        "import sys, numpy as np\nfolder = sys.argv[1] + '/'\n"
                        "r, c = (np.fromfile(folder + n).reshape(" +
                            shape + ") for n in ('reference', 'candidate'))\n" + script +
                            "\nnp.asarray(out, dtype=np.float64).tofile(folder + 'out')\n",
                        modules);
    return learn::read_numbers(folder.path / "out");
}

void expect_equal(const Tensor& ours, const Tensor& theirs, double tolerance) {
    ASSERT_EQ(ours.numel(), theirs.numel());
    EXPECT_LT((ours.flatten() - theirs).abs().max().item<double>(), tolerance);
}

/// A picture with edges, flat places and noise, and a damaged copy of it.
std::pair<Tensor, Tensor> pictures(int width, int height) {
    const auto tensor = [&](bool hole) {
        const fettle::Image image = learn::picture(3, width, height, hole);
        Tensor out = torch::empty({1, 3, height, width}, torch::kFloat64);
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                for (int c = 0; c < 3; ++c) out[0][c][y][x] = image.at(x, y)[c] / 255.0;
        return out;
    };
    torch::manual_seed(9);
    const Tensor damaged = tensor(true);
    return {tensor(false), (damaged * 0.9 + 0.03 * torch::randn_like(damaged)).clamp(0, 1)};
}

TEST(L1, AgreesWithPlainLoops) {
    const auto [x, y] = noise(1);
    expect_map(compare("similarity.l1", x, y), x, y, [](double a, double b) { return std::abs(a - b); });
}

TEST(Charbonnier, AgreesWithPlainLoopsAndKeepsItsDigitsWhereTheDifferenceIsSmall) {
    const auto [x, y] = noise(2);
    expect_map(compare("similarity.charbonnier", x, y, {{"epsilon", 0.3}}), x, y,
               [](double a, double b) { return std::sqrt((a - b) * (a - b) + 0.09) - 0.3; });
    const Tensor zero = torch::zeros({1, 1, 1, 1}), little = torch::full({1, 1, 1, 1}, 1e-5);
    EXPECT_NEAR(compare("similarity.charbonnier", zero, little, {{"epsilon", 0.1}}).item<double>(), 5e-10, 1e-15);
}

TEST(Psnr, IsTheBestLessThatOfScikitImage) {
    const std::string modules = "numpy, skimage";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and scikit-image";
    const auto [x, y] = pictures(40, 30);
    const Tensor theirs = in_python(
        "from skimage.metrics import peak_signal_noise_ratio as p\nout = [p(r, c, data_range=1)]", x, y, modules);
    EXPECT_NEAR(100 - compare("similarity.psnr", x, y).item<double>(), theirs.item<double>(), 1e-5);
    EXPECT_NEAR(140 - compare("similarity.psnr", x, y, {{"best", 140}}).item<double>(), theirs.item<double>(), 1e-9);
}

TEST(Psnr, RanksImagesAsTheirSquaredErrorDoes) {
    double last = -1;
    for (const double step : {0.0, 1e-6, 1e-5, 1e-4, 1e-2, 0.5, 1.0}) {
        const Tensor zero = torch::zeros({1, 3, 64, 64});
        const double now = compare("similarity.psnr", zero, zero + step).item<double>();
        EXPECT_GT(now, last) << step;
        last = now;
    }
    EXPECT_NEAR(last, 100, 1e-4);  // white for black: 0 dB
}

/// The paper's formulas (5) to (7), with SciPy's convolution; `halve` as in the authors' program.
constexpr const char* gms_in_python = R"(
from scipy.signal import convolve2d
across = np.array([[1, 0, -1]] * 3) / 3
def steep(x, mode): return np.sqrt(convolve2d(x, across, mode) ** 2 + convolve2d(x, across.T, mode) ** 2)
def gms(x, y, mode, k=.0026):
    m, n = steep(x, mode), steep(y, mode)
    return (2 * m * n + k) / (m ** 2 + n ** 2 + k)
def halve(x):
    h, w = x.shape[0] // 2 * 2, x.shape[1] // 2 * 2
    return (x[0:h:2, 0:w:2] + x[1:h:2, 0:w:2] + x[0:h:2, 1:w:2] + x[1:h:2, 1:w:2]) / 4
)";

TEST(GradientMagnitude, IsThePapersFormula) {
    const std::string modules = "numpy, scipy";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and SciPy";
    const auto [x, y] = pictures(41, 36);
    expect_equal(compare("similarity.gradient_magnitude", x, y),
                 in_python(std::string(gms_in_python) + "out = 1 - np.mean([gms(*p, 'valid') for p in zip(r, c)], 0)",
                           x, y, modules),
                 1e-12);
    expect_equal(compare("similarity.gradient_magnitude", x, y, {{"deviation", true}}),
                 in_python(std::string(gms_in_python) +
                               "out = [np.mean([np.std(gms(halve(a), halve(b), 'same')) for a, b in zip(r, c)])]",
                           x, y, modules),
                 1e-12);
}

TEST(GradientMagnitude, DoesNotSeeBrightness) {
    const auto [x, y] = pictures(32, 32);
    EXPECT_LT(compare("similarity.gradient_magnitude", x, x + 0.1).max().item<double>(), 1e-12);
    EXPECT_GT(compare("similarity.gradient_magnitude", x, y).max().item<double>(), 0.5);
}

TEST(MultiscaleGradientMagnitude, IsTheMeanOfItsScales) {
    const std::string modules = "numpy, scipy";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and SciPy";
    const auto [x, y] = pictures(48, 40);  // divided by 8 without remainder
    const Tensor theirs = in_python(std::string(gms_in_python) + R"(
from scipy.ndimage import map_coordinates
def whole(x, y): return 1 - gms(np.pad(x, 1, 'edge'), np.pad(y, 1, 'edge'), 'valid')
def enlarge(m, times):  # a large pixel's middle lies in the middle of the small ones that it covers
    at = [(np.arange(n * times) + .5) / times - .5 for n in m.shape]
    return map_coordinates(m, np.meshgrid(*at, indexing='ij'), order=1, mode='nearest')
out = 0
for a, b in zip(r, c):
    for scale in range(4):
        out = out + enlarge(whole(a, b), 2 ** scale) / 12
        a, b = halve(a), halve(b)
)",
                                    x, y, modules);
    expect_equal(compare("similarity.multiscale_gradient_magnitude", x, y), theirs, 1e-9);
    EXPECT_TRUE(learn::same_bits(
        compare("similarity.multiscale_gradient_magnitude", x, y, {{"scales", 1}}).narrow(2, 1, 38).narrow(3, 1, 46),
        compare("similarity.gradient_magnitude", x, y)));
}

TEST(MultiscaleGradientMagnitude, OfOddSidesIsThatOfALargerPictureCutOff) {
    const Tensor flat = torch::full({1, 1, 48, 56}, 0.5, torch::kFloat64);
    Tensor defect = flat.clone();
    defect.narrow(2, 30, 7).narrow(3, 34, 5).fill_(0.9);
    const auto cut = [](const Tensor& images) { return images.narrow(2, 0, 45).narrow(3, 0, 51); };
    const std::string id = "similarity.multiscale_gradient_magnitude";
    EXPECT_TRUE(torch::allclose(compare(id, cut(flat), cut(defect)), cut(compare(id, flat, defect)), 0, 1e-12));
}

TEST(LocalNormalisedCorrelation, AgreesWithSciPysWindows) {
    const std::string modules = "numpy, scipy";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and SciPy";
    const auto [x, y] = pictures(44, 37);
    for (const int window : {3, 9, 15, 37}) {
        const Tensor theirs = in_python(
            "from numpy.lib.stride_tricks import sliding_window_view as windows\nw = " + std::to_string(window) + R"(
out = 0
for a, b in zip(r, c):
    a, b = (windows(i, (w, w)).reshape(r.shape[1] - w + 1, -1, w * w) for i in (a, b))
    a, b = (i - i.mean(2, keepdims=True) for i in (a, b))
    va, vb, cov = ((i * j).mean(2) + .02 ** 2 for i, j in ((a, a), (b, b), (a, b)))
    out = out + (1 - cov / np.sqrt(va * vb)) / 3
)",
            x, y, modules);
        expect_equal(compare("similarity.local_normalised_correlation", x, y, {{"window", window}, {"flat", 0.02}}),
                     theirs, 1e-11);
    }
}

TEST(LocalNormalisedCorrelation, SeesStructureAlone) {
    torch::manual_seed(3);
    const Tensor x = torch::rand({1, 1, 32, 32}, torch::kFloat64), other = torch::rand_like(x);
    const auto mean = [&](const Tensor& y) {
        return compare("similarity.local_normalised_correlation", x, y).mean().item<double>();
    };
    EXPECT_LT(mean(0.5 * x + 0.3), 1e-3);
    EXPECT_NEAR(mean(other), 1, 0.05);
    EXPECT_NEAR(mean(1 - x), 2, 1e-2);
}

TEST(LocalNormalisedCorrelation, FlatWindowsAreAlikeAndUnlikeAnyOther) {
    const Tensor dark = torch::full({1, 1, 16, 16}, 0.2), light = torch::full({1, 1, 16, 16}, 0.7);
    torch::manual_seed(4);
    const Tensor rough = torch::rand({1, 1, 16, 16});
    const std::string id = "similarity.local_normalised_correlation";
    EXPECT_LT(compare(id, dark, light).max().item<float>(), 1e-5f);
    EXPECT_GT(compare(id, dark, rough).min().item<float>(), 0.9f);
    // The camera's noise on a flat ground is less than `flat`, and counts for little.
    const Tensor faint = dark + 1e-3 * torch::randn({1, 1, 16, 16});
    EXPECT_LT(compare(id, dark, faint).max().item<float>(), 0.05f);
}

TEST(Divergence, IsThatOfSciPyOnceDrawnIn) {
    const std::string modules = "numpy, scipy";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and SciPy";
    auto [x, y] = noise(5, {1, 3, 9, 7});
    x[0][0][0][0] = 0, y[0][0][0][0] = 1;  // infinitely far apart but for the margin
    const Tensor theirs = in_python(
        "from scipy.special import rel_entr\np, q = (.001 + .998 * i for i in (r, c))\n"
        "out = np.mean(rel_entr(p, q) + rel_entr(1 - p, 1 - q), 0)",
        x, y, modules);
    expect_equal(compare("similarity.divergence", x, y), theirs, 1e-12);
    // Values beyond the range are those at its end: a network's output may overshoot.
    EXPECT_TRUE(torch::allclose(compare("similarity.divergence", x, y + 2),
                                compare("similarity.divergence", x, torch::ones_like(y))));
}

TEST(Divergence, HasAGradientToLeaveTheWrongEndBy) {
    const Tensor white = torch::ones({1, 1, 2, 2}), black = torch::zeros({1, 1, 2, 2}).requires_grad_(true);
    compare("similarity.divergence", white, black).mean().backward();
    EXPECT_LT(black.grad().max().item<float>(), -100);  // downhill is up
}

TEST(Focal, AgreesWithPlainLoops) {
    auto [mask, p] = noise(6);
    mask = mask.round(), p = p * 0.9 + 0.05;
    for (const double gamma : {0.0, 0.5, 2.0, 5.0})
        for (const double alpha : {0.25, 0.7}) {
            const Tensor map = compare("similarity.focal", mask, p, {{"gamma", gamma}, {"alpha", alpha}});
            double worst = 0;
            for (int n = 0; n < 2; ++n)
                for (int i = 0; i < 5; ++i)
                    for (int k = 0; k < 4; ++k) {
                        double sum = 0;
                        for (int c = 0; c < 3; ++c) {
                            const bool one = mask[n][c][i][k].item<double>() == 1;
                            const double given = one ? p[n][c][i][k].item<double>() : 1 - p[n][c][i][k].item<double>();
                            sum -= (one ? alpha : 1 - alpha) * std::pow(1 - given, gamma) * std::log(given);
                        }
                        worst = std::max(worst, std::abs(map[n][0][i][k].item<double>() - sum / 3));
                    }
            EXPECT_LT(worst, 2e-5) << gamma;  // what the margin of 1e-6 makes of 0.05
        }
}

TEST(Focal, WithoutFocusIsHalfTheCrossEntropyOfLibTorch) {
    auto [mask, p] = noise(7);
    mask = mask.round(), p = p * 0.9 + 0.05;
    const Tensor cross_entropy = torch::nn::functional::binary_cross_entropy(p, mask);
    EXPECT_NEAR(2 * compare("similarity.focal", mask, p, {{"gamma", 0}, {"alpha", 0.5}}).mean().item<double>(),
                cross_entropy.item<double>(), 2e-5);
}

TEST(Focal, HardlyCountsWhatIsToldAlreadyAndHasAGradientToLeaveTheWrongEndBy) {
    const Tensor one = torch::ones({1, 1, 1, 1}, torch::kFloat64);
    const auto at = [&](double p) { return compare("similarity.focal", one, p * one).item<double>(); };
    EXPECT_NEAR(at(0.9) / at(0.5), 0.01 * std::log(0.9) / (0.25 * std::log(0.5)), 1e-4);
    const Tensor wrong = torch::zeros({1, 1, 1, 1}).requires_grad_(true);
    compare("similarity.focal", torch::ones({1, 1, 1, 1}), wrong).backward();
    EXPECT_LT(wrong.grad().item<float>(), -1000);
}

TEST(Dice, AgreesWithPlainLoops) {
    auto [mask, p] = noise(8, {3, 1, 6, 5});
    mask = mask.round();
    const Tensor ours = compare("similarity.dice", mask, p, {{"smooth", 0.7}});
    for (int n = 0; n < 3; ++n) {
        double both = 0, squares = 0;
        for (int i = 0; i < 6; ++i)
            for (int k = 0; k < 5; ++k) {
                const double m = mask[n][0][i][k].item<double>(), q = p[n][0][i][k].item<double>();
                both += m * q, squares += m * m + q * q;
            }
        EXPECT_NEAR(ours[n].item<double>(), 1 - (2 * both + 0.7) / (squares + 0.7), 1e-12);
    }
}

TEST(Dice, OfMasksIsTheShareThatOverlaps) {
    Tensor mask = torch::zeros({1, 1, 20, 20}), shifted = mask.clone();
    mask.narrow(3, 0, 10).fill_(1), shifted.narrow(3, 5, 10).fill_(1);
    EXPECT_NEAR(compare("similarity.dice", mask, shifted, {{"smooth", 1e-6}}).item<float>(), 0.5, 1e-5);
    EXPECT_EQ(compare("similarity.dice", mask * 0, mask * 0).item<float>(), 0);  // two empty masks are equal
    EXPECT_GT(compare("similarity.dice", mask * 0, mask).item<float>(), 0.99);
}

}  // namespace
