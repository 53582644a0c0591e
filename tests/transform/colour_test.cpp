#include "transform/transforms.hpp"

namespace {

using namespace support;

Image coloured(const Image& image, const char* to, Settings settings = {}) {
    settings["to"] = to;
    return transformed("transform.colour", sample_of("a", image), settings).image;
}

TEST(Colour, GreyIsPillows) {
    NEEDS_PYTHON("PIL, numpy");
    const Image image = noise_image(1, 50, 40);
    EXPECT_EQ(coloured(image, "grey"), by_python(image, "PIL", "out = image.convert('L')"));
}

TEST(Colour, HsvIsPillowsWithHuesInACircle) {
    NEEDS_PYTHON("PIL, numpy");
    const Image image = noise_image(2, 50, 40);
    const Image ours = coloured(image, "hsv");
    const Image theirs = by_python(image, "PIL", "out = image.convert('HSV')");
    ASSERT_EQ(ours.pixels.size(), theirs.pixels.size());
    for (std::size_t i = 0; i < ours.pixels.size(); ++i) {
        const int off = std::abs(ours.pixels[i] - theirs.pixels[i]);
        EXPECT_LE(i % 3 == 0 ? std::min(off, 256 - off) : off, 2);  // Pillow cuts where OpenCV rounds
    }
}

TEST(Colour, LabIsThatOfScikitImage) {
    NEEDS_PYTHON("PIL, numpy, skimage.color");
    const Image image = noise_image(3, 50, 40);
    const Image theirs = by_python(image, "skimage.color",
                                   "lab = skimage.color.rgb2lab(a)\n"
                                   "out = lab * [255 / 100, 1, 1] + [0, 128, 128]");
    EXPECT_LE(greatest_difference(coloured(image, "lab"), theirs), 2);
}

TEST(Colour, ClaheInOneTileWithoutClippingIsPlainEqualisation) {
    NEEDS_PYTHON("PIL, numpy, skimage.exposure");
    const Image image = grey_picture(4, 80, 64);
    const Image ours = coloured(coloured(image, "clahe", {{"clip", 256}, {"grid", Setting::List{1, 1}}}), "lab");
    const Image theirs = by_python(coloured(image, "lab"), "skimage.exposure",
                                   "lightness = a[:, :, 0]\n"
                                   "out = 255 * skimage.exposure.equalize_hist(lightness, nbins=256)");
    for (std::size_t i = 0; i < ours.pixels.size(); i += 3) EXPECT_NEAR(ours.pixels[i], theirs.pixels[i], 4);
}

TEST(Colour, ClaheEvensOutContrastAndLeavesGreyGrey) {
    // The right half has a tenth of the left half's contrast.
    Image image = grey_picture(5, 128, 128);
    for (int y = 0; y < 128; ++y)
        for (int x = 64; x < 128; ++x)
            for (int c = 0; c < 3; ++c) image.at(x, y)[c] = static_cast<std::uint8_t>(100 + image.at(x, y)[c] / 10);
    const auto spread = [](const Image& of, int from) {
        double sum = 0, squares = 0;
        for (int y = 0; y < 128; ++y)
            for (int x = from; x < from + 64; ++x) sum += of.at(x, y)[0], squares += of.at(x, y)[0] * of.at(x, y)[0];
        const double mean = sum / (128 * 64);
        return std::sqrt(squares / (128 * 64) - mean * mean);
    };
    const Image out = coloured(image, "clahe", {{"clip", 8}});
    EXPECT_GT(spread(out, 64) / spread(out, 0), 2 * spread(image, 64) / spread(image, 0));
    for (std::size_t i = 0; i < out.pixels.size(); i += 3) {
        EXPECT_NEAR(out.pixels[i], out.pixels[i + 1], 2);
        EXPECT_NEAR(out.pixels[i], out.pixels[i + 2], 2);
    }
}

TEST(Colour, TheMaskStays) {
    const Sample sample = sample_of("a", noise_image(6), noise_image(7, 24, 20, 1));
    for (const char* to : {"grey", "hsv", "lab", "clahe"})
        EXPECT_EQ(transformed("transform.colour", sample, {{"to", to}}).mask, sample.mask);
}

}  // namespace
