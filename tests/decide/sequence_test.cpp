#include "fakes.hpp"

#include <fettle/ahead.hpp>
#include <fettle/error.hpp>
#include <fettle/parallel.hpp>
#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <array>
#include <atomic>
#include <cmath>
#include <numeric>
#include <thread>

namespace {

using fettle::Label;
using fettle::Split;
using ::testing::ElementsAre;

std::vector<fettle::SampleInfo> infos(std::size_t count, const std::string& prefix, Label label = Label::normal) {
    std::vector<fettle::SampleInfo> out;
    for (std::size_t i = 0; i < count; ++i) out.push_back(fakes::info(prefix + std::to_string(i), Split::none, label));
    return out;
}

/// Noise that depends on seed, index and round alone.
fettle::Ref<fettle::Images> noise(std::size_t count, std::uint64_t seed, const std::string& prefix = "",
                                  bool varies = true) {
    return fettle::lazy_images(
        infos(count, prefix),
        [seed, varies](std::size_t index, std::uint32_t round) {
            fettle::Random random(seed, index, varies ? round : 0);
            fettle::Sample out;
            out.info.id = "overwritten";
            out.image = fettle::Image(5, 4, 3);
            for (auto& value : out.image.pixels) value = static_cast<std::uint8_t>(random.integer(0, 255));
            return out;
        },
        varies);
}

fettle::Ref<fettle::Sample> at(const fettle::Images& images, std::size_t index, std::uint32_t round = 0) {
    return images.read({&index, 1}, round)->sample(0);
}

TEST(LazyImages, TheInfoIsTheSequences) {
    const auto images = noise(3, 1, "x");
    EXPECT_EQ(images->size(), 3u);
    EXPECT_EQ(at(*images, 2)->info.id, "x2");
    EXPECT_TRUE(images->varies());
    EXPECT_FALSE(noise(3, 1, "", false)->varies());
    EXPECT_NE(at(*images, 1, 0)->image, at(*images, 1, 1)->image);
}

TEST(LazyImages, ALabelThatOnlyMakingTellsIsTaken) {
    const auto images = fettle::lazy_images(infos(2, "", Label::unknown), [](std::size_t index, std::uint32_t) {
        fettle::Sample out;
        out.info.label = index == 0 ? Label::anomalous : Label::normal;
        return out;
    });
    EXPECT_EQ(at(*images, 0)->info.label, Label::anomalous);
    EXPECT_EQ(at(*images, 1)->info.label, Label::normal);
    EXPECT_EQ(images->info(0).label, Label::unknown);
}

TEST(Sequences, GiveTheSameToManyThreadsInAnyOrder) {
    const auto source = fettle::join_images({noise(40, 1, "a"), noise(60, 2, "b")});
    const auto images = fettle::select_images(source, fettle::Random(3).permutation(100));
    std::vector<fettle::Image> expected;
    for (std::size_t i = 0; i < images->size(); ++i) expected.push_back(at(*images, i, 5)->image);

    std::vector<std::thread> threads;
    std::array<int, 8> wrong{};
    for (std::size_t t = 0; t < wrong.size(); ++t)
        threads.emplace_back([&, t] {
            const auto order = fettle::Random(t).permutation(100);
            for (std::size_t first = 0; first < order.size(); first += 7) {
                const std::span part(order.data() + first, std::min<std::size_t>(7, order.size() - first));
                const auto batch = images->read(part, 5);
                for (std::size_t k = 0; k < part.size(); ++k)
                    wrong[t] +=
                        batch->sample(k)->image != expected[part[k]] || batch->info(k).id != images->info(part[k]).id;
            }
        });
    for (auto& thread : threads) thread.join();
    for (const int count : wrong) EXPECT_EQ(count, 0);
}

TEST(SelectImages, KeepsOrderAndRepeats) {
    const auto source = noise(5, 1);
    const auto images = fettle::select_images(source, {4, 0, 4});
    ASSERT_EQ(images->size(), 3u);
    EXPECT_TRUE(images->is_view());
    EXPECT_EQ(at(*images, 2)->image, at(*source, 4)->image);
    const std::vector<std::size_t> all{2, 1, 0, 2};
    const auto batch = images->read(all);
    EXPECT_EQ(batch->sample(1)->info.id, "0");
    EXPECT_EQ(batch->sample(3)->image, at(*source, 4)->image);
    EXPECT_EQ(images->read({})->size(), 0u);
}

TEST(SelectImages, AChangeOfInfoReachesTheSamples) {
    const auto source = noise(3, 1);
    const auto split =
        fettle::select_images(source, {1, 2}, [](fettle::SampleInfo& info) { info.split = Split::test; });
    EXPECT_EQ(at(*split, 0)->info.split, Split::test);
    EXPECT_EQ(source->info(1).split, Split::none);
    EXPECT_EQ(at(*source, 1)->info.split, Split::none);
    const auto relabelled = fettle::select_images(source, {1}, [](fettle::SampleInfo& info) {
        info.label = Label::anomalous;
        info.category = "crack";
    });
    EXPECT_EQ(at(*relabelled, 0)->info.label, Label::anomalous);
    EXPECT_EQ(at(*relabelled, 0)->info.category, "crack");
}

TEST(JoinImages, OneAfterAnother) {
    const auto a = noise(2, 1, "a"), b = noise(3, 2, "b", false);
    const auto joined = fettle::join_images({a, b});
    ASSERT_EQ(joined->size(), 5u);
    EXPECT_TRUE(joined->varies());
    EXPECT_EQ(joined->info(1).id, "a1");
    EXPECT_EQ(joined->info(2).id, "b0");
    const std::vector<std::size_t> mixed{4, 0, 2, 1};
    const auto batch = joined->read(mixed, 3);
    EXPECT_EQ(batch->sample(0)->image, at(*b, 2, 3)->image);
    EXPECT_EQ(batch->sample(1)->image, at(*a, 0, 3)->image);
    EXPECT_EQ(batch->sample(2)->image, at(*b, 0, 3)->image);
    EXPECT_EQ(batch->sample(3)->image, at(*a, 1, 3)->image);
    EXPECT_EQ(fettle::join_images({a}), a);
}

// Sound images and the same damaged, which a synthesizer calls by the same ids.
TEST(JoinImages, IdsThatComeAgainAreMadeUnique) {
    const auto sound = noise(2, 1, "a"), damaged = noise(2, 2, "a"), named = noise(3, 3, "a0#");
    const auto joined = fettle::join_images({sound, damaged, damaged, named});
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < joined->size(); ++i) ids.push_back(joined->info(i).id);
    EXPECT_THAT(ids, testing::ElementsAre("a0", "a1", "a0#3", "a1#2", "a0#4", "a1#3", "a0#0", "a0#1", "a0#2"));
    EXPECT_EQ(at(*joined, 2)->info.id, "a0#3");
    EXPECT_EQ(at(*joined, 2)->image, at(*damaged, 0)->image);
    EXPECT_EQ(sound->info(0).id, damaged->info(0).id);
}

/// A sequence on the tensor side, made in blocks; remembers what it was asked for.
class Tensors final : public fettle::Images {
   public:
    Tensors(std::size_t count, std::size_t block) : infos_(infos(count, "t")), block_(block) {}
    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    std::size_t block() const override { return block_; }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        std::vector<fettle::SampleInfo> of;
        std::vector<fettle::Plane> planes;
        for (const std::size_t i : indices) {
            if (i == broken) throw fettle::Error(fettle::Fault::data, "t" + std::to_string(i) + " is broken");
            of.push_back(infos_[i]);
            planes.push_back({2, 1, {static_cast<float>(i) / 255, static_cast<float>(round) / 255}});
        }
        return std::make_shared<fettle::Batch>(of, std::make_shared<fakes::FloatPart>(planes));
    }
    std::size_t broken = 1000000;

   private:
    std::vector<fettle::SampleInfo> infos_;
    std::size_t block_;
};

TEST(Batches, TensorRowsStayTensorRows) {
    const auto source = std::make_shared<Tensors>(10, 1);
    const auto images =
        fettle::select_images(source, {7, 3, 5}, [](fettle::SampleInfo& info) { info.split = Split::test; });
    const std::vector<std::size_t> order{2, 0};
    const auto batch = images->read(order);
    EXPECT_FALSE(batch->on_host());
    EXPECT_EQ(batch->plane(0).values[0], 5.0f / 255);
    EXPECT_EQ(batch->plane(1).values[0], 7.0f / 255);
    EXPECT_EQ(batch->info(1).id, "t7");
    EXPECT_EQ(batch->info(1).split, Split::test);
    EXPECT_EQ(batch->sample(0)->image.pixels[0], 5);  // now on the host as well
    EXPECT_TRUE(batch->on_host());
    EXPECT_EQ(batch->sample(0)->info.split, Split::test);
}

TEST(Batches, GatherKeepsTheOrderOfRows) {
    const std::vector<std::size_t> first{0, 1, 2}, second{5, 6};
    const Tensors source(10, 1);
    const auto a = source.read(first, 0), b = source.read(second, 0);
    const std::vector<fettle::Batch::Row> whole{{a, 0}, {a, 1}, {a, 2}};
    EXPECT_EQ(fettle::Batch::gather(whole), a);
    const std::vector<fettle::Batch::Row> rows{{b, 1}, {a, 2}, {b, 0}, {b, 1}};
    const auto mixed = fettle::Batch::gather(rows);
    ASSERT_EQ(mixed->size(), 4u);
    EXPECT_FALSE(mixed->on_host());
    std::vector<float> values;
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < 4; ++i) {
        values.push_back(std::round(mixed->plane(i).values[0] * 255));
        ids.push_back(mixed->info(i).id);
    }
    EXPECT_THAT(values, ElementsAre(6, 2, 5, 6));
    EXPECT_THAT(ids, ElementsAre("t6", "t2", "t5", "t6"));
    a->sample(0);  // one of them on the host: the result is too
    EXPECT_EQ(fettle::Batch::gather(rows)->sample(1)->image.pixels[0], 2);
}

TEST(Batches, AreConvertedOnceWhoeverAsks) {
    const Tensors source(64, 1);
    std::vector<std::size_t> all(64);
    std::iota(all.begin(), all.end(), std::size_t{0});
    const auto batch = source.read(all, 0);
    std::vector<std::thread> threads;
    std::array<const fettle::Sample*, 8> seen{};
    for (std::size_t t = 0; t < seen.size(); ++t) threads.emplace_back([&, t] { seen[t] = batch->sample(9).get(); });
    for (auto& thread : threads) thread.join();
    for (const auto* sample : seen) EXPECT_EQ(sample, seen[0]);
    EXPECT_THROW(noise(1, 1)->read(std::vector<std::size_t>{0})->plane(0), std::logic_error);
}

TEST(ForEachBatch, GoesFromFirstToLastInWholeBlocks) {
    for (const auto& [count, block, asked, step] : {std::array<std::size_t, 4>{10, 1, 4, 4},
                                                    {10, 4, 3, 4},
                                                    {10, 4, 5, 8},
                                                    {3, 16, 1, 16},
                                                    {0, 1, 4, 4},
                                                    {8, 1, 0, 1}}) {
        const Tensors source(count, block);
        std::size_t next = 0;
        const auto here = std::this_thread::get_id();
        fettle::for_each_batch(
            source, asked,
            [&](std::size_t first, const fettle::Batch& batch) {
                EXPECT_EQ(std::this_thread::get_id(), here);
                EXPECT_EQ(first, next);
                EXPECT_EQ(batch.size(), std::min(step, count - first));
                for (std::size_t i = 0; i < batch.size(); ++i) {
                    EXPECT_EQ(batch.info(i).id, "t" + std::to_string(first + i));
                    EXPECT_EQ(batch.plane(i).values[1], 7.0f / 255);
                }
                next += batch.size();
            },
            7);
        EXPECT_EQ(next, count);
    }
}

TEST(ForEachBatch, PassesErrorsOn) {
    Tensors source(100, 1);
    source.broken = 35;
    std::size_t used = 0;
    EXPECT_THROW(
        fettle::for_each_batch(source, 10, [&](std::size_t, const fettle::Batch& batch) { used += batch.size(); }),
        fettle::Error);
    EXPECT_EQ(used, 30u);
    EXPECT_THROW(fettle::for_each_batch(Tensors(100, 1), 10,
                                        [](std::size_t, const fettle::Batch&) { throw fettle::Interrupted(); }),
                 fettle::Interrupted);
}

/// Samples of a kilobyte each; keeps count of those that are alive.
class Weighed final : public fettle::Images {
   public:
    Weighed(std::size_t count, std::size_t block) : infos_(count), block_(block) {}
    std::size_t size() const override { return infos_.size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return infos_[index]; }
    std::size_t block() const override { return block_; }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t) const override {
        EXPECT_EQ(indices.front() % block_, 0u);
        std::vector<fettle::Ref<fettle::Sample>> samples;
        for (std::size_t i = 0; i < indices.size(); ++i)
            samples.emplace_back(new fettle::Sample{{}, fettle::Image(20, 20, 3)}, [this](const fettle::Sample* gone) {
                --alive_;
                delete gone;
            });
        most_ = std::max(most_.load(), alive_ += indices.size());
        return std::make_shared<fettle::Batch>(std::move(samples));
    }
    std::size_t most() const { return most_; }

   private:
    std::vector<fettle::SampleInfo> infos_;
    std::size_t block_;
    mutable std::atomic<std::size_t> alive_{0}, most_{0};
};

TEST(ForEachBatch, KeepsToALimitInBytes) {
    const std::size_t each = Weighed(1, 1).read(std::vector<std::size_t>{0}, 0)->bytes();
    const auto threads = static_cast<std::size_t>(tbb::this_task_arena::max_concurrency());
    for (const auto& [limit, block, most] :
         {std::array<std::size_t, 3>{1, 1, 32},  // a sample for each thread, and that is all
          {60 * each, 1, 60},
          {60 * each, 8, 60},
          {40 * each, 16, 40},
          {10 * each, 16, 16},
          {1000 * each, 1, 96}}) {
        const Weighed source(300, block);
        const fettle::AheadLimit ahead(limit);
        std::size_t next = 0;
        fettle::for_each_batch(source, 32, [&](std::size_t first, const fettle::Batch& batch) {
            EXPECT_EQ(first, next);
            next += batch.size();
        });
        EXPECT_EQ(next, 300u);
        EXPECT_LE(source.most(), std::max({most, block, limit == 1 ? std::min<std::size_t>(threads, 32) : 0}))
            << limit << " " << block;
    }
    EXPECT_EQ(fettle::AheadLimit::bytes(), fettle::AheadLimit::none);
    const Weighed source(300, 1);
    fettle::for_each_batch(source, 32, [](std::size_t, const fettle::Batch&) {});
    EXPECT_GE(source.most(), 32u);
}

TEST(Words, OfLabelsAndSplits) {
    for (const Label label : {Label::normal, Label::anomalous, Label::unknown})
        EXPECT_EQ(fettle::label_from(to_string(label)), label);
    for (const Split split : {Split::none, Split::train, Split::calibrate, Split::test})
        EXPECT_EQ(fettle::split_from(to_string(split)), split);
    EXPECT_THROW(fettle::label_from("good"), fettle::Error);
}

}  // namespace
