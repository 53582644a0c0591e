#include "../../plugins/hash/grey.hpp"
#include "../../plugins/hash/perceptual.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/roles/decide.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <array>
#include <cstdlib>
#include <functional>

namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/hash.so");
    return library;
}

std::filesystem::path data_folder() {
    const char* folder = std::getenv("FETTLE_DATA");
    return folder != nullptr ? folder : FETTLE_SOURCE_FOLDER "/../shared/data";
}

fettle::Image painted(int width, int height, const std::function<std::array<int, 3>(int, int)>& colour) {
    fettle::Image image(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const auto rgb = colour(x, y);
            for (int c = 0; c < 3; ++c) image.at(x, y)[c] = static_cast<std::uint8_t>(rgb[c]);
        }
    return image;
}

fettle::Image formula() {
    return painted(96, 64, [](int x, int y) {
        return std::array{(3 * x + 5 * y) % 256, x * y % 256, (255 - 2 * x - y + 512) % 256};
    });
}

std::string phash(const fettle::Image& image, int size = 8) {
    return fettle::to_hex(hash::perceptual_hash(image, size));
}

// Everything expected below was computed by imagehash 4.3.2 with Pillow 9.4 and scipy 1.11.

TEST(Grey, IsPillows) {
    const fettle::Image grey = hash::grey(formula());
    ASSERT_EQ(grey.channels, 1);
    EXPECT_THAT(std::vector<int>(grey.pixels.begin(), grey.pixels.begin() + 8),
                ElementsAre(29, 30, 30, 31, 32, 32, 33, 34));
}

TEST(ResizeLanczos, IsPillows) {
    const fettle::Image small = hash::resize_lanczos(hash::grey(formula()), 8, 8);
    EXPECT_THAT(std::vector<int>(small.pixels.begin(), small.pixels.begin() + 8),
                ElementsAre(48, 87, 116, 125, 135, 148, 125, 81));
}

TEST(ResizeLanczos, SkipsAPassThatChangesNothing) {
    const fettle::Image grey = hash::grey(formula());
    EXPECT_EQ(hash::resize_lanczos(grey, 96, 64), grey);
}

TEST(PerceptualHash, OfAFormula) { EXPECT_EQ(phash(formula()), "c040173f73173e3d"); }

TEST(PerceptualHash, OfPublishedImages) {
    const auto folder = data_folder() / "vectors";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the images behind imagehash's vectors are not in " << folder;
    const auto image = [&](const char* name) {
        return fettle::decode_image(fettle::read_bytes(folder / name), name).image;
    };
    const fettle::Image text = image("imagehash.png"), peppers = image("peppers.png");
    EXPECT_EQ(phash(text), "ba8c84536bd3c366");
    EXPECT_EQ(phash(peppers), "92a71cdc79d980e3");
    EXPECT_EQ(phash(text, 16), "fa418c6984ee53b46b3293cec34d6663992638b43cd1e4f0c66c67cd919cda56");
    EXPECT_EQ(phash(peppers, 16), "90e6a70e1c6fdca67816d8338034e316eb1b9e336d128bf3ccf34cb64512c7b2");
}

// 200 images of noise, wide and tall, by a linear congruential generator; their hashes folded into one number.
TEST(PerceptualHash, OfNoise) {
    std::uint32_t state = 1;
    std::uint64_t fold = 0;
    for (int i = 0; i < 200; ++i) {
        fettle::Image noise(9 + 37 * i % 150, 9 + 53 * i % 170, 3);
        for (auto& value : noise.pixels) {
            state = 1664525 * state + 1013904223;
            value = static_cast<std::uint8_t>(state >> 24);
        }
        fold = fold * 31 + std::stoull(phash(noise), nullptr, 16);
    }
    EXPECT_EQ(fold, 0x1b7de246afcb8ba7u);
}

// In such images most frequencies are 0 by symmetry; a rounding error there would set bits at random.
TEST(PerceptualHash, OfImagesWithNothingInMostFrequencies) {
    const auto grey = [](int value) { return std::array{value, value, value}; };
    for (const int value : {0, 1, 100, 255})
        for (const int side : {1, 7, 31, 200}) {
            const fettle::Image flat = painted(side, side, [&](int, int) { return grey(value); });
            EXPECT_EQ(phash(flat), value == 0 ? "0000000000000000" : "8000000000000000") << value << " at " << side;
        }
    EXPECT_EQ(phash(painted(100, 60, [&](int, int) { return grey(77); }), 5), "1000000");
    EXPECT_EQ(phash(painted(96, 64, [&](int x, int) { return grey(x / 16 % 2 * 255); })), "8100000000000000");
    EXPECT_EQ(phash(painted(96, 64, [&](int x, int) { return grey(x < 48 ? 255 : 0); })), "c400000000000000");
    EXPECT_EQ(phash(painted(96, 64, [&](int x, int) { return grey(2 * x); })), "8000000000000000");
    EXPECT_EQ(phash(painted(96, 64, [&](int, int y) { return grey(3 * y); })), "8000800080008000");
}

TEST(Hex, PadsOnTheLeft) {
    EXPECT_EQ(fettle::to_hex({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "00001");
    EXPECT_EQ(fettle::to_hex({0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0}), "0f0f0");
    EXPECT_EQ(fettle::to_hex({1, 0, 0, 0, 1}), "11");
}

TEST(Hamming, CountsAndRefusesOtherLengths) {
    EXPECT_EQ(fettle::bit_distance({1, 0, 1}, {0, 0, 1}), 1);
    EXPECT_THROW(fettle::bit_distance({1, 0}, {1, 0, 1}), fettle::Error);
}

TEST(HashPerceptual, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("hash.perceptual")), IsEmpty());
}

TEST(HashPerceptual, IsADistance) {
    const auto stage = plugin().make("hash.perceptual");
    const auto& distance = dynamic_cast<const fettle::Distance&>(*stage);
    fettle::Random random(5);
    std::vector<fettle::Image> images{formula()};
    for (int i = 0; i < 20; ++i) {
        fettle::Image noise(random.integer(1, 90), random.integer(1, 90), 3);
        for (auto& value : noise.pixels) value = static_cast<std::uint8_t>(random.integer(0, 255));
        images.push_back(std::move(noise));
    }
    for (const auto& a : images)
        for (const auto& b : images) {
            const double between = distance.distance(a, b);
            EXPECT_EQ(between, distance.distance(b, a));
            EXPECT_TRUE(&a == &b ? between == 0 : between >= 0 && between <= 64);
        }
}

TEST(HashPerceptual, RefusesAnImageWithoutPixels) {
    const auto stage = plugin().make("hash.perceptual");
    EXPECT_THROW(dynamic_cast<const fettle::Distance&>(*stage).distance({}, formula()), fettle::Error);
}

}  // namespace
