// The best graphs on a few of their pictures, shrunk and trained for an epoch, and those by which their recipes are
// chosen: every stage of them runs, and what chooses sees neither what tests nor a real defect.
#include "process.hpp"
#include "python.hpp"

#include <gmock/gmock.h>

#include <array>
#include <map>
#include <sstream>

namespace {

using namespace testing_fettle;
using testing::HasSubstr;
using testing::Not;

fs::path data() {
    const char* given = std::getenv("FETTLE_DATA");
    return given != nullptr ? given : FETTLE_SOURCE_FOLDER "/../shared/data";
}

struct Best {
    const char *set, *archive;
    Arguments few;
};

void PrintTo(const Best& best, std::ostream* out) { *out << best.set; }

class BestGraph : public Workshop, public testing::WithParamInterface<Best> {
   protected:
    /// What a graph of graphs/ ends as, on a few of its pictures.
    Outcome run_on_a_few(const std::string& graph) {
        Arguments arguments{"run", FETTLE_SOURCE_FOLDER "/graphs/" + graph};
        for (const std::string& value : GetParam().few) arguments.insert(arguments.end(), {"--set", value});
        Launch launch = fettle(arguments);
        launch.environment["FETTLE_DATA"] = data().string();
        return call(launch);
    }
};

/// Of a table of scores, the samples that test: their ids, without what tells the copies of one image apart.
std::set<std::string> tested(const fs::path& scores) {
    std::istringstream table(text_of(scores));
    std::set<std::string> ids;
    std::string line;
    while (std::getline(table, line))
        if (line.find(",test,") != std::string::npos) ids.insert(line.substr(0, line.find_first_of(",#")));
    return ids;
}

TEST_P(BestGraph, RunsOnAFewPictures) {
    const auto& [set, archive, few] = GetParam();
    if (!fs::exists(data() / archive)) GTEST_SKIP() << "FETTLE_DATA lacks " << archive;
    const Outcome outcome = run_on_a_few(std::string(set) + "-best.toml");
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    // The strict division is one: its own audit finds no copy across.
    EXPECT_THAT(outcome.err, Not(HasSubstr("have a copy outside")));
    const fs::path run = run_folder(outcome);
    EXPECT_TRUE(fs::exists(run / "report.html"));
    const auto measures = Json::parse(text_of(run / "measures.json"));
    EXPECT_GE(measures.at("judgements").size(), 3u);
    for (const char* tables : {"measures-control.json", "measures-compared.json"})  // trivial scores; answers in pairs
        EXPECT_FALSE(Json::parse(text_of(run / tables)).at("tables").empty()) << tables;
    EXPECT_GT(Json::parse(text_of(run / "audit.json")).at("parts").at("test").at("normal"), 3);
}

// Its anomalous images are sound ones by their names, and none of the images that it judges by tests in the best graph.
TEST_P(BestGraph, IsChosenWithoutWhatTests) {
    const auto& [set, archive, few] = GetParam();
    for (const char* name : {archive, "cutouts/defects"})
        if (!fs::exists(data() / name)) GTEST_SKIP() << "FETTLE_DATA lacks " << name;
    const Outcome choice = run_on_a_few("choice/" + std::string(set) + ".toml");
    ASSERT_EQ(choice.status, 0) << choice.err;
    EXPECT_THAT(choice.err, Not(HasSubstr("have a copy outside")));
    const auto judged = tested(run_folder(choice) / "scores.csv");
    EXPECT_THAT(judged,
                testing::Each(testing::AnyOf(HasSubstr("ok_front/"), HasSubstr("Negative/"), HasSubstr("MT_Free/"))));
    const auto measures = Json::parse(text_of(run_folder(choice) / "measures.json"));
    const auto parts = Json::parse(text_of(run_folder(choice) / "audit.json")).at("parts");
    EXPECT_EQ(judged.size(), parts.at("test").at("normal"));
    EXPECT_GE(measures.at("judgements").size(), 15u);
    for (const auto& judgement : measures.at("judgements")) {
        const auto& counts = judgement.at("confusion");
        EXPECT_GT(counts.at("true_positive").get<int>() + counts.at("false_negative").get<int>(), 3);
    }
    const Outcome best = run_on_a_few(std::string(set) + "-best.toml");
    ASSERT_EQ(best.status, 0) << best.err;
    const auto tests = tested(run_folder(best) / "scores.csv");
    ASSERT_GT(tests.size(), 3u);
    for (const std::string& id : judged) EXPECT_FALSE(tests.contains(id)) << id;
}

class Choice : public testing::Test {
   protected:
    void SetUp() override {
        if (python_.empty()) GTEST_SKIP() << "there is no Python";
    }

    /// What `choose` says of a sweep of two seeds with these AUROC, its complaints too.
    std::string chosen(const std::map<std::string, std::array<double, 2>>& aurocs) const {
        Json spread = Json::array(), cells = Json::array();
        for (const auto& [name, of] : aurocs)
            spread.push_back({{"column", name},
                              {"figures",
                               {{"auroc",
                                 {{"mean", (of[0] + of[1]) / 2},
                                  {"lowest", std::min(of[0], of[1])},
                                  {"highest", std::max(of[0], of[1])}}}}}});
        for (const std::size_t seed : {0, 1}) {
            Json judgements = Json::array();
            for (const auto& [name, of] : aurocs)
                judgements.push_back({{"column", name}, {"figures", {{"auroc", {{"value", of[seed]}}}}}});
            cells.push_back({{"status", "done"}, {"seed", seed + 1}, {"judgements", std::move(judgements)}});
        }
        const fs::path sweep = scratch_.folder() / "sweep.json", said = scratch_.folder() / "said";
        write_text(sweep, Json{{"spread", std::move(spread)}, {"cells", std::move(cells)}}.dump());
        const std::string command = python_ + " '" FETTLE_SOURCE_FOLDER "/graphs/choice/choose' '" + sweep.string() +
                                    "' > '" + said.string() + "' 2>&1";
        static_cast<void>(std::system(command.c_str()));
        return text_of(said);
    }

   private:
    const std::string python_ = support::python_with("json");
    const Scratch scratch_;
};

// Whatever one kind reaches beside another, and whatever else is fused.
TEST_F(Choice, TakesTheBestOfEachKindFused) {
    const std::string said = chosen({{"ssim maximum", {0.9, 0.8}},
                                     {"l2 maximum", {0.82, 0.86}},
                                     {"gradient_histogram(count=2)", {0.7, 0.6}},
                                     {"gradient_histogram", {0.6, 0.6}},
                                     {"log_sum of gradient_histogram + l2 maximum", {0.95, 0.95}},
                                     {"rank of gradient_histogram(count=2) + ssim maximum", {0.9, 0.9}},
                                     {"log_sum of ssim maximum + gradient_histogram(count=2)", {0.8, 0.8}}});
    EXPECT_THAT(said, HasSubstr("| ssim maximum | reconstruction | 0.850 (0.800 to 0.900) | the best of its kind |\n"));
    EXPECT_THAT(said, HasSubstr("| gradient_histogram | gradients | 0.600 (0.600 to 0.600) |  |\n"));
    EXPECT_THAT(said, HasSubstr("\ntaken: log_sum of ssim maximum + gradient_histogram(count=2)\n"
                                "seed 1 alone: gradient_histogram(count=2) + ssim maximum\n"
                                "seed 2 alone: gradient_histogram(count=2) + l2 maximum\n"));
}

TEST_F(Choice, SaysWhatTheGraphLacks) {
    EXPECT_EQ(chosen({{"ssim maximum", {0.9, 0.8}},
                      {"gradient_histogram", {0.6, 0.6}},
                      {"patch_distribution maximum", {0.6, 0.6}},
                      {"log_sum of gradient_histogram + ssim maximum", {0.9, 0.9}}}),
              "the sweep lacks log_sum of gradient_histogram + patch_distribution maximum + ssim maximum\n");
}

INSTANTIATE_TEST_SUITE_P(All, BestGraph,
                         testing::Values(Best{"casting",
                                              "casting.zip",
                                              {"photos.limit=240", "parameters.epochs=1", "parameters.size=[64,64]"}},
                                         Best{"cracks",
                                              "cracks.zip",
                                              {"photos.limit=160", "parameters.epochs=1", "parameters.size=[64,64]",
                                               "places.cells=[8,8]"}},
                                         Best{"tiles", "tiles", {"photos.limit=160", "places.cells=[12,16]"}}),
                         [](const auto& test) { return std::string(test.param.set); });

}  // namespace
