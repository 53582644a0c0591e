// Judging through whole graphs where there is next to nothing to judge by: scores that are all equal or no numbers, one
// sample, one kind, no labels. A clear error or an answer in words, whichever stage meets it.
#include "process.hpp"

#include <fettle/image.hpp>

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What halving twice loses of small pictures, judged by a threshold; a test changes it by `--set`.
constexpr const char* judging = R"(format = 1
[graph]
name = "scarce"
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
[stage.l2]
use          = "similarity.l2"
in.reference = "fine"
in.candidate = "back"
[stage.score]
use     = "score.pool"
in.maps = ["l2"]
by      = "mean"
[stage.cut]
use       = "threshold.quantile"
in.scores = ["score"]
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["cut"]
[stage.figures]
use         = "report.json"
in.measures = "judge"
)";

class ScarceGraphs : public Workshop {
   protected:
    ScarceGraphs() {
        graph("scarce.toml", judging);
        for (int k = 0; k < 4; ++k) {
            fettle::Image image(16, 16, 3);
            for (int y = 0; y < 16; ++y)
                for (int x = 0; x < 16; ++x)
                    for (int c = 0; c < 3; ++c)
                        image.at(x, y)[c] = static_cast<std::uint8_t>(x % 2 + y % 2 == 0 ? 100 + 20 * k : 100);
            const auto bytes = fettle::encode_image(image, ".png");
            write_text(folder() / ("set/" + std::to_string(k) + ".png"), {bytes.begin(), bytes.end()});
        }
    }

    /// So many samples of a kind for a split; `pictures` of them are told apart by their score.
    struct Part {
        int count;
        const char *label, *split;
        int pictures = 4;
    };
    Outcome run(const std::vector<Part>& parts, const Arguments& sets = {}) {
        std::string table = "path,id,label,split\n";
        for (const auto& [count, label, split, pictures] : parts)
            for (int i = 0; i < count; ++i)
                table += std::to_string(i % pictures) + ".png," + split + "/" + label + std::to_string(i) + "," +
                         label + "," + split + "\n";
        write_text(folder() / "set/samples.csv", table);
        Arguments arguments{"run", "scarce.toml", "--threads", "1"};
        for (const std::string& set : sets) arguments.insert(arguments.end(), {"--set", set});
        return call(arguments);
    }
    /// What is said where it can't be done.
    std::string refusal(const std::vector<Part>& parts, const Arguments& sets = {}) {
        const Outcome outcome = run(parts, sets);
        EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
        EXPECT_EQ(count_of("error[", outcome.err), 1u) << outcome.err;
        return outcome.err;
    }
    /// What is printed where it can; warnings go before.
    std::string answer(const std::vector<Part>& parts, const Arguments& sets = {}) {
        const Outcome outcome = run(parts, sets);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return outcome.err + outcome.out;
    }
};

TEST_F(ScarceGraphs, EqualScoresAreSaidToBe) {
    const std::vector<Part> equal{
        {25, "normal", "calibrate", 1}, {3, "normal", "test", 1}, {3, "anomalous", "test", 1}};
    for (const char* strategy : {"quantile", "sigma", "mad"})
        EXPECT_THAT(answer(equal, {std::string("cut.use=\"threshold.") + strategy + "\""}),
                    AllOf(HasSubstr("all 25 calibration scores are 0.0, and whatever is higher is called anomalous"),
                          HasSubstr("every test sample has the same score: the ranking figures say nothing")))
            << strategy;
    const std::vector<Part> both{{25, "normal", "calibrate", 1}, {25, "anomalous", "calibrate", 1}};
    for (const char* strategy : {"otsu", "f1", "youden"})
        EXPECT_THAT(refusal(both, {std::string("cut.use=\"threshold.") + strategy + "\""}),
                    AllOf(HasSubstr("stage `cut`: `l2 mean`: "), HasSubstr("are 0.0")))
            << strategy;
}

TEST_F(ScarceGraphs, OneSampleIsSaidToBeTooFew) {
    const std::vector<Part> one{{1, "normal", "calibrate"}, {3, "normal", "test"}, {3, "anomalous", "test"}};
    EXPECT_THAT(refusal(one), AllOf(HasSubstr("a quantile can't be taken of 1 calibration score"),
                                    HasSubstr("at least 20 normal images")));
    EXPECT_THAT(refusal(one, {"cut.use=\"threshold.sigma\""}),
                AllOf(HasSubstr("of 1 calibration score of sound samples"),
                      HasSubstr("at least 2 normal images, better 30: below that it comes with a warning")));
    EXPECT_THAT(refusal(one, {"cut.use=\"threshold.conformal\""}),
                AllOf(HasSubstr("that takes 19"), HasSubstr("`false_alarms` of 50 % or more")));
    EXPECT_THAT(answer({{25, "normal", "calibrate"}, {1, "anomalous", "test"}}),
                AllOf(HasSubstr("no normal test sample: AUROC, average precision and the ROC curve are undefined"),
                      HasSubstr("no normal sample: specificity is undefined"), Not(HasSubstr("auroc "))));
}

TEST_F(ScarceGraphs, AMissingKindIsSaidToBeMissing) {
    EXPECT_THAT(answer({{25, "normal", "calibrate"}, {3, "normal", "test"}}),
                AllOf(HasSubstr("no anomalous test sample: AUROC"),
                      HasSubstr("no anomalous sample: recall is undefined"), Not(HasSubstr("auroc "))));
    EXPECT_THAT(refusal({{25, "anomalous", "calibrate"}, {3, "normal", "test"}}),
                AllOf(HasSubstr("no sound calibration samples to find a threshold from: all 25 are anomalous"),
                      HasSubstr("let sound images be among those that calibrate")));
    for (const char* strategy : {"f1", "youden", "otsu", "recall", "precision"})
        EXPECT_THAT(refusal({{25, "normal", "calibrate"}, {3, "anomalous", "test"}},
                            {std::string("cut.use=\"threshold.") + strategy + "\""}),
                    AllOf(HasSubstr("this threshold needs scores of anomalous calibration samples"),
                          HasSubstr("damage the `calibrate` output with a synthesizer")))
            << strategy;
}

TEST_F(ScarceGraphs, MissingLabelsAreCounted) {
    const std::string words = answer({{25, "normal", "calibrate"}, {3, "unknown", "test"}});
    EXPECT_THAT(words, AllOf(HasSubstr("no test sample with a label: there is nothing to judge"),
                             HasSubstr("3 test samples without a label were not judged"), Not(HasSubstr("auroc "))));
}

TEST_F(ScarceGraphs, AQuantileBeyondItsSamplesSaysHowManyItTakes) {
    const std::vector<Part> few{{25, "normal", "calibrate"}, {3, "normal", "test"}, {3, "anomalous", "test"}};
    EXPECT_THAT(
        answer(few, {"cut.at=0.999"}),
        AllOf(HasSubstr("that takes 1000"), HasSubstr("3.94 % of sound images above the threshold, not 0.1 %")));
}

TEST_F(ScarceGraphs, ImagesOfDifferentSizesAreNamedWithBoth) {
    const std::vector<Part> few{{25, "normal", "calibrate"}, {3, "normal", "test"}, {3, "anomalous", "test"}};
    EXPECT_THAT(
        refusal(few, {"back.size=[12, 16]"}),
        AllOf(HasSubstr("stage `l2`: `calibrate/normal0` is 16x16 in `reference`"), HasSubstr("12x16 in `candidate`")));
}

TEST_F(ScarceGraphs, ScoresThatAreNoNumbersNameTheirSample) {
    graph("read.toml", R"(format = 1
[graph]
name = "read"
[stage.theirs]
use        = "score.read"
path       = "theirs.csv"
thresholds = [0.5]
[stage.judge]
use          = "evaluate.detection"
in.decisions = ["theirs.decisions"]
[stage.figures]
use         = "report.json"
in.measures = "judge"
)");
    for (const char* value : {"nan", "inf", "-inf"}) {
        write_text(folder() / "theirs.csv", std::string("sample,label,score\na,normal,0.5\nb,anomalous,") + value);
        const Outcome outcome = call({"run", "read.toml", "--threads", "1"});
        EXPECT_EQ(outcome.status, 0) << value << outcome.err;
        EXPECT_THAT(outcome.out, AllOf(HasSubstr("of 0 anomalous 0 found, 0 missed; of 1 normal 0 false alarms"),
                                       HasSubstr("1 of 2 test samples has no finite score, `b`: the figures are of the "
                                                 "other 1")))
            << value;
        write_text(folder() / "theirs.csv", std::string("sample,label,score\na,normal,nan\nb,anomalous,") + value);
        const Outcome none = call({"run", "read.toml", "--threads", "1"});
        EXPECT_EQ(none.status, 1) << value << none.out;
        EXPECT_THAT(none.err, AllOf(HasSubstr("error[R503]"), HasSubstr("stage `theirs`: the score `score` of `a` is "
                                                                        "not finite, nor that of any other of 2")))
            << value;
    }
    write_text(folder() / "theirs.csv", "sample,label,score\na,normal,0.5\nb,anomalous,none\n");
    const Outcome outcome = call({"run", "read.toml", "--threads", "1"});
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_THAT(outcome.err, HasSubstr("instead of a number in column `score` of row 2"));
}

}  // namespace
