// What a run keeps is on the disk before it has its name.
#include "disk_calls.hpp"
#include "graph/digest.hpp"
#include "run/cache.hpp"
#include "unit/support.hpp"

#include <fettle/durable.hpp>

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using disk_calls::place_of;
using support::Folder;
using ::testing::Contains;
using ::testing::Not;
namespace fs = std::filesystem;

/// The calls that making an entry of so many files causes, and its folder.
std::vector<std::string> calls_of_an_entry(const Cache& cache, int files, fs::path& draft, fs::path& place) {
    const std::string text = "use a " + std::to_string(files) + "\n", key = sha256(text);
    draft = cache.begin(key);
    fs::create_directories(draft / "port");
    for (int k = 0; k < files; ++k) std::ofstream(draft / "port" / std::to_string(k)) << k;
    disk_calls::taken();
    cache.commit(key, draft, text);
    place = cache.entry(key);
    return disk_calls::taken();
}

TEST(Durable, AnEntryIsOnTheDiskBeforeItHasItsNameAndItsNameAfter) {
    const Folder folder;
    const Cache cache(folder.path() / "cache");
    fs::path draft, place;
    const auto calls = calls_of_an_entry(cache, 3, draft, place);
    const std::size_t renamed = place_of("rename " + draft.string() + " " + place.string(), calls);
    ASSERT_LT(renamed, calls.size());
    for (const char* name : {"", "/port", "/port/0", "/port/1", "/port/2", "/key.txt", "/manifest.json"})
        EXPECT_LT(place_of("sync " + draft.string() + name, calls), renamed) << name;
    const std::size_t named = place_of("sync " + place.parent_path().string(), calls);
    EXPECT_GT(named, renamed);
    EXPECT_LT(named, calls.size());
}

TEST(Durable, ManyFilesAreAskedForAtOnce) {
    const Folder folder;
    const Cache cache(folder.path() / "cache");
    fs::path draft, place;
    const auto calls = calls_of_an_entry(cache, 200, draft, place);
    EXPECT_LT(calls.size(), 8u);
    EXPECT_LT(place_of("sync all", calls), place_of("rename " + draft.string() + " " + place.string(), calls));
    EXPECT_THAT(calls, Not(Contains("sync " + draft.string() + "/port/0")));
}

TEST(Durable, WhatIsntThereOrCantBeAskedIsNoError) {
    EXPECT_NO_THROW(fettle::make_durable("/there/is/no/such/file"));
    EXPECT_NO_THROW(fettle::make_durable("/dev/null"));
    EXPECT_NO_THROW(fettle::make_all_durable("/there/is/no/such/folder"));
}

}  // namespace
