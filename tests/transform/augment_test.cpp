#include "transform/transforms.hpp"

#include <tbb/global_control.h>

#include <set>
#include <tuple>

namespace {

using namespace support;
using ::testing::HasSubstr;

Setting range(double low, double high) { return Setting::List{low, high}; }

Image augmented(const Image& image, const Settings& settings, std::uint64_t seed = 1) {
    return transformed("transform.augment", sample_of("a", image), settings, seed).image;
}

Ref<Images> several(int count) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i)
        samples.push_back(sample_of("a" + std::to_string(i), picture(static_cast<std::uint64_t>(i), 40, 40)));
    return fixed_images(std::move(samples));
}

const Settings everything{
    {"flip", "both"},        {"rotate", range(-20, 20)}, {"contrast", range(0.8, 1.2)},  {"brightness", range(-20, 20)},
    {"blur", range(0.2, 1)}, {"noise", range(1, 5)},     {"jpeg", Setting::List{50, 95}}};

TEST(Augment, DoesNothingUnlessAsked) {
    const Sample sample = sample_of("a", noise_image(1), noise_image(2, 24, 20, 1));
    const Sample out = transformed("transform.augment", sample, {});
    EXPECT_EQ(out.image, sample.image);
    EXPECT_EQ(out.mask, sample.mask);
    EXPECT_TRUE(out.lineage.empty());
}

TEST(Augment, SamplesDependOnSeedIndexAndRoundAlone) {
    const auto images = several(12);
    const auto out = transformed("transform.augment", images, everything);
    const auto again = transformed("transform.augment", images, everything);
    const auto other = transformed("transform.augment", images, everything, 2);
    Settings settings = everything;
    settings["fresh"] = false;
    const auto fixed = transformed("transform.augment", images, settings);
    EXPECT_TRUE(out->varies());
    EXPECT_FALSE(fixed->varies());
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
    const auto order = Random(9).permutation(12);
    const auto batch = out->read(order, 3);
    for (std::size_t k = 0; k < 12; ++k) {
        const Sample alone = sample_at(*again, order[k], 3);
        EXPECT_EQ(batch->sample(k)->image, alone.image);
        EXPECT_EQ(batch->sample(k)->lineage, alone.lineage);
        EXPECT_NE(sample_at(*again, order[k], 4).image, alone.image);
        EXPECT_NE(sample_at(*other, order[k], 3).image, alone.image);
        EXPECT_EQ(sample_at(*fixed, order[k], 3).image, sample_at(*fixed, order[k], 0).image);
    }
}

TEST(Augment, LineageTellsEveryValueWithinItsRange) {
    const auto out = transformed("transform.augment", several(30), everything);
    int flipped = 0;
    for (std::size_t i = 0; i < out->size(); ++i) {
        const Sample sample = sample_at(*out, i);
        ASSERT_EQ(sample.lineage.size(), 1u);
        const Json line = Json::parse(sample.lineage[0]);
        EXPECT_EQ(line.at("stage"), "transform.augment");
        for (const auto& [key, low, high] :
             {std::tuple{"angle", -20.0, 20.0}, std::tuple{"contrast", 0.8, 1.2}, std::tuple{"brightness", -20.0, 20.0},
              std::tuple{"blur", 0.2, 1.0}, std::tuple{"noise", 1.0, 5.0}, std::tuple{"quality", 50.0, 95.0}}) {
            EXPECT_GE(line.at(key).get<double>(), low) << key;
            EXPECT_LE(line.at(key).get<double>(), high) << key;
        }
        flipped += line.at("flip_horizontal").get<bool>();
        EXPECT_TRUE(line.contains("flip_vertical"));
    }
    EXPECT_GT(flipped, 5);
    EXPECT_LT(flipped, 25);
}

TEST(Augment, QuarterTurnsMoveEveryPixelOfImageAndMaskAlike) {
    std::set<int> seen;
    for (std::uint64_t seed = 0; seed < 24; ++seed) {
        Sample sample = sample_of("a", noise_image(1, 16, 16), Image(16, 16, 1));
        for (int y = 0; y < 16; ++y)
            for (int x = 0; x < 16; ++x) *sample.mask.at(x, y) = *sample.image.at(x, y) >= 128 ? 255 : 0;
        const Sample out = transformed("transform.augment", sample, {{"quarter_turns", true}}, seed);
        const int quarters = Json::parse(out.lineage.at(0)).at("quarter_turns").get<int>();
        seen.insert(quarters);
        for (int y = 0; y < 16; ++y)
            for (int x = 0; x < 16; ++x) {
                int u = x, v = y;  // where the pixel lay: turned back clockwise, a quarter at a time
                for (int k = 0; k < quarters; ++k) std::tie(u, v) = std::pair{15 - v, u};
                ASSERT_EQ(*out.image.at(x, y), *sample.image.at(u, v)) << quarters << " at " << x << ", " << y;
                ASSERT_EQ(*out.mask.at(x, y), *sample.mask.at(u, v));
            }
    }
    EXPECT_EQ(seen, (std::set<int>{0, 1, 2, 3}));
}

TEST(Augment, ImagesThatArentSquareKeepTheirSides) {
    for (std::uint64_t seed = 0; seed < 12; ++seed) {
        const Sample out =
            transformed("transform.augment", sample_of("a", noise_image(1, 20, 16)), {{"quarter_turns", true}}, seed);
        EXPECT_EQ(out.image.width, 20);
        EXPECT_EQ(Json::parse(out.lineage.at(0)).at("quarter_turns").get<int>() % 2, 0);
    }
}

TEST(Augment, OneChangeLeavesTheDrawsOfTheOthers) {
    const auto angles = [](const Settings& settings) {
        const auto out = transformed("transform.augment", several(5), settings);
        std::vector<double> all;
        for (std::size_t i = 0; i < 5; ++i)
            all.push_back(Json::parse(sample_at(*out, i).lineage[0]).at("angle").get<double>());
        return all;
    };
    EXPECT_EQ(angles({{"rotate", range(-20, 20)}}), angles(everything));
}

TEST(Augment, FlipsMirror) {
    const Image image = noise_image(3, 9, 6);
    const auto out = transformed("transform.augment",
                                 fixed_images(std::vector<Sample>(16, sample_of("a", image, noise_image(4, 9, 6, 1)))),
                                 {{"flip", "both"}});
    for (std::size_t i = 0; i < 16; ++i) {
        const Sample sample = sample_at(*out, i);
        const Json line = Json::parse(sample.lineage.at(0));
        for (int y = 0; y < 6; ++y)
            for (int x = 0; x < 9; ++x) {
                const int from_x = line.at("flip_horizontal").get<bool>() ? 8 - x : x;
                const int from_y = line.at("flip_vertical").get<bool>() ? 5 - y : y;
                EXPECT_EQ(sample.image.at(x, y)[2], image.at(from_x, from_y)[2]);
                EXPECT_EQ(*sample.mask.at(x, y), *noise_image(4, 9, 6, 1).at(from_x, from_y));
            }
    }
}

TEST(Augment, TurnsAreThoseOfNumpyAndPillow) {
    NEEDS_PYTHON("PIL, numpy");
    const Image image = picture(5, 41, 41);
    for (const int quarters : {1, 2, 3})
        EXPECT_LE(greatest_difference(augmented(image, {{"rotate", range(90.0 * quarters, 90.0 * quarters)}}),
                                      by_python(image, "numpy", "out = np.rot90(a, " + std::to_string(quarters) + ")")),
                  1);
    // Pillow leaves the corners black: what was black before is compared nowhere.
    const Image ours = augmented(image, {{"rotate", range(25, 25)}});
    const Image theirs = by_python(image, "PIL", "out = image.rotate(25, Image.BILINEAR)");
    for (int y = 0; y < 41; ++y)
        for (int x = 0; x < 41; ++x)
            if (std::hypot(x - 20, y - 20) < 19)
                EXPECT_NEAR(ours.at(x, y)[1], theirs.at(x, y)[1], 3);  // thirty-seconds of a pixel here, exact there
}

TEST(Augment, LightChangesAsStated) {
    const Image image = picture(6, 40, 40);
    double mean = 0;
    for (const auto value : image.pixels) mean += value;
    mean /= static_cast<double>(image.pixels.size());
    const Image out = augmented(image, {{"contrast", range(0.5, 0.5)}, {"brightness", range(12, 12)}});
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        EXPECT_NEAR(out.pixels[i], (image.pixels[i] - mean) * 0.5 + mean + 12, 0.51);
}

TEST(Augment, BlurIsScipys) {
    NEEDS_PYTHON("PIL, numpy, scipy.ndimage");
    const Image image = noise_image(7, 50, 40);
    const Image theirs = by_python(
        image, "scipy.ndimage", "out = scipy.ndimage.gaussian_filter(a.astype(float), (1.7, 1.7, 0), mode='mirror')");
    EXPECT_LE(greatest_difference(augmented(image, {{"blur", range(1.7, 1.7)}}), theirs), 1);
}

TEST(Augment, NoiseHasTheDeviationAskedFor) {
    const Image flat(120, 120, 3, 128);
    Image coloured = flat;
    coloured.pixels[0] = 120;
    for (const double sigma : {2.0, 8.0}) {
        const Image grey_noise = augmented(flat, {{"noise", range(sigma, sigma)}});
        const Image noise = augmented(coloured, {{"noise", range(sigma, sigma)}});
        double sum = 0, squares = 0;
        int alike = 0;
        for (std::size_t i = 3; i < noise.pixels.size(); ++i) {
            const double off = noise.pixels[i] - 128.0;
            sum += off, squares += off * off;
            if (i % 3 == 1) alike += noise.pixels[i] == noise.pixels[i - 1];
            EXPECT_EQ(grey_noise.pixels[i], grey_noise.pixels[i - i % 3]);
        }
        const auto count = static_cast<double>(noise.pixels.size());
        EXPECT_NEAR(std::sqrt(squares / count), std::hypot(sigma, std::sqrt(1 / 12.0)), 0.03 * sigma);
        EXPECT_NEAR(sum / count, 0, 0.05 * sigma);
        EXPECT_LT(alike, 120 * 120 / 4);
    }
}

TEST(Augment, CompressionIsThatOfPillow) {
    NEEDS_PYTHON("PIL, numpy");
    const Image image = picture(8, 64, 48);
    double last = 0;
    for (const int quality : {95, 60, 20}) {
        const Image ours = augmented(image, {{"jpeg", Setting::List{quality, quality}}});
        const Image theirs = by_python(image, "PIL",
                                       "memory = io.BytesIO()\n"
                                       "image.save(memory, 'JPEG', quality=" +
                                           std::to_string(quality) +
                                           ")\n"
                                           "out = Image.open(memory)");
        EXPECT_LE(mean_difference(ours, theirs), 0.5) << quality;
        EXPECT_GT(mean_difference(ours, image), last) << quality;
        last = mean_difference(ours, image);
    }
}

TEST(Augment, ContradictionsAreFoundBeforeARun) {
    EXPECT_EQ(complaint("transform.augment", everything), "");
    EXPECT_EQ(complaint("transform.augment", {{"jpeg", Setting::List{80}}}), "");
    EXPECT_THAT(complaint("transform.augment", {{"blur", range(2, 1)}}), HasSubstr("`blur`"));
    EXPECT_THAT(complaint("transform.augment", {{"jpeg", Setting::List{80, 70}}}), HasSubstr("`jpeg`"));
    EXPECT_THAT(complaint("transform.augment", {{"jpeg", Setting::List{1, 2, 3}}}), HasSubstr("`jpeg`"));
}

}  // namespace
