// Calibration images of which a share is damaged: each counts as what it is, or the graph is refused.
#include "process.hpp"

#include <fettle/image.hpp>
#include <fettle/random.hpp>

#include <gmock/gmock.h>

#include <algorithm>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;

const std::string judging = R"(format = 1
[graph]
name = "partly"
[stage.photos]
use  = "dataset.table"
path = "set"
[stage.split]
use       = "split.column"
in.images = "photos"
[stage.damaged]
use       = "synthesize.noise"
in.images = "split.calibrate"
kinds     = ["salt_and_pepper"]
fresh     = false
share     = 0.5
[stage.fine]
use       = "transform.resize"
in.images = ["damaged", "split.test"]
size      = [16, 16]
[stage.coarse]
use       = "transform.resize"
in.images = "fine"
size      = [4, 4]
[stage.back]
use       = "transform.resize"
in.images = "coarse"
size      = [16, 16]
[stage.l2]
use          = "similarity.l2"
in.reference = "fine"
in.candidate = "back"
[stage.score]
use     = "score.pool"
in.maps = ["l2"]
by      = "mean"
[stage.cut]
use       = "threshold.STRATEGY"
in.scores = ["score"]
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["cut"]
[stage.figures]
use         = "report.json"
in.measures = "judge"
)";

constexpr int calibrating = 40;

class PartlyDamaged : public Workshop {
   protected:
    PartlyDamaged() {
        fettle::Random random(3);
        std::string table = "path,id,label,split\n";
        for (int k = 0; k < calibrating + 4; ++k) {
            fettle::Image image(16, 16, 3);
            for (std::uint8_t& value : image.pixels)
                value = static_cast<std::uint8_t>(128 + random.integer(-2 * k, 2 * k));
            const auto bytes = fettle::encode_image(image, ".png");
            const std::string name = std::to_string(k) + ".png";
            write_text(folder() / "set" / name, {bytes.begin(), bytes.end()});
            table += name + "," + name +
                     (k < calibrating ? ",normal,calibrate\n"
                      : k % 2 == 0    ? ",normal,test\n"
                                      : ",anomalous,test\n");
        }
        write_text(folder() / "set/samples.csv", table);
    }

    Outcome run(const std::string& strategy, const Arguments& sets = {}) {
        graph("partly.toml", std::string(judging).replace(judging.find("STRATEGY"), 8, strategy));
        Arguments arguments{"run", "partly.toml", "--threads", "1"};
        for (const std::string& set : sets) arguments.insert(arguments.end(), {"--set", set});
        return call(arguments);
    }
    /// The scores of calibration samples by their names, and the threshold.
    struct Found {
        std::map<std::string, double> scores;
        double threshold = 0;
        std::size_t fitted = 0;
    };
    Found found(const std::string& strategy, const Arguments& sets = {}) {
        const Outcome outcome = run(strategy, sets);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        Found out;
        std::istringstream table(text_of(run_folder(outcome) / "scores.csv"));
        for (std::string line; std::getline(table, line);)
            if (line.find("calibrate") != std::string::npos)
                out.scores[line.substr(0, line.find(','))] = std::stod(line.substr(line.rfind(',') + 1));
        const Json judgement = Json::parse(text_of(run_folder(outcome) / "report.json")).at("judgements").at(0);
        out.threshold = judgement.at("threshold").get<double>();
        out.fitted = judgement.at("fitted").get<std::size_t>();
        return out;
    }
};

TEST_F(PartlyDamaged, TheThresholdIsThatOfTheUndamagedAlone) {
    const Found clean = found("quantile", {"cut.at=1", "damaged.share=0"}), half = found("quantile", {"cut.at=1"});
    ASSERT_EQ(clean.scores.size(), static_cast<std::size_t>(calibrating));
    double highest = 0;
    std::size_t undamaged = 0;
    for (const auto& [sample, score] : half.scores) {
        if (score != clean.scores.at(sample)) continue;  // the noise changed it
        ++undamaged;
        highest = std::max(highest, score);
    }
    EXPECT_GT(undamaged, 8u);
    EXPECT_LT(undamaged, 32u);
    EXPECT_EQ(half.threshold, highest);
    EXPECT_EQ(half.fitted, undamaged);
}

TEST_F(PartlyDamaged, TheRestIsThereForThresholdsThatNeedAnomalies) {
    for (const char* strategy : {"youden", "f1", "otsu"})
        EXPECT_EQ(found(strategy).fitted, static_cast<std::size_t>(calibrating)) << strategy;
}

TEST_F(PartlyDamaged, WhatIsDrawnAnewInEveryRoundIsRefused) {
    const Outcome refused = run("quantile", {"damaged.fresh=true"});
    EXPECT_EQ(refused.status, 1) << refused.out;
    EXPECT_THAT(
        refused.err,
        AllOf(HasSubstr("stage `damaged`: which of 40 calibration images are damaged isn't known: `share` = 0.5"),
              HasSubstr("`fresh = false` draws once which ones are damaged")));
    const Outcome all = run("quantile", {"damaged.fresh=true", "damaged.share=1"});
    EXPECT_THAT(all.err, HasSubstr("stage `cut`: `l2 mean`: there are no sound calibration samples"));
}

}  // namespace
