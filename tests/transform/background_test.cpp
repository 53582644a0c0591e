#include "transform/transforms.hpp"

namespace {

using namespace support;
using ::testing::HasSubstr;

/// What falls on a place of an image: a quadratic, from 0.4 to 1.
double light(double x, double y) {
    return 1 - 0.35 * (x - 0.7) * (x - 0.7) - 0.4 * (y - 0.3) * (y - 0.3) - 0.2 * x * y;
}

Image lit(const Image& image) {
    Image out = image;
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            for (int c = 0; c < 3; ++c)
                out.at(x, y)[c] = static_cast<std::uint8_t>(
                    std::lround(image.at(x, y)[c] * light((x + 0.5) / image.width, (y + 0.5) / image.height)));
    return out;
}

double mean_of(const Image& image) {
    double sum = 0;
    for (const auto value : image.pixels) sum += value;
    return sum / static_cast<double>(image.pixels.size());
}

double deviation_of(const Image& image) {
    double squares = 0;
    for (const auto value : image.pixels) squares += (value - mean_of(image)) * (value - mean_of(image));
    return std::sqrt(squares / static_cast<double>(image.pixels.size()));
}

Image evened(const Image& image, const Settings& settings) {
    return transformed("transform.background", sample_of("a.png", image), settings).image;
}

TEST(Background, AnEvenSurfaceBecomesEven) {
    const Image uneven = lit(Image(64, 48, 3, 200));
    EXPECT_GT(deviation_of(uneven), 15);
    for (const auto& [by, most] : {std::pair{"quadratic", 0.6}, std::pair{"gaussian", 8.0}}) {
        const Image out = evened(uneven, {{"by", by}});
        EXPECT_LT(deviation_of(out), most) << by;
        EXPECT_NEAR(mean_of(out), mean_of(uneven), 0.5) << by;
    }
}

TEST(Background, IsTheQuotientByScipysGaussian) {
    NEEDS_PYTHON("PIL, numpy, scipy.ndimage");
    Image image = lit(picture(2, 120, 90));
    for (const double sigma : {0.05, 0.3}) {
        const Image theirs = by_python(image, "scipy.ndimage",
                                       "v = a.astype(float)\n"
                                       "slow = scipy.ndimage.gaussian_filter(v @ [0.299, 0.587, 0.114], " +
                                           std::to_string(sigma * 90) +
                                           ", mode='reflect')\n"
                                           "out = v / slow[:, :, None]\nout *= v.sum() / out.sum()");
        const Image ours = evened(image, {{"sigma", sigma}});
        EXPECT_LE(mean_difference(ours, theirs), 0.6) << sigma;
        EXPECT_LE(greatest_difference(ours, theirs), 4) << sigma;
    }
}

TEST(Background, HuesStay) {
    Image image(40, 30, 3);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i] = 200, image.pixels[i + 1] = 100, image.pixels[i + 2] = 50;
    const Image out = evened(lit(image), {{"by", "quadratic"}});
    for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
        EXPECT_NEAR(out.pixels[i + 1], out.pixels[i] / 2.0, 2);
        EXPECT_NEAR(out.pixels[i + 2], out.pixels[i] / 4.0, 2);
    }
}

TEST(Background, APictureOfTheLightTakesItOut) {
    const TemporaryFolder folder;
    write_file(folder / "flat.png", encode_image(lit(Image(80, 60, 3, 230)), ".png"));
    const Settings settings{{"by", "reference"}, {"reference", (folder / "flat.png").string()}};
    const Image image = picture(3, 80, 60), out = evened(lit(image), settings);
    const double factor = mean_of(out) / mean_of(image);  // the mean is the darkened image's
    double off = 0;
    for (std::size_t i = 0; i < image.pixels.size(); ++i) off += std::abs(out.pixels[i] - factor * image.pixels[i]);
    EXPECT_LT(off / static_cast<double>(image.pixels.size()), 1);
    const Error error = error_of([&] { evened(picture(3, 60, 80), settings); });
    EXPECT_THAT(error.what(), HasSubstr("`a.png` is 60x80"));
    EXPECT_THAT(error.what(), HasSubstr("80x60"));
}

TEST(Background, BlackAndTinyImagesWork) {
    for (const char* by : {"gaussian", "quadratic"}) {
        EXPECT_EQ(evened(Image(20, 20, 3, 0), {{"by", by}}), Image(20, 20, 3, 0));
        EXPECT_EQ(evened(Image(1, 1, 3, 90), {{"by", by}}), Image(1, 1, 3, 90));
        EXPECT_EQ(evened(Image(2, 1, 3, 90), {{"by", by}}), Image(2, 1, 3, 90));
    }
}

TEST(Background, ContradictionsAreFoundBeforeARun) {
    EXPECT_EQ(complaint("transform.background", {}), "");
    EXPECT_THAT(complaint("transform.background", {{"by", "reference"}}), HasSubstr("`reference`"));
    EXPECT_THAT(complaint("transform.background", {{"reference", "a.png"}}), HasSubstr("by = \"reference\""));
}

}  // namespace
