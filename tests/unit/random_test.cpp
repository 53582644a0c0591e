#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>
#include <numeric>

namespace {

using ::testing::ElementsAre;

// The known answers published with Random123 (kat_vectors, philox4x32 10).
TEST(Philox, GivesThePublishedAnswers) {
    EXPECT_THAT(fettle::philox({0, 0, 0, 0}, {0, 0}), ElementsAre(0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u));
    EXPECT_THAT(fettle::philox({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
                ElementsAre(0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu));
    EXPECT_THAT(fettle::philox({0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u}, {0xa4093822u, 0x299f31d0u}),
                ElementsAre(0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u));
}

TEST(Random, DrawsDependOnSeedItemAndRoundAlone) {
    const auto first = [](std::uint64_t seed, std::uint64_t item, std::uint32_t round) {
        fettle::Random random(seed, item, round);
        return random.uniform();
    };
    EXPECT_EQ(first(1, 2, 3), first(1, 2, 3));
    EXPECT_NE(first(1, 2, 3), first(2, 2, 3));
    EXPECT_NE(first(1, 2, 3), first(1, 3, 3));
    EXPECT_NE(first(1, 2, 3), first(1, 2, 4));
    EXPECT_NE(first(1, std::uint64_t{2} << 32, 3), first(1, 2, 3));
}

TEST(Random, IntegersAreUniformAndWithinBounds) {
    fettle::Random random(7);
    std::array<int, 6> count{};
    for (int i = 0; i < 60000; ++i) ++count.at(static_cast<std::size_t>(random.integer(-2, 3) + 2));
    for (const int each : count) EXPECT_NEAR(each, 10000, 500);  // five standard deviations: 457
}

TEST(Random, NormalHasItsMoments) {
    fettle::Random random(7);
    double sum = 0, squares = 0;
    constexpr int count = 100000;
    for (int i = 0; i < count; ++i) {
        const double x = random.normal();
        sum += x;
        squares += x * x;
    }
    EXPECT_NEAR(sum / count, 0, 0.016);
    EXPECT_NEAR(squares / count, 1, 0.023);
}

TEST(Random, PermutationHoldsEveryIndexOnce) {
    auto order = fettle::Random(3).permutation(1000);
    EXPECT_FALSE(std::is_sorted(order.begin(), order.end()));
    std::sort(order.begin(), order.end());
    std::vector<std::size_t> expected(1000);
    std::iota(expected.begin(), expected.end(), std::size_t{0});
    EXPECT_EQ(order, expected);
}

TEST(DeriveSeed, EveryPartCounts) {
    EXPECT_EQ(fettle::derive_seed(1, "train"), fettle::derive_seed(1, "train"));
    EXPECT_NE(fettle::derive_seed(1, "train"), fettle::derive_seed(2, "train"));
    EXPECT_NE(fettle::derive_seed(1, "train"), fettle::derive_seed(1, "trian"));
    EXPECT_NE(fettle::derive_seed(1, "a"), fettle::derive_seed(1, std::string_view("a\0", 2)));
}

}  // namespace
