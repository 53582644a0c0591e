// Stages that hang, with --stage-timeout, and one that eats all memory.
#include "faults/trouble.hpp"

#include <algorithm>

namespace {

using namespace testing_fettle;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Silent : public Troubled {
   protected:
    const Arguments brief{"--stage-timeout", "0.5"};

    /// The run is over and in order: its record is there, `hash` is kept, nothing of `sums` is, and the next run works.
    void expect_order(const Outcome& outcome, const std::string& silent) {
        EXPECT_EQ(outcome.status, 1) << outcome.err;
        EXPECT_EQ(count_of("error[", outcome.err), 1) << outcome.err;
        EXPECT_THAT(outcome.err, HasSubstr("error[R507]: stage `" + silent + "` gave no sign of life for 0.5 s; "));
        EXPECT_THAT(outcome.err, HasSubstr("raise --stage-timeout"));
        const fs::path run = run_folder(outcome);
        EXPECT_EQ(Json::parse(text_of(run / "run.json"), nullptr, false).value("status", ""), "failed");
        EXPECT_THAT(stages_with("failed", run), Contains(silent));
        EXPECT_FALSE(has_drafts());
        const Outcome mended = call(run_of(small()));
        EXPECT_EQ(mended.status, 0) << mended.err;
        EXPECT_THAT(mended.err, Not(HasSubstr("C601")));
        EXPECT_THAT(stages_with("cached", run_folder(mended)), Contains("hash"));
        EXPECT_THAT(stages_with("finished", run_folder(mended)), Contains("sums"));
    }
    Outcome run_with(const std::string& how, const Arguments& more) {
        Arguments all = more;
        all.insert(all.end(), {"--threads", "2", "--set", "sums.how=\"" + how + "\""});
        return call(run_of(small(), all));
    }
};

TEST_F(Silent, AStageThatDoesntListenIsLeftBehind) {
    const Outcome outcome = run_with("hang", brief);
    EXPECT_THAT(outcome.err, HasSubstr("the last it told was 3 of 10, loss 0.25"));
    EXPECT_THAT(outcome.err, HasSubstr("it didn't stop when it was asked, so the program ended around it"));
    expect_order(outcome, "sums");
}

TEST_F(Silent, AStageThatListensIsStopped) {
    const Outcome outcome = run_with("ask", brief);
    EXPECT_THAT(outcome.err, HasSubstr("the last it told was 3 of 10, loss 0.25"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("didn't stop")));
    expect_order(outcome, "sums");
}

TEST_F(Silent, TheStageThatHangsIsNamedAndNotTheOneThatWaitsForItsSamples) {
    const fs::path file =
        graph("lazy.toml", begin("lazy") + made() +
                               stage("stuck", "test.stuck", "in.images = [\"parts\"]\nuntil = \"never\"\n") +
                               sums("sums", "", "stuck") + hash("hash", 8) + hash("late", 4, "stuck"));
    Arguments more = brief;
    more.insert(more.end(), {"--threads", "3"});
    expect_order(call(run_of(file, more)), "stuck");
}

TEST_F(Silent, AStageThatTellsOfProgressMayTakeItsTime) {
    Arguments more = brief;
    more.insert(more.end(), {"--set", "sums.steps=60"});  // 1.8 s
    const Outcome outcome = run_with("slow", more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_GT(outcome.seconds, 1.5);
}

TEST_F(Silent, ASuspendedProgramIsNotSilent) {
    const auto process = start(run_of(
        small(), {"--stage-timeout", "2", "--threads", "1", "--set", "sums.how=steady", "--set", "sums.steps=15"}));
    const fs::path run = begun_run(*process, folder() / "runs/small");
    ASSERT_TRUE(process->wait_until([&] {
        const auto begun = stages_with("started", run);
        return std::count(begun.begin(), begun.end(), "sums") > 0;
    }));
    std::this_thread::sleep_for(std::chrono::milliseconds(700));  // it is in its steps now
    process->send(SIGSTOP);
    std::this_thread::sleep_for(std::chrono::milliseconds(4500));  // longer than the timeout and the grace
    process->send(SIGCONT);
    const Outcome outcome = process->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(stages_with("finished", run), Contains("sums"));
}

/// Three cells on one thread: the first is done, the second hangs, the third never begins.
class SilentSweep : public Silent {
   protected:
    fs::path swept() const {
        return graph("swept.toml",
                     "format = 1\n[sweep.over]\nsums.how = [\"nothing\", \"hang\", \"slow\"]\n" +
                         begin("swept").substr(std::string("format = 1\n").size()) +
                         stage("parts", "dataset.procedural", "count = 40\nanomalous = 10\nsize = [16, 16]\n") +
                         stage("split", "split.one_class", "in.images = \"parts\"\ntrain = 1\ncalibrate = 10\n") +
                         stage("seen", "transform.resize",
                               "in.images = [\"split.calibrate\", \"split.test\"]\nsize = [16, 16]\n") +
                         stage("small", "transform.resize", "in.images = [\"seen\"]\nsize = [4, 4]\n") +
                         stage("like", "transform.resize", "in.images = [\"small\"]\nsize = [16, 16]\n") +
                         stage("apart", "similarity.l2", "in.reference = \"seen\"\nin.candidate = \"like\"\n") +
                         stage("score", "score.pool", "in.maps = [\"apart\"]\n") +
                         stage("cut", "threshold.quantile", "in.scores = [\"score\"]\n") +
                         stage("judge", "evaluate.detection", "in.decisions = [\"cut\"]\n") + sums("sums"));
    }
    /// What the first cell asks for is in the cache: to load its plugins may take longer than the timeout.
    Outcome swept_with(Arguments more) {
        const Outcome first = call(run_of(swept(), {"--output", "apart"}));
        EXPECT_EQ(first.status, 0) << first.err;
        more.insert(more.end(), {"--sweep", "--threads", "1", "--stage-timeout", "0.5"});
        return call(run_of(swept(), more));
    }
    /// The words of the cells, from the file; with figures in the one that is done.
    void expect_files() const {
        const fs::path sweep = fs::canonical(folder() / "runs/swept/latest-sweep");
        const Json json = Json::parse(text_of(sweep / "sweep.json"), nullptr, false);
        ASSERT_TRUE(json.is_object());
        EXPECT_EQ(json.at("status"), "failed");
        std::vector<std::string> words;
        for (const Json& cell : json.at("cells")) {
            words.push_back(cell.at("status"));
            const fs::path record = sweep / cell.at("folder").get<std::string>() / "run.json";
            EXPECT_EQ(Json::parse(text_of(record), nullptr, false).value("status", ""), words.back());
        }
        EXPECT_THAT(words, testing::ElementsAre("done", "failed", "interrupted"));
        EXPECT_FALSE(json.at("cells")[0].at("judgements").empty());
        EXPECT_FALSE(json.at("spread").empty());
        EXPECT_THAT(text_of(sweep / "sweep.csv"), HasSubstr("\r\n3,03-how=slow-seed=7,interrupted,"));
        EXPECT_THAT(text_of(sweep / "sweep.csv"), HasSubstr("\r\n1,01-how=nothing-seed=7,done,"));
        EXPECT_TRUE(Json::accept(text_of(sweep / "trace.json")));
    }
};

TEST_F(SilentSweep, KeepsWhatItsCellsFound) {
    const Outcome outcome = swept_with({});
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_EQ(count_of("error[", outcome.err), 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("it didn't stop when it was asked, so the program ended around it"));
    expect_files();
    for (const char* line : {"sums.how", "cell 2 (", ") failed\n", "cell 3 (", ") was stopped\n", "sweep:   "})
        EXPECT_THAT(outcome.out, HasSubstr(line));
}

TEST_F(SilentSweep, TellsOfItsCellsInJson) {
    const Outcome outcome = swept_with({"--json"});
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    expect_files();
    EXPECT_EQ(outcome.out, text_of(folder() / "runs/swept/latest-sweep/sweep.json"));
}

TEST_F(Silent, ATimeoutIsAboveZero) {
    for (const char* wrong : {"0", "-1", "nan"}) {
        const Outcome outcome = call(run_of(small(), {"--stage-timeout", wrong}));
        EXPECT_EQ(outcome.status, 1);
        EXPECT_THAT(outcome.err, HasSubstr("--stage-timeout is a number of seconds, above 0"));
    }
}

TEST_F(Silent, AStageThatEatsAllMemoryIsNamedAndTheOthersFinish) {
    if (testing_fettle::has_shadow_memory) GTEST_SKIP() << "a sanitizer's shadow memory fits under no limit";
    const Launch inner = run_of(small(), {"--set", "sums.how=\"memory\""});
    Launch launch = inner;
    launch.program = "/bin/sh";  // 8 GiB of addresses; LibTorch isn't loaded
    launch.arguments = {"-c", "ulimit -v 8388608; exec \"$0\" \"$@\"", inner.program};
    launch.arguments.insert(launch.arguments.end(), inner.arguments.begin(), inner.arguments.end());
    const Outcome outcome = call(launch);
    EXPECT_EQ(outcome.status, 1) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("error[R504]: stage `sums` ran out of memory"));
    EXPECT_THAT(outcome.err, HasSubstr("a smaller --memory than now"));
    EXPECT_THAT(stages_with("finished", run_folder(outcome)), Contains("hash"));
    EXPECT_FALSE(has_drafts());
}

}  // namespace
