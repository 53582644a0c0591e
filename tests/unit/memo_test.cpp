#include "run/memo.hpp"

#include <fettle/error.hpp>

#include <gmock/gmock.h>

#include <barrier>
#include <thread>

namespace {

using namespace fettle;
using namespace fettle::runtime;
using ::testing::ElementsAre;

constexpr int side = 8;

SampleInfo info_of(std::size_t index) { return {.id = "sample " + std::to_string(index)}; }

/// A sample whose pixels tell its index and round.
Ref<Sample> sample(std::size_t index, std::uint32_t round) {
    auto out = std::make_shared<Sample>();
    out->info = info_of(index);
    out->image = Image(side, side, 3);
    for (auto& pixel : out->image.pixels) pixel = static_cast<std::uint8_t>(index * 10 + round);
    return out;
}

Memo::Item item(std::size_t index, std::uint32_t round = 0) {
    return std::make_shared<Batch>(std::vector{sample(index, round)});
}

std::size_t index_of(const Memo::Item& item) { return item->sample(0)->image.pixels[0] / 10; }

/// Makes the items for keys (0, index, 0), and counts how often each was made.
struct Maker {
    std::vector<Memo::Key> keys;
    std::vector<std::atomic<int>>& made;
    std::vector<Memo::Item> operator()(const std::vector<std::size_t>& missing) const {
        std::vector<Memo::Item> out;
        for (const std::size_t k : missing) {
            const std::size_t index = std::get<1>(keys[k]);
            ++made[index];
            std::this_thread::yield();
            out.push_back(item(index));
        }
        return out;
    }
};

std::vector<Memo::Key> keys(const std::vector<std::size_t>& indices) {
    std::vector<Memo::Key> out;
    for (const std::size_t index : indices) out.emplace_back(0, index, 0);
    return out;
}

TEST(Memo, GivesItemsInTheOrderAskedAndMakesEachOnce) {
    Memo memo(1 << 20);
    std::vector<std::atomic<int>> made(10);
    const auto get = [&](const std::vector<std::size_t>& indices) {
        std::vector<std::size_t> out;
        for (const auto& each : memo.get(keys(indices), Maker{keys(indices), made})) out.push_back(index_of(each));
        return out;
    };
    EXPECT_THAT(get({3, 1, 2}), ElementsAre(3, 1, 2));
    EXPECT_THAT(get({2, 5, 2, 3, 5}), ElementsAre(2, 5, 2, 3, 5));
    EXPECT_THAT(get({}), ElementsAre());
    for (const std::size_t index : {1, 2, 3, 5}) EXPECT_EQ(made[index], 1) << index;
    EXPECT_EQ(memo.bytes(), 4 * item(0)->bytes());
}

TEST(Memo, ManyThreadsThatAskForTheSameCauseOneComputation) {
    constexpr std::size_t count = 10, threads = 8;
    for (int trial = 0; trial < 20; ++trial) {
        Memo memo(1 << 20);
        std::vector<std::atomic<int>> made(count);
        std::atomic<int> wrong{0};
        std::barrier start(threads);
        std::vector<std::thread> pool;
        for (std::size_t t = 0; t < threads; ++t)
            pool.emplace_back([&, t] {
                std::vector<std::size_t> indices(count);
                for (std::size_t i = 0; i < count; ++i) indices[i] = (i * 3 + t) % count;
                start.arrive_and_wait();
                const auto got = memo.get(keys(indices), Maker{keys(indices), made});
                for (std::size_t i = 0; i < count; ++i) wrong += index_of(got[i]) != indices[i];
            });
        for (auto& thread : pool) thread.join();
        EXPECT_EQ(wrong, 0);
        for (const auto& each : made) EXPECT_EQ(each, 1);
    }
}

TEST(Memo, IsBoundedInBytesAndTheOldestGoesFirst) {
    const std::size_t one = item(0)->bytes();
    Memo memo(3 * one);
    std::vector<std::atomic<int>> made(20);
    const auto get = [&](std::size_t index) {
        return index_of(memo.get(keys({index}), Maker{keys({index}), made})[0]);
    };
    for (const std::size_t index : {0, 1, 2, 0, 3}) EXPECT_EQ(get(index), index);  // 1 is the least recently used
    EXPECT_LE(memo.bytes(), 3 * one);
    for (const std::size_t index : {0, 2, 3}) get(index);
    EXPECT_EQ(made[0] + made[2] + made[3], 3);
    get(1);
    EXPECT_EQ(made[1], 2);
    for (std::size_t index = 0; index < 20; ++index) {
        EXPECT_EQ(get(index), index);
        EXPECT_LE(memo.bytes(), 3 * one);
    }
}

TEST(Memo, WithoutRoomEverythingIsStillRight) {
    for (const std::size_t limit : {std::size_t{0}, item(0)->bytes()}) {
        Memo memo(limit);
        std::vector<std::atomic<int>> made(10);
        std::atomic<int> wrong{0};
        std::vector<std::thread> pool;
        for (std::size_t t = 0; t < 6; ++t)
            pool.emplace_back([&, t] {
                for (std::size_t i = 0; i < 50; ++i) {
                    const std::vector<std::size_t> indices{(i + t) % 10, i % 10, (i + t) % 10, (i * 7) % 10};
                    const auto got = memo.get(keys(indices), Maker{keys(indices), made});
                    for (std::size_t k = 0; k < indices.size(); ++k) wrong += index_of(got[k]) != indices[k];
                }
            });
        for (auto& thread : pool) thread.join();
        EXPECT_EQ(wrong, 0);
        EXPECT_LE(memo.bytes(), limit);
    }
}

TEST(Memo, AMakerThatFailsIsTriedAgainByWhoeverWaits) {
    constexpr std::size_t threads = 6;
    Memo memo(1 << 20);
    std::atomic<int> calls{0}, failures{0}, right{0};
    std::barrier start(threads);
    std::vector<std::thread> pool;
    for (std::size_t t = 0; t < threads; ++t)
        pool.emplace_back([&] {
            start.arrive_and_wait();
            try {
                const auto got = memo.get(keys({1, 2}), [&](const std::vector<std::size_t>& missing) {
                    if (calls++ == 0) throw std::runtime_error("the first one fails");
                    std::vector<Memo::Item> out;
                    for (const std::size_t k : missing) out.push_back(item(k + 1));
                    return out;
                });
                right += index_of(got[0]) == 1 && index_of(got[1]) == 2;
            } catch (const std::runtime_error&) {
                ++failures;
            }
        });
    for (auto& thread : pool) thread.join();
    EXPECT_EQ(failures, 1);
    EXPECT_EQ(right, static_cast<int>(threads) - 1);
    EXPECT_EQ(memo.bytes(), 2 * item(0)->bytes());
}

/// Ten samples that write down what they were asked for.
class Ten final : public Images {
   public:
    explicit Ten(std::size_t block, bool varies = false) : block_(block), varies_(varies) {
        for (std::size_t i = 0; i < 10; ++i) infos_.push_back(info_of(i));
    }
    std::size_t size() const override { return infos_.size(); }
    const SampleInfo& info(std::size_t index) const override { return infos_.at(index); }
    std::size_t block() const override { return block_; }
    bool varies() const override { return varies_; }
    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        asked.emplace_back(indices.begin(), indices.end());
        if (fail) throw Error(Fault::data, "sample 3 is damaged");
        std::vector<Ref<Sample>> samples;
        for (const std::size_t index : indices) samples.push_back(sample(index, varies_ ? round : 0));
        if (forget) samples.pop_back();
        return std::make_shared<Batch>(std::move(samples));
    }
    mutable std::vector<std::vector<std::size_t>> asked;
    bool fail = false, forget = false;

   private:
    std::vector<SampleInfo> infos_;
    std::size_t block_;
    bool varies_;
};

struct Wrapper {
    Account account;
    Memo memo{1 << 20};
    bool stop = false;
    Ref<Images> wrap(const Ref<Images>& inner) {
        return std::dynamic_pointer_cast<const Images>(runtime::wrap(
            inner,
            {.node = 7, .sequence = 0, .account = &account, .memo = &memo, .trace = nullptr, .stop_requested = [this] {
                 return stop;
             }}));
    }
};

std::vector<int> values(const Ref<Images>& images, const std::vector<std::size_t>& indices, std::uint32_t round = 0) {
    const auto batch = images->read(indices, round);
    std::vector<int> out;
    for (std::size_t i = 0; i < batch->size(); ++i) out.push_back(batch->sample(i)->image.pixels[0]);
    return out;
}

TEST(Wrapped, AsksForWholeAlignedBlocksOnly) {
    Wrapper run;
    const auto ten = std::make_shared<Ten>(4);
    const auto images = run.wrap(ten);
    EXPECT_THAT(values(images, {5, 2, 9, 6}), ElementsAre(50, 20, 90, 60));
    EXPECT_THAT(ten->asked, ElementsAre(ElementsAre(4, 5, 6, 7), ElementsAre(0, 1, 2, 3), ElementsAre(8, 9)));
    EXPECT_THAT(values(images, {0, 7, 8}), ElementsAre(0, 70, 80));
    EXPECT_EQ(ten->asked.size(), 3u);
    EXPECT_EQ(run.account.items, 10u);
}

/// As they are asked for; what is remembered takes nothing.
TEST(Wrapped, EachBatchIsTimed) {
    Wrapper run;
    const auto images = run.wrap(std::make_shared<Ten>(4));
    values(images, {5, 2, 9, 6});
    values(images, {0, 7, 8});  // known by now
    const Batches batches = run.account.batches();
    EXPECT_EQ(batches.count, 3u);
    EXPECT_EQ(batches.items, 10);
    EXPECT_EQ(batches.item_squares, 4 * 4 + 4 * 4 + 2 * 2);
    EXPECT_NEAR(batches.seconds, run.account.seconds(), 1e-12);
}

TEST(Charge, WhatIsDoneSinceTheLastTimeIsABatch) {
    Account account, other;
    {
        const Charge charge(account, nullptr, "run");
        Charge::done(account, 4);
        Charge::done(account, 4);  // said again
        Charge::done(other, 9);    // this thread is in no code of it
        Charge::done(account, 10);
        Charge::done(account, 3);  // it begins anew
        Charge::done(account, 5);
    }
    EXPECT_EQ(account.batches().count, 3u);
    EXPECT_EQ(account.batches().items, 4 + 6 + 2);
    EXPECT_EQ(other.batches().count, 0u);
    EXPECT_LE(account.batches().seconds, account.seconds());
}

TEST(Charge, OfWhatWasCarriedOnThereAreNoBatches) {
    Account account;
    {
        const Charge charge(account, nullptr, "run");
        Charge::done(account, 1);
        account.carry_on(7);
        Charge::done(account, 41);  // 40 of them in another process
        Charge::done(account, 42);
    }
    EXPECT_EQ(account.batches().count, 0u);
    EXPECT_EQ(account.batches().items, 0);
    EXPECT_GE(account.seconds(), 7);
}

TEST(Wrapped, AsksForSinglesTogetherAndOnce) {
    Wrapper run;
    const auto ten = std::make_shared<Ten>(1);
    const auto images = run.wrap(ten);
    EXPECT_THAT(values(images, {5, 2}), ElementsAre(50, 20));
    EXPECT_THAT(values(images, {2, 3, 5}), ElementsAre(20, 30, 50));
    EXPECT_THAT(ten->asked, ElementsAre(ElementsAre(5, 2), ElementsAre(3)));
    EXPECT_EQ(images->size(), 10u);
    EXPECT_EQ(images->info(3).id, "sample 3");
}

TEST(Wrapped, RoundsDifferOnlyWhereTheSequenceVaries) {
    Wrapper fixed_run, varying_run;
    const auto fixed = std::make_shared<Ten>(1), varying = std::make_shared<Ten>(1, true);
    const auto fixed_images = fixed_run.wrap(fixed), varying_images = varying_run.wrap(varying);
    for (const std::uint32_t round : {0u, 1u, 0u}) {
        EXPECT_THAT(values(fixed_images, {4}, round), ElementsAre(40));
        EXPECT_THAT(values(varying_images, {4}, round), ElementsAre(40 + static_cast<int>(round)));
    }
    EXPECT_EQ(fixed->asked.size(), 1u);
    EXPECT_EQ(varying->asked.size(), 2u);
}

TEST(Wrapped, AFailureNamesItsStageAndIsNotRemembered) {
    Wrapper run;
    const auto ten = std::make_shared<Ten>(1);
    const auto images = run.wrap(ten);
    ten->fail = true;
    for (int again = 0; again < 2; ++again) {
        try {
            values(images, {3});
            FAIL() << "no failure";
        } catch (const StageFailure& failure) {
            EXPECT_EQ(failure.node, 7u);
            EXPECT_THROW(std::rethrow_exception(failure.cause), Error);
        }
    }
    ten->fail = false;
    EXPECT_THAT(values(images, {3}), ElementsAre(30));
}

TEST(Wrapped, ASequenceThatGivesTooFewSamplesIsFound) {
    for (const std::size_t block : {1, 4}) {
        Wrapper run;
        const auto ten = std::make_shared<Ten>(block);
        ten->forget = true;
        EXPECT_THROW(values(run.wrap(ten), {3, 4}), StageFailure) << block;
    }
}

TEST(Wrapped, StopsWhenAsked) {
    Wrapper run;
    const auto images = run.wrap(std::make_shared<Ten>(1));
    run.stop = true;
    EXPECT_THROW(values(images, {0}), Interrupted);
}

TEST(Wrapped, SelectionsAndStoredValuesAreLeftAlone) {
    Wrapper run;
    const auto ten = std::make_shared<Ten>(1);
    const Ref<Images> view = select_images(ten, {1, 2});
    ASSERT_TRUE(view->is_view());
    EXPECT_EQ(run.wrap(view), view);
    const ValueRef scores = std::make_shared<Scores>();
    EXPECT_EQ(runtime::wrap(scores, {}), scores);
}

}  // namespace
