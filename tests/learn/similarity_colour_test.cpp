// CIEDE2000 against its authors' test data and against scikit-image.
#include "similarity.hpp"

namespace {

using fettle::Tensor;
using learn::compare;
using ::testing::HasSubstr;

using Triple = std::array<double, 3>;

struct Pair {
    Triple first, second;
    double difference;
};

/// Table I of G. Sharma, W. Wu, E. Dalal, "The CIEDE2000 color-difference formula: implementation notes, supplementary
/// test data, and mathematical observations" (Color Research and Application 30, 2005): CIELAB, and the difference.
const std::vector<Pair> published{
    {{50, 2.6772, -79.7751}, {50, 0, -82.7485}, 2.0425},
    {{50, 3.1571, -77.2803}, {50, 0, -82.7485}, 2.8615},
    {{50, 2.8361, -74.0200}, {50, 0, -82.7485}, 3.4412},
    {{50, -1.3802, -84.2814}, {50, 0, -82.7485}, 1.0000},
    {{50, -1.1848, -84.8006}, {50, 0, -82.7485}, 1.0000},
    {{50, -0.9009, -85.5211}, {50, 0, -82.7485}, 1.0000},
    {{50, 0, 0}, {50, -1, 2}, 2.3669},
    {{50, -1, 2}, {50, 0, 0}, 2.3669},
    {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0009}, 7.1792},
    {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0010}, 7.1792},
    {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0011}, 7.2195},
    {{50, 2.4900, -0.0010}, {50, -2.4900, 0.0012}, 7.2195},
    {{50, -0.0010, 2.4900}, {50, 0.0009, -2.4900}, 4.8045},
    {{50, -0.0010, 2.4900}, {50, 0.0010, -2.4900}, 4.8045},
    {{50, -0.0010, 2.4900}, {50, 0.0011, -2.4900}, 4.7461},
    {{50, 2.5, 0}, {50, 0, -2.5}, 4.3065},
    {{50, 2.5, 0}, {73, 25, -18}, 27.1492},
    {{50, 2.5, 0}, {61, -5, 29}, 22.8977},
    {{50, 2.5, 0}, {56, -27, -3}, 31.9030},
    {{50, 2.5, 0}, {58, 24, 15}, 19.4535},
    {{50, 2.5, 0}, {50, 3.1736, 0.5854}, 1.0000},
    {{50, 2.5, 0}, {50, 3.2972, 0}, 1.0000},
    {{50, 2.5, 0}, {50, 1.8634, 0.5757}, 1.0000},
    {{50, 2.5, 0}, {50, 3.2592, 0.3350}, 1.0000},
    {{60.2574, -34.0099, 36.2677}, {60.4626, -34.1751, 39.4387}, 1.2644},
    {{63.0109, -31.0961, -5.8663}, {62.8187, -29.7946, -4.0864}, 1.2630},
    {{61.2901, 3.7196, -5.3901}, {61.4292, 2.2480, -4.9620}, 1.8731},
    {{35.0831, -44.1164, 3.7933}, {35.0232, -40.0716, 1.5901}, 1.8645},
    {{22.7233, 20.0904, -46.6940}, {23.0331, 14.9730, -42.5619}, 2.0373},
    {{36.4612, 47.8580, 18.3852}, {36.2715, 50.5065, 21.2231}, 1.4146},
    {{90.8027, -2.0831, 1.4410}, {91.1528, -1.6435, 0.0447}, 1.4441},
    {{90.9257, -0.5406, -0.9208}, {88.6381, -0.8985, -0.7239}, 1.5381},
    {{6.7747, -0.2908, -2.4247}, {5.8714, -0.0985, -2.2286}, 0.6377},
    {{2.0776, 0.0795, -1.1350}, {0.9033, -0.0636, -0.5514}, 0.9082},
};

/// Linear RGB to XYZ for the primaries of ITU-R BT.709 under D65, from their chromaticities.
Tensor primaries() {
    const auto options = torch::kFloat64;
    const Tensor x = torch::tensor({0.64, 0.30, 0.15}, options), y = torch::tensor({0.33, 0.60, 0.06}, options);
    const Tensor columns = torch::stack({x / y, torch::ones_like(x), (1 - x - y) / y});
    const Tensor white = torch::tensor({0.95047, 1.0, 1.08883}, options);
    return columns * torch::mv(torch::inverse(columns), white);
}

/// One pixel of sRGB that has this colour; beyond 0 to 1 where no screen can show it.
Tensor pixel(const Triple& lab) {
    const double f = (lab[0] + 16) / 116;
    const auto ratio = [](double t) { return t > 6.0 / 29 ? t * t * t : 3 * 36.0 / 841 * (t - 4.0 / 29); };
    const Tensor xyz = torch::tensor({0.95047 * ratio(f + lab[1] / 500), ratio(f), 1.08883 * ratio(f - lab[2] / 200)},
                                     torch::kFloat64);
    Tensor rgb = torch::mv(torch::inverse(primaries()), xyz);
    for (int c = 0; c < 3; ++c) {
        const double v = rgb[c].item<double>();
        rgb[c] = v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
    }
    return rgb.view({1, 3, 1, 1});
}

double difference(const Tensor& a, const Tensor& b) {
    return compare("similarity.colour_difference", a, b).item<double>();
}

Tensor grey(double value) { return torch::full({1, 3, 1, 1}, value, torch::kFloat64); }

TEST(ColourDifference, GivesTheDifferencesItsAuthorsPublish) {
    ASSERT_EQ(published.size(), 34u);
    for (std::size_t i = 0; i < published.size(); ++i) {
        const auto& [first, second, expected] = published[i];
        const double there = difference(pixel(first), pixel(second)), back = difference(pixel(second), pixel(first));
        // Hues of the 10th and the 14th pair are exactly opposite, where the formula jumps; sRGB rounds to either side,
        // whose values are those of the pair after.
        for (const double ours : {there, back}) {
            const bool opposite = i == 9 || i == 13;
            const bool after = opposite && std::abs(ours - published[i + 1].difference) < 6e-5;
            EXPECT_TRUE(after || std::abs(ours - expected) < 6e-5) << "pair " << i + 1 << ": " << ours;
        }
    }
}

TEST(ColourDifference, AgreesWithScikitImage) {
    const std::string modules = "numpy, skimage";
    if (!support::has_python(modules)) GTEST_SKIP() << "no Python here has NumPy and scikit-image";
    torch::manual_seed(1);
    const Tensor x = torch::rand({1, 3, 60, 70}, torch::kFloat64);
    // Far apart above, near in the middle, and below levels of 8 bits, greys among them.
    Tensor y = torch::rand_like(x);
    y.narrow(2, 20, 40) = (x.narrow(2, 20, 40) + 0.02 * torch::randn({1, 3, 40, 70}, torch::kFloat64)).clamp(0, 1);
    y.narrow(2, 50, 10) = ((y.narrow(2, 50, 10) * 5).round() * 51 / 255).expand({1, 3, 10, 70});
    const learn::Folder folder;
    learn::write_numbers(folder.path / "x", x[0].permute({1, 2, 0}));
    learn::write_numbers(folder.path / "y", y[0].permute({1, 2, 0}));
    support::run_python(folder.path, R"(
import sys, numpy as np
from skimage.color import rgb2lab, deltaE_ciede2000
x, y = (rgb2lab(np.fromfile(sys.argv[1] + '/' + n).reshape(60, 70, 3)) for n in 'xy')
deltaE_ciede2000(x, y).tofile(sys.argv[1] + '/out')
)",
                        modules);
    const Tensor theirs = learn::read_numbers(folder.path / "out");
    const Tensor ours = compare("similarity.colour_difference", x, y).flatten();
    // Theirs rounds the matrix and the white to six digits, each on its own.
    EXPECT_LT(((ours - theirs).abs() / (1 + theirs)).max().item<double>(), 5e-3);
    const Tensor single =
        compare("similarity.colour_difference", x.to(torch::kFloat32), y.to(torch::kFloat32)).flatten();
    EXPECT_LT((ours - single).abs().max().item<double>(), 2e-3);
}

TEST(ColourDifference, OfGreysIsThatOfTheirLightness) {
    EXPECT_NEAR(difference(grey(0), grey(1)), 100, 1e-9);
    for (const auto& [a, b] : {std::pair{0.1, 0.2}, {0.5, 0.51}, {0.9, 0.3}}) {
        const auto lightness = [](double v) { return 116 * std::cbrt(std::pow((v + 0.055) / 1.055, 2.4)) - 16; };
        const double middle = std::pow((lightness(a) + lightness(b)) / 2 - 50, 2);
        const double expected = std::abs(lightness(a) - lightness(b)) / (1 + 0.015 * middle / std::sqrt(20 + middle));
        EXPECT_NEAR(difference(grey(a), grey(b)), expected, 1e-9);
        EXPECT_NEAR(difference(grey(a).narrow(1, 0, 1), grey(b).narrow(1, 0, 1)), expected, 1e-9);
        EXPECT_NEAR(difference(grey(a).to(torch::kFloat32), grey(b).to(torch::kFloat32)), expected, 1e-3);
    }
}

TEST(ColourDifference, GradientHoldsNearGreysAndNearBlack) {
    torch::manual_seed(2);
    const auto map = [](const Tensor& a, const Tensor& b) { return compare("similarity.colour_difference", a, b); };
    // Of hues that don't lie opposite each other, where the formula jumps.
    const Tensor reddish = torch::tensor({3e-3, 0.0, 0.0}, torch::kFloat64).view({1, 3, 1, 1});
    const auto nearly_grey = [&] {
        return torch::rand({1, 1, 6, 6}, torch::kFloat64) * 0.9 + 0.05 + reddish +
               1e-3 * torch::rand({1, 3, 6, 6}, torch::kFloat64);
    };
    learn::expect_gradient(map, {nearly_grey(), nearly_grey()}, 1, 1e-5);
    const Tensor dark = torch::rand({1, 3, 6, 6}, torch::kFloat64) * 0.08;
    learn::expect_gradient(map, {dark, torch::rand_like(dark) * 0.08}, 1, 1e-5);
}

TEST(ColourDifference, RefusesWhatHasNoColour) {
    const auto error = learn::error_of([] {
        compare("similarity.colour_difference", torch::rand({1, 4, 8, 8}), torch::rand({1, 4, 8, 8}));
    });
    EXPECT_EQ(error.fault(), fettle::Fault::shape);
    EXPECT_THAT(error.what(), HasSubstr("4 channels"));
}

}  // namespace
