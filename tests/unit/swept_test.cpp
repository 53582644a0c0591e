// `fettle run --sweep`, `plan --sweep`, `plan --why` and `--memory` as a user meets them.
#include "process.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <iostream>
#include <sstream>

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

TEST_F(Swept, TablesAreSpreadOverSeedsToo) {
    const std::string control =
        "[stage.control]\nuse = \"evaluate.baselines\"\nin.images = [\"split.calibrate\", \"split.test\"]\n"
        "in.scores = [\"score\"]\n";
    const auto file = graph("swept.toml",
                            "format = 1\n[sweep]\nrepeat = 3\n[sweep.over]\nscore.by = ['maximum', "
                            "'mean']\n" +
                                text + control);
    ASSERT_EQ(call({"run", file, "--sweep"}).status, 0);
    const auto sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    // What every cell says of a row, from its own measures.
    std::map<std::string, std::vector<double>> of_row;
    std::size_t figures = 0;
    for (const auto& cell : sweep.at("cells")) {
        const auto measures =
            Json::parse(text_of(sweep_folder() / cell.at("folder").get<std::string>() / "measures-control.json"));
        for (const auto& table : measures.at("tables"))
            for (const auto& row : table.at("rows"))
                for (const auto& figure : row.at("figures")) {
                    ++figures;
                    if (figure.at("name") == "auroc")
                        of_row[cell.at("values").at("score.by").get<std::string>() + row.at("name").get<std::string>()]
                            .push_back(figure.at("value"));
                }
    }
    ASSERT_FALSE(of_row.empty()) << figures << " figures of " << sweep.at("cells").size();
    std::size_t spread = 0;
    for (const auto& row : sweep.at("table_spread")) {
        const auto of =
            of_row.find(row.at("values").at("score.by").get<std::string>() + row.at("row").get<std::string>());
        if (of == of_row.end() || !row.at("figures").contains("auroc")) continue;
        ++spread;
        const auto& auroc = row.at("figures").at("auroc");
        ASSERT_EQ(of->second.size(), 3u);
        EXPECT_EQ(auroc.at("seeds"), 3);
        EXPECT_NEAR(auroc.at("mean").get<double>(), (of->second[0] + of->second[1] + of->second[2]) / 3, 1e-12);
        EXPECT_EQ(auroc.at("lowest").get<double>(), *std::min_element(of->second.begin(), of->second.end()));
    }
    EXPECT_EQ(spread, of_row.size());
    const std::string csv = text_of(sweep_folder() / "tables.csv");
    EXPECT_THAT(csv, StartsWith("cell,folder,status,seed,score.by,table,row,figure,value,low,high\r\n"));
    EXPECT_EQ(count_of("\r\n", csv), figures + 1);
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

    // On one thread cells are begun in their order: the first fails, and nothing of the others is done.
    const Outcome fast = call({"run", file, "--sweep", "--fail-fast", "--threads", "1", "--no-cache"});
    EXPECT_EQ(fast.status, 1);
    EXPECT_THAT(fast.err, Not(HasSubstr("started")));
    sweep = Json::parse(text_of(sweep_folder() / "sweep.json"));
    EXPECT_EQ(sweep.at("status"), "failed");
    status.clear();
    for (const auto& cell : sweep.at("cells")) status.push_back(cell.at("status"));
    EXPECT_THAT(status, ElementsAre("failed", "interrupted", "interrupted"));
}

TEST_F(Swept, EventsAndPlanNameStagesAlike) {
    const auto file = with(pooled);
    std::set<std::string> planned;
    const auto plan = Json::parse(call({"plan", file, "--sweep", "--json"}).out);
    for (const auto& stage : plan.at("stages")) planned.insert(stage.at("stage"));
    const Outcome outcome = call({"run", file, "--sweep", "--json"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::set<std::string> told, ran;
    std::vector<std::size_t> cells;
    std::istringstream lines(outcome.err);
    for (std::string line; std::getline(lines, line);) {
        const Json event = Json::parse(line);
        if (event.at("event") == "run") {
            EXPECT_EQ(event.at("cells"), 4);
            for (const auto& stage : event.at("stages")) {
                told.insert(stage.at("stage"));
                if (stage.at("state") == "run") ran.insert(stage.at("stage"));
            }
        }
        if (event.at("event") == "finished") EXPECT_EQ(ran.erase(event.at("stage")), 1u) << line;
        if (event.at("event") != "cell") continue;
        cells.push_back(event.at("cell"));
        EXPECT_EQ(event.at("cells"), 4);
        EXPECT_EQ(event.at("done"), true);
    }
    EXPECT_EQ(told, planned);
    EXPECT_THAT(planned, Contains("judge #3"));
    EXPECT_TRUE(ran.empty()) << *ran.begin();
    EXPECT_THAT(cells, testing::UnorderedElementsAre(1, 2, 3, 4));
    const Outcome logged = call({"run", file, "--sweep"});
    EXPECT_THAT(logged.err, AllOf(HasSubstr("graph swept, 4 cells: 0 stages to run, 12 from the cache"),
                                  HasSubstr("cell 3 of 4 done")));
}

TEST_F(Swept, WhyTakesTheNamesOfThePlan) {
    const auto file = with(pooled);
    ASSERT_EQ(call({"run", file, "--sweep"}).status, 0);
    const Outcome changed = call({"plan", file, "--sweep", "--why", "judge #3", "--set", "cut.at=0.9"});
    EXPECT_EQ(changed.status, 0) << changed.err;
    EXPECT_EQ(changed.out, "judge (run)\n  its input decisions changed\ncut (run)\n  at = 0.9 (was at = 0.95)\n");
    const Outcome wrong = call({"plan", file, "--sweep", "--why", "judge #9"});
    EXPECT_EQ(wrong.status, 1);
    EXPECT_THAT(wrong.err, AllOf(HasSubstr("error[G301]"), HasSubstr("did you mean `judge #")));
}

// 96 pictures of 3 MB, each of them made from another.
TEST_F(Swept, MemoryBoundsWhatIsReadAhead) {
    const auto file = graph("large.toml", R"(format = 1
[graph]
name = "large"
[stage.parts]
use   = "dataset.procedural"
kind  = "brushed_metal"
count = 96
size  = [1024, 1024]
split = "test"
[stage.same]
use       = "transform.resize"
in.images = "parts"
size      = [1024, 1024]
[stage.audit]
use       = "dataset.audit"
in.images = ["same"]
radius    = 256
alike     = 0.5
[stage.audit.hash]
use  = "hash.perceptual"
size = 16
)");
    std::map<std::string, std::string> found;
    for (const char* memory : {"1M", "512M"}) {
        const Outcome outcome = call({"run", file, "--memory", memory, "--threads", "2", "--no-cache"});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const auto record = Json::parse(text_of(run_folder(outcome) / "run.json"));
        const double peak = record.at("peak_memory_bytes").get<double>() / (1 << 20);
        std::cout << memory << ": " << peak << " MiB\n";
        if (memory == std::string("1M") && !has_shadow_memory) EXPECT_LT(peak, 180);
        found[memory] = text_of(run_folder(outcome) / "copies.csv") + text_of(run_folder(outcome) / "audit.json");
    }
    EXPECT_EQ(found["1M"], found["512M"]);
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

TEST_F(Swept, EqualValuesAndSeveralDevicesAreErrors) {
    for (const auto& [sweep, words] :
         {std::pair{"[sweep.over]\ncut.at = [0.9, 0.95, 0.90]\n", "`cut.at` is swept over 0.9 twice"},
          {"[sweep.over]\ngraph.seed = [1, 2, 1]\n", "`graph.seed` is swept over 1 twice"},
          {"[sweep]\nmode = 'zip'\n[sweep.over]\ncut.at = [0.9, 0.8, 0.9]\nscore.by = ['mean', 'mean', 'mean']\n",
           "the 3. cell of the sweep is the 1. again"},
          {"[sweep.over]\ngraph.device = ['cpu', 'auto']\n", "the cells of a sweep share one device"},
          {"[parameters]\nwhere = 'cpu'\n[sweep.over]\nparameters.where = ['cpu', 'auto']\n",
           "the cells of a sweep share one device"}}) {
        const bool named = std::string(sweep).find("where") != std::string::npos;
        std::string whole = "format = 1\n" + std::string(sweep) + text;
        if (named) whole.replace(whole.find("seed = 7"), 8, "seed = 7\ndevice = \"${where}\"");
        const auto file = graph("swept.toml", whole);
        for (const Arguments& command : {Arguments{"check", file}, Arguments{"run", file, "--sweep"}}) {
            const Outcome outcome = call(command);
            EXPECT_EQ(outcome.status, 1) << sweep;
            EXPECT_THAT(outcome.err, AllOf(HasSubstr("error[G404]"), HasSubstr(words)));
        }
    }
    EXPECT_EQ(call({"check", with("[sweep]\nmode = 'zip'\n[sweep.over]\ncut.at = [0.9, 0.9]\nscore.by = ['mean', "
                                  "'maximum']\ngraph.device = ['cpu', 'cpu']\n")})
                  .status,
              0);
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
    for (const char* kind : {"run", "open", "decode", "copy", "batch", "compute", "store"})
        EXPECT_THAT(kinds, Contains(kind));
}

}  // namespace
