#include "transform/transforms.hpp"

#include <numbers>

namespace {

using namespace support;
using ::testing::HasSubstr;

constexpr double pi = std::numbers::pi;

struct Wheel {
    double x, y, radius;
    double flattening = 0, axis = 0;
    int spokes = 0;    ///< bright sectors
    double angle = 0;  ///< of the first one, radians, clockwise from the right
};

/// A wheel on a ground whose light changes across it, with edges a pixel wide and noise.
Image drawn(const Wheel& wheel, std::uint64_t seed, int width, int height) {
    Random random(seed);
    Image image(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double at = std::atan2(y - wheel.y, x - wheel.x), distance = std::hypot(x - wheel.x, y - wheel.y);
            const double edge = wheel.radius * (1 + wheel.flattening * std::cos(2 * (at - wheel.axis)));
            const double cover = std::clamp(edge - distance + 0.5, 0.0, 1.0);
            const bool bright = wheel.spokes > 0 && std::cos(wheel.spokes * (at - wheel.angle)) > 0.5;
            const double part = distance < wheel.radius / 3 ? 60 : bright ? 230 : 190;
            const double value = cover * part + (1 - cover) * (110 + 30.0 * x / width) + 4 * random.normal();
            std::fill_n(image.at(x, y), 3, static_cast<std::uint8_t>(std::clamp(value, 0.0, 255.0)));
        }
    return image;
}

Wheel random_wheel(Random& random, int width, int height) {
    const double shorter = std::min(width, height);
    return {.x = width / 2.0 + random.uniform(-0.06, 0.06) * shorter,
            .y = height / 2.0 + random.uniform(-0.06, 0.06) * shorter,
            .radius = shorter * random.uniform(0.34, 0.43)};
}

Json step_of(const Sample& sample) { return Json::parse(sample.lineage.at(0)); }

TEST(Align, FindsTheCircle) {
    for (std::uint64_t seed = 1; seed <= 25; ++seed) {
        Random random(seed);
        const int width = random.integer(90, 420), height = random.integer(90, 420);
        Wheel wheel = random_wheel(random, width, height);
        if (seed % 2 == 0) wheel.flattening = random.uniform(0.02, 0.06), wheel.axis = random.uniform(0, pi);
        const Sample out = transformed("transform.align", sample_of("a", drawn(wheel, seed, width, height)), {});
        const Json step = step_of(out);
        ASSERT_TRUE(step.at("found").get<bool>()) << step;
        const double slack = 0.006 * wheel.radius + 0.4;
        EXPECT_NEAR(step.at("x").get<double>(), wheel.x, slack) << seed;
        EXPECT_NEAR(step.at("y").get<double>(), wheel.y, slack) << seed;
        EXPECT_NEAR(step.at("radius").get<double>(), wheel.radius, slack) << seed;
        EXPECT_NEAR(step.at("flattening").get<double>(), wheel.flattening, 0.012) << seed;
        EXPECT_GT(step.at("support").get<double>(), 0.8);
    }
}

/// Aligned once, a part lies where it should: looking again finds it in the middle.
TEST(Align, BringsItToTheMiddleAtTheRadiusAskedFor) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Random random(seed);
        const int width = random.integer(120, 300), height = random.integer(120, 300);
        Wheel wheel = random_wheel(random, width, height);
        wheel.flattening = 0.05, wheel.axis = random.uniform(0, pi);
        const Settings settings{{"radius", 0.4}, {"round", true}};
        const Sample once = transformed("transform.align", sample_of("a", drawn(wheel, seed, width, height)), settings);
        Sample again = once;
        again.lineage.clear();
        const Json step = step_of(transformed("transform.align", again, settings));
        EXPECT_EQ(once.image.width, width);
        EXPECT_EQ(once.image.height, height);
        EXPECT_NEAR(step.at("x").get<double>(), (width - 1) / 2.0, 0.7);
        EXPECT_NEAR(step.at("y").get<double>(), (height - 1) / 2.0, 0.7);
        EXPECT_NEAR(step.at("radius").get<double>(), 0.4 * std::min(width, height), 1);
        EXPECT_LT(step.at("flattening").get<double>(), 0.015);
    }
}

TEST(Align, TurnsTheStrongestDirectionUp) {
    for (const int spokes : {1, 3, 6})
        for (std::uint64_t seed = 1; seed <= 6; ++seed) {
            Random random(seed);
            Wheel wheel = random_wheel(random, 160, 160);
            wheel.spokes = spokes, wheel.angle = random.uniform(0, 2 * pi);
            const Sample out =
                transformed("transform.align", sample_of("a", drawn(wheel, seed, 160, 160)),
                            {{"angle", "dominant"}, {"harmonic", spokes}, {"ring", Setting::List{0.5, 0.9}}});
            const double turn = step_of(out).at("angle").get<double>() * pi / 180;
            EXPECT_NEAR(std::remainder(wheel.angle + turn + pi / 2, 2 * pi / spokes), 0, 0.03) << spokes;
            EXPECT_LE(std::abs(turn), pi / spokes + 1e-9);
            // A bright spoke stands at the top: brighter than half a spacing beside it.
            const auto at = [&](double angle) {
                const double r = 0.45 * 160 * 0.7;
                return int{*out.image.at(static_cast<int>(79.5 + r * std::cos(angle)),
                                         static_cast<int>(79.5 + r * std::sin(angle)))};
            };
            EXPECT_GT(at(-pi / 2), at(-pi / 2 + pi / spokes) + 15) << spokes;
        }
}

TEST(Align, WithoutACircleNothingChangesAndLineageSaysSo) {
    Image ramp(120, 90, 3);
    for (int y = 0; y < 90; ++y)
        for (int x = 0; x < 120; ++x) std::fill_n(ramp.at(x, y), 3, static_cast<std::uint8_t>(2 * x));
    for (const Image& image :
         {noise_image(1, 150, 120), Image(100, 100, 3, 128), ramp, noise_image(2, 1, 1), noise_image(3, 3, 200)}) {
        const Sample out =
            transformed("transform.align", sample_of("a", image, Image(image.width, image.height, 1, 255)), {});
        EXPECT_EQ(out.image, image);
        EXPECT_EQ(out.mask, Image(image.width, image.height, 1, 255));
        EXPECT_FALSE(step_of(out).at("found").get<bool>());
    }
}

TEST(Align, RealCastingsCoincideBetter) {
    const auto archive = real_data("casting.zip");
    if (archive.empty()) GTEST_SKIP() << "casting.zip isn't here; FETTLE_DATA says where real images lie";
    Library datasets(FETTLE_PLUGIN_FOLDER "/dataset.so");
    TestContext context;
    const auto all = open_dataset(datasets, "dataset.archive", {{"path", archive.string()}}, context);
    auto order = Random(3).permutation(all->size());
    order.resize(80);
    const auto before = select_images(all, order), after = transformed("transform.align", before, {});
    const auto spread = [&](const Images& images) {  // mean absolute deviation from the mean image, inside the part
        std::vector<Image> each;
        std::vector<double> mean;
        for (std::size_t i = 0; i < images.size(); ++i) {
            each.push_back(sample_at(images, i).image);
            mean.resize(each.back().pixels.size());
            for (std::size_t p = 0; p < mean.size(); ++p) mean[p] += each.back().pixels[p] / 80.0;
        }
        double sum = 0, count = 0;
        for (const Image& image : each)
            for (int y = 0; y < image.height; ++y)
                for (int x = 0; x < image.width; ++x)
                    if (std::hypot(x - image.width / 2.0, y - image.height / 2.0) < 0.25 * image.width) {
                        const std::size_t p = 3 * (static_cast<std::size_t>(y) * image.width + x);
                        sum += std::abs(image.pixels[p] - mean[p]), ++count;
                    }
        return sum / count;
    };
    int found = 0;
    for (std::size_t i = 0; i < after->size(); ++i) found += step_of(sample_at(*after, i)).at("found").get<bool>();
    EXPECT_GE(found, 78);
    EXPECT_LT(spread(*after), 0.75 * spread(*before));
}

TEST(Align, ContradictionsAreFoundBeforeARun) {
    EXPECT_EQ(complaint("transform.align", {}), "");
    EXPECT_THAT(complaint("transform.align", {{"search", Setting::List{0.5, 0.4}}}), HasSubstr("`search`"));
    EXPECT_THAT(complaint("transform.align", {{"ring", Setting::List{0.9, 0.9}}}), HasSubstr("`ring`"));
}

}  // namespace
