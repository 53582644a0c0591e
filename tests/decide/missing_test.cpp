// A metric that has no number for one test image: the run ends with its reports, and each of them names the image. One
// that has none for a calibration image ends the run.
#include "process.hpp"

#include <fettle/image.hpp>

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* judging = R"(
[stage.photos]
use  = "dataset.table"
path = "set"
[stage.split]
use       = "split.column"
in.images = "photos"
[stage.fine]
use       = "transform.resize"
in.images = ["split.calibrate", "split.test"]
size      = [16, 16]
[stage.coarse]
use       = "transform.resize"
in.images = "fine"
size      = [4, 4]
[stage.back]
use       = "transform.resize"
in.images = "coarse"
size      = [16, 16]
[stage.apart]
use          = "test.relative"
in.reference = "fine"
in.candidate = "back"
[stage.maps]
use          = "test.relative_maps"
in.reference = "fine"
in.candidate = "back"
[stage.usual]
use     = "score.standardise"
in.maps = "maps"
[stage.pooled]
use     = "score.pool"
in.maps = ["maps", "usual"]
[stage.both]
use       = "score.combine"
in.scores = ["apart", "pooled"]
name      = "both"
[stage.cut]
use       = "threshold.quantile"
in.scores = ["apart", "pooled", "both"]
at        = 0.9
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["cut"]
draws        = 100
[stage.pairs]
use          = "evaluate.compare"
in.decisions = ["cut"]
draws        = 100
[stage.trivial]
use          = "evaluate.baselines"
in.images    = ["fine"]
in.decisions = ["cut"]
[stage.pixels]
use     = "evaluate.localisation"
in.maps = ["maps"]
draws   = 100
)";

/// The remark of a judgement.
constexpr const char* remark = "1 of 10 test samples has no finite score, `black.png`: the figures are of the other 9";

class MissingScores : public Workshop {
   protected:
    MissingScores() {
        std::string text = "format = 1\n[graph]\nname = \"missing\"\nplugins = [\"" TEST_RELATIVE "\"]\n";
        text += judging;
        for (const char* report :
             {"html", "json", "csv", "markdown", "images", "jsonlines", "tensorboard", "wandb", "mlflow", "junit"}) {
            text += std::string("[stage.") + report + "]\nuse = \"report." + report +
                    "\"\nin.measures = [\"judge\", \"pairs\", \"trivial.measures\", \"pixels\"]\n";
            for (const char* pictured : {"html", "images", "tensorboard", "wandb", "mlflow"})
                if (std::string(pictured) == report) text += "in.examples = [\"maps\"]\n";
        }
        graph("missing.toml", text + "gates = [\"relative mean: auroc >= 0\", \"both: missing_scores == 0\"]\n");
    }

    /// Ten pictures to calibrate with and ten to judge, five of these with a dark line; one is black.
    void draw(const std::string& black) const {
        std::string table = "path,id,label,split,mask\n";
        for (int k = 0; k < 20; ++k) {
            const bool test = k >= 10, anomalous = test && k % 2 == 0;
            fettle::Image image(16, 16, 3), mask(16, 16, 1);
            const std::string name = (test ? "test" : "calibrate") + std::to_string(k) + ".png";
            const bool is_black = name == black;
            for (int y = 0; y < 16; ++y)
                for (int x = 0; x < 16; ++x) {
                    const bool line = anomalous && x == k % 16;
                    if (line) *mask.at(x, y) = 255;
                    for (int c = 0; c < 3 && !is_black; ++c)
                        image.at(x, y)[c] =
                            static_cast<std::uint8_t>(line ? 10 : 100 + (7 * x * (k + 1) + 13 * y * y) % (20 + k));
                }
            write_image(name, image);
            if (anomalous) write_image("mask" + name, mask);
            table += name + "," + (is_black ? "black.png" : name) + "," + (anomalous ? "anomalous" : "normal") + "," +
                     (test ? "test" : "calibrate") + "," + (anomalous ? "mask" + name : "") + "\n";
        }
        write_text(folder() / "set/samples.csv", table);
    }

    Outcome run() { return call({"run", "missing.toml", "--threads", "2"}); }

   private:
    void write_image(const std::string& name, const fettle::Image& image) const {
        const auto bytes = fettle::encode_image(image, ".png");
        write_text(folder() / "set" / name, {bytes.begin(), bytes.end()});
    }
};

std::size_t sum(const Json& confusion) {
    std::size_t out = 0;
    for (const Json& count : confusion) out += count.get<std::size_t>();
    return out;
}

TEST_F(MissingScores, OfATestImageEndInReportsThatNameIt) {
    for (const char* black : {"test12.png", "test13.png"}) {  // an anomalous one, a normal one
        draw(black);
        const Outcome outcome = run();
        ASSERT_EQ(outcome.status, 0) << outcome.err;
        for (const char* column : {"relative", "relative mean", "both"})
            EXPECT_THAT(outcome.err, HasSubstr(std::string("`") + column + "`: " + remark)) << column;
        EXPECT_EQ(count_of(remark, outcome.out), 6u) << outcome.out;  // four judgements, two gates

        const fs::path made = run_folder(outcome);
        const Json json = Json::parse(text_of(made / "report.json"));
        ASSERT_EQ(json["judgements"].size(), 4u);
        for (const Json& judged : json["judgements"]) {
            EXPECT_EQ(judged["remarks"].at(0), remark) << judged["column"];
            EXPECT_EQ(sum(judged["confusion"]), 9u) << judged["column"];
        }
        for (const char* report : {"report.json", "report.html", "junit.xml", "report.jsonl"})
            EXPECT_THAT(text_of(made / report), HasSubstr("has no finite score, `black.png`")) << report;
        EXPECT_THAT(text_of(made / "report.md"), HasSubstr("has no finite score, \\`black.png\\`"));
        EXPECT_THAT(text_of(made / "report.html"), HasSubstr("1 of 10 test images to judge has no finite map"));
        const std::string samples = text_of(made / "samples.csv");
        const auto row = samples.find("black.png");
        EXPECT_THAT(samples.substr(row, samples.find('\r', row) - row), HasSubstr(",nan,nan,nan,nan,,,,"));
        EXPECT_EQ(count_of("missing_scores,1,", text_of(made / "figures.csv")), 4u);
        EXPECT_TRUE(fs::exists(made / "images")) << made;
        EXPECT_EQ(count_of("no score",
                           [&] {
                               std::string names;
                               for (const auto& entry : fs::recursive_directory_iterator(made / "images"))
                                   names += entry.path().filename().string() + "\n";
                               return names;
                           }()),
                  4u);
    }
}

TEST_F(MissingScores, MeetAGateByTheFigureAndSaySo) {
    draw("test12.png");
    const Outcome outcome = call({"run", "missing.toml", "--threads", "2", "--fail-on-gate"});
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    const std::string junit = text_of(run_folder(outcome) / "junit.xml");
    EXPECT_THAT(junit, HasSubstr("missing_scores is 1; 1 of 10 test samples has no finite score, `black.png`"));
    EXPECT_EQ(count_of("<failure", junit), 1u) << junit;
    EXPECT_THAT(junit, HasSubstr("missing_scores = 1\n"));
}

TEST_F(MissingScores, OfOneRunAreComparedOnWhatBothHave) {
    draw("test12.png");
    const Outcome first = run(), second = call({"run", "missing.toml", "--threads", "2", "--set", "cut.at=0.5"});
    ASSERT_EQ(first.status + second.status, 0) << first.err << second.err;
    const Outcome text =
        call({"compare", run_folder(first).string(), run_folder(second).string(), "--html", "compared.html"});
    ASSERT_EQ(text.status, 0) << text.err;
    EXPECT_THAT(text.out, AllOf(HasSubstr("A: 1 of the 10 shared test samples has no finite score, `black.png`; each"),
                                HasSubstr("not distinguishable"), Not(HasSubstr("no test:"))));
    EXPECT_THAT(text_of(folder() / "compared.html"), HasSubstr("has no finite score, `black.png`"));
}

TEST_F(MissingScores, OfACalibrationImageEndTheRun) {
    draw("calibrate3.png");
    const Outcome outcome = run();
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_THAT(outcome.err,
                AllOf(HasSubstr("error[R503]"), HasSubstr("the score `relative` of `black.png` is not finite"),
                      HasSubstr("of `black.png` holds a value that is not finite")));
    EXPECT_FALSE(fs::exists(run_folder(outcome) / "report.html"));
}

}  // namespace
