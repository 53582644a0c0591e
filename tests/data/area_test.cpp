// Shrinking by area against the mean by its definition, in whole numbers.
#include "support.hpp"

namespace {

using namespace support;

/// The shared length of the source's pixel i and the target's pixel k, in 1/(source * target) of the side.
std::int64_t shared(std::int64_t i, std::int64_t k, std::int64_t source, std::int64_t target) {
    return std::max<std::int64_t>(0, std::min((i + 1) * target, (k + 1) * source) - std::max(i * target, k * source));
}

double mean_of(const Image& image, int x, int y, int channel, int width, int height) {
    std::int64_t sum = 0;
    for (int v = y * image.height / height; v < image.height && shared(v, y, image.height, height) > 0; ++v)
        for (int u = x * image.width / width; u < image.width && shared(u, x, image.width, width) > 0; ++u)
            sum += shared(u, x, image.width, width) * shared(v, y, image.height, height) * image.at(u, v)[channel];
    return static_cast<double>(sum) / (static_cast<double>(image.width) * image.height);
}

TEST(Area, EveryPixelIsTheMeanOfWhatItCovers) {
    Random random(11);
    for (int trial = 0; trial < 60; ++trial) {
        const int width = random.integer(1, 90), height = random.integer(1, 90);
        const int to_width = random.integer(1, width), to_height = random.integer(1, height);
        const int channels = random.chance(0.5) ? 3 : 1;
        SCOPED_TRACE(std::to_string(width) + "x" + std::to_string(height) + " to " + std::to_string(to_width) + "x" +
                     std::to_string(to_height));
        const Image image = noise_image(static_cast<std::uint64_t>(trial), width, height, channels);
        const Image small = resize_image(image, to_width, to_height);
        ASSERT_EQ(small.width, to_width);
        ASSERT_EQ(small.height, to_height);
        for (int y = 0; y < to_height; ++y)
            for (int x = 0; x < to_width; ++x)
                for (int c = 0; c < channels; ++c)
                    ASSERT_NEAR(small.at(x, y)[c], mean_of(image, x, y, c, to_width, to_height), 0.501);
    }
}

TEST(Area, LargePicturesLoseNothing) {
    for (const std::uint8_t value : {0, 1, 77, 254, 255}) {
        const Image small = resize_image(Image(4093, 2039, 3, value), 1021, 513);  // primes: the largest weights
        EXPECT_EQ(small, Image(1021, 513, 3, value)) << int{value};
    }
    const Image image = noise_image(3, 4093, 611, 1);
    const Image small = resize_image(image, 97, 89);
    for (int y = 0; y < 89; y += 11)
        for (int x = 0; x < 97; x += 7) EXPECT_NEAR(*small.at(x, y), mean_of(image, x, y, 0, 97, 89), 0.501);
}

}  // namespace
