// `fettle run --sweep`, `plan --sweep`, `plan --why` and `--memory` as a user meets them.
#include "process.hpp"

#include <gmock/gmock.h>

#include <cmath>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string text = R"(
[graph]
name = "swept"
seed = 7
[stage.parts]
use       = "dataset.procedural"
kind      = "brushed_metal"
count     = 90
anomalous = 30
size      = [32, 32]
[stage.split]
use       = "split.one_class"
in.images = "parts"
train     = 1
calibrate = 25
[stage.fine]
use       = "transform.resize"
in.images = ["split.calibrate", "split.test"]
size      = [32, 32]
[stage.coarse]
use       = "transform.resize"
in.images = "fine"
size      = [8, 8]
[stage.blurred]
use       = "transform.resize"
in.images = ["coarse"]
size      = [32, 32]
filter    = "cubic"
[stage.difference]
use          = "similarity.l2"
in.reference = "fine"
in.candidate = "blurred"
[stage.score]
use     = "score.pool"
in.maps = ["difference"]
by      = "maximum"
[stage.cut]
use       = "threshold.quantile"
in.scores = ["score"]
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["cut"]
)";

class Swept : public Workshop {
   protected:
    std::string with(const std::string& sweep) { return graph("swept.toml", "format = 1\n" + sweep + text); }
    /// The one sweep below `runs`.
    fs::path sweep_folder() const { return fs::canonical(folder() / "runs/swept/latest-sweep"); }
    static std::vector<fs::path> cells_of(const fs::path& sweep) {
        std::vector<fs::path> out;
        for (const auto& entry : fs::directory_iterator(sweep))
            if (entry.is_directory()) out.push_back(entry.path());
        std::sort(out.begin(), out.end());
        return out;
    }
};

const std::string pooled = "[sweep]\nrepeat = 2\n[sweep.over]\nscore.by = ['maximum', 'mean']\n";

TEST_F(Swept, EveryCellIsTheRunThatItsValuesWouldMake) {
    const auto file = with(pooled);
    const Outcome outcome = call({"run", file, "--sweep"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("score.by"), HasSubstr(" ± "), HasSubstr("compare: fettle compare ")));
    const auto cells = cells_of(sweep_folder());
    ASSERT_EQ(cells.size(), 4u);
    EXPECT_EQ(cells[3].filename(), "04-by=mean-seed=8");
    const Outcome alone = call({"run", file, "--set", "score.by=mean", "--set", "graph.seed=8"}, "other cache");
    ASSERT_EQ(alone.status, 0) << alone.err;
    EXPECT_THAT(alone.err, HasSubstr("it runs as it stands"));
    for (const char* name : {"scores.csv", "measures.json", "graph.toml"})
        EXPECT_EQ(text_of(cells[3] / name), text_of(run_folder(alone) / name)) << name;
    const auto record = Json::parse(text_of(cells[3] / "run.json"));
    EXPECT_EQ(record.at("cell").at("graph.seed"), "8");
    EXPECT_EQ(record.at("stages").size(), 9u);
}

TEST_F(Swept, TheSpreadIsThatOfTheCells) {
    ASSERT_EQ(call({"run", with(pooled), "--sweep", "--json"}).status, 0);
    const auto sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    ASSERT_EQ(sweep.at("spread").size(), 2u);
    const auto auroc = [&](std::size_t cell) {
        return sweep.at("cells")[cell].at("judgements")[0].at("figures").at("auroc").at("value").get<double>();
    };
    for (const std::size_t group : {0, 1}) {
        const auto& spread = sweep.at("spread")[group].at("figures").at("auroc");
        const double a = auroc(2 * group), b = auroc(2 * group + 1);
        EXPECT_EQ(spread.at("seeds"), 2);
        EXPECT_NEAR(spread.at("mean").get<double>(), (a + b) / 2, 1e-12);
        EXPECT_NEAR(spread.at("deviation").get<double>(), std::abs(a - b) / std::sqrt(2), 1e-12);
        EXPECT_EQ(spread.at("lowest").get<double>(), std::min(a, b));
        EXPECT_EQ(spread.at("highest").get<double>(), std::max(a, b));
    }
    const std::string csv = text_of(sweep_folder() / "sweep.csv");
    EXPECT_THAT(csv, StartsWith("cell,folder,status,seed,score.by,column,method,threshold,auroc,auroc low,auroc high"));
    EXPECT_EQ(count_of("\r\n", csv), 5u);
}

TEST_F(Swept, OneThreadOrTwoAndLittleMemoryChangeNothing) {
    const auto file = with(pooled);
    ASSERT_EQ(call({"run", file, "--sweep", "--threads", "1", "--memory", "1M"}).status, 0);
    const auto before = cells_of(sweep_folder());
    ASSERT_EQ(call({"run", file, "--sweep", "--threads", "2"}, "other cache").status, 0);
    const auto after = cells_of(sweep_folder());
    ASSERT_EQ(before.size(), after.size());
    for (std::size_t c = 0; c < before.size(); ++c)
        EXPECT_EQ(text_of(before[c] / "scores.csv"), text_of(after[c] / "scores.csv")) << c;
}

TEST_F(Swept, ACellThatFailsDoesntStopTheOthers) {
    const auto file = with("[sweep.over]\nparts.count = [35, 90, 91]\n");  // too few for the split
    const Outcome outcome = call({"run", file, "--sweep"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("error[R502]"), HasSubstr("cell 1 of 3")));
    EXPECT_THAT(outcome.out, HasSubstr("cell 1 (parts.count = 35, seed 7) failed"));
    auto sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    std::vector<std::string> status;
    for (const auto& cell : sweep.at("cells")) status.push_back(cell.at("status"));
    EXPECT_THAT(status, ElementsAre("failed", "done", "done"));
    EXPECT_EQ(sweep.at("status"), "failed");

    EXPECT_EQ(call({"run", file, "--sweep", "--fail-fast", "--threads", "1", "--no-cache"}).status, 1);
    sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    EXPECT_EQ(sweep.at("status"), "failed");
    for (const auto& cell : sweep.at("cells"))
        EXPECT_EQ(cell.at("status"), fs::exists(sweep_folder() / cell.at("folder").get<std::string>() / "scores.csv")
                                         ? "done"
                                     : cell.at("cell") == 1 ? "failed"
                                                            : "interrupted");
}

TEST_F(Swept, GatesHoldInEveryCell) {
    const std::string gate =
        "[stage.gate]\nuse = \"report.junit\"\nin.measures = [\"judge\"]\ngates = [\"threshold < 1e9\"]\n";
    const auto file = graph("swept.toml", "format = 1\n[sweep.over]\nscore.by = ['maximum', 'mean']\n" + text + gate);
    const Outcome held = call({"run", file, "--sweep", "--fail-on-gate"});
    EXPECT_EQ(held.status, 0) << held.err;
    EXPECT_THAT(held.out, Not(HasSubstr("gate failed")));
    // The maximum of a map is above its mean: a bound between the two thresholds fails one cell.
    const auto sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    const auto threshold = [&](int cell) {
        return sweep.at("cells")[cell].at("judgements")[0].at("threshold").get<double>();
    };
    ASSERT_GT(threshold(0), threshold(1));
    const std::string bound = "gate.gates=[\"threshold < " + std::to_string((threshold(0) + threshold(1)) / 2) + "\"]";
    const Outcome failed = call({"run", file, "--sweep", "--fail-on-gate", "--set", bound});
    EXPECT_EQ(failed.status, 1);
    EXPECT_THAT(failed.out,
                AllOf(HasSubstr("cell 1: gate failed: threshold < "), Not(HasSubstr("cell 2: gate failed"))));
    EXPECT_THAT(failed.err, HasSubstr("1 of 2 gates failed"));
    EXPECT_EQ(call({"run", file, "--sweep", "--set", bound}).status, 0);  // nobody asked
    EXPECT_THAT(call({"run", with(pooled), "--sweep", "--fail-on-gate"}).err, HasSubstr("found no gate"));
}

TEST_F(Swept, ThePlanCountsDistinctWorkAndKnowsPastTimes) {
    const auto file = with(pooled);
    const auto plan_of = [&](Arguments more = {}) {
        Arguments arguments{"plan", file, "--sweep", "--json"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return Json::parse(call(arguments).out);
    };
    auto plan = plan_of();
    EXPECT_EQ(plan.at("cells").size(), 4u);
    // Per seed parts, split, fine, coarse, blurred and difference; then score, cut and judge of each cell.
    EXPECT_EQ(plan.at("distinct"), 2 * 6 + 3 * 4);
    EXPECT_EQ(plan.at("to_run"), 12);
    ASSERT_EQ(call({"run", file, "--sweep"}).status, 0);
    plan = plan_of();
    EXPECT_EQ(plan.at("to_run"), 0);
    EXPECT_EQ(plan.at("cached"), 12);
    plan = plan_of({"--set", "cut.at=0.9"});
    EXPECT_EQ(plan.at("to_run"), 8);
    EXPECT_GT(plan.at("expected_seconds").get<double>(), 0);
    for (const auto& stage : plan.at("stages"))
        if (stage.at("state") == "run") EXPECT_TRUE(stage.contains("expected_seconds")) << stage;
}

TEST_F(Swept, WhyFollowsWhatChangedToItsBeginning) {
    const auto file = with("");
    EXPECT_THAT(call({"plan", file, "--why", "judge"}).out, HasSubstr("judge (run)\n  it never ran\n"));
    ASSERT_EQ(call({"run", file}).status, 0);
    EXPECT_EQ(call({"plan", file, "--why", "judge"}).out, "judge (cached)\n  nothing changed\n");
    const Outcome changed = call({"plan", file, "--why", "judge", "--set", "coarse.size=[4,4]", "--set",
                                  "coarse.filter=\"linear\"", "--set", "cut.at=0.9"});
    EXPECT_EQ(changed.out,
              "judge (run)\n  its input decisions changed\n"
              "cut (run)\n  at = 0.9 (was at = 0.95)\n  its input scores changed\n"
              "score (run)\n  its input maps changed\n"
              "difference (open)\n  its input candidate changed\n"
              "blurred (open)\n  its input images changed\n"
              "coarse (open)\n  size = [4, 4] (was size = [8, 8])\n  filter = \"linear\" (was filter = \"area\")\n");
    EXPECT_EQ(call({"plan", file, "--why", "jugde"}).status, 1);
    EXPECT_THAT(call({"plan", file, "--why", "jugde"}).err, HasSubstr("did you mean `judge`?"));
}

TEST_F(Swept, ASweepThatIsntThereIsSaid) {
    const Outcome outcome = call({"run", with(""), "--sweep"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[G404]"));
}

TEST_F(Swept, MemoryIsASize) {
    const auto file = with("");
    for (const char* wrong : {"much", "512", "-1G", "1X", ""}) {
        const Outcome outcome = call({"run", file, "--memory", wrong});
        EXPECT_EQ(outcome.status, 1) << wrong;
        EXPECT_THAT(outcome.err, HasSubstr("--memory is a size")) << wrong;
    }
}

TEST_F(Swept, TheTraceTellsWhatWasDone) {
    ASSERT_EQ(call({"run", with(pooled), "--sweep"}).status, 0);
    const auto trace = Json::parse(text_of(sweep_folder() / "trace.json"));
    std::set<std::string> kinds;
    for (const auto& event : trace.at("traceEvents")) {
        kinds.insert(event.value("cat", ""));
        if (event.at("ph") == "X") EXPECT_GE(event.at("dur").get<double>(), 0);
    }
    for (const char* kind : {"run", "open", "decode", "batch", "compute", "store"}) EXPECT_THAT(kinds, Contains(kind));
}

}  // namespace
