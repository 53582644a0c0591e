// The best graphs on a few of their pictures, shrunk and trained for an epoch, and those by which their recipes are
// chosen: every stage of them runs, and what chooses sees neither what tests nor a real defect.
#include "process.hpp"
#include "python.hpp"

#include <gmock/gmock.h>

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

// Two seeds, four candidates: the first by its mean has two parts, the second is told from it once, and of the other
// two, which have a part each, the better one is taken.
TEST(Choice, TakesTheSimplestThatIsNotToldFromTheFirst) {
    const std::string python = support::python_with("json");
    if (python.empty()) GTEST_SKIP() << "there is no Python";
    const Scratch scratch;
    const Json means{{"a + b, rank", 0.95}, {"a", 0.94}, {"b", 0.93}, {"c", 0.92}};
    Json sweep{{"spread", Json::array()}, {"cells", Json::array()}};
    Json judgements = Json::array();
    for (const auto& [name, mean] : means.items()) {
        const Json auroc{{"value", mean}, {"mean", mean}, {"lowest", mean}, {"highest", mean}};
        sweep["spread"].push_back({{"column", name}, {"figures", {{"auroc", auroc}}}});
        judgements.push_back({{"column", name}, {"figures", {{"auroc", auroc}}}});
    }
    for (const char* seed : {"1", "2"}) {
        sweep["cells"].push_back({{"folder", seed}, {"status", "done"}, {"seed", seed}, {"judgements", judgements}});
        Json rows = Json::array();
        for (const char* other : {"a", "b", "c"}) {
            const double p = *other == 'a' && *seed == '2' ? 0.04 : 0.06;
            rows.push_back({{"name", "`a + b, rank` against `" + std::string(other) + "`"},
                            {"figures", Json::array({{{"name", "auroc_p"}, {"value", p}}})}});
        }
        write_text(scratch.folder() / seed / "measures-compared.json",
                   Json{{"tables", Json::array({{{"rows", rows}}})}}.dump());
    }
    write_text(scratch.folder() / "sweep.json", sweep.dump());
    const fs::path said = scratch.folder() / "said";
    const std::string choose = FETTLE_SOURCE_FOLDER "/graphs/choice/choose";
    ASSERT_EQ(std::system((python + " '" + choose + "' '" + (scratch.folder() / "sweep.json").string() + "' > '" +
                           said.string() + "'")
                              .c_str()),
              0);
    EXPECT_THAT(text_of(said), HasSubstr("| a | 1 | 0.940 (0.940 to 0.940) | in 1 of 2 |\n"));
    EXPECT_THAT(text_of(said), HasSubstr("\ntaken: b\nseed 1 alone: a\nseed 2 alone: b\n"));
}

INSTANTIATE_TEST_SUITE_P(All, BestGraph,
                         testing::Values(Best{"casting",
                                              "casting.zip",
                                              {"photos.limit=240", "parameters.epochs=1", "parameters.size=[64,64]"}},
                                         Best{"cracks",
                                              "cracks.zip",
                                              {"photos.limit=160", "parameters.epochs=1", "parameters.size=[64,64]",
                                               "patches_unusual.cells=[8,8]"}},
                                         Best{"tiles", "tiles", {"photos.limit=160", "places.cells=[12,16]"}}),
                         [](const auto& test) { return std::string(test.param.set); });

}  // namespace
