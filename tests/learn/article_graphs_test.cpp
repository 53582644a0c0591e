// The graphs of the published experiment: right as they stand, and one training of them in small, end to end.
#include "process.hpp"
#include "python.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <sstream>

namespace {

using namespace testing_fettle;
using testing::HasSubstr;

const fs::path graphs = FETTLE_SOURCE_FOLDER "/graphs/article";

fs::path data() {
    const char* given = std::getenv("FETTLE_DATA");
    return given != nullptr ? given : FETTLE_SOURCE_FOLDER "/../shared/data";
}

std::string missing() {
    for (const char* name : {"casting.zip", "cracks.zip", "cutouts/defects", "cutouts/random"})
        if (!fs::exists(data() / name)) return name;
    return "";
}

class ArticleGraphs : public Workshop {
   protected:
    void SetUp() override {
        Workshop::SetUp();
        if (!missing().empty()) GTEST_SKIP() << "FETTLE_DATA lacks " << missing();
    }
};

/// The rows of a table by what stands in two of its columns, counted.
std::map<std::string, int> kinds_of(const fs::path& scores) {
    std::istringstream table(text_of(scores));
    std::map<std::string, int> counts;
    std::string line;
    std::getline(table, line);
    EXPECT_THAT(line, testing::StartsWith("sample,label,split,"));
    while (std::getline(table, line)) {
        const auto label = line.find(',') + 1, split = line.find(',', label) + 1;
        ++counts[line.substr(label, line.find(',', split) - label)];
    }
    return counts;
}

TEST_F(ArticleGraphs, AreRight) {
    for (const char* name : {"base.toml", "casting.toml", "cracks.toml", "look.toml", "size.toml"}) {
        const Outcome outcome = call({"check", (graphs / name).string()});
        EXPECT_EQ(outcome.status, 0) << name << '\n' << outcome.err;
    }
}

// Each seed has 26 trainings, none of them twice, and the sets, the synthesis and the calibration in common; 8 of
// size.toml.
TEST_F(ArticleGraphs, SweepsTrainEachMixtureOnce) {
    for (const auto& [name, trainings] :
         std::map<std::string, std::size_t>{{"casting.toml", 78}, {"cracks.toml", 78}, {"size.toml", 24}}) {
        const Outcome outcome = call({"plan", (graphs / name).string(), "--sweep", "--json"});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const Json plan = Json::parse(outcome.out);
        std::set<std::string> keys;
        for (const auto& stage : plan.at("stages"))
            if (stage.at("use") == "train.reconstruction") keys.insert(stage.at("key"));
        EXPECT_EQ(keys.size(), trainings) << name;
    }
}

// Two seeds, .8 and .9: Student's half width is 12.706 deviations by the root of two. A sweep over sizes has their
// column.
TEST(ArticleTable, HasARowForEachTraining) {
    const std::string python = support::python_with("json");
    if (python.empty()) GTEST_SKIP() << "there is no Python";
    const Scratch scratch;
    Json values{{"parameters.model", "\"model.autoencoder\""},
                {"parameters.targets", "\"targets\""},
                {"parameters.objects", "\"random\""},
                {"parameters.share", "[3, 1]"}};
    const Json figures{{"accuracy", {{"seeds", 2}, {"mean", 0.85}, {"deviation", 0.1 / std::sqrt(2.0)}}}};
    for (const bool sized : {false, true}) {
        if (sized) values["parameters.size"] = "[96, 64]";
        Json over = Json::array();
        for (const auto& [path, value] : values.items()) over.push_back(path);
        const Json spread{{{"values", values}, {"column", "l2 mean"}, {"method", "youden"}, {"figures", figures}}};
        write_text(scratch.folder() / "sweep.json", Json{{"over", over}, {"spread", spread}}.dump());
        const fs::path said = scratch.folder() / "said";
        ASSERT_EQ(
            std::system((python + " '" + (graphs / "table").string() + "' '" +
                         (scratch.folder() / "sweep.json").string() + "' accuracy youden > '" + said.string() + "'")
                            .c_str()),
            0);
        const std::string column = sized ? "| size " : "", cell = sized ? "| 96x64 " : "";
        EXPECT_EQ(text_of(said), column + "| network | training images | l2 mean |\n" + (sized ? "|---" : "") +
                                     "|---|---|---|\n" + cell +
                                     "| denoising | 25 % synthetic, random | 0.850 ± 0.635 |\n");
    }
}

// Pasted images train and calibrate; what is judged is photographs alone.
TEST_F(ArticleGraphs, OneTrainingInSmall) {
    for (const std::string objects : {"defects", "random"}) {
        const Outcome outcome = call({"run", (graphs / "base.toml").string(), "--set", "parameters.limit=400", "--set",
                                      "split.train=40", "--set", "split.calibrate=30", "--set", "mixed.total=40",
                                      "--set", "parameters.epochs=10", "--set", "parameters.objects=" + objects});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        auto counts = kinds_of(run_folder(outcome) / "scores.csv");
        EXPECT_EQ(counts["normal,calibrate"], 30);
        EXPECT_EQ(counts["anomalous,calibrate"], 30);
        EXPECT_GT(counts["normal,test"], 0);
        EXPECT_GT(counts["anomalous,test"], 0);
        EXPECT_EQ(counts.size(), 4u);
        const auto measures = Json::parse(text_of(run_folder(outcome) / "measures.json"));
        EXPECT_EQ(measures.at("judgements").size(), 10u);  // five measures, two thresholds
    }
}

}  // namespace
