// Thresholds at a quantile.
#include "thresholds.hpp"

#include <gmock/gmock.h>

namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using thresholds::plugin;
using thresholds::Strategy;

Strategy at_quantile(double at) { return Strategy("quantile", {{"at", at}}); }

fettle::Calibration first(int count) {
    fettle::Calibration calibration;
    for (int i = 0; i < count; ++i) calibration.normal.push_back(i);
    return calibration;
}

TEST(ThresholdQuantile, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("threshold.quantile")), IsEmpty());
}

TEST(ThresholdQuantile, FlagsTheShareItSays) {
    fettle::Random random(3);
    for (int trial = 0; trial < 300; ++trial) {
        fettle::Calibration calibration;
        const int count = random.integer(20, 500);
        for (int i = 0; i < count; ++i) calibration.normal.push_back(random.normal());
        std::sort(calibration.normal.begin(), calibration.normal.end());
        const double at = random.uniform(0.5, 0.95), threshold = at_quantile(at)->fit(calibration);
        const auto above = static_cast<double>(std::count_if(calibration.normal.begin(), calibration.normal.end(),
                                                             [&](double score) { return score > threshold; }));
        EXPECT_NEAR(above / count, 1 - at, 1.0 / count) << count << " at " << at;
    }
}

TEST(ThresholdQuantile, EndsAreLowestAndHighest) {
    EXPECT_EQ(at_quantile(0)->fit(first(10)), 0);
    EXPECT_EQ(at_quantile(1)->fit(first(10)), 9);
    EXPECT_EQ(at_quantile(0.5)->fit(first(2)), 0.5);
}

TEST(ThresholdQuantile, SaysHowManyScoresItTakes) {
    for (const int count : {0, 1}) try {
            at_quantile(0.99)->fit(first(count));
            FAIL() << "fitted on " << count;
        } catch (const fettle::Error& error) {
            EXPECT_EQ(error.fault(), fettle::Fault::data);
            EXPECT_THAT(error.help(), HasSubstr("at least 100 normal images"));
            EXPECT_EQ(error.parameter(), "at");
        }
    EXPECT_THAT(at_quantile(0.95)->caution(first(20)), IsEmpty());
    EXPECT_THAT(at_quantile(0.999)->caution(first(1000)), IsEmpty());
    EXPECT_THAT(at_quantile(1)->caution(first(2)), IsEmpty());
    // (10 * 0.05 + 0.95) / 11 = 13.2 %
    EXPECT_THAT(at_quantile(0.95)->caution(first(10)), AllOf(HasSubstr("10 calibration scores"), HasSubstr("takes 20"),
                                                             HasSubstr("13.2 %"), HasSubstr("not 5 %")));
    EXPECT_THAT(at_quantile(0.999)->caution(first(999)), HasSubstr("takes 1000"));
}

// The share named in the caution, by simulation: uniform scores, of which the threshold's value is the share below.
TEST(ThresholdQuantile, TheCautionTellsTheShareToExpect) {
    fettle::Random random(8);
    constexpr int trials = 20000, count = 10;
    double above = 0;
    for (int trial = 0; trial < trials; ++trial) {
        fettle::Calibration calibration;
        for (int i = 0; i < count; ++i) calibration.normal.push_back(random.uniform());
        std::sort(calibration.normal.begin(), calibration.normal.end());
        above += 1 - at_quantile(0.95)->fit(calibration);
    }
    EXPECT_NEAR(above / trials, 1.45 / 11, 0.003);  // standard error .0006
}

TEST(ThresholdQuantile, WarnsAndNamesTheColumn) {
    fettle::testing::TestContext context;
    const auto object = plugin().make("threshold.quantile");
    const auto out = plugin().run("threshold.quantile", *object, {{"scores", {thresholds::table(first(10))}}}, context);
    EXPECT_THAT(context.warnings(), ElementsAre(HasSubstr("`ssim mean`: 10 calibration scores")));
    const auto& decisions = dynamic_cast<const fettle::Decisions&>(*out.at("decisions"));
    ASSERT_EQ(decisions.cuts.size(), 1u);
    EXPECT_DOUBLE_EQ(decisions.cuts[0].threshold, 8.55);
    EXPECT_EQ(decisions.cuts[0].fitted, 10u);
    EXPECT_EQ(decisions.cuts[0].method, "label");
}

}  // namespace
