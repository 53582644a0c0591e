// What the roles from pixels to a verdict do around an author's one function: who gets to see which rows.
#include "fakes.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <limits>

namespace {

using fettle::Label;
using fettle::Split;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

/// Remembers what it was fitted on.
struct Remembers final : fettle::Threshold {
    mutable std::vector<fettle::Calibration> seen;
    bool wants_anomalies = false;
    std::string words;
    double fit(const fettle::Calibration& calibration) const override {
        seen.push_back(calibration);
        return calibration.normal.back();
    }
    bool needs_anomalies() const override { return wants_anomalies; }
    std::string caution(const fettle::Calibration&) const override { return words; }
};

/// Remembers what it judged.
struct Judges final : fettle::Measure {
    mutable std::vector<std::pair<std::vector<double>, std::vector<bool>>> seen;
    fettle::Judgement judge(std::span<const double> scores, const std::vector<bool>& anomalous,
                            const fettle::Cut& cut) const override {
        seen.emplace_back(std::vector(scores.begin(), scores.end()), anomalous);
        fettle::Judgement out;
        out.cut = cut;
        return out;
    }
};

struct MeanDifference final : fettle::Distance {
    double distance(const fettle::Image& reference, const fettle::Image& candidate) const override {
        if (reference.pixels[0] == 200) return nan;
        return std::abs(reference.pixels[0] - candidate.pixels[0]);
    }
};

/// One row of each split and label; scores count up from 1.
std::shared_ptr<fettle::Scores> every_kind(const std::string& column = "m") {
    std::vector<fettle::SampleInfo> rows;
    std::vector<double> values;
    for (const Split split : {Split::none, Split::train, Split::calibrate, Split::test})
        for (const Label label : {Label::anomalous, Label::normal, Label::unknown}) {
            rows.push_back(
                fakes::info(std::string(to_string(split)) + "/" + std::string(to_string(label)), split, label));
            values.push_back(static_cast<double>(rows.size()));
        }
    return fakes::table(column, rows, values);
}

std::string message_of(const std::function<void()>& act) {
    try {
        act();
    } catch (const fettle::Error& error) {
        return error.what();
    }
    return "nothing was thrown";
}

TEST(ThresholdRole, FitsOnCalibrationRowsAlone) {
    fettle::testing::TestContext context;
    const Remembers threshold;
    const auto out = threshold.run({{every_kind()}}, context);
    ASSERT_EQ(threshold.seen.size(), 1u);
    EXPECT_THAT(threshold.seen[0].normal, ElementsAre(8, 9));  // a label that isn't known counts as sound
    EXPECT_THAT(threshold.seen[0].anomalous, ElementsAre(7));
    EXPECT_EQ(out.decisions->cuts[0].threshold, 9);
    EXPECT_EQ(out.decisions->cuts[0].fitted, 2u);
    EXPECT_EQ(out.decisions->scores.rows.size(), 12u);
}

TEST(ThresholdRole, NothingInOtherSplitsCanMoveIt) {
    fettle::testing::TestContext context;
    fettle::Random random(1);
    for (int trial = 0; trial < 100; ++trial) {
        auto scores = every_kind();
        for (std::size_t i = 0; i < scores->rows.size(); ++i) {
            if (scores->rows[i].split == Split::calibrate) continue;
            scores->columns[0].values[i] = trial % 3 == 0 ? nan : random.uniform(-100, 100);
            scores->rows[i].label = static_cast<Label>(random.integer(0, 2));
        }
        const Remembers threshold;
        EXPECT_EQ(threshold.run({{scores}}, context).decisions->cuts[0].threshold, 9);
        EXPECT_THAT(threshold.seen[0].normal, ElementsAre(8, 9));
    }
}

TEST(ThresholdRole, GetsScoresInOrderForEveryColumn) {
    fettle::testing::TestContext context;
    fettle::Random random(2);
    std::vector<fettle::SampleInfo> rows;
    std::vector<double> values;
    for (int i = 0; i < 50; ++i) {
        rows.push_back(fakes::info(std::to_string(i), Split::calibrate, i % 5 == 0 ? Label::anomalous : Label::normal));
        values.push_back(random.normal());
    }
    auto other = values;
    for (double& value : other) value = -value;
    Remembers threshold;
    threshold.wants_anomalies = true;
    const auto out = threshold.run({{fakes::table("a", rows, values), fakes::table("b", rows, other)}}, context);
    ASSERT_EQ(threshold.seen.size(), 2u);
    for (const auto& calibration : threshold.seen) {
        EXPECT_TRUE(std::is_sorted(calibration.normal.begin(), calibration.normal.end()));
        EXPECT_TRUE(std::is_sorted(calibration.anomalous.begin(), calibration.anomalous.end()));
        EXPECT_EQ(calibration.normal.size(), 40u);
    }
    EXPECT_EQ(out.decisions->cuts[1].column, "b");
    EXPECT_EQ(out.decisions->cuts[1].fitted, 50u);
}

TEST(ThresholdRole, SaysWhatIsMissing) {
    fettle::testing::TestContext context;
    Remembers threshold;
    auto scores = every_kind();
    for (auto& row : scores->rows)
        if (row.split == Split::calibrate) row.split = Split::train;
    EXPECT_THAT(message_of([&] { threshold.run({{scores}}, context); }), HasSubstr("no calibration samples"));
    scores = every_kind();
    scores->rows[7].label = scores->rows[8].label = Label::anomalous;
    EXPECT_THAT(message_of([&] { threshold.run({{scores}}, context); }),
                HasSubstr("`m`: there are no sound calibration samples to find a threshold from: all 3 are anomalous"));
    scores = every_kind();
    scores->rows[6].label = Label::normal;
    threshold.wants_anomalies = true;
    EXPECT_THAT(message_of([&] { threshold.run({{scores}}, context); }),
                HasSubstr("`m`: this threshold needs scores of anomalous calibration samples"));
    for (const double bad : {nan, infinity, -infinity}) {
        scores = every_kind();
        scores->columns[0].values[7] = bad;
        EXPECT_THAT(message_of([&] { threshold.run({{scores}}, context); }),
                    HasSubstr("`m` of `calibrate/normal` is not finite"));
    }
}

/// Finds nothing.
struct Fails final : fettle::Threshold {
    double fit(const fettle::Calibration&) const override {
        throw fettle::Error(fettle::Fault::data, "too few").help("take more").parameter("at");
    }
};

TEST(ThresholdRole, NamesTheColumnThatNoThresholdIsFoundFor) {
    fettle::testing::TestContext context;
    try {
        Fails().run({{every_kind("ssim mean")}}, context);
        FAIL() << "nothing was thrown";
    } catch (const fettle::Error& error) {
        EXPECT_STREQ(error.what(), "`ssim mean`: too few");
        EXPECT_EQ(error.help(), "take more");
        EXPECT_EQ(error.parameter(), "at");
        EXPECT_EQ(error.fault(), fettle::Fault::data);
    }
}

TEST(ThresholdRole, PassesACautionOn) {
    fettle::testing::TestContext context;
    Remembers threshold;
    threshold.run({{every_kind()}}, context);
    EXPECT_THAT(context.warnings(), IsEmpty());
    threshold.words = "too few";
    threshold.run({{every_kind()}}, context);
    EXPECT_THAT(context.warnings(), ElementsAre("`m`: too few"));
}

fettle::Ref<fettle::Decisions> decisions(const std::shared_ptr<fettle::Scores>& scores, double threshold) {
    auto out = std::make_shared<fettle::Decisions>();
    out->scores = *scores;
    for (const auto& column : scores->columns) out->cuts.push_back({column.name, threshold, "manual", 0});
    return out;
}

TEST(MeasureRole, JudgesLabelledTestRowsAlone) {
    fettle::testing::TestContext context;
    const Judges measure;
    auto scores = every_kind();
    scores->columns[0].values[7] = nan;  // of calibration: not looked at
    const auto out = measure.run({{decisions(scores, 1)}}, context);
    ASSERT_EQ(measure.seen.size(), 1u);
    EXPECT_THAT(measure.seen[0].first, ElementsAre(10, 11));
    EXPECT_THAT(measure.seen[0].second, ElementsAre(true, false));
    EXPECT_THAT(out.measures->judgements[0].remarks, ElementsAre("1 test sample without a label was not judged"));
    EXPECT_EQ(out.measures->scores.rows.size(), 12u);
}

TEST(MeasureRole, JudgesWhatHasAFiniteScoreAndNamesTheRest) {
    fettle::testing::TestContext context;
    for (const double bad : {nan, infinity, -infinity}) {
        auto scores = every_kind();
        scores->columns[0].values[10] = bad;
        const Judges measure;
        const auto out = measure.run({{decisions(scores, 1)}}, context);
        EXPECT_THAT(measure.seen.at(0).first, ElementsAre(10));
        EXPECT_THAT(measure.seen.at(0).second, ElementsAre(true));
        EXPECT_THAT(out.measures->judgements.at(0).remarks,
                    ElementsAre("1 of 2 test samples with a label has no finite score, `test/normal`: the figures are "
                                "of the other 1",
                                "1 test sample without a label was not judged"));
        scores->columns[0].values[9] = bad;
        EXPECT_THAT(
            message_of([&] { Judges().run({{decisions(scores, 1)}}, context); }),
            HasSubstr("the score `m` of `test/anomalous` is not finite, nor that of any other of 2 test samples "
                      "with a label"));
    }
}

// The same table comes from two judges of it: a missing score doesn't make it another.
TEST(MeasureRole, KeepsAColumnWithMissingScoresOnce) {
    fettle::testing::TestContext context;
    auto scores = every_kind();
    scores->columns[0].values[10] = nan;
    const auto out = Judges().run({{decisions(scores, 1), decisions(scores, 2)}}, context);
    EXPECT_EQ(out.measures->judgements.size(), 2u);
    EXPECT_EQ(out.measures->scores.columns.size(), 1u);
}

TEST(MeasureRole, JudgesEveryCutAndKeepsEveryColumnOnce) {
    fettle::testing::TestContext context;
    const Judges measure;
    const auto out = measure.run(
        {{decisions(every_kind("a"), 1), decisions(every_kind("a"), 2), decisions(every_kind("b"), 3)}}, context);
    ASSERT_EQ(out.measures->judgements.size(), 3u);
    EXPECT_EQ(out.measures->judgements[1].cut.threshold, 2);
    ASSERT_EQ(out.measures->scores.columns.size(), 2u);
    EXPECT_EQ(out.measures->scores.columns[1].name, "b");

    auto other = every_kind("a");
    other->columns[0].values[0] = 99;
    EXPECT_THAT(message_of([&] {
                    Judges().run({{decisions(every_kind("a"), 1), decisions(other, 1)}}, context);
                }),
                HasSubstr("two columns of scores are named `a`"));
}

TEST(JoinScores, JoinsByIdAndRefusesOtherSamples) {
    const auto info = [](const char* id) { return fakes::info(id, Split::test, Label::normal); };
    const auto a = fakes::table("a", {info("x"), info("y")}, {1, 2});
    const auto b = fakes::table("b", {info("y"), info("x")}, {20, 10});
    const fettle::Scores joined = fettle::join_scores({a, b});
    EXPECT_EQ(joined.rows[0].id, "x");
    EXPECT_THAT(joined.columns[1].values, ElementsAre(10, 20));
    EXPECT_THAT(message_of([&] {
                    fettle::join_scores({a, fakes::table("b", {info("x")}, {1})});
                }),
                HasSubstr("2 and 1 samples"));
    EXPECT_THAT(message_of([&] {
                    fettle::join_scores({a, fakes::table("b", {info("x"), info("z")}, {1, 2})});
                }),
                HasSubstr("`z` is scored in one table and not in the other"));
    EXPECT_THAT(message_of([&] { fettle::join_scores({a, a}); }), HasSubstr("two columns"));
}

// By an id alone nobody can tell which of two samples a score belongs to; by a place of the same order everybody can.
TEST(JoinScores, RefusesIdsThatTellNothing) {
    const auto info = [](const char* id, Label label) { return fakes::info(id, Split::test, label); };
    const auto x = info("x", Label::normal), damaged = info("x", Label::anomalous), y = info("y", Label::normal);
    const auto refusal = [](std::vector<fettle::SampleInfo> a, std::vector<fettle::SampleInfo> b) {
        return message_of([&] {
            fettle::join_scores({fakes::table("a", std::move(a), {1, 2}), fakes::table("b", std::move(b), {3, 4})});
        });
    };
    EXPECT_THAT(refusal({x, y}, {x, x}), HasSubstr("two samples are called `x`"));
    EXPECT_THAT(refusal({x, x}, {x, y}), HasSubstr("`y` is scored in one table and not in the other"));
    EXPECT_THAT(refusal({x, y}, {y, damaged}), HasSubstr("`x` is normal in one input and anomalous in another"));
    EXPECT_THAT(refusal({x, damaged}, {damaged, x}), HasSubstr("`x` is normal in one input and anomalous in another"));
    const auto same =
        fettle::join_scores({fakes::table("a", {x, damaged}, {1, 2}), fakes::table("b", {x, damaged}, {3, 4})});
    EXPECT_THAT(same.columns[1].values, ElementsAre(3, 4));
}

fettle::Ref<fettle::Images> grey(const std::vector<int>& values, Split first = Split::test) {
    std::vector<fettle::SampleInfo> infos;
    for (std::size_t i = 0; i < values.size(); ++i)
        infos.push_back(fakes::info(std::to_string(i), i == 0 ? first : Split::test, Label::normal));
    return fettle::lazy_images(infos, [values](std::size_t index, std::uint32_t) {
        fettle::Sample sample;
        sample.image = fettle::Image(2, 2, 3, static_cast<std::uint8_t>(values[index]));
        return sample;
    });
}

TEST(DistanceRole, ComparesSampleBySample) {
    fettle::testing::TestContext context;
    context.set_label("mean_difference");
    const auto out = MeanDifference().run({grey({10, 20, 30}), grey({11, 18, 33})}, context);
    EXPECT_EQ(out.scores->columns[0].name, "mean_difference");
    EXPECT_THAT(out.scores->columns[0].values, ElementsAre(1, 2, 3));
    EXPECT_THAT(message_of([&] {
                    MeanDifference().run({grey({1, 2}), grey({1})}, context);
                }),
                HasSubstr("`reference` has 2 samples, `candidate` has 1"));
}

TEST(DistanceRole, LeavesOutTestSamplesAloneThatHaveNoScore) {
    fettle::testing::TestContext context;
    context.set_label("d");
    const auto out = MeanDifference().run({grey({1, 200, 3, 200}), grey({1, 1, 1, 1})}, context);
    EXPECT_THAT(out.scores->columns[0].values, ElementsAre(0, ::testing::IsNan(), 2, ::testing::IsNan()));
    EXPECT_THAT(context.warnings(),
                ElementsAre(HasSubstr("`d`: 2 of 4 test samples have no finite score, the first `1`: the figures are "
                                      "of the other 2; look at such an image")));
    EXPECT_THAT(message_of([&] {
                    MeanDifference().run({grey({200, 200}), grey({1, 1})}, context);
                }),
                HasSubstr("the score `d` of `0` is not finite, nor that of any other of 2 test samples"));
    EXPECT_THAT(message_of([&] {
                    MeanDifference().run({grey({200}), grey({1})}, context);
                }),
                HasSubstr("the score `d` of `0` is not finite, and there are no other test samples"));
    for (const Split split : {Split::calibrate, Split::train, Split::none})
        EXPECT_THAT(message_of([&] {
                        MeanDifference().run({grey({200, 3}, split), grey({1, 1})}, context);
                    }),
                    ::testing::StrEq("the score `d` of `0` is not finite"));
}

}  // namespace
