#include "transform/transforms.hpp"

namespace {

using namespace support;
using ::testing::HasSubstr;

Image normalised(const Image& image, const Settings& settings) {
    return transformed("transform.normalise", sample_of("a", image), settings).image;
}

/// Dull and tinted, so that channels differ.
Image dull() {
    Image image = picture(1, 60, 50);
    for (std::size_t i = 0; i < image.pixels.size(); ++i)
        image.pixels[i] = static_cast<std::uint8_t>(60 + 20 * (i % 3) + image.pixels[i] / (3 + i % 3));
    return image;
}

TEST(Normalise, RangeIsWhatNumpyMakesOfIt) {
    NEEDS_PYTHON("PIL, numpy");
    const Settings low_high{{"quantiles", Setting::List{0.02, 0.93}}};
    Settings each = low_high;
    each["channels"] = "each";
    const std::string stretch = "l, h = np.quantile(a, [0.02, 0.93]";
    EXPECT_LE(greatest_difference(normalised(dull(), low_high),
                                  by_python(dull(), "numpy", stretch + ")\nout = (a - l) * 255 / (h - l)")),
              1);
    EXPECT_LE(
        greatest_difference(normalised(dull(), each),
                            by_python(dull(), "numpy", stretch + ", axis=(0, 1))\nout = (a - l) * 255 / (h - l)")),
        1);
}

TEST(Normalise, DeviationIsWhatNumpyMakesOfIt) {
    NEEDS_PYTHON("PIL, numpy");
    const Settings joint{{"by", "deviation"}, {"mean", 110}, {"deviation", 30}};
    Settings each = joint;
    each["channels"] = "each";
    EXPECT_LE(greatest_difference(normalised(dull(), joint),
                                  by_python(dull(), "numpy", "out = (a - a.mean()) / a.std() * 30 + 110")),
              1);
    EXPECT_LE(greatest_difference(
                  normalised(dull(), each),
                  by_python(dull(), "numpy", "out = (a - a.mean(axis=(0, 1))) / a.std(axis=(0, 1)) * 30 + 110")),
              1);
}

TEST(Normalise, BrightnessAndContrastDropOut) {
    // The same picture twice, the second darker and duller: afterwards they agree but for rounding.
    const Image bright = picture(2, 64, 64);
    Image dark = bright;
    for (auto& value : dark.pixels) value = static_cast<std::uint8_t>(std::lround(20 + 0.4 * value));
    for (const char* by : {"range", "deviation"}) {
        const Settings settings{{"by", by}};
        EXPECT_LE(greatest_difference(normalised(bright, settings), normalised(dark, settings)), 5) << by;
        EXPECT_GT(mean_difference(bright, dark), 20);
    }
}

TEST(Normalise, FlatImagesStayFlat) {
    const Image flat(20, 10, 3, 93);
    EXPECT_EQ(normalised(flat, {}), flat);
    EXPECT_EQ(normalised(flat, {{"by", "deviation"}, {"mean", 128}}), Image(20, 10, 3, 128));
    Image red(20, 10, 3, 0);  // one channel varies, two don't
    for (int x = 0; x < 20; ++x) red.at(x, 3)[0] = static_cast<std::uint8_t>(10 * x);
    const Image out = normalised(red, {{"channels", "each"}, {"quantiles", Setting::List{0, 1}}});
    EXPECT_EQ(out.at(19, 3)[0], 255);
    EXPECT_EQ(out.at(19, 3)[1], 0);
}

TEST(Normalise, QuantilesAscend) {
    EXPECT_EQ(complaint("transform.normalise", {}), "");
    EXPECT_THAT(complaint("transform.normalise", {{"quantiles", Setting::List{0.5, 0.5}}}), HasSubstr("`quantiles`"));
}

}  // namespace
