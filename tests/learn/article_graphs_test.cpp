// The graphs of the published experiment: right as they stand, and one training of them in small, end to end.
#include "process.hpp"

#include <gmock/gmock.h>

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
    for (const char* name : {"base.toml", "casting.toml", "cracks.toml", "look.toml"}) {
        const Outcome outcome = call({"check", (graphs / name).string()});
        EXPECT_EQ(outcome.status, 0) << name << '\n' << outcome.err;
    }
}

// Each seed has 26 trainings, none of them twice, and the sets, the synthesis and the calibration in common.
TEST_F(ArticleGraphs, SweepsTrainEachMixtureOnce) {
    for (const char* name : {"casting.toml", "cracks.toml"}) {
        const Outcome outcome = call({"plan", (graphs / name).string(), "--sweep", "--json"});
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        const Json plan = Json::parse(outcome.out);
        std::set<std::string> keys;
        for (const auto& stage : plan.at("stages"))
            if (stage.at("use") == "train.reconstruction") keys.insert(stage.at("key"));
        EXPECT_EQ(keys.size(), 78u) << name;
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
