// Runs that are killed or asked to stop, and the same command again.
#include "faults/training.hpp"

namespace {

using namespace testing_fettle;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

class Interrupted : public Training {
   protected:
    /// A checkpoint after every step, so that what a test waits for doesn't depend on the machine's speed.
    const Arguments every_step{"--set", "train.checkpoint_every=0", "--set", "train.epochs=15"};

    /// Starts the training, waits until it has made `checkpoints`, sends the signal, and returns the run's folder.
    fs::path stop_after(std::size_t checkpoints, int signal, Outcome& outcome) {
        const auto process = start(training(every_step));
        const fs::path run = begun_run(*process, runs());
        EXPECT_TRUE(process->wait_until([&] {
            const auto started = stages_with("started", run);
            return std::find(started.begin(), started.end(), "train") != started.end() &&
                   stages_with("checkpoint", run).size() >= checkpoints;
        })) << process->err();
        const auto begin = std::chrono::steady_clock::now();
        process->send(signal);
        outcome = process->wait();
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
        std::cout << "signal " << signal << ": gone after " << seconds.count() << " s\n";
        return run;
    }
};

TEST_F(Interrupted, AKilledTrainingCarriesOnFromItsCheckpointToTheSameResult) {
    const Findings expected = undisturbed(every_step);
    int reached = 0;
    for (const std::size_t checkpoints : {0, 1, 9, 20}) {
        Outcome outcome;
        const fs::path run = stop_after(checkpoints, SIGKILL, outcome);
        ASSERT_EQ(outcome.status, 1000 + SIGKILL) << "it was done before it could be killed";
        EXPECT_GE(last_step("resumed", run), reached);
        reached = std::max(reached, last_step("checkpoint", run));
        EXPECT_GE(reached, static_cast<int>(checkpoints));
        EXPECT_FALSE(fs::exists(run / "run.json"));
    }
    const Outcome last = call(training(every_step));
    ASSERT_EQ(last.status, 0) << last.err;
    const fs::path run = run_folder(last);
    EXPECT_GE(last_step("resumed", run), reached);
    EXPECT_THAT(stages_with("cached", run), Contains("hash"));  // finished in a run that was killed
    EXPECT_THAT(stages_with("started", run), Not(Contains("hash")));
    EXPECT_EQ(findings_of(run), expected);
    EXPECT_THAT(last.err, Not(HasSubstr("warning")));
    EXPECT_TRUE(fs::is_empty(folder() / "cache/checkpoints"));
}

TEST_F(Interrupted, AKilledWriterOfACheckpointLeavesTheOneBefore) {
    const Findings expected = undisturbed(every_step);
    Outcome outcome;
    stop_after(5, SIGKILL, outcome);
    ASSERT_EQ(outcome.status, 1000 + SIGKILL);
    std::size_t damaged = 0;
    for (const auto& entry : fs::recursive_directory_iterator(folder() / "cache/checkpoints"))
        if (entry.path().filename() == "training.checkpoint") {
            ++damaged;
            fs::resize_file(entry.path(), entry.file_size() / 2);
        }
    ASSERT_EQ(damaged, 1);
    const Outcome again = call(training(every_step));
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(findings_of(run_folder(again)), expected);
    EXPECT_THAT(again.err, HasSubstr("is damaged or cut short; it is passed over"));
    EXPECT_THAT(text_of(run_folder(again) / "run.json"), HasSubstr("is damaged or cut short"));
    // Nothing is wrong with the network.
    const Outcome cached = call(training(every_step));
    EXPECT_THAT(stages_with("cached", run_folder(cached)), Contains("train"));
    EXPECT_THAT(cached.err, Not(HasSubstr("is damaged or cut short")));
    EXPECT_THAT(text_of(run_folder(cached) / "run.json"), Not(HasSubstr("is damaged or cut short")));
}

TEST_F(Interrupted, APlanAndTheCacheSayHowFarAKilledTrainingGot) {
    Outcome outcome;
    stop_after(9, SIGKILL, outcome);
    ASSERT_EQ(outcome.status, 1000 + SIGKILL);
    Arguments arguments{graph_file()};
    arguments.insert(arguments.end(), every_step.begin(), every_step.end());
    const Json train = plan(arguments).at("train");
    const std::string why = train.at("why");
    const std::string begin = "it stopped half-way, and carries on from its checkpoint: after step ";
    ASSERT_THAT(why, testing::StartsWith(begin));
    EXPECT_GE(std::stoi(why.substr(begin.size())), 9);
    EXPECT_GT(train.at("expected_seconds"), 0);
    arguments.insert(arguments.begin(), "plan");
    arguments.insert(arguments.end(), {"--why", "train"});
    EXPECT_THAT(call(arguments).out, testing::StartsWith("train (run)\n  " + why + "\n"));
    const std::string shown = call(Arguments{"cache"}).out;
    EXPECT_THAT(shown, HasSubstr("training: train, after step "));
    EXPECT_THAT(shown, Not(HasSubstr("an unfinished stage")));
}

TEST_F(Interrupted, WithoutTheCacheNothingOfAKilledTrainingIsUsed) {
    const Findings expected = undisturbed(every_step);
    Outcome outcome;
    stop_after(9, SIGKILL, outcome);
    ASSERT_EQ(outcome.status, 1000 + SIGKILL);
    Arguments anew = every_step;
    anew.push_back("--no-cache");
    const Outcome again = call(training(anew));
    ASSERT_EQ(again.status, 0) << again.err;
    const fs::path run = run_folder(again);
    EXPECT_EQ(last_step("resumed", run), 0);
    const Json record = Json::parse(text_of(run / "run.json"));
    for (const Json& stage : record.at("stages")) EXPECT_EQ(stage.count("carried_on_seconds"), 0) << stage;
    EXPECT_EQ(findings_of(run), expected);
    EXPECT_TRUE(fs::is_empty(folder() / "cache/checkpoints"));
}

struct Stop {
    int signal, status;
};

class AskedToStop : public Interrupted, public testing::WithParamInterface<Stop> {
   protected:
    AskedToStop() { threads = "1"; }
};

TEST_P(AskedToStop, LeavesACheckpointThatTheNextRunCarriesOnFrom) {
    // No checkpoint but the one that being asked makes.
    const Arguments rare{"--set", "train.checkpoint_every=3600", "--set", "train.epochs=15"};
    const Findings expected = undisturbed(rare);
    Arguments watched = rare;
    watched.push_back("--json");
    const auto process = start(training(watched));
    const fs::path run = begun_run(*process, runs());
    ASSERT_TRUE(process->wait_until([&] { return count_of("\"loss ", process->err()) >= 5; })) << process->err();
    const auto begin = std::chrono::steady_clock::now();
    process->send(GetParam().signal);
    const Outcome stopped = process->wait();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << "stopped after " << seconds.count() << " s\n";
    ASSERT_EQ(stopped.status, GetParam().status) << stopped.err;
    EXPECT_THAT(stopped.err, HasSubstr("interrupted; the same command carries on"));
    EXPECT_THAT(stages_with("checkpoint", run), testing::ElementsAre("train"));
    EXPECT_GE(last_step("checkpoint", run), 5);
    EXPECT_EQ(Json::parse(text_of(run / "run.json")).at("status"), "interrupted");
    EXPECT_TRUE(fs::is_empty(folder() / "cache/drafts"));

    const Outcome again = call(training(rare));
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_EQ(last_step("resumed", run_folder(again)), last_step("checkpoint", run));
    EXPECT_EQ(findings_of(run_folder(again)), expected);

    // What it took is the sum over both.
    const auto seconds_of = [](const fs::path& folder, const char* what) {
        const Json record = Json::parse(text_of(folder / "run.json"));
        for (const Json& stage : record.at("stages"))
            if (stage.at("name") == "train") return stage.at(what).get<double>();
        return 0.0;
    };
    const double before = seconds_of(run_folder(again), "carried_on_seconds");
    EXPECT_GT(before, 0);
    EXPECT_LE(before, seconds_of(run, "seconds"));
    EXPECT_GT(seconds_of(run_folder(again), "seconds"), before);

    // The steps of the first process are no batch of the second one's.
    std::string train;
    const Json record = Json::parse(text_of(run_folder(again) / "run.json"));
    for (const Json& stage : record.at("stages"))
        if (stage.at("name") == "train") train = stage.at("key");
    const auto batches_in = [&](const fs::path& cache) {
        for (const auto& entry : fs::recursive_directory_iterator(folder() / cache / "made"))
            if (entry.is_regular_file()) {
                const Json parts = Json::parse(text_of(entry.path()));
                for (const Json& part : parts)
                    if (part.at("key") == train) return part.at("batches").at(0).get<int>();
            }
        return -1;
    };
    EXPECT_EQ(batches_in("cache"), 0);
    EXPECT_GT(batches_in("undisturbed"), 0);
}

INSTANTIATE_TEST_SUITE_P(Signals, AskedToStop,
                         testing::Values(Stop{SIGINT, 130}, Stop{SIGTERM, 143}, Stop{SIGHUP, 129}),
                         [](const auto& test) {
                             return test.param.signal == SIGINT    ? "Interrupt"
                                    : test.param.signal == SIGTERM ? "Terminate"
                                                                   : "HangUp";
                         });

TEST_F(Interrupted, AStageThatTakesNoCheckpointsStopsAsWell) {
    const fs::path file = graph("long.toml", R"(format = 1
[stage.parts]
use   = "dataset.procedural"
count = 1000000
size  = [256, 256]
split = "test"
[stage.hash]
use          = "hash.perceptual"
in.reference = "parts"
in.candidate = "parts"
)");
    const auto process = start(fettle({"run", file}));
    const fs::path run = begun_run(*process, folder() / "runs/long");
    ASSERT_TRUE(process->wait_until([&] { return !stages_with("started", run).empty(); }));
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    const auto begin = std::chrono::steady_clock::now();
    process->send(SIGINT);
    const Outcome stopped = process->wait();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    std::cout << "stopped after " << seconds.count() << " s\n";
    EXPECT_EQ(stopped.status, 130) << stopped.err;
    EXPECT_TRUE(files_of(folder() / "cache/entries").empty());
    EXPECT_TRUE(fs::is_empty(folder() / "cache/drafts"));
}

TEST_F(Interrupted, TwoProcessesOnOneCacheDoTheWorkOnce) {
    const Findings expected = undisturbed(every_step);
    std::vector<std::unique_ptr<Process>> both;
    for (const char* place : {"first", "second"}) {
        Arguments more = every_step;
        more.insert(more.end(), {"--output", place});
        both.push_back(start(training(more)));
    }
    std::vector<std::string> trained;
    for (const auto& process : both) {
        const Outcome outcome = process->wait();
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        EXPECT_EQ(findings_of(run_folder(outcome)), expected);
        for (const std::string& stage : stages_with("finished", run_folder(outcome)))
            if (stage == "train") trained.push_back(run_folder(outcome));
    }
    EXPECT_EQ(trained.size(), 1);
}

TEST_F(Interrupted, WhoWaitsForAnotherProcessCanBeStopped) {
    const auto first = start(training({"--set", "train.epochs=100000", "--output", "first"}));
    const fs::path first_run = begun_run(*first, folder() / "first/training");
    ASSERT_TRUE(first->wait_until([&] { return !stages_with("checkpoint", first_run).empty(); }));
    const auto second = start(training({"--set", "train.epochs=100000", "--output", "second"}));
    const fs::path second_run = begun_run(*second, folder() / "second/training");
    ASSERT_TRUE(second->wait_until([&] { return !stages_with("waiting", second_run).empty(); }));
    second->send(SIGINT);
    EXPECT_EQ(second->wait().status, 130);
    EXPECT_FALSE(first->ended());
    first->send(SIGINT);
    EXPECT_EQ(first->wait().status, 130);
}

}  // namespace
