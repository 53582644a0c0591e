// The best graphs on a few of their pictures, shrunk and trained for an epoch: every stage of them runs.
#include "process.hpp"

#include <gmock/gmock.h>

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

class BestGraph : public Workshop, public testing::WithParamInterface<Best> {};

TEST_P(BestGraph, RunsOnAFewPictures) {
    const auto& [set, archive, few] = GetParam();
    if (!fs::exists(data() / archive)) GTEST_SKIP() << "FETTLE_DATA lacks " << archive;
    Arguments arguments{"run", std::string(FETTLE_SOURCE_FOLDER "/graphs/") + set + "-best.toml"};
    for (const std::string& value : few) arguments.insert(arguments.end(), {"--set", value});
    Launch launch = fettle(arguments);
    launch.environment["FETTLE_DATA"] = data().string();
    const Outcome outcome = call(launch);
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
