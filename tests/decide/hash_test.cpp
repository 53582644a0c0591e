// The hashes against published values, and what they promise.
#include "../../plugins/hash/grey.hpp"
#include "hash_images.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/roles/decide.hpp>

#include <gmock/gmock.h>

namespace {

using namespace testing_hash;
using fettle::to_hex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string phash(const fettle::Image& image, int size = 8) { return to_hex(hash::perceptual_hash(image, size)); }

fettle::Image noise(fettle::Random& random, int width, int height, int channels = 3) {
    fettle::Image image(width, height, channels);
    for (auto& value : image.pixels) value = static_cast<std::uint8_t>(random.integer(0, 255));
    return image;
}

// Everything expected below was computed by imagehash 4.3.2 with Pillow 9.4 and scipy 1.11.

TEST(Grey, IsPillows) {
    const fettle::Image grey = hash::grey(formula());
    ASSERT_EQ(grey.channels, 1);
    EXPECT_THAT(std::vector<int>(grey.pixels.begin(), grey.pixels.begin() + 8),
                ElementsAre(29, 30, 30, 31, 32, 32, 33, 34));
}

TEST(ResizeGrey, IsPillows) {
    const fettle::Image small = hash::resize_grey(formula(), 8, 8);
    EXPECT_THAT(std::vector<int>(small.pixels.begin(), small.pixels.begin() + 8),
                ElementsAre(48, 87, 116, 125, 135, 148, 125, 81));
}

TEST(ResizeGrey, SkipsAPassThatChangesNothing) {
    EXPECT_EQ(hash::resize_grey(formula(), 96, 64), hash::grey(formula()));
}

TEST(ResizeGrey, IsTheSameOnEveryProcessor) {
    fettle::Random random(3);
    for (int i = 0; i < 300; ++i) {
        const auto image = noise(random, random.integer(1, 70), random.integer(1, 70), random.chance(0.5) ? 3 : 1);
        const int width = random.integer(1, 50), height = random.integer(1, 50);
        const fettle::Image plain = hash::resize_grey(image, width, height, hash::Code::portable);
        ASSERT_EQ(plain, hash::resize_grey(image, width, height, hash::Code::fastest));
        ASSERT_EQ(plain, hash::resize_grey(hash::grey(image), width, height));
    }
}

TEST(Hashes, OfAFormula) {
    const fettle::Image image = formula();
    EXPECT_EQ(to_hex(hash::average_hash(image, 8)), "1e7cf0e1c3871e3c");
    EXPECT_EQ(to_hex(hash::perceptual_hash(image, 8)), "c040173f73173e3d");
    EXPECT_EQ(to_hex(hash::perceptual_hash_simple(image, 8)), "2f2f3fada7b19692");
    EXPECT_EQ(to_hex(hash::difference_hash(image, 8)), "fcb1a3cf9f3f7cf8");
    EXPECT_EQ(to_hex(hash::difference_hash_vertical(image, 8)), "f9b3e7cf9f3f7cf8");
    EXPECT_EQ(to_hex(hash::wavelet_hash(image, 8)), "0e7c70e1c38f1e3c");
    EXPECT_EQ(to_hex(hash::colour_hash(image, 3)), "00000000009");
}

/// What imagehash publishes of one of its two images.
struct Published {
    const char* file;
    std::string average, perceptual, simple, difference, vertical, wavelet, colour3, colour4, median;
    std::string average16, perceptual16, difference16, regions;
    int regions_side;
};

const Published published[] = {
    {"imagehash.png", "ffd7918181c9ffff", "ba8c84536bd3c366", "0000000000597878", "0026273b2b19550e",
     "002000007eff37fe", "ffd391818181a5e7", "07007000000", "0e000f00000000", "ff9381818181c7e7",
     "fffffffff7bfe30feb27df27c083c003c003c003c003fdfffdf7fdfffc3fffff",
     "fa418c6984ee53b46b3293cec34d6663992638b43cd1e4f0c66c67cd919cda56",
     "042010000430467c126c966d95a69b8f949795bf136b2b331266127600b00000",
     "0026273b2b19550e,6286373334662535,6636192c47639573,999d6d67a3e82125,27a327c38191a4ad,938971382b328a46", 1000},
    {"peppers.png", "9f172786e71f1e00", "92a71cdc79d980e3", "92367879397d7f6e", "3a7ece1c9df4fcb9", "0760d8e17f1ec000",
     "9f1f2786e51f1e00", "00000030001", "01000000e00002", "9f172786e71f1e00",
     "66ef417f83bf0c3f0c3f103fc03ce038f839791903fd03fd03fd01f800300000",
     "90e6a70e1c6fdca67816d8338034e316eb1b9e336d128bf3ccf34cb64512c7b2",
     "ccd89a68367119ecb9f864f887f083e133e3f2336633ff893f21f761e7e367c3",
     "c4d9f3e3e1c18101,706c6e66464c99b9,98d8f1ecd8f0f0e1,a082c0c49acc6dbd,f1f39b99c1c1b1b1,3a7ece1c9df4fcb9", 300},
};

TEST(Hashes, OfPublishedImages) {
    const auto folder = data_folder() / "vectors";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << "the images behind imagehash's vectors are not in " << folder;
    std::vector<fettle::Bits> averages;
    for (const Published& known : published) {
        SCOPED_TRACE(known.file);
        const auto image = fettle::decode_image(fettle::read_bytes(folder / known.file), known.file).image;
        EXPECT_EQ(to_hex(averages.emplace_back(hash::average_hash(image, 8))), known.average);
        EXPECT_EQ(phash(image), known.perceptual);
        EXPECT_EQ(to_hex(hash::perceptual_hash_simple(image, 8)), known.simple);
        EXPECT_EQ(to_hex(hash::difference_hash(image, 8)), known.difference);
        EXPECT_EQ(to_hex(hash::difference_hash_vertical(image, 8)), known.vertical);
        EXPECT_EQ(to_hex(hash::wavelet_hash(image, 8)), known.wavelet);
        EXPECT_EQ(to_hex(hash::colour_hash(image, 3)), known.colour3);
        EXPECT_EQ(to_hex(hash::colour_hash(image, 4)), known.colour4);
        EXPECT_EQ(to_hex(hash::average_hash(image, 8, hash::Middle::median)), known.median);
        EXPECT_EQ(to_hex(hash::average_hash(image, 16)), known.average16);
        EXPECT_EQ(phash(image, 16), known.perceptual16);
        EXPECT_EQ(to_hex(hash::difference_hash(image, 16)), known.difference16);
        EXPECT_EQ(hash::regions_text(hash::crop_resistant_hash(image, 8, {.side = known.regions_side})), known.regions);
    }
    EXPECT_EQ(fettle::bit_distance(averages[0], averages[1]), 33);
}

// 200 images of noise, wide and tall, by a linear congruential generator; their hashes folded into one number.
TEST(PerceptualHash, OfNoise) {
    std::uint32_t state = 1;
    std::uint64_t fold = 0;
    for (int i = 0; i < 200; ++i) {
        fettle::Image image(9 + 37 * i % 150, 9 + 53 * i % 170, 3);
        for (auto& value : image.pixels) {
            state = 1664525 * state + 1013904223;
            value = static_cast<std::uint8_t>(state >> 24);
        }
        fold = fold * 31 + std::stoull(phash(image), nullptr, 16);
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

TEST(Hashes, OfFlatImagesAreAllZeros) {
    for (const int side : {1, 3, 8, 200}) {
        const fettle::Image flat(side, side, 3, 90);
        for (const auto& bits : {hash::average_hash(flat, 8), hash::perceptual_hash_simple(flat, 8),
                                 hash::difference_hash(flat, 8), hash::difference_hash_vertical(flat, 8),
                                 hash::wavelet_hash(flat, 8), hash::crop_resistant_hash(flat, 8).at(0)})
            EXPECT_EQ(to_hex(bits), "0000000000000000") << side;
    }
}

TEST(CropResistant, FindsWhatWasCropped) {
    const auto scene = [](int x, int y) {
        const bool disc = (x - 90) * (x - 90) + (y - 100) * (y - 100)<60 * 60, block = x> 190 && y > 150 && y < 260;
        const int value = disc ? 150 + (x + y) % 100 : block ? 255 - (x * y / 90) % 90 : 40 + (x ^ y) % 60;
        return std::array{value, value, value};
    };
    const auto whole = hash::crop_resistant_hash(painted(300, 300, scene), 8);
    const auto part = hash::crop_resistant_hash(painted(180, 200, scene), 8);
    ASSERT_EQ(whole.size(), 3u);
    EXPECT_EQ(hash::crop_resistant_distance(whole, whole), 0);
    EXPECT_LT(hash::crop_resistant_distance(part, whole), static_cast<double>(part.size()));
    EXPECT_EQ(hash::crop_resistant_distance(whole, {fettle::Bits(64, true)}), 3);
    EXPECT_EQ(hash::crop_resistant_hash(painted(300, 300, scene), 8, {.most = 1}).size(), 1u);
}

// The published text of five regions, and random ones of every size: what was written is read again.
TEST(CropResistant, ReadsWhatItWrites) {
    const std::string text = published[0].regions;
    EXPECT_EQ(hash::regions_text(hash::regions_from_text(text)), text);
    EXPECT_EQ(hash::regions_from_text(text).at(2), fettle::bits_from_hex("6636192c47639573"));
    fettle::Random random(7);
    for (int size = 2; size <= 64; ++size) {
        std::vector<fettle::Bits> regions(static_cast<std::size_t>(random.integer(1, 5)));
        for (fettle::Bits& region : regions)
            for (int i = 0; i < size * size; ++i) region.push_back(random.chance(0.5));
        EXPECT_EQ(hash::regions_from_text(hash::regions_text(regions)), regions) << size;
    }
}

TEST(CropResistant, RefusesTextThatIsNoHashOfRegions) {
    const auto message = [](const char* text) -> std::string {
        try {
            hash::regions_from_text(text);
        } catch (const fettle::Error& error) {
            return error.what();
        }
        return "nothing was thrown";
    };
    for (const char* text : {"", ",", "0f0f,", ",0f0f", "0f0f,,0f0f"})
        EXPECT_THAT(message(text), HasSubstr(std::string("`") + text + "` is no hash of regions")) << text;
    EXPECT_THAT(message("0f0f, 0f0f"), HasSubstr("` 0f0f` is no hash"));
    EXPECT_THAT(message("0f"), HasSubstr("no square has so many bits"));
    EXPECT_THAT(message("fff"), HasSubstr("no square has so many bits"));  // 9 bits, and three that must be 0
    EXPECT_THAT(message("1ff"), HasSubstr("nothing was thrown"));
    EXPECT_THAT(message("0f0f,f"), HasSubstr("of different lengths"));

    const auto stage = plugin().make("hash.crop_resistant");
    const auto& distance = dynamic_cast<const fettle::Distance&>(*stage);
    EXPECT_EQ(distance.text_distance("0f0f,ffff", "ffff,0f0f"), 0);
    EXPECT_EQ(distance.text_distance("0f0f,ffff", "0F0F"), 1);
    try {
        distance.text_distance("0f0f", "0123456789abcdef");
        FAIL() << "regions of 16 and of 64 bits were compared";
    } catch (const fettle::Error& error) {
        EXPECT_EQ(error.fault(), fettle::Fault::shape);
        EXPECT_THAT(error.what(), HasSubstr("16 bits, the candidate's of 64"));
        EXPECT_THAT(error.help(), HasSubstr("64 those of `size = 8`"));
    }
}

TEST(Hex, PadsOnTheLeft) {
    EXPECT_EQ(to_hex({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}), "00001");
    EXPECT_EQ(to_hex({0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0}), "0f0f0");
    EXPECT_EQ(to_hex({1, 0, 0, 0, 1}), "11");
}

TEST(Hamming, CountsAndRefusesOtherLengths) {
    EXPECT_EQ(fettle::bit_distance({1, 0, 1}, {0, 0, 1}), 1);
    EXPECT_THROW(fettle::bit_distance({1, 0}, {1, 0, 1}), fettle::Error);
}

TEST(HashWavelet, WantsAPowerOfTwo) {
    const auto& entry = plugin().entry("hash.wavelet");
    for (const int size : {2, 8, 64}) EXPECT_EQ(entry.check(*plugin().make("hash.wavelet", {{"size", size}})), "");
    const std::string wrong = entry.check(*plugin().make("hash.wavelet", {{"size", 12}}));
    EXPECT_THAT(wrong, HasSubstr("`size` is 12"));
    EXPECT_THAT(wrong, HasSubstr("8 or 16"));
}

/// Of every hash: [id]
class EveryHash : public ::testing::TestWithParam<const char*> {};

INSTANTIATE_TEST_SUITE_P(Hashes, EveryHash,
                         ::testing::Values("average", "colour", "crop_resistant", "difference", "difference_vertical",
                                           "perceptual", "perceptual_simple", "wavelet"),
                         [](const auto& info) { return std::string(info.param); });

TEST_P(EveryHash, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry(std::string("hash.") + GetParam())), IsEmpty());
}

TEST_P(EveryHash, IsADistance) {
    const auto stage = plugin().make(std::string("hash.") + GetParam());
    const auto& distance = dynamic_cast<const fettle::Distance&>(*stage);
    const bool symmetric = dynamic_cast<const fettle::Hash*>(stage.get()) != nullptr;
    fettle::Random random(5);
    std::vector<fettle::Image> images{formula(), noise(random, 1, 1), noise(random, 1, 40), noise(random, 40, 1)};
    for (int i = 0; i < 10; ++i) images.push_back(noise(random, random.integer(1, 90), random.integer(1, 90)));
    for (const auto& a : images)
        for (const auto& b : images) {
            const double between = distance.distance(a, b);
            EXPECT_TRUE(!symmetric || between == distance.distance(b, a));
            EXPECT_TRUE(&a == &b ? between == 0 : between >= 0 && between <= 64) << between;
        }
}

// An image may be replaced by what is known of it.
TEST_P(EveryHash, TextsAreAsFarApartAsTheirImages) {
    fettle::Random random(6);
    const std::string id = std::string("hash.") + GetParam();
    for (const int size : {8, 4, 5}) {
        if (size == 5 && id == "hash.wavelet") continue;
        const auto stage = id == "hash.colour" ? plugin().make(id) : plugin().make(id, {{"size", size}});
        const auto& distance = dynamic_cast<const fettle::Distance&>(*stage);
        for (int i = 0; i < 5; ++i) {
            const auto a = noise(random, 90, 60), b = i == 0 ? a : noise(random, 50, 70);
            const std::string text_of_a = distance.fingerprint_text(a), text_of_b = distance.fingerprint_text(b);
            EXPECT_EQ(distance.text_distance(text_of_a, text_of_b), distance.distance(a, b)) << size;
        }
        EXPECT_THROW(distance.text_distance("grey", "0f0f"), fettle::Error);
    }
}

TEST_P(EveryHash, RefusesAnImageWithoutPixels) {
    const auto stage = plugin().make(std::string("hash.") + GetParam());
    try {
        dynamic_cast<const fettle::Distance&>(*stage).distance({}, formula());
        FAIL() << "it took an empty image";
    } catch (const fettle::Error& error) {
        EXPECT_EQ(error.fault(), fettle::Fault::data);
        EXPECT_THAT(error.what(), HasSubstr("without pixels"));
    }
}

TEST(HashPerceptual, TakesItsSizeFromTheGraph) {
    for (const int size : {2, 5, 16, 64}) {
        const auto stage = plugin().make("hash.perceptual", {{"size", size}});
        EXPECT_EQ(dynamic_cast<const fettle::Hash&>(*stage).fingerprint(formula()).size(),
                  static_cast<std::size_t>(size) * size);
    }
}

}  // namespace
