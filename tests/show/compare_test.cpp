// `fettle compare`: runs joined by sample, tested in pairs, in words and figures.
#include "show/comparing.hpp"

#include <algorithm>

namespace {

using namespace comparing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class Compare : public Runs {
   protected:
    Outcome compare(testing_fettle::Arguments arguments) {
        arguments.insert(arguments.begin(), "compare");
        return call(arguments);
    }
    Json compared(testing_fettle::Arguments arguments) {
        arguments.push_back("--json");
        const Outcome outcome = compare(arguments);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return Json::parse(outcome.out, nullptr, false);
    }
    /// The folder of a run of a graph with a setting changed.
    std::string run_with(const std::string& graph_name, const std::string& setting) {
        const Outcome outcome = call({"run", graph_name, "--set", setting});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return run_folder(outcome).string();
    }
};

TEST_F(Compare, TestsAsAGraphOfBothWould) {
    const auto first = scored(240, 2, 1), second = scored(240, 1.2, 2);
    const fs::path a = run("a", first, 0.9), b = run("b", second, 0.7);
    const Json compared_ = compared({a.string(), b.string()});
    const Json& metric = compared_["metrics"][0];
    EXPECT_EQ(metric["title"], "ssim");
    EXPECT_EQ(metric["shared_samples"], 240);

    // The same two columns in one table, judged by a graph of the user's own.
    std::string table = "sample,label,A,B\n";
    for (std::size_t i = 0; i < first.size(); ++i)
        table += first[i].id + (first[i].anomalous ? ",anomalous," : ",normal,") + Json(first[i].score).dump() + "," +
                 Json(second[i].score).dump() + "\n";
    testing_fettle::write_text(folder() / "both.csv", table);
    graph("both.toml",
          "format = 1\n[graph]\nname = \"compare\"\n[stage.scores]\nuse = \"score.read\"\npath = \"both.csv\"\n"
          "thresholds = [0.9, 0.7]\n[stage.compared]\nuse = \"evaluate.compare\"\nin.decisions = "
          "[\"scores.decisions\"]\n");
    const fs::path both = run_folder(call({"run", "both.toml"}));
    const Json tables = Json::parse(testing_fettle::text_of(both / "measures.json"))["tables"];
    ASSERT_EQ(tables.size(), 2u);
    ASSERT_EQ(metric["tests"].size(), 2u);
    for (std::size_t t = 0; t < 2; ++t) {
        EXPECT_EQ(metric["tests"][t]["title"], tables[t]["title"]);
        EXPECT_EQ(metric["tests"][t]["pairs"][0]["verdict"], tables[t]["rows"][0]["verdict"]);
        for (const Json& figure : tables[t]["rows"][0]["figures"])
            EXPECT_EQ(metric["tests"][t]["pairs"][0]["figures"][figure["name"].get<std::string>()]["value"],
                      figure["value"]);
    }
    EXPECT_THAT(metric["tests"][0]["pairs"][0]["verdict"].get<std::string>(), HasSubstr("`A` is better by auroc"));
}

TEST_F(Compare, SaysInWordsWhatCannotBeToldApart) {
    const fs::path a = run("a", scored(90, 1.5, 1), 0.9), b = run("b", exchanged(scored(90, 1.5, 1)), 0.9);
    const Outcome said = compare({a.string(), b.string()});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("parameters that differ\n  scores.path  "));
    EXPECT_THAT(said.out, HasSubstr("`A` against `B`: not distinguishable\n"));
    EXPECT_THAT(said.out, ::testing::ContainsRegex("  auroc +0\\.[0-9]+ \\(0\\.[0-9]+ to [01]\\.[0-9]+\\) +0\\."));
    EXPECT_THAT(said.out,
                ::testing::ContainsRegex("    auroc +[+-]0\\.[0-9]+ \\([+-]0\\.[0-9]+ to [+-]0\\.[0-9]+\\), p "));
    EXPECT_THAT(said.out, AllOf(HasSubstr("Thresholds compared"), Not(HasSubstr(" by the given threshold"))));
    const std::string page =
        "runs/compare-" + a.filename().string().substr(16) + "-" + b.filename().string().substr(16);
    EXPECT_THAT(said.out, HasSubstr("\npage: " + page + ".html\n"));
    EXPECT_TRUE(fs::exists(folder() / (page + ".html")));
}

TEST_F(Compare, OnlyWhatMakesImagesIsAnotherDataSet) {
    const std::string text = testing_fettle::text_of(fs::path(FETTLE_SOURCE_FOLDER) / "graphs/smallest.toml");
    graph("looked.toml", text +
                             "[stage.copies]\nuse = \"dataset.audit\"\nin.images = [\"split.test\"]\n"
                             "[stage.copies.hash]\nuse = \"hash.average\"\n");
    const std::string first = run_with("looked.toml", "copies.radius=4"),
                      second = run_with("looked.toml", "copies.radius=5");
    EXPECT_THAT(compare({first, second}).out,
                AllOf(HasSubstr("copies.radius"), Not(HasSubstr("data sets aren't the same"))));
    EXPECT_THAT(compare({first, run_with("looked.toml", "parts.anomalous=30")}).out,
                HasSubstr("data sets aren't the same (parts.anomalous)"));
}

TEST_F(Compare, CutOutsAreNoSamples) {
    const std::string text = testing_fettle::text_of(fs::path(FETTLE_SOURCE_FOLDER) / "graphs/smallest.toml");
    graph("pasted.toml",
          text +
              "[stage.cutouts]\nuse = \"dataset.procedural\"\ncount = 12\nanomalous = 12\nsize = [48, 48]\n"
              "[stage.pasted]\nuse = \"synthesize.paste\"\nin.images = \"split.test\"\n"
              "in.objects = \"cutouts\"\nfresh = false\nkeep = true\n");
    EXPECT_THAT(
        compare({run_with("pasted.toml", "cutouts.size=[40,40]"), run_with("pasted.toml", "cutouts.size=[44,44]")}).out,
        AllOf(HasSubstr("cutouts.size"), Not(HasSubstr("data sets aren't the same"))));
}

// As of a sweep's cells, whose folders are named by what they set; and before anything was run there.
TEST_F(Compare, APageOfManyWordsHasAShortName) {
    std::vector<std::string> runs;
    for (const std::string name : {"a", "b"}) {
        const fs::path from = run(name, scored(60, 2, name == "a" ? 1 : 2), 0.8);
        const fs::path to = from.parent_path() / ("01-parameters.side=" + std::string(40, name[0]));
        fs::rename(from, to);
        runs.push_back(to.string());
    }
    const Outcome said = compare({runs[0], runs[1], "--output", "elsewhere"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_THAT(said.out, ::testing::ContainsRegex("page: elsewhere/compare-2-runs-[0-9a-f]+\\.html\n"));
    EXPECT_EQ(std::distance(fs::directory_iterator(folder() / "elsewhere"), {}), 1);
}

TEST_F(Compare, FindsRunsByAnyOfTheirNames) {
    const fs::path a = run("a", scored(60, 2, 1), 0.8), b = run("b", scored(60, 2, 1), 0.9);
    const std::string key = a.filename().string().substr(16);
    const auto names = [&](const std::string& first, const std::string& second) {
        const Json all = compared({first, second, "--html", "page.html"});
        return std::pair(all["runs"][0]["folder"].get<std::string>(), all["runs"][1]["folder"].get<std::string>());
    };
    const auto expected = std::pair(a.string(), b.string());
    EXPECT_EQ(names("judged/" + a.filename().string(), "judged/latest"), expected);
    EXPECT_EQ(names(key, "judged"), expected);
    EXPECT_EQ(names(key.substr(0, 5), b.string() + "/"), expected);
    EXPECT_TRUE(fs::exists(folder() / "page.html"));
}

TEST_F(Compare, OfEqualKeysTakesTheNewest) {
    run("a", scored(60, 2, 1), 0.8);
    const fs::path again = run("a", scored(60, 2, 1), 0.8), b = run("b", scored(60, 2, 1), 0.9);
    const std::string key = again.filename().string().substr(16, 8);
    EXPECT_EQ(compared({key, b.string()})["runs"][0]["folder"], again.string());
}

TEST_F(Compare, SaysWhichRunsThereAre) {
    const fs::path a = run("a", scored(60, 2, 1), 0.8);
    const auto complaint = [&](testing_fettle::Arguments arguments) {
        const Outcome outcome = compare(arguments);
        EXPECT_EQ(outcome.status, 1) << outcome.out;
        return outcome.err;
    };
    EXPECT_THAT(complaint({a.string(), "jugded/latest"}),
                HasSubstr("there is no run `jugded/latest`; did you mean `judged/latest`?"));
    std::string typo = a.filename().string().substr(16);
    typo.back() = 'x';
    EXPECT_THAT(complaint({a.string(), typo}), HasSubstr("did you mean"));
    EXPECT_THAT(complaint({a.string()}), HasSubstr("there is one run, and nothing to compare it with"));
    EXPECT_THAT(complaint({a.string(), "judged"}), HasSubstr("again"));
    fs::create_directories(folder() / "empty");
    EXPECT_THAT(complaint({a.string(), "empty"}), HasSubstr("`empty` is a folder, and holds no run"));
    EXPECT_THAT(complaint({"x", "y", "--output", "nowhere"}), HasSubstr("there are no runs in `nowhere`"));
    EXPECT_THAT(complaint({}), HasSubstr("usage: fettle compare RUN RUN..."));
    run("b", scored(60, 2, 1), 0.9);
    EXPECT_THAT(complaint({a.string(), "2026"}),
                AllOf(HasSubstr("may be any of 2 runs"), HasSubstr(a.filename().string())));
    EXPECT_THAT(complaint({a.string(), "judged", "--html", "no/such/folder/page.html"}), HasSubstr("can't be written"));
}

TEST_F(Compare, UsesWhatBothHaveJudgedAndTellsWhatNot) {
    auto first = scored(90, 2, 1), second = scored(120, 2, 2);
    second[4].anomalous = !second[4].anomalous;
    second[7].split = "calibrate";
    second.erase(second.begin());
    const fs::path a = run("a", first), b = run("b", second);
    const Json metric = compared({a.string(), b.string()})["metrics"][0];
    EXPECT_EQ(metric["shared_samples"], 87);
    const std::string remarks = metric["remarks"].dump();
    EXPECT_THAT(remarks,
                HasSubstr("judged on different test samples (90 in A, 118 in B); paired tests, if any, use the 87"));
    EXPECT_THAT(remarks, HasSubstr("1 sample with different labels stayed out"));
    EXPECT_EQ(metric["tests"].size(), 2u);
}

TEST_F(Compare, ARunWithoutScoresOfWhatIsSharedIsInNoPair) {
    const auto first = scored(90, 2, 1), second = scored(90, 1.2, 2);
    auto none = scored(150, 2, 3);
    for (std::size_t i = 0; i < first.size(); ++i) none[i].score = std::nan("");
    const std::string a = run("a", first, 0.9), b = run("b", second, 0.7), c = run("c", none, 0.1);
    const Json two = compared({a, b})["metrics"][0], three = compared({a, c, b})["metrics"][0];
    EXPECT_EQ(three["trouble"], "");
    EXPECT_THAT(three["remarks"].dump(),
                HasSubstr("B: 90 of the 90 shared test samples have no finite score, the first `part/0`; it is in no "
                          "paired test"));
    ASSERT_EQ(three["tests"].size(), 2u);
    for (std::size_t t = 0; t < 2; ++t) {
        ASSERT_EQ(three["tests"][t]["pairs"].size(), 1u);
        EXPECT_EQ(three["tests"][t]["pairs"][0]["figures"], two["tests"][t]["pairs"][0]["figures"]);
    }
    EXPECT_THAT(three["tests"][0]["pairs"][0]["pair"].get<std::string>(), HasSubstr("`A` against `C`"));
    EXPECT_EQ(compared({a, c})["metrics"][0]["trouble"],
              "fewer than two of the runs have a finite score on any shared test sample");
}

TEST_F(Compare, SaysWhereNothingIsShared) {
    auto second = scored(60, 2, 2);
    for (Sample& each : second) each.id = "other/" + each.id;
    const fs::path a = run("a", scored(60, 2, 1)), b = run("b", second);
    const Outcome said = compare({a.string(), b.string()});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("the runs have no test sample in common (60 in A, 60 in B)"));
    EXPECT_THAT(said.out, HasSubstr("auroc"));
    EXPECT_THAT(said.out, Not(HasSubstr("Metrics compared")));
}

TEST_F(Compare, ComparesWhatEachJudgedFirstWhereMetricsDiffer) {
    const fs::path a = run("a", scored(90, 3, 1), 0.9, "ssim"), b = run("b", scored(90, 0.5, 2), 0.9, "l2, mean");
    const Outcome said = compare({a.string(), b.string()});
    EXPECT_THAT(said.out, HasSubstr("what each run judged first\n"));
    EXPECT_THAT(said.out, HasSubstr("l2, mean"));
    EXPECT_THAT(said.out, HasSubstr("`A` is better by auroc"));
}

TEST_F(Compare, ShowsSettingsOfARunThatFailed) {
    const fs::path a = run("a", scored(60, 2, 1));
    write_scores("b", {}, "ssim");
    graph("b.toml",
          "format = 1\n[graph]\nname = \"judged\"\n[stage.scores]\nuse = \"score.read\"\npath = \"b.csv\"\n"
          "thresholds = [0.5]\n[stage.judge]\nuse = \"evaluate.detection\"\nin.decisions = "
          "[\"scores.decisions\"]\n");
    EXPECT_EQ(call({"run", "b.toml"}).status, 1);
    const Outcome said = compare({a.string(), "judged/latest"});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("B is failed and judged nothing: only its settings can be compared"));
    EXPECT_THAT(said.out, HasSubstr("scores.thresholds"));
    EXPECT_THAT(said.out, HasSubstr("fewer than two runs judged anything"));
}

TEST_F(Compare, SaysWhyThereIsNoTest) {
    auto second = scored(60, 2, 2);
    const fs::path a = run("a", scored(60, 2, 1));
    std::vector<Sample> normal;
    for (const Sample& each : scored(60, 2, 1))
        if (!each.anomalous) normal.push_back(each);
    const Outcome said = compare({a.string(), run("b", normal).string()});
    EXPECT_EQ(said.status, 0) << said.err;
    EXPECT_THAT(said.out, HasSubstr("can't be compared: samples of both kinds are needed"));
}

TEST_F(Compare, ComparesManyWithTheFirst) {
    testing_fettle::Arguments folders;
    for (int r = 0; r < 7; ++r)
        folders.push_back(run("r" + std::to_string(r), scored(60, 2, static_cast<unsigned>(r))).string());
    const Json all = compared(folders);
    EXPECT_EQ(all["runs"].size(), 7u);
    EXPECT_EQ(all["runs"][6]["letter"], "G");
    EXPECT_EQ(all["metrics"][0]["tests"][0]["pairs"].size(), 6u);
    folders.resize(4);
    EXPECT_EQ(compared(folders)["metrics"][0]["tests"][0]["pairs"].size(), 6u);  // every pair of four
}

}  // namespace
