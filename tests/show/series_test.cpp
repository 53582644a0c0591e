// Runs that differ in the seed alone, as one: the page of `fettle run --sweep`, and `fettle compare` of its cells.
#include "show/browsing.hpp"

#include <algorithm>

namespace {

using namespace comparing;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_fettle::text_of;
namespace fs = std::filesystem;

/// The 97.5 % quantile of Student's distribution with two degrees of freedom (any table of it).
constexpr double student_of_three = 4.302653;

class SweepPage : public Browsing {
   protected:
    static std::string smallest() { return text_of(fs::path(FETTLE_SOURCE_FOLDER) / "graphs/smallest.toml"); }
    /// Three seeds of each.
    static std::string two_sizes() {
        return smallest() + "[sweep]\nrepeat = 3\n[sweep.over]\ncoarse.size = [[8, 8], [16, 16]]\n";
    }
    Outcome swept(const std::string& text, testing_fettle::Arguments more = {}) {
        testing_fettle::Arguments arguments{"run", graph("swept.toml", text), "--sweep"};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return call(arguments);
    }
    fs::path sweep_folder(const std::string& name = "smallest") const {
        return fs::canonical(folder() / "runs" / name / "latest-sweep");
    }
    std::vector<std::string> cells() const {
        std::vector<std::string> out;
        for (const auto& entry : fs::directory_iterator(sweep_folder()))
            if (entry.is_directory()) out.push_back(entry.path());
        std::sort(out.begin(), out.end());
        return out;
    }
    /// What a cell's own measures say.
    static double auroc_of(const fs::path& cell) {
        const Json measures = Json::parse(text_of(cell / "measures.json"));
        for (const Json& figure : measures["judgements"][0]["figures"])
            if (figure["name"] == "auroc") return figure["value"];
        return std::nan("");
    }
};

TEST_F(SweepPage, HasTheSpreadOverSeedsOfEachCombination) {
    const Outcome said = swept(two_sizes());
    ASSERT_EQ(said.status, 0) << said.err;
    const fs::path file = sweep_folder() / "comparison.html";
    EXPECT_THAT(said.out, HasSubstr("page:    " + file.string() + "\n"));
    const std::string page = text_of(file);
    EXPECT_THAT(page, Not(HasSubstr("data:image")));
    const Json data = data_of(page);
    EXPECT_EQ(data["varied"], Json::parse(R"(["coarse.size"])"));
    ASSERT_EQ(data["series"].size(), 2u);
    const Json record = Json::parse(text_of(sweep_folder() / "sweep.json"));
    for (std::size_t s = 0; s < 2; ++s) {
        EXPECT_EQ(data["series"][s]["values"][0], s == 0 ? "[8, 8]" : "[16, 16]");
        std::vector<double> seeds;
        double mean = 0, squares = 0;
        for (std::size_t k = 0; k < 3; ++k) seeds.push_back(auroc_of(cells()[3 * s + k]));
        for (const double each : seeds) mean += each / 3;
        for (const double each : seeds) squares += (each - mean) * (each - mean);
        const double half = student_of_three * std::sqrt(squares / 2) / std::sqrt(3.0);
        const Json& figures = data["metrics"][0]["series"][s];
        const auto shown = std::find_if(figures.begin(), figures.end(), [](const Json& f) { return f[0] == "auroc"; });
        ASSERT_NE(shown, figures.end());
        EXPECT_NEAR((*shown)[1].get<double>(), mean, 1e-9);
        EXPECT_NEAR((*shown)[2].get<double>(), half, 1e-6);
        EXPECT_EQ((*shown)[3].get<std::vector<double>>(), seeds);
        const Json& spread = record["spread"][s]["figures"]["auroc"];
        EXPECT_NEAR(spread["low"].get<double>(), mean - half, 1e-6);
        EXPECT_NEAR(spread["high"].get<double>(), mean + half, 1e-6);
    }
}

TEST_F(SweepPage, IsDrawnByABrowser) {
    NEEDS_A_BROWSER();
    ASSERT_EQ(swept(two_sizes()).status, 0);
    const std::string page = text_of(sweep_folder() / "comparison.html");
    EXPECT_EQ(probed(page, count_drawn),
              "4 of 4 drawn, 12 samples, 6 runs, 2 combinations of what differs but the seed, judged by 1 metric: each "
              "combination stands with the mean over its seeds.");
    EXPECT_EQ(messages, "");
    // A row for each combination: what was swept, the mean, and every seed.
    EXPECT_EQ(probed(page, R"(
        document.getElementById("figure").value = "accuracy";
        document.getElementById("figure").dispatchEvent(new Event("change"));
        const rows = [...document.querySelectorAll("#overview > div tbody tr")].map(row => [...row.children]);
        document.body.dataset.probe = rows.length + " rows; " + rows.map(row => row[1].textContent + " " + row[2].textContent).join(", ") + "; " +
            rows[0][3].querySelector("div").textContent.split("  ").length + " seeds; " + rows[0][3].textContent.includes("±") +
            "; " + document.querySelectorAll("details tbody tr").length + " runs; " +
            document.querySelectorAll(".sample:first-child .run").length + " series of a sample, " +
            document.querySelectorAll(".sample:first-child .place i").length + " marks";
        const box = document.querySelector("input");
        box.click();
        document.body.dataset.probe += "; then " + document.querySelectorAll(".sample:first-child .run").length;
    )"),
              "2 rows; [8, 8] 3, [16, 16] 3; 3 seeds; true; 6 runs; 2 series of a sample, 6 marks; then 1");
    EXPECT_EQ(messages, "");
}

TEST_F(SweepPage, FitsAPhone) {
    NEEDS_A_BROWSER();
    ASSERT_EQ(swept(two_sizes()).status, 0);
    EXPECT_EQ(on_a_phone(text_of(sweep_folder() / "comparison.html")), "fits 360");
}

TEST_F(SweepPage, IsLightWithManyCells) {
    write_scores("a", scored(1500, 2, 1), "ssim");
    std::string thresholds;
    for (int k = 0; k < 26; ++k) thresholds += (k == 0 ? "[" : ", [") + std::to_string(0.5 + 0.05 * k) + "]";
    const Outcome said =
        swept("format = 1\n[graph]\nname = \"judged\"\n[sweep]\nrepeat = 3\n[sweep.over]\nscores.thresholds = [" +
              thresholds +
              "]\n[stage.scores]\nuse = \"score.read\"\npath = \"a.csv\"\n[stage.judge]\nuse = \"evaluate.detection\"\n"
              "in.decisions = [\"scores.decisions\"]\n");
    ASSERT_EQ(said.status, 0) << said.err;
    const std::string page = text_of(sweep_folder("judged") / "comparison.html");
    EXPECT_EQ(data_of(page)["series"].size(), 26u);
    EXPECT_EQ(data_of(page)["series"][25]["letter"], "Z");
    EXPECT_LT(page.size(), std::size_t{3} << 20);
    if (browser().empty()) return;
    EXPECT_THAT(probed(page, count_drawn), ::testing::StartsWith("4 of 4 drawn, 12 samples, 78 runs, 26 combinations"));
    EXPECT_EQ(messages, "");
}

// What is set of the swept graph isn't set of the one that tests the cells.
TEST_F(SweepPage, OfOneSeedEachHasPairedTests) {
    const Outcome said =
        swept(smallest() + "[sweep.over]\ncoarse.size = [[8, 8], [16, 16]]\n", {"--set", "parts.anomalous=30"});
    ASSERT_EQ(said.status, 0) << said.err;
    const Json data = data_of(text_of(sweep_folder() / "comparison.html"));
    EXPECT_EQ(data["series"].size(), 2u);
    EXPECT_EQ(data["metrics"][0]["trouble"], "");
    ASSERT_FALSE(data["metrics"][0]["tests"].empty());
    EXPECT_THAT(data["metrics"][0]["tests"][0]["rows"][0]["name"].get<std::string>(), HasSubstr("`A` against `B`"));
}

TEST_F(SweepPage, IsToldToPrograms) {
    const Outcome said = swept(two_sizes(), {"--json"});
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(Json::parse(said.out)["page"], (sweep_folder() / "comparison.html").string());
}

TEST_F(SweepPage, IsntThereWhereNoCellFinished) {
    const Outcome said = swept(two_sizes(), {"--set", "parts.count=41"});  // too few for the split
    EXPECT_EQ(said.status, 1);
    EXPECT_THAT(said.out, AllOf(HasSubstr("sweep:   "), Not(HasSubstr("compare: ")), Not(HasSubstr("page: "))));
    EXPECT_FALSE(fs::exists(sweep_folder() / "comparison.html"));
}

TEST_F(SweepPage, WhatCompareMakesOfTheCellsIsTheSame) {
    ASSERT_EQ(swept(two_sizes()).status, 0);
    testing_fettle::Arguments arguments{"compare", "--html", "page.html"};
    for (const std::string& cell : cells()) arguments.push_back(cell);
    const Outcome said = call(arguments);
    ASSERT_EQ(said.status, 0) << said.err;
    EXPECT_EQ(text_of(folder() / "page.html"), text_of(sweep_folder() / "comparison.html"));
    EXPECT_THAT(said.out, AllOf(HasSubstr("Student's 95 % interval"), HasSubstr("no run is tested against another")));
    EXPECT_THAT(said.out, ::testing::ContainsRegex("\n +coarse.size +seeds +auroc "));
    EXPECT_THAT(said.out, ::testing::ContainsRegex("\n  B +\\[16, 16\\] +3 +[01]\\.[0-9]+ \\([01]\\.[0-9]+ to "));
}

class SeriesOf : public SweepPage {
   protected:
    std::string run_with(const std::string& setting) {
        const Outcome outcome = call({"run", graph("smallest.toml", smallest()), "--set", setting});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return run_folder(outcome);
    }
    Json compared(testing_fettle::Arguments arguments) {
        arguments.insert(arguments.begin(), {"compare", "--json"});
        const Outcome outcome = call(arguments);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return Json::parse(outcome.out, nullptr, false);
    }
};

TEST_F(SeriesOf, RunsAreTheirsWhoseSeedAloneDiffers) {
    const std::string a = run_with("graph.seed=1"), b = run_with("graph.seed=2"), again = run_with("graph.seed=1"),
                      other = run_with("coarse.size=[8, 8]");
    const Json all = compared({a, b, again, other});
    const auto letters = [&](std::size_t s) { return all["series"][s]["runs"].get<std::vector<std::string>>(); };
    ASSERT_EQ(all["series"].size(), 3u);
    EXPECT_THAT(letters(0), ElementsAre("A1", "A2"));
    EXPECT_THAT(letters(1), ElementsAre("B"));  // the same seed again is no further sample
    EXPECT_THAT(letters(2), ElementsAre("C"));
    EXPECT_EQ(all["series"][2]["values"], Json::parse(R"({"coarse.size": "[8, 8]"})"));
    const Json& spread = all["metrics"][0]["series"][0]["figures"]["auroc"];
    EXPECT_EQ(spread["seeds"], 2);
    EXPECT_NEAR(spread["mean"].get<double>(), (auroc_of(a) + auroc_of(b)) / 2, 1e-12);
    EXPECT_EQ(all["metrics"][0]["tests"][0]["pairs"].size(), 6u);  // so few are tested in pairs all the same
}

TEST_F(SeriesOf, RunsOfDifferentSettingsHaveNone) {
    const Json all = compared({run_with("coarse.size=[8, 8]"), run_with("graph.seed=9")});
    ASSERT_EQ(all["series"].size(), 2u);
    EXPECT_EQ(all["series"][1]["letter"], "B");
}

// What is swept over may leave the graph as it is: the sweep's record tells its cells apart.
TEST_F(SeriesOf, ACombinationOfASweepIsNeverAnothers) {
    const Outcome said = swept(smallest() + "[sweep]\nrepeat = 2\n[sweep.over]\ngraph.summary = [\"one\", \"two\"]\n");
    ASSERT_EQ(said.status, 0) << said.err;
    const auto folders = cells();
    ASSERT_EQ(folders.size(), 4u);
    // Seed 7 of one value and seed 8 of the other: what they resolve to differs in the seed alone.
    EXPECT_EQ(compared({folders[0], folders[3]})["series"].size(), 2u);
    EXPECT_EQ(compared({folders[0], folders[1]})["series"].size(), 1u);
}

TEST_F(SeriesOf, ACellThatDidntFinishIsInNoMean) {
    ASSERT_EQ(swept(two_sizes()).status, 0);
    const auto folders = cells();
    Json record = Json::parse(text_of(fs::path(folders[1]) / "run.json"));
    record["status"] = "interrupted";  // though it has judged
    testing_fettle::write_text(fs::path(folders[1]) / "run.json", record.dump());
    const Json all = compared({folders[0], folders[1], folders[2]});
    const Json& spread = all["metrics"][0]["series"][0]["figures"]["auroc"];
    EXPECT_EQ(spread["seeds"], 2);
    EXPECT_NEAR(spread["mean"].get<double>(), (auroc_of(folders[0]) + auroc_of(folders[2])) / 2, 1e-12);
    EXPECT_THAT(all["remarks"].dump(), HasSubstr("A2 is interrupted: what it judged is in no mean"));
}

}  // namespace
