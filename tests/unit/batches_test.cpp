#include "run/batches.hpp"

#include <gmock/gmock.h>

#include <random>

namespace {

using namespace fettle::runtime;

Batches of(const std::vector<std::pair<double, std::uint64_t>>& batches) {
    Batches out;
    for (const auto& [seconds, items] : batches) out.add(seconds, items);
    return out;
}

/// Of batches of one size it is the textbook's interval of a mean. scipy.stats.t.interval(0.95, 4, loc=np.mean(x),
/// scale=scipy.stats.sem(x)) of x = [1, 2, 4, 4, 5].
TEST(Batches, OfOneSizeGiveTheIntervalOfAMean) {
    const Batches five = of({{10, 10}, {20, 10}, {40, 10}, {40, 10}, {50, 10}});
    const auto doubt = doubt_of(five, 50);
    ASSERT_TRUE(doubt);
    const auto [low, high] = interval(3.2, *doubt);
    EXPECT_NEAR(low, 1.1597378580252293, 1e-12);
    EXPECT_NEAR(high, 5.240262141974771, 1e-12);
}

TEST(Batches, BelowTwoThereIsNoSpread) {
    EXPECT_FALSE(doubt_of(of({}), 10));
    EXPECT_FALSE(doubt_of(of({{3, 10}}), 10));
    EXPECT_TRUE(doubt_of(of({{3, 10}, {3, 10}}), 10));
}

TEST(Batches, AlikeLeaveNoDoubt) {
    const auto doubt = doubt_of(of({{0.3, 32}, {0.3, 32}, {0.15, 16}}), 80);
    EXPECT_NEAR(doubt->variance, 0, 1e-18);
    EXPECT_EQ(sum_of({*doubt, *doubt}).freedom, 2);
}

TEST(Batches, AreReadAsTheyWereWritten) {
    const Batches batches = of({{0.1, 3}, {0.7, 32}});
    EXPECT_EQ(to_json(batches_from(to_json(batches))), to_json(batches));
    EXPECT_THROW(batches_from(nlohmann::json::array({1, 2})), nlohmann::json::exception);
}

/// Two stages whose batches scatter, the last of each smaller: the interval of the sum holds the true time in 95 % of
/// the runs, and that of each stage does.
TEST(Batches, IntervalsHoldTheTrueTime) {
    std::mt19937 random(4);
    std::normal_distribution<double> fast(0.002, 0.0004), slow(0.01, 0.003);
    int held = 0, held_sum = 0;
    constexpr int runs = 4000;
    for (int run = 0; run < runs; ++run) {
        Batches one, two;
        for (const std::uint64_t items : {32, 32, 32, 32, 32, 8}) {  // a batch's noise is that of its items together
            one.add(static_cast<double>(items) * 0.002 + std::sqrt(static_cast<double>(items)) * (fast(random) - 0.002),
                    items);
            two.add(static_cast<double>(items) * 0.01 + std::sqrt(static_cast<double>(items)) * (slow(random) - 0.01),
                    items);
        }
        const auto first = doubt_of(one, 168), second = doubt_of(two, 168);
        const auto [low, high] = interval(two.seconds / 168, *second);
        held += low <= 0.01 && 0.01 <= high;
        const auto [from, to] = interval((one.seconds + two.seconds) / 168, sum_of({*first, *second}));
        held_sum += from <= 0.012 && 0.012 <= to;
    }
    EXPECT_NEAR(static_cast<double>(held) / runs, 0.95, 0.015);
    EXPECT_NEAR(static_cast<double>(held_sum) / runs, 0.95, 0.015);
}

}  // namespace
