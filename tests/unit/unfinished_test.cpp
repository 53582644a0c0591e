// What is known of work that stopped half-way.
#include "run/unfinished.hpp"

#include "graph/digest.hpp"
#include "unit/support.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using support::Folder;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class UnfinishedTest : public ::testing::Test {
   protected:
    Folder folder;
    Cache cache{folder.path() / "cache"};
    const std::string key = sha256("training");
    Unfinished work{"casting", "train", "train.reconstruction", "after step 20 of 80", 20, 80, 30.0};

    void write_checkpoint() const { std::ofstream(cache.checkpoint(key) / "training.checkpoint") << "weights"; }
};

TEST_F(UnfinishedTest, SaysHowFarItIs) {
    EXPECT_FALSE(halfway(cache, key));
    remember_unfinished(cache, key, work);  // there is no such folder, and none is made
    EXPECT_FALSE(fs::exists(cache.folder() / "checkpoints" / key));
    write_checkpoint();
    remember_unfinished(cache, key, work);
    const auto known = unfinished(cache, key);
    ASSERT_TRUE(known);
    EXPECT_EQ(known->graph, "casting");
    EXPECT_EQ(known->use, "train.reconstruction");
    const auto left = halfway(cache, key);
    ASSERT_TRUE(left);
    EXPECT_EQ(left->words, "it stopped half-way, and carries on from its checkpoint: after step 20 of 80");
    EXPECT_EQ(left->left, 90.0);
    EXPECT_EQ(left->seconds, 30.0);
    const auto items = contents_of(cache);
    ASSERT_EQ(items.size(), 1u);
    EXPECT_EQ(items[0].use, "train.reconstruction");
    EXPECT_THAT(items[0].stages, ::testing::ElementsAre("casting: train"));
    EXPECT_EQ(items[0].reached, "after step 20 of 80");
}

TEST_F(UnfinishedTest, WithoutACheckpointItBeginsAnew) {
    cache.checkpoint(key);
    EXPECT_FALSE(halfway(cache, key));
    work.reached.clear();
    remember_unfinished(cache, key, work);
    EXPECT_FALSE(halfway(cache, key));
}

// An earlier version wrote no record; and a full disk cuts one short.
TEST_F(UnfinishedTest, OfWhatNobodyToldItSaysSinceWhen) {
    write_checkpoint();
    const std::chrono::sys_seconds time =
        std::chrono::sys_days(std::chrono::year(2026) / 11 / 3) + std::chrono::hours(7);
    fs::last_write_time(cache.checkpoint(key) / "training.checkpoint", std::chrono::file_clock::from_sys(time));
    for (const char* record : {"", "{", "{\"graph\": 3}", "[]"}) {
        std::ofstream(cache.checkpoint(key) / "unfinished.json") << record;
        const auto left = halfway(cache, key);
        ASSERT_TRUE(left) << record;
        EXPECT_EQ(left->words, "it stopped half-way; what it left is of 2026-11-03 07:00 UTC");
        EXPECT_FALSE(left->left);
        EXPECT_EQ(left->seconds, 0.0);
    }
}

TEST_F(UnfinishedTest, WhatAnotherProcessIsAtDidNotStop) {
    write_checkpoint();
    remember_unfinished(cache, key, work);
    const Cache::Lock lock(cache, key);
    EXPECT_EQ(halfway(cache, key)->words, "another process is at it now");
}

}  // namespace
