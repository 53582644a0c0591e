#include "run/cache.hpp"

#include "graph/digest.hpp"
#include "unit/support.hpp"

#include <fettle/error.hpp>

#include <sys/wait.h>

#include <gmock/gmock.h>

#include <csignal>

namespace {

using namespace fettle::runtime;
using support::Folder;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

const std::string key = sha256("key");

class CacheTest : public ::testing::Test {
   protected:
    Folder folder;
    Cache cache{folder.path() / "cache"};
    Diagnostics diagnostics;
    std::string why;

    void make(const std::string& text = "some bytes", const std::string& of = key) const {
        const fs::path draft = cache.begin(of);
        fs::create_directories(draft / "port/deep");
        std::ofstream(draft / "port/deep/file", std::ios::binary) << text;
        std::ofstream(draft / "port/empty", std::ios::binary);
        cache.commit(of, draft, "the text of the key\n");
    }
    bool holds() { return cache.holds(key, {"port"}, why, diagnostics); }
    fs::path file() const { return cache.entry(key) / "port/deep/file"; }

    /// The entry is refused, said to be damaged, and replaced by the next one.
    void expect_refused(const std::string& words) {
        EXPECT_FALSE(holds());
        EXPECT_THAT(why, HasSubstr(words));
        ASSERT_EQ(diagnostics.all().size(), 1u);
        EXPECT_EQ(diagnostics.all()[0].code, "C601");
        EXPECT_EQ(diagnostics.all()[0].severity, Severity::warning);
        EXPECT_THAT(diagnostics.all()[0].message, HasSubstr(words));
        make();
        EXPECT_TRUE(holds());
    }
};

TEST_F(CacheTest, HoldsWhatWasCommittedAndNothingElse) {
    EXPECT_FALSE(holds());
    EXPECT_EQ(why, "");
    make();
    EXPECT_TRUE(holds());
    EXPECT_EQ(support::text_of(file()), "some bytes");
    EXPECT_EQ(support::text_of(cache.entry(key) / "key.txt"), "the text of the key\n");
    EXPECT_FALSE(cache.holds(sha256("other"), {}, why, diagnostics));
    EXPECT_TRUE(Cache(folder.path() / "cache").holds(key, {"port"}, why, diagnostics));  // for another run as well
    EXPECT_TRUE(fs::is_empty(folder.path() / "cache/drafts"));
    EXPECT_FALSE(diagnostics.has_errors());
}

TEST_F(CacheTest, AFlippedBitIsFound) {
    make();
    std::string bytes = support::text_of(file());
    bytes[3] = static_cast<char>(bytes[3] ^ 4);
    std::ofstream(file(), std::ios::binary) << bytes;
    expect_refused("other content");
}

TEST_F(CacheTest, ATruncatedFileIsFound) {
    make();
    fs::resize_file(file(), 5);
    expect_refused("other content");
}

TEST_F(CacheTest, AMissingFileIsFound) {
    make();
    fs::remove(file());
    expect_refused("is missing");
}

TEST_F(CacheTest, AChangedKeyTextIsFound) {
    make();
    std::ofstream(cache.entry(key) / "key.txt") << "another";
    expect_refused("other content");
}

TEST_F(CacheTest, AMissingManifestIsFound) {
    make();
    fs::remove(cache.entry(key) / "manifest.json");
    expect_refused("manifest can't be read");
}

TEST_F(CacheTest, ATruncatedManifestIsFound) {
    make();
    fs::resize_file(cache.entry(key) / "manifest.json", 20);
    expect_refused("manifest can't be read");
}

TEST_F(CacheTest, AManifestOfAnotherShapeIsFound) {
    make();
    std::ofstream(cache.entry(key) / "manifest.json") << R"({"format": "one", "files": {"port/empty": 3}})";
    EXPECT_FALSE(holds());
}

TEST_F(CacheTest, AnEntryWithoutAnOutputThatIsAskedForIsNotEnough) {
    make();
    EXPECT_FALSE(cache.holds(key, {"port", "images"}, why, diagnostics));
    EXPECT_EQ(why, "`images` was not kept");
    EXPECT_TRUE(diagnostics.all().empty());
    EXPECT_TRUE(holds());
}

TEST_F(CacheTest, DraftsOfLongAgoAreCleared) {
    const fs::path old = cache.begin(key), fresh = cache.begin(key);
    fs::last_write_time(old, fs::last_write_time(old) - std::chrono::hours(25));
    const Cache opened(folder.path() / "cache");
    EXPECT_FALSE(fs::exists(old));
    EXPECT_TRUE(fs::exists(fresh));
}

TEST_F(CacheTest, ANewerVersionIsNotBelieved) {
    make();
    const fs::path manifest = cache.entry(key) / "manifest.json";
    std::string text = support::text_of(manifest);
    const auto at = text.find("\"format\": 1");
    ASSERT_NE(at, std::string::npos);
    text.replace(at, 11, "\"format\": 2");
    std::ofstream(manifest) << text;
    expect_refused("another version");
}

TEST_F(CacheTest, ADraftIsNeverBelieved) {
    const fs::path draft = cache.begin(key);
    std::ofstream(draft / "half") << "half";
    EXPECT_FALSE(holds());
    EXPECT_FALSE(Cache(folder.path() / "cache").holds(key, {"port"}, why, diagnostics));
    EXPECT_NE(cache.begin(key), draft);  // two at once don't share one
    cache.discard(draft);
    EXPECT_FALSE(fs::exists(draft));
    cache.discard({});
}

TEST_F(CacheTest, AnEntryIsReplacedWhole) {
    make("before");
    fs::create_directories(cache.entry(key) / "stray");
    make("after");
    EXPECT_TRUE(holds());
    EXPECT_EQ(support::text_of(file()), "after");
    EXPECT_FALSE(fs::exists(cache.entry(key) / "stray"));
    EXPECT_TRUE(fs::is_empty(folder.path() / "cache/drafts"));
}

TEST_F(CacheTest, AFolderThatCantBeUsedIsSaid) {
    const fs::path file = folder.write("file", "");
    try {
        const Cache wrong(file / "cache");
        FAIL() << "a cache below a file";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.diagnostic.code, "C602");
        EXPECT_THAT(failure.diagnostic.message, HasSubstr((file / "cache").string()));
    }
}

TEST_F(CacheTest, CheckpointsStayUntilForgotten) {
    const fs::path place = cache.checkpoint(key);
    std::ofstream(place / "epoch") << "3";
    EXPECT_EQ(Cache(folder.path() / "cache").checkpoint(key), place);
    EXPECT_EQ(support::text_of(place / "epoch"), "3");
    cache.forget_checkpoint(key);
    EXPECT_FALSE(fs::exists(place));
    cache.forget_checkpoint(key);
}

TEST_F(CacheTest, KeyTextsAreRememberedByGraphAndStage) {
    EXPECT_EQ(cache.last_key_text("graph", "stage"), "");
    cache.remember_key_text("graph", "stage", "one\n");
    cache.remember_key_text("graph", "other", "two\n");
    cache.remember_key_text("graph", "stage", "three\n");
    EXPECT_EQ(cache.last_key_text("graph", "stage"), "three\n");
    EXPECT_EQ(cache.last_key_text("graph", "other"), "two\n");
    EXPECT_EQ(cache.last_key_text("graph2", "stage"), "");
}

TEST_F(CacheTest, ALockIsOfOneAtATime) {
    {
        const Cache::Lock first(cache, key), second(cache, key), other(cache, sha256("other"));
        EXPECT_TRUE(first.held());
        EXPECT_FALSE(second.held());
        EXPECT_TRUE(other.held());
    }
    EXPECT_TRUE(Cache::Lock(cache, key).held());
}

// It waits for a file that is removed, and there is a new one when it gets it.
TEST_F(CacheTest, ALockWhoseFileWasRemovedLocksNothing) {
    auto first = std::make_unique<Cache::Lock>(cache, key);
    Cache::Lock waiting(cache, key);
    ASSERT_FALSE(waiting.held());
    EXPECT_TRUE(cache.is_being_made(key));
    first->forget();
    EXPECT_FALSE(fs::exists(cache.folder() / "locks" / key));
    first.reset();
    auto third = std::make_unique<Cache::Lock>(cache, key);
    EXPECT_TRUE(third->held());
    int asked = 0;
    waiting.wait([&] { return ++asked > 2; });
    EXPECT_FALSE(waiting.held());
    third.reset();
    waiting.wait([] { return false; });
    EXPECT_TRUE(waiting.held());
    EXPECT_FALSE(Cache::Lock(cache, key).held());
}

TEST_F(CacheTest, AsksWhetherAnotherMakesItWithoutATrace) {
    const Cache there = Cache::to_look_at(cache.folder());
    EXPECT_FALSE(there.is_being_made(key));
    EXPECT_FALSE(fs::exists(cache.folder() / "locks" / key));
    const Cache::Lock lock(cache, key);
    EXPECT_TRUE(there.is_being_made(key));
}

TEST_F(CacheTest, ALockOfAProcessThatDiesIsFree) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        const Cache::Lock lock(cache, key);
        const char held = lock.held() ? '1' : '0';
        if (write(ready[1], &held, 1) == 1) pause();
        _exit(1);
    }
    char held = 0;
    ASSERT_EQ(read(ready[0], &held, 1), 1);
    EXPECT_EQ(held, '1');
    Cache::Lock lock(cache, key);
    EXPECT_FALSE(lock.held());
    kill(child, SIGKILL);
    lock.wait([] { return false; });
    EXPECT_TRUE(lock.held());
    EXPECT_FALSE(Cache::Lock(cache, key).held());
    waitpid(child, nullptr, 0);
    close(ready[0]);
    close(ready[1]);
}

TEST(DefaultCacheFolder, TheEnvironmentSaysWhere) {
    const auto set = [](const char* name, const char* value) {
        value == nullptr ? unsetenv(name) : setenv(name, value, 1);
    };
    const char* home = std::getenv("HOME");
    const std::string old_home = home == nullptr ? "" : home;
    set("FETTLE_CACHE", "/own");
    set("XDG_CACHE_HOME", "/xdg");
    EXPECT_EQ(default_cache_folder("fallback"), "/own");
    set("FETTLE_CACHE", nullptr);
    EXPECT_EQ(default_cache_folder("fallback"), "/xdg/fettle");
    set("XDG_CACHE_HOME", nullptr);
    const Folder folder;
    set("HOME", folder.path().c_str());
    EXPECT_EQ(default_cache_folder("fallback"), folder.path() / ".cache/fettle");
    set("HOME", "/no/such/home");
    EXPECT_EQ(default_cache_folder("fallback"), "fallback");
    set("HOME", old_home.empty() ? nullptr : old_home.c_str());
}

}  // namespace
