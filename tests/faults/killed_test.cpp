// Killed at any moment, and two processes on one cache.
#include "faults/trouble.hpp"

#include <random>

namespace {

using namespace testing_fettle;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Killed : public Troubled {
   protected:
    /// Six pieces of work, one after another on one thread.
    fs::path long_graph() const {
        std::string text = begin("long") + made();
        for (int k = 1; k <= 4; ++k)
            text += sums("sums" + std::to_string(k), "how = \"slow\"\nsteps = " + std::to_string(k + 2) + "\n");
        return graph("long.toml", text + hash("coarse", 4) + hash("fine", 8));
    }
    /// `time` counts from the start of the program, or of its work.
    void kill_after(std::chrono::duration<double> time, bool at_work) {
        const auto process = start(run_of(long_graph(), {"--threads", "1"}));
        if (at_work) begun_run(*process, folder() / "runs/long");
        std::this_thread::sleep_for(time);
        process->send(SIGKILL);
        process->wait();
    }
    /// Runs that left a journal, and weren't looked at before.
    std::vector<fs::path> new_runs() {
        std::vector<fs::path> out;
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder() / "runs/long", error))
            if (!entry.is_symlink() && looked_at_.insert(entry.path()).second) out.push_back(entry.path());
        return out;
    }

   private:
    std::set<fs::path> looked_at_;
};

TEST_F(Killed, AtFiftyMomentsLosesOnlyTheStageAtWork) {
    const Outcome undisturbed = call(run_of(long_graph(), {"--threads", "1", "--output", "apart"}, "apart-cache"));
    ASSERT_EQ(undisturbed.status, 0) << undisturbed.err;
    const auto expected = entries("apart-cache");
    std::mt19937 random(11);
    std::uniform_real_distribution<double> moment(0, undisturbed.seconds);
    std::set<std::string> kept;
    std::size_t killed_at_work = 0;
    // On a machine that is busy with other work most moments may miss: then there are more of them.
    for (int k = 0; k < 50 || (killed_at_work < 5 && k < 150); ++k) {
        kill_after(std::chrono::duration<double>(moment(random)), k % 2 == 1);
        for (const fs::path& run : new_runs()) {
            for (const std::string& stage : stages_with("started", run)) EXPECT_THAT(kept, Not(Contains(stage))) << k;
            for (const char* event :
                 {"finished", "cached"})  // killed between its entry and its line, it is cached next
                for (const std::string& stage : stages_with(event, run)) kept.insert(stage);
            killed_at_work += stages_with("started", run).size() > stages_with("finished", run).size();
        }
        for (const auto& [name, bytes] : entries()) {  // whole, or not there
            ASSERT_EQ(expected.count(name), 1) << name;
            ASSERT_EQ(bytes, expected.at(name)) << name;
        }
        if (kept.size() < 6) continue;
        fs::remove_all(folder() / "cache/entries");
        kept.clear();
    }
    EXPECT_GE(killed_at_work, 5);  // the moments are well chosen
    const Outcome last = call(run_of(long_graph(), {"--threads", "1"}));
    EXPECT_EQ(last.status, 0) << last.err;
    EXPECT_THAT(last.err, Not(HasSubstr("warning")));
    EXPECT_EQ(entries(), expected);
    EXPECT_EQ(findings_of(run_folder(last)), findings_of(run_folder(undisturbed)));
}

/// A graph whose first stage waits for the file `go`.
class Together : public Killed {
   protected:
    fs::path gated() const {
        return graph("gated.toml", begin("gated") + made() + hash("before", 4) + gate() + hash("after", 8));
    }
    static std::string gate() { return sums("gate", "how = \"wait\"\nuntil = \"go\"\n"); }
    void open_gate() const { write_text(folder() / "go", ""); }
    static bool has(const std::string& event, const std::string& stage, const fs::path& run) {
        const auto stages = stages_with(event, run);
        return std::find(stages.begin(), stages.end(), stage) != stages.end();
    }
    Launch at(const fs::path& file, const char* output) const {
        return run_of(file, {"--threads", "1", "--output", output});
    }
};

TEST_F(Together, OneThatIsKilledWithTheLockGivesItToTheOther) {
    const auto first = start(at(gated(), "first"));
    const fs::path first_run = begun_run(*first, folder() / "first/gated");
    ASSERT_TRUE(first->wait_until([&] { return has("started", "gate", first_run); })) << first->err();
    const auto second = start(at(gated(), "second"));
    const fs::path second_run = begun_run(*second, folder() / "second/gated");
    ASSERT_TRUE(second->wait_until([&] { return has("waiting", "gate", second_run); })) << second->err();
    first->send(SIGKILL);
    EXPECT_EQ(first->wait().status, 1000 + SIGKILL);
    open_gate();
    const Outcome outcome = second->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(stages_with("finished", second_run), Contains("gate"));
    const Outcome alone = call(run_of(gated(), {}, "alone"));
    EXPECT_EQ(alone.status, 0) << alone.err;
    EXPECT_EQ(entries(), entries("alone"));
}

TEST_F(Together, WhatTheOtherMadeSinceThePlanIsntMadeAgain) {
    const auto first = start(at(gated(), "first"));
    const fs::path first_run = begun_run(*first, folder() / "first/gated");
    ASSERT_TRUE(first->wait_until([&] { return has("started", "gate", first_run); })) << first->err();
    const fs::path other = graph("other.toml", begin("other") + made() + hash("before", 4) + hash("after", 8));
    const Outcome second = call(at(other, "second"));
    ASSERT_EQ(second.status, 0) << second.err;
    open_gate();
    const Outcome outcome = first->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const char* stage : {"before", "after"})
        EXPECT_EQ(has("finished", stage, first_run) + has("finished", stage, run_folder(second)), 1) << stage;
    EXPECT_LT(stages_with("finished", first_run).size(), 3);  // the gate came before one of them
}

// A clock that was set forward, or a day that passed, makes what it works in look like something left behind.
TEST_F(Together, AVerificationKeepsItsFolderHoweverOldThatLooks) {
    open_gate();
    ASSERT_EQ(call(run_of(gated())).status, 0);
    fs::remove(folder() / "go");
    const auto verifying = start(fettle({"verify", gated(), "--plugin", TEST_TROUBLE, "--threads", "1", "--json"}));
    const auto begun = [&] { return count_of("{\"event\":\"started\",\"stage\":\"gate\"", verifying->err()) > 0; };
    ASSERT_TRUE(verifying->wait_until(begun)) << verifying->err();
    for (const auto& draft : fs::directory_iterator(folder() / "cache/drafts"))
        fs::last_write_time(draft, fs::file_time_type::clock::now() - std::chrono::hours(72));
    // Whoever opens the cache clears up, and so does who prunes.
    ASSERT_EQ(call(run_of(graph("other.toml", begin("other") + made() + hash("other", 16)))).status, 0);
    EXPECT_EQ(call({"cache", "--older-than", "1h"}).status, 0);
    open_gate();
    const Outcome outcome = verifying->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err << outcome.out;
    EXPECT_FALSE(has_drafts());
    for (const auto& lock : fs::directory_iterator(folder() / "cache/locks"))
        EXPECT_THAT(lock.path().filename().string(), Not(HasSubstr("verify")));
}

/// Six cells that share some of their work.
class SweepInTrouble : public Killed {
   protected:
    fs::path swept() const {
        return graph("swept.toml", begin("swept") + "[sweep.over]\nsums.steps = [4, 20]\nhash.size = [4, 6, 8]\n" +
                                       made() + sums("sums", "how = \"slow\"\n") + hash("hash", 8));
    }
    Launch at(const std::string& output, const std::string& cache = "cache", Arguments more = {}) const {
        more.insert(more.end(), {"--sweep", "--threads", "1", "--output", output});
        return run_of(swept(), more, cache);
    }
    /// What the newest sweep below a folder says of its cells, but for where and when, and the scores of each.
    std::vector<std::string> found_in(const std::string& output) const {
        const fs::path sweep = fs::canonical(folder() / output / "swept/latest-sweep");
        const Json record = Json::parse(text_of(sweep / "sweep.json"));
        std::vector<std::string> found{record.at("status"), record.at("cells").dump(), text_of(sweep / "sweep.csv")};
        for (const Json& cell : record.at("cells"))
            found.push_back(text_of(sweep / cell.at("folder").get<std::string>() / "scores.csv"));
        return found;
    }
    /// Starts the sweep and waits until so many stages have finished, or started.
    std::unique_ptr<Process> started(std::size_t count, const std::string& event = "finished") {
        auto process = start(at("runs", "cache", {"--json"}));
        EXPECT_TRUE(process->wait_until([&] {
            return count_of("{\"event\":\"" + event + "\"", process->err()) >= count;
        })) << process->err();
        return process;
    }
    /// Keys of the stages that a cell's run made itself.
    static std::vector<std::string> finished_keys(const fs::path& cell) {
        std::map<std::string, std::string> key_of;
        std::vector<std::string> keys;
        for (const Json& event : journal_of(cell)) {
            if (event.at("event") == "started") key_of[event.at("stage")] = event.at("key");
            if (event.at("event") == "finished") keys.push_back(key_of[event.at("stage")]);
        }
        return keys;
    }
    void expect_undisturbed(const std::string& output) {
        if (!fs::exists(folder() / "apart")) {
            const Outcome alone = call(at("apart", "apart-cache"));
            ASSERT_EQ(alone.status, 0) << alone.err;
        }
        EXPECT_EQ(entries(), entries("apart-cache"));
        EXPECT_EQ(found_in(output), found_in("apart"));
        EXPECT_FALSE(has_drafts());
    }
};

/// The stage that comes last takes most of the time, so there is always something left to kill.
TEST_F(SweepInTrouble, ThatIsKilledCarriesOn) {
    for (const auto& [event, count] : {std::pair{"finished", 0}, {"finished", 1}, {"started", 1}}) {
        const auto process = started(static_cast<std::size_t>(count), event);
        process->send(SIGKILL);
        ASSERT_EQ(process->wait().status, 1000 + SIGKILL) << "it was done before it could be killed";
    }
    call({"cache", "--older-than", "100d"});  // drafts of those that were killed go
    const Outcome last = call(at("runs"));
    EXPECT_EQ(last.status, 0) << last.err;
    EXPECT_THAT(last.err, Not(HasSubstr("warning")));
    expect_undisturbed("runs");
}

TEST_F(SweepInTrouble, ThatIsAskedToStopSaysWhichCellsAreDoneAndCarriesOn) {
    const auto process = started(2);
    process->send(SIGINT);
    const Outcome stopped = process->wait();
    EXPECT_EQ(stopped.status, 130) << stopped.err;
    const Json record = Json::parse(text_of(folder() / "runs/swept/latest-sweep/sweep.json"));
    EXPECT_EQ(record.at("status"), "interrupted");
    std::set<std::string> status;
    for (const Json& cell : record.at("cells")) status.insert(cell.at("status"));
    EXPECT_THAT(status, Contains("interrupted"));
    EXPECT_THAT(status, Not(Contains("failed")));
    EXPECT_FALSE(has_drafts());
    const Outcome last = call(at("runs"));
    EXPECT_EQ(last.status, 0) << last.err;
    expect_undisturbed("runs");
}

TEST_F(SweepInTrouble, ThatRunsTwiceAtOnceDoesItsWorkOnce) {
    const auto first = start(at("first")), second = start(at("second"));
    std::multiset<std::string> made;
    for (const auto& [process, output] : {std::pair{first.get(), "first"}, {second.get(), "second"}}) {
        const Outcome outcome = process->wait();
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        expect_undisturbed(output);
        std::set<std::string> here;  // a stage that cells share is in the journal of each
        for (const auto& cell : fs::directory_iterator(fs::canonical(folder() / output / "swept/latest-sweep"))) {
            if (!cell.is_directory()) continue;
            const auto keys = finished_keys(cell.path());
            here.insert(keys.begin(), keys.end());
        }
        made.insert(here.begin(), here.end());
    }
    EXPECT_EQ(made.size(), 5u);  // sums of 4 and 20 steps, hashes of three sizes
    EXPECT_EQ(std::set<std::string>(made.begin(), made.end()).size(), 5u);
}

}  // namespace
