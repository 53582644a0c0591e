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
            for (const std::string& stage : stages_with("finished", run)) kept.insert(stage);
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

}  // namespace
