// CutPaste, Perlin islands and noise, compared with what others compute.
#include "drawn.hpp"

#include "../../plugins/synthesize/normal_table.hpp"
#include "../../plugins/synthesize/perlin_noise.hpp"
#include "python.hpp"

#include <fstream>

namespace {

using namespace drawn;

void expect_equal(const std::uint8_t* a, const std::uint8_t* b, int x, int y) {
    for (int c = 0; c < 3; ++c) ASSERT_EQ(a[c], b[c]) << x << ", " << y;
}

TEST(CutPaste, WithoutJitterThePatchIsThePlaceItWasCutFrom) {
    const Image image = part(4);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Sample after = damaged("cutpaste", image, {{"jitter", 0.0}, {"contrast", 0.005}}, seed);
        const Json line = told(after);
        const int wide = line.at("patch_width"), high = line.at("patch_height"), from_x = line.at("from_x"),
                  from_y = line.at("from_y");
        const double share = static_cast<double>(wide) * high / (width * height);
        EXPECT_GE(share, 0.015);
        EXPECT_LE(share, 0.16);
        // The patch lies where all that changed comes from one shift; changes of less than three levels aren't made.
        const Box box = box_of(after.mask);
        bool found = false;
        for (int top = std::max(0, box.y1 - high); top <= std::min(box.y0, height - high) && !found; ++top)
            for (int left = std::max(0, box.x1 - wide); left <= std::min(box.x0, width - wide) && !found; ++left) {
                found = true;
                for (int y = 0; y < height && found; ++y)
                    for (int x = 0; x < width && found; ++x) {
                        if (*after.mask.at(x, y) == 0) continue;
                        found = std::equal(after.image.at(x, y), after.image.at(x, y) + 3,
                                           image.at(from_x + x - left, from_y + y - top));
                    }
            }
        EXPECT_TRUE(found) << "seed " << seed;
    }
}

TEST(CutPaste, AScarIsThinAndTurned) {
    const Image image = part(4, 300, 300);
    int turned = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Sample after = damaged("cutpaste", image, {{"variant", "scar"}, {"contrast", 0.01}}, seed);
        const Json line = told(after);
        EXPECT_EQ(line.at("variant"), "scar");
        EXPECT_LE(line.at("patch_width"), 19);
        EXPECT_GE(line.at("patch_height"), 11);
        EXPECT_LE(line.at("patch_height"), 30);
        EXPECT_LE(marked(after.mask),
                  line.at("patch_width").get<int>() * line.at("patch_height").get<int>() * 1.15 + 8);
        turned += std::abs(line.at("angle").get<double>()) > 10;
        EXPECT_LE(std::abs(line.at("angle").get<double>()), 45.001);
    }
    EXPECT_GT(turned, 4);
}

TEST(CutPaste, JitterStaysWithinItsShare) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        const Json line = told(damaged("cutpaste", part(4), {{"jitter", 0.25}}, seed));
        for (const char* factor : {"brightness", "contrast_factor", "saturation"}) {
            EXPECT_GE(line.at(factor), 0.7499);
            EXPECT_LE(line.at(factor), 1.2501);
        }
    }
}

TEST(PerlinNoise, EqualsNumpyFromTheSameGradients) {
    if (!has_python("numpy")) GTEST_SKIP() << "there is no python3 with numpy to compare with";
    const TemporaryFolder here;
    const PerlinNoise noise(77);
    const auto write = [&](const std::string& name, const std::vector<float>& values) {
        std::ofstream(here / name, std::ios::binary)
            .write(reinterpret_cast<const char*>(values.data()), static_cast<std::streamsize>(4 * values.size()));
    };
    std::vector<float> gradients;
    for (int y = 0; y <= 8; ++y)
        for (int x = 0; x <= 4; ++x)
            gradients.insert(gradients.end(), {noise.gradient(x, y).x, noise.gradient(x, y).y});
    write("gradients", gradients);
    write("field", noise.field(64, 96, {0, 0, 4 / 64.0f, 0, 0, 8 / 96.0f}).values);
    run_python(here.path(), R"(
import sys, numpy as np
f = sys.argv[1]
g = np.fromfile(f + '/gradients', np.float32).reshape(9, 5, 2).astype(float)
ours = np.fromfile(f + '/field', np.float32).reshape(96, 64)
y, x = np.mgrid[0:96, 0:64]
x, y = x / 16, y / 12
i, j = x.astype(int), y.astype(int)
u, v = x - i, y - j
fade = lambda t: 6 * t**5 - 15 * t**4 + 10 * t**3
dot = lambda a, b: g[j + b, i + a, 0] * (u - a) + g[j + b, i + a, 1] * (v - b)
lerp = lambda a, b, t: a + t * (b - a)
n = np.sqrt(2) * lerp(lerp(dot(0, 0), dot(1, 0), fade(u)), lerp(dot(0, 1), dot(1, 1), fade(u)), fade(v))
assert np.abs(n - ours).max() < 1e-5, np.abs(n - ours).max()
assert np.abs(np.hypot(g[..., 0], g[..., 1]) - 1).max() < 1e-6
assert np.abs(g.mean((0, 1))).max() < 0.4
)");
}

TEST(PerlinNoise, ATurnedLatticeHasTheSameValuesAtTheSamePlaces) {
    const PerlinNoise noise(5);
    const auto straight = noise.field(40, 30, {2, 3, 0.25f, 0, 0, 0.125f}),
               turned = noise.field(30, 40, {2, 3, 0, 0.125f, 0.25f, 0});  // the axes exchanged
    for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 40; ++x) EXPECT_NEAR(straight.at(x, y), turned.at(y, x), 1e-5);
    const auto negative = noise.field(8, 8, {-4, -4, 1, 0, 0, 1});
    for (const float value : negative.values) EXPECT_EQ(value, 0);  // at the lattice points
}

TEST(Perlin, ItsOwnTextureIsTheImageRolled) {
    const Image image = part(6);
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        const Sample after = damaged("perlin", image, {{"opacity", range(1, 1)}, {"vary", false}}, seed);
        const Json line = told(after);
        EXPECT_EQ(line.at("texture"), "itself");
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x)
                if (*after.mask.at(x, y) != 0)
                    expect_equal(after.image.at(x, y),
                                 image.at((x + line.at("roll_x").get<int>()) % width,
                                          (y + line.at("roll_y").get<int>()) % height),
                                 x, y);
    }
}

TEST(Perlin, OpacityMixesObjectsIn) {
    const auto images = parts(8);
    const auto objects = fixed_images({sample_of("wall", Image(30, 50, 3, 240))});
    const auto out = damaged("perlin", images, {{"opacity", range(0.5, 0.5)}, {"vary", false}}, 1, objects);
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample before = sample_at(*images, i), after = sample_at(*out, i);
        EXPECT_EQ(told(after).at("texture"), "wall");
        for (std::size_t k = 0; k < before.image.pixels.size(); ++k)
            if (after.mask.pixels[k / 3] != 0) {
                EXPECT_NEAR(after.image.pixels[k], (before.image.pixels[k] + 240) / 2.0, 0.51);
            }
    }
}

TEST(Perlin, AHigherThresholdLeavesLess) {
    const Image image = part(6);
    long low = 0, high = 0;
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        const Settings common{{"scale", range(3, 3)}, {"opacity", range(1, 1)}, {"contrast", 0.0}};
        for (const double threshold : {0.0, 0.4}) {
            Settings settings = common;
            settings["threshold"] = threshold;
            (threshold == 0 ? low : high) += marked(damaged("perlin", image, settings, seed).mask);
        }
    }
    EXPECT_LT(3 * high, 2 * low);
    EXPECT_GT(low, 10 * width * height / 4);  // above 0 is about half of it
}

TEST(NormalTable, EqualsScipysQuantilesAndSplitMixItsPublishedValues) {
    // First outputs of SplitMix64 for the seed 1234567, as its authors' reference program prints them.
    const std::array<std::uint64_t, 5> published{6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
                                                 4593380528125082431u, 16408922859458223821u};
    for (std::size_t k = 0; k < published.size(); ++k) EXPECT_EQ(split_mix(1234567, k), published[k]);
    if (!has_python("scipy")) GTEST_SKIP() << "there is no python3 with scipy to compare with";
    const TemporaryFolder here;
    std::ofstream(here / "table", std::ios::binary)
        .write(reinterpret_cast<const char*>(normal_table().data()), 4 * 4096);
    run_python(here.path(), R"(
import sys, numpy as np
from scipy.stats import norm
t = np.fromfile(sys.argv[1] + '/table', np.float32)
assert np.abs(t - norm.ppf((np.arange(4096) + 0.5) / 4096)).max() < 1e-5
)");
}

TEST(Noise, GaussianHasTheDeviationDrawn) {
    const Image image(256, 256, 3, 128);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Sample after = damaged("noise", image, {{"sigma", range(0.02, 0.1)}}, seed);
        const double sigma = 255 * told(after).at("sigma").get<double>();
        double sum = 0, squares = 0, cubes = 0, fourths = 0, neighbours = 0;
        const std::size_t count = image.pixels.size() / 3;
        for (std::size_t i = 0; i < count; ++i) {
            const double z = (after.image.pixels[3 * i] - 128) / sigma;
            sum += z, squares += z * z, cubes += z * z * z, fourths += z * z * z * z;
            if (i > 0) neighbours += z * (after.image.pixels[3 * i - 3] - 128) / sigma;
        }
        const auto n = static_cast<double>(count);  // 65,536: the mean's error is 0.004
        EXPECT_NEAR(sum / n, 0, 0.02);
        EXPECT_NEAR(squares / n, 1, 0.03);
        EXPECT_NEAR(cubes / n, 0, 0.05);
        EXPECT_NEAR(fourths / n, 3, 0.15);
        EXPECT_NEAR(neighbours / n, 0, 0.02);
    }
}

TEST(Noise, ChannelsOfAColourImageDifferOnTheirOwn) {
    Image image(256, 256, 3, 128);
    image.pixels[0] = 127;
    const Sample after = damaged("noise", image, {{"sigma", range(0.05, 0.05)}});
    double together = 0, alone = 0;
    for (std::size_t i = 3; i < image.pixels.size(); i += 3) {
        together += (after.image.pixels[i] - 128.0) * (after.image.pixels[i + 1] - 128.0);
        alone += (after.image.pixels[i] - 128.0) * (after.image.pixels[i] - 128.0);
    }
    EXPECT_LT(std::abs(together / alone), 0.02);
}

TEST(Noise, SaltAndPepperHasTheDensityDrawn) {
    const Image image(256, 256, 3, 128);
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        const Sample after = damaged("noise", image, {{"kinds", Setting::List{"salt_and_pepper"}}}, seed);
        const double expected = told(after).at("density").get<double>() * 256 * 256;
        int salt = 0, pepper = 0;
        for (std::size_t i = 0; i < image.pixels.size(); i += 3) {
            const int value = after.image.pixels[i];
            salt += value == 255, pepper += value == 0;
            ASSERT_TRUE(value == 0 || value == 128 || value == 255);
        }
        EXPECT_NEAR(salt + pepper, expected, 5 * std::sqrt(expected));
        EXPECT_NEAR(salt, pepper, 5 * std::sqrt(expected));
        EXPECT_EQ(marked(after.mask), salt + pepper);
    }
}

TEST(Noise, BlurEqualsScikitImages) {
    if (!has_python("PIL, skimage")) GTEST_SKIP() << "there is no python3 with scikit-image to compare with";
    const TemporaryFolder here;
    const Image image = part(9);
    const Sample after = damaged("noise", image, {{"kinds", Setting::List{"blur"}}, {"blur", range(1.5, 1.5)}});
    write_file(here / "before.png", encode_image(image, ".png"));
    write_file(here / "after.png", encode_image(after.image, ".png"));
    run_python(here.path(), R"(
import sys, numpy as np
from PIL import Image
from skimage.filters import gaussian
f = sys.argv[1]
before, after = (np.asarray(Image.open(f + '/' + n + '.png')).astype(float) for n in ('before', 'after'))
theirs = np.stack([gaussian(before[..., c], 1.5, mode='mirror', truncate=3.4, preserve_range=True) for c in range(3)], -1)
assert np.abs(theirs - after).max() <= 1.6, np.abs(theirs - after).max()
)");
}

TEST(Noise, BrightAndDarkArePartedAsScikitImageDoes) {
    if (!has_python("PIL, skimage")) GTEST_SKIP() << "there is no python3 with scikit-image to compare with";
    const TemporaryFolder here;
    const Image image = part(9);
    write_file(here / "image.png", encode_image(image, ".png"));
    for (const char* side : {"bright", "dark"}) {
        // Pepper and salt on every pixel: the mask is all that may change.
        const Sample after = damaged(
            "noise", image, {{"kinds", Setting::List{"salt_and_pepper"}}, {"density", range(1, 1)}, {"on", side}});
        write_file(here / (std::string(side) + ".png"), encode_image(after.mask, ".png"));
    }
    run_python(here.path(), R"(
import sys, numpy as np
from PIL import Image
from skimage.filters import gaussian, threshold_otsu
f = sys.argv[1]
grey = np.round(np.asarray(Image.open(f + '/image.png')).astype(float) @ [0.299, 0.587, 0.114])
grey = np.round(gaussian(grey, 1, mode='mirror', preserve_range=True)).astype(np.uint8)
bright = grey > threshold_otsu(grey)
ours, dark = (np.asarray(Image.open(f + '/' + n + '.png')) == 255 for n in ('bright', 'dark'))
assert (ours ^ dark).all()
assert (ours != bright).mean() < 0.01, (ours != bright).mean()
assert 0.2 < ours.mean() < 0.8
)");
}

TEST(Noise, KindsAreDrawnAlike) {
    const auto images = parts(60);
    const auto out = damaged("noise", images, {{"kinds", Setting::List{"gaussian", "salt_and_pepper", "blur"}}});
    std::map<std::string, int> seen;
    for (std::size_t i = 0; i < images->size(); ++i) ++seen[told(sample_at(*out, i)).at("kind")];
    EXPECT_EQ(seen.size(), 3u);
    for (const auto& [kind, count] : seen) EXPECT_GT(count, 8) << kind;
    EXPECT_THAT(
        library().entry("synthesize.noise").check(*library().make("synthesize.noise", {{"kinds", Setting::List{}}})),
        HasSubstr("`kinds`"));
}

}  // namespace
