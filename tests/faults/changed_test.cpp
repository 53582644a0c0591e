// Files that change behind the program's back: its inputs, its cache, and the times of both.
#include "faults/trouble.hpp"

#include <random>

namespace {

using namespace testing_fettle;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::UnorderedElementsAre;

class Changed : public Troubled {
   protected:
    Changed() {
        for (const char* name : {"a.png", "b.png", "c.png"}) write_text(photo(name), png(9));
    }
    fs::path watched() const {
        return graph("watched.toml", begin("watched") + photos() + sums("sums", "how = \"wait\"\nuntil = \"go\"\n"));
    }
    fs::path plain() const { return graph("plain.toml", begin("plain") + photos() + sums("sums") + hash("hash", 8)); }

    /// Another picture of the same size in bytes, and the time of its last write set back to what it was.
    void replace_quietly(const fs::path& file) const {
        const auto time = fs::last_write_time(file);
        const std::string before = text_of(file);
        for (int value = 1; value < 256; ++value)
            if (const std::string other = png(value); other.size() == before.size() && other != before) {
                write_text(file, other);
                fs::last_write_time(file, time);
                return;
            }
        FAIL() << "no picture of the same size";
    }
    /// What a run in a cache of its own finds: `sums.txt`, wherever an entry holds it.
    std::string sums_in(const std::string& cache) const {
        for (const auto& [name, bytes] : entries(cache))
            if (name.ends_with("sums.txt")) return bytes;
        return {};
    }
};

struct Change {
    const char* name;
    const char* says;
};

class ChangedInput : public Changed, public testing::WithParamInterface<Change> {};

TEST_P(ChangedInput, WhileTheRunIsUnderWayIsSaidAndNothingIsKept) {
    const auto process = start(run_of(watched()));
    const fs::path run = begun_run(*process, folder() / "runs/watched");
    ASSERT_TRUE(process->wait_until([&] { return !stages_with("started", run).empty(); })) << process->err();
    const std::string name = GetParam().name;
    if (name == "Replaced") replace_quietly(photo("b.png"));
    if (name == "Touched")
        fs::last_write_time(photo("b.png"), fs::last_write_time(photo("b.png")) - std::chrono::hours(9));
    if (name == "Added") write_text(photo("d.png"), png(3));
    write_text(folder() / "go", "");
    const Outcome outcome = process->wait();
    if (name == "Touched") {
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return;
    }
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error[R502]: stage `sums`: what it was made from changed during the run: "));
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
    EXPECT_THAT(outcome.err, HasSubstr("run again once the files rest"));
    EXPECT_THAT(entries(), IsEmpty());
    EXPECT_FALSE(has_drafts());
    EXPECT_EQ(call(run_of(watched())).status, 0);
    EXPECT_EQ(call(run_of(watched(), {}, "fresh")).status, 0);
    EXPECT_EQ(sums_in("cache"), sums_in("fresh"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ChangedInput,
                         testing::Values(Change{"Replaced", "`good/b.png` has other content"},
                                         Change{"Added", "`good/d.png` is new"}, Change{"Touched", ""}),
                         [](const auto& test) { return std::string(test.param.name); });

TEST_F(Changed, BetweenPlanAndRunIsSeenWhateverItsTimeSays) {
    EXPECT_EQ(call(run_of(plain())).status, 0);
    const std::string before = sums_in("cache");
    EXPECT_EQ(plan({plain(), "--plugin", TEST_TROUBLE}).at("sums").at("state"), "cached");
    replace_quietly(photo("b.png"));
    const Outcome outcome = call(run_of(plain()));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(stages_with("finished", run_folder(outcome)), UnorderedElementsAre("sums", "hash"));
    EXPECT_EQ(call(run_of(plain(), {}, "fresh")).status, 0);
    EXPECT_NE(sums_in("fresh"), before);
    for (const auto& [name, bytes] : entries("fresh")) EXPECT_EQ(entries().at(name), bytes) << name;
}

TEST_F(Changed, AClockThatWasSetBackOrForwardChangesNothing) {
    const Outcome first = call(run_of(plain()));
    for (const auto shift : {std::chrono::hours(24 * 3650), std::chrono::hours(-2 * 24 * 3650)}) {
        for (const char* place : {"cache", "photos", "runs"})
            for (const auto& entry : fs::recursive_directory_iterator(folder() / place))
                if (!entry.is_symlink()) fs::last_write_time(entry, fs::last_write_time(entry) + shift);
        const Outcome again = call(run_of(plain()));
        EXPECT_EQ(again.status, 0) << again.err;
        EXPECT_THAT(again.err, Not(HasSubstr("warning")));
        EXPECT_THAT(stages_with("started", run_folder(again)), IsEmpty());
        EXPECT_EQ(findings_of(run_folder(again)), findings_of(run_folder(first)));
    }
}

TEST_F(Changed, ADraftThatLooksOldIsntTakenFromAProcessThatLives) {
    const auto process = start(run_of(watched()));
    const fs::path run = begun_run(*process, folder() / "runs/watched");
    ASSERT_TRUE(process->wait_until([&] { return !stages_with("started", run).empty() && has_drafts(); }));
    for (const auto& draft : fs::directory_iterator(folder() / "cache/drafts"))
        fs::last_write_time(draft, fs::last_write_time(draft) - std::chrono::hours(48));
    EXPECT_EQ(call(run_of(plain())).status, 0);
    EXPECT_TRUE(has_drafts());
    write_text(folder() / "go", "");
    const Outcome outcome = process->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Changed, AnyBitOfTheCacheThatFlipsIsFoundOrHarmless) {
    const Outcome first = call(run_of(small()));
    ASSERT_EQ(first.status, 0) << first.err;
    const auto whole = entries();
    std::mt19937 random(5);
    std::size_t found = 0, tried = 0;
    for (int round = 0; round < 4; ++round)
        for (const auto& [name, bytes] : whole) {
            if (bytes.empty()) continue;
            std::string damaged = bytes;
            damaged[random() % bytes.size()] ^= static_cast<char>(1 << (random() % 8));
            write_text(folder() / "cache/entries" / name, damaged);
            const Outcome again = call(run_of(small()));
            ASSERT_EQ(again.status, 0) << name << again.err;
            ASSERT_EQ(findings_of(run_folder(again)), findings_of(run_folder(first))) << name;
            const bool said = count_of("warning[C601]", again.err) == 1;
            // In a manifest, a flipped bit may make one kind of space another.
            EXPECT_TRUE(said || name.ends_with("manifest.json")) << name;
            if (said) {
                EXPECT_EQ(entries(), whole) << name;
            }
            write_text(folder() / "cache/entries" / name, bytes);
            ++tried;
            found += said;
        }
    EXPECT_GE(tried, 20);
    EXPECT_GT(found, tried * 3 / 4);
}

TEST_F(Changed, AnEntryOfANewerFormatIsMadeAgain) {
    ASSERT_EQ(call(run_of(small())).status, 0);
    const auto whole = entries();
    for (const auto& [name, bytes] : whole) {
        if (!name.ends_with("manifest.json")) continue;
        std::string newer = bytes;
        newer.replace(newer.find("\"format\": 1"), 11, "\"format\": 9");
        write_text(folder() / "cache/entries" / name, newer);
    }
    const Outcome again = call(run_of(small()));
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(count_of("it is of another version: format 9, and this program writes 1", again.err), 2) << again.err;
    EXPECT_EQ(entries(), whole);
}

TEST_F(Changed, AnEntryWithAFileTooManyIsMadeAgain) {
    ASSERT_EQ(call(run_of(small())).status, 0);
    const auto whole = entries();
    write_text((folder() / "cache/entries" / whole.begin()->first).parent_path() / "stray.txt", "?");
    const Outcome again = call(run_of(small()));
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("stray.txt isn't in its manifest"));
    EXPECT_EQ(entries(), whole);
}

}  // namespace
