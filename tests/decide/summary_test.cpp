// What `fettle run` prints when it is done: figures, and what one must hold beside them.
#include "process.hpp"

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Summary : public Workshop {
   protected:
    /// The smallest graph with more stages, or with some of them dropped.
    std::string printed(const std::string& stages) {
        graph("smallest.toml", text_of(fs::path(FETTLE_SOURCE_FOLDER) / "graphs/smallest.toml"));
        graph("summary.toml", "format = 1\nextends = \"smallest.toml\"\n" + stages);
        const Outcome outcome = call({"run", "summary.toml", "--threads", "1"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.out;
    }
};

constexpr const char* pixels = R"(
[stage.where]
use     = "evaluate.localisation"
in.maps = ["difference"]
draws   = 100
)";

TEST_F(Summary, SetsTheBestTrivialScoreAndTheVerdictsBesideTheFigures) {
    const std::string out = printed(std::string(pixels) + R"(
[stage.mean]
use     = "score.pool"
in.maps = ["difference"]
by      = "mean"
[stage.control]
use       = "evaluate.baselines"
in.images = ["split.calibrate", "split.test"]
in.scores = ["score", "mean"]
[stage.compared]
use       = "evaluate.compare"
in.scores = ["score", "mean", "control.scores"]
draws     = 100
[stage.figures]
in.measures = ["judge", "where", "control.measures", "compared"]
)");
    EXPECT_THAT(out, AllOf(HasSubstr("\n  auroc "), HasSubstr("l2, pixels\n  pixel_auroc "),
                           HasSubstr("`l2 maximum` against `l2 mean`: "), HasSubstr("... and ")));
    // The best by the figure that no label chose a direction for.
    const auto at = out.find("best trivial score: ");
    ASSERT_NE(at, std::string::npos) << out;
    const std::string name = out.substr(at + 20, out.find('\n', at) - at - 20);
    const Json report = Json::parse(text_of(folder() / "runs/smallest/latest/report.json"));
    double best = 0;
    std::string expected;
    for (const Json& table : report.at("tables"))
        for (const Json& row : table.at("rows"))
            for (const Json& figure : row.at("figures"))
                if (figure.at("name") == "auroc_departure" && figure.at("value").get<double>() > best) {
                    best = figure.at("value").get<double>();
                    expected = row.at("name").get<std::string>();
                }
    EXPECT_EQ(name, expected);
}

TEST_F(Summary, OfPixelsAloneIsNotEmpty) {
    const std::string out = printed(std::string(pixels) + R"(
[stage.cut]
drop = true
[stage.score]
drop = true
[stage.judge]
drop = true
[stage.report]
drop = true
[stage.figures]
in.measures = "where"
)");
    EXPECT_THAT(out, AllOf(HasSubstr("l2, pixels\n  pixel_auroc "), HasSubstr("  aupro "), Not(HasSubstr("trivial"))));
}

}  // namespace
