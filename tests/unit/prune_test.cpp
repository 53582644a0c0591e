// What lies in a cache, and what may be taken away.
#include "graph/digest.hpp"
#include "run/cache.hpp"
#include "run/made.hpp"
#include "run/times.hpp"
#include "unit/support.hpp"

#include <fettle/context.hpp>

#include <gmock/gmock.h>
#include <sys/wait.h>

#include <atomic>
#include <csignal>
#include <set>
#include <thread>

namespace {

using namespace fettle::runtime;
using namespace std::chrono_literals;
using support::Folder;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

class PruneTest : public ::testing::Test {
   protected:
    Folder folder;
    Cache cache{folder.path() / "cache"};

    /// An entry of so many bytes beside its manifest and key text, last used so long ago.
    std::string make(const std::string& name, std::size_t bytes, std::chrono::hours ago) const {
        const std::string text = "fettle 2\nuse score." + name + " revision 1\n", key = sha256(text);
        const fs::path draft = cache.begin(key);
        fs::create_directories(draft / "port");
        std::ofstream(draft / "port/file", std::ios::binary) << std::string(bytes, 'x');
        cache.commit(key, draft, text);
        fs::last_write_time(cache.entry(key) / "manifest.json", fs::file_time_type::clock::now() - ago);
        cache.remember_key_text("graph of " + name, name, text);
        return key;
    }
    std::vector<std::string> kept() const { return uses_of(contents_of(cache)); }
    /// All but what is remembered of graphs.
    static std::vector<CacheItem> results(std::vector<CacheItem> items) {
        std::erase_if(items, [](const CacheItem& item) { return item.kind == CacheItem::Kind::memory; });
        return items;
    }
    static std::vector<std::string> uses_of(const std::vector<CacheItem>& items) {
        std::vector<std::string> uses;
        for (const CacheItem& item : results(items)) uses.push_back(item.use);
        return uses;
    }
    static std::vector<std::string> memories_of(const std::vector<CacheItem>& items) {
        std::vector<std::string> names;
        for (const CacheItem& item : items)
            if (item.kind == CacheItem::Kind::memory) names.push_back(item.key);
        return names;
    }
};

TEST_F(PruneTest, TellsWhatLiesThereOldestFirst) {
    make("young", 1000, 1h);
    const std::string key = make("old", 5000, 100h);
    fs::create_directories(cache.checkpoint(sha256("work")));
    std::ofstream(cache.checkpoint(sha256("work")) / "state") << std::string(700, 'x');
    const auto items = results(contents_of(cache));
    ASSERT_EQ(items.size(), 3u);
    EXPECT_EQ(items[0].key, key);
    EXPECT_EQ(items[0].use, "score.old");
    EXPECT_THAT(items[0].stages, ElementsAre("graph of old: old"));
    EXPECT_GT(items[0].bytes, 5000u);
    EXPECT_LT(items[0].bytes, 6000u);
    const auto ago = std::chrono::system_clock::now() - items[0].used;
    EXPECT_LT(std::chrono::abs(ago - 100h), 1min);
    EXPECT_EQ(items[0].kind, CacheItem::Kind::entry);
    EXPECT_EQ(items[1].use, "score.young");
    EXPECT_EQ(items[2].kind, CacheItem::Kind::checkpoint);
    EXPECT_EQ(items[2].bytes, 700u);
}

TEST_F(PruneTest, RemovesByAgeAndBySize) {
    for (int i = 0; i < 5; ++i) make("s" + std::to_string(i), 10'000, std::chrono::hours(100 - 10 * i));
    EXPECT_THAT(uses_of(prune(cache, {.older_than = 85h, .dry_run = true})), ElementsAre("score.s0", "score.s1"));
    EXPECT_EQ(kept().size(), 5u);
    EXPECT_THAT(uses_of(prune(cache, {.older_than = 85h})), ElementsAre("score.s0", "score.s1"));
    EXPECT_THAT(kept(), ElementsAre("score.s2", "score.s3", "score.s4"));
    EXPECT_THAT(uses_of(prune(cache, {.to = 22'000})), ElementsAre("score.s2"));
    EXPECT_THAT(uses_of(prune(cache, {.to = 22'000})), IsEmpty());
    EXPECT_THAT(kept(), ElementsAre("score.s3", "score.s4"));
    EXPECT_THAT(fs::is_empty(cache.folder() / "drafts"), true);
    EXPECT_THAT(uses_of(prune(cache, {.to = 0})), ElementsAre("score.s3", "score.s4"));
    EXPECT_THAT(contents_of(cache), IsEmpty());
}

TEST_F(PruneTest, WhatARunTakesCountsAsUsedNow) {
    const std::string key = make("taken", 100, 100h);
    make("left", 100, 50h);
    {
        Cache::Use use(cache);
        use.claim({key, sha256("not there")});
        EXPECT_THAT(uses_of(prune(cache, {.older_than = 1h})), ElementsAre("score.left"));
    }
    EXPECT_THAT(kept(), ElementsAre("score.taken"));
    EXPECT_THAT(prune(cache, {.older_than = 1h}), IsEmpty());
}

/// A process that claims `key` and then lives until it is killed.
pid_t process_using(const Cache& cache, const std::string& key) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        auto* use = new Cache::Use(cache);
        use->claim({key});
        [[maybe_unused]] const auto told = write(ready[1], "!", 1);
        for (;;) pause();
    }
    char byte;
    EXPECT_EQ(read(ready[0], &byte, 1), 1);
    close(ready[0]), close(ready[1]);
    return child;
}

TEST_F(PruneTest, NeverTakesWhatALivingProcessUses) {
    const std::string key = make("used", 1000, 100h);
    make("free", 1000, 1h);
    fs::create_directories(cache.checkpoint(key));
    const pid_t child = process_using(cache, key);
    EXPECT_TRUE(contents_of(cache).back().in_use || contents_of(cache).front().in_use);
    EXPECT_THAT(uses_of(prune(cache, {.to = 0})), ElementsAre("score.free"));
    EXPECT_TRUE(fs::exists(cache.entry(key)));
    EXPECT_TRUE(fs::exists(cache.checkpoint(key)));
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_EQ(results(prune(cache, {.to = 0})).size(), 2u);  // with its checkpoint
    EXPECT_TRUE(fs::is_empty(cache.folder() / "uses"));
}

// Between what a plan finds and what it claims nothing may go.
TEST_F(PruneTest, WaitsForWhoeverPlans) {
    make("found", 1000, 100h);
    std::optional<Cache::Use> use(std::in_place, cache);
    EXPECT_THROW(prune(cache, {.to = 0}, [] { return true; }), fettle::Interrupted);
    EXPECT_EQ(contents_of(cache).size(), 2u);
    std::atomic<bool> done = false;
    std::thread other([&] {
        prune(cache, {.to = 0});
        done = true;
    });
    std::this_thread::sleep_for(100ms);
    EXPECT_FALSE(done);
    use->claim({});
    other.join();
    EXPECT_THAT(kept(), IsEmpty());
}

// What a dead process claimed is cleared away by who prunes, and by nobody else: another may be about to claim.
TEST_F(PruneTest, LookingClearsNothingAway) {
    const fs::path dead = folder.write("cache/uses/1.dead", sha256("gone") + "\n");
    contents_of(cache);
    EXPECT_TRUE(fs::exists(dead));
    prune(cache, {.to = 0});
    EXPECT_FALSE(fs::exists(dead));
}

// Who looks asks every file of uses whether it is held. A claim that is just being made must outlast that.
TEST_F(PruneTest, AClaimHoldsWhileOthersLook) {
    const std::string key = make("used", 1000, 100h);
    std::atomic<bool> over = false;
    std::vector<std::thread> lookers;
    for (int k = 0; k < 3; ++k)
        lookers.emplace_back([&] {
            while (!over) contents_of(cache);
        });
    int lost = 0;
    for (int k = 0; k < 300; ++k) {
        Cache::Use use(cache);
        use.claim({key});
        const auto items = contents_of(cache);
        lost += items.empty() || !items.front().in_use;
    }
    over = true;
    for (auto& looker : lookers) looker.join();
    EXPECT_EQ(lost, 0);
    EXPECT_TRUE(fs::is_empty(cache.folder() / "uses"));
}

TEST_F(PruneTest, CountsDraftsAndTakesThoseThatNobodyMakes) {
    const std::string key = sha256("being made");
    std::ofstream(cache.begin(key) / "half") << std::string(900, 'x');
    folder.write("cache/drafts/" + sha256("killed") + ".123.0/half", std::string(800, 'x'));
    Cache::Use use(cache);
    use.claim({key});
    const auto items = contents_of(cache);
    ASSERT_EQ(items.size(), 2u);
    for (const CacheItem& item : items) {
        EXPECT_EQ(item.kind, CacheItem::Kind::draft);
        EXPECT_EQ(item.bytes, item.in_use ? 900u : 800u);
    }
    const auto gone = prune(cache, {.older_than = 1000h});
    ASSERT_EQ(gone.size(), 1u);
    EXPECT_EQ(gone[0].bytes, 800u);
    EXPECT_THAT(contents_of(cache), ::testing::SizeIs(1));
}

// Written before the entry, and removed after it: a process that is killed in between leaves them.
TEST_F(PruneTest, CountsNotesThatBelongToNothingAndTakesThem) {
    const auto note = [&](const std::string& key, std::size_t bytes, const std::string& beside = {}) {
        const fs::path file = made_file(cache, key).string() + beside;
        fs::create_directories(file.parent_path());
        std::ofstream(file, std::ios::binary) << std::string(bytes, 'x');
        return file;
    };
    const std::string kept = make("kept", 100, 1h), gone = sha256("gone"), making = sha256("being made");
    const std::vector<fs::path> stay{note(kept, 300), note(making, 400), note(making, 500, ".77.0")};
    const std::vector<fs::path> go{note(gone, 600), note(gone, 700, ".78.0"), note(kept, 800, ".79.3")};
    const pid_t child = process_using(cache, making);

    std::multiset<std::uintmax_t> counted;
    for (const CacheItem& item : contents_of(cache))
        if (item.kind == CacheItem::Kind::note) counted.insert(item.bytes);
    EXPECT_EQ(counted, (std::multiset<std::uintmax_t>{600, 700, 800}));
    EXPECT_THAT(prune(cache, {.older_than = 1000h, .dry_run = true}), ::testing::SizeIs(3));
    EXPECT_THAT(prune(cache, {.older_than = 1000h}), ::testing::SizeIs(3));
    for (const fs::path& file : go) EXPECT_FALSE(fs::exists(file)) << file;
    for (const fs::path& file : stay) EXPECT_TRUE(fs::exists(file)) << file;
    EXPECT_THAT(uses_of(contents_of(cache)), ElementsAre("score.kept"));
    EXPECT_TRUE(fs::is_empty(cache.folder() / "drafts"));

    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_THAT(prune(cache, {.older_than = 1000h}), ::testing::SizeIs(2));
    EXPECT_TRUE(fs::exists(stay.front()));
}

// A folder for every graph and every cell of a sweep, of key texts and seconds.
TEST_F(PruneTest, CountsWhatIsRememberedOfGraphsAndTakesItWithTheirResults) {
    const std::string key = make("old", 1000, 100h);
    make("young", 1000, 1h);
    Times(cache.folder()).remember("graph of old", "old", "score.old", 2.5);
    cache.remember_key_text("graph of old.sweep-0123456789abcdef", "old", "fettle 2\nuse score.gone revision 1\n");
    folder.write("cache/latest/graph of old/old.77.0", "a process was killed here");
    const auto age = [&](const fs::path& memory, std::chrono::hours ago) {
        for (const auto& file : fs::directory_iterator(memory))
            fs::last_write_time(file, fs::file_time_type::clock::now() - ago);
        fs::last_write_time(memory, fs::file_time_type::clock::now() - ago);
    };
    age(cache.folder() / "latest/graph of old", 200h);
    age(cache.folder() / "latest/graph of old.sweep-0123456789abcdef", 150h);
    age(cache.folder() / "latest/graph of young", 200h);
    std::uintmax_t counted = 0, there = 0;
    for (const CacheItem& item : contents_of(cache))
        if (item.kind == CacheItem::Kind::memory) counted += item.bytes;
    for (const auto& file : fs::recursive_directory_iterator(cache.folder() / "latest"))
        if (file.is_regular_file()) there += file.file_size();
    EXPECT_EQ(counted, there);
    // As old as the results that they tell of, whenever they were written; and after them.
    EXPECT_THAT(memories_of(contents_of(cache)),
                ElementsAre("graph of old.sweep-0123456789abcdef", "graph of old", "graph of young"));
    EXPECT_THAT(memories_of(prune(cache, {.older_than = 120h, .dry_run = true})),
                ElementsAre("graph of old.sweep-0123456789abcdef"));
    const auto gone = prune(cache, {.older_than = 50h});
    EXPECT_THAT(uses_of(gone), ElementsAre("score.old"));
    EXPECT_THAT(memories_of(gone), ElementsAre("graph of old.sweep-0123456789abcdef", "graph of old"));
    EXPECT_EQ(cache.last_key_text("graph of old", "old"), "");
    EXPECT_NE(cache.last_key_text("graph of young", "young"), "");
    EXPECT_TRUE(fs::is_empty(cache.folder() / "drafts"));
    prune(cache, {.to = 0});
    EXPECT_TRUE(fs::is_empty(cache.folder() / "latest"));
}

TEST_F(PruneTest, LeavesWhatIsRememberedOfResultsInUse) {
    const std::string key = make("used", 1000, 100h);
    make("free", 1000, 1h);
    fs::remove_all(cache.entry(key));  // it is being made
    const pid_t child = process_using(cache, key);
    EXPECT_THAT(memories_of(prune(cache, {.to = 0})), ElementsAre("graph of free"));
    EXPECT_NE(cache.last_key_text("graph of used", "used"), "");
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    EXPECT_THAT(memories_of(prune(cache, {.to = 0})), ElementsAre("graph of used"));
}

std::set<std::string> names_in(const fs::path& folder) {
    std::set<std::string> names;
    for (const auto& file : fs::directory_iterator(folder)) names.insert(file.path().filename());
    return names;
}

TEST_F(PruneTest, ClearsAwayLocksThatNobodyHolds) {
    const fs::path locks = cache.folder() / "locks";
    const Cache::Lock held(cache, "held");
    Cache::Lock(cache, "free");
    folder.write("cache/locks/verify-77-01234567", "");
    ASSERT_EQ(names_in(locks).size(), 3u);
    prune(cache, {.to = 0, .dry_run = true});
    EXPECT_TRUE(fs::exists(locks / "free"));
    prune(cache, {.older_than = 1000h});
    EXPECT_EQ(names_in(locks), (std::set<std::string>{"held", "prune"}));
    EXPECT_FALSE(Cache::Lock(cache, "held").held());
}

// On a full disk a claim can't be written down: then nothing goes, rather than what a run needs.
TEST_F(PruneTest, AClaimThatCantBeWrittenKeepsEverything) {
    const std::string key = make("used", 1000, 100h);
    std::optional<Cache::Use> use(std::in_place, cache);
    for (const auto& file : fs::directory_iterator(cache.folder() / "uses")) {
        fs::remove(file);
        fs::create_directory(file);
    }
    use->claim({key});
    EXPECT_THROW(prune(cache, {.to = 0}, [] { return true; }), fettle::Interrupted);
    use.reset();
    EXPECT_THAT(uses_of(prune(cache, {.to = 0}, [] { return true; })), ElementsAre("score.used"));
}

}  // namespace
