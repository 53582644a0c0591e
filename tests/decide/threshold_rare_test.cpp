// Strategies that promise a rate of false alarms: what they promise, over repeated draws.
#include "../../plugins/threshold/pareto.hpp"
#include "python.hpp"
#include "thresholds.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using thresholds::above;
using thresholds::calibration;
using thresholds::check;
using thresholds::draws;
using thresholds::failure;
using thresholds::Strategy;

fettle::Calibration whole_numbers(int count) {
    std::vector<double> scores(static_cast<std::size_t>(count));
    for (int i = 0; i < count; ++i) scores[static_cast<std::size_t>(i)] = i + 1;
    return calibration(scores);
}

TEST(ThresholdConformal, HandWorkedPlaces) {
    const auto fit = [](double rate, int count) {
        return Strategy("conformal", {{"false_alarms", rate}})->fit(whole_numbers(count));
    };
    EXPECT_EQ(fit(0.05, 19), 19);  // ceil(20 * 0.95) = 19
    EXPECT_EQ(fit(0.05, 20), 20);  // ceil(21 * 0.95) = 20
    EXPECT_EQ(fit(0.05, 38), 38);  // ceil(39 * 0.95) = 38
    EXPECT_EQ(fit(0.05, 39), 38);  // ceil(40 * 0.95) = 38
    EXPECT_EQ(fit(0.1, 99), 90);
    EXPECT_EQ(fit(0.3, 9), 7);
    EXPECT_EQ(fit(0.07, 99), 93);  // 100 * 0.07 is a little more than 7
    EXPECT_EQ(fit(0.29, 99), 71);  // 100 * 0.29 a little less than 29
    EXPECT_EQ(fit(0.5, 1), 1);
}

TEST(ThresholdConformal, SaysHowManyScoresItTakes) {
    for (const auto& [rate, needed] : {std::pair{0.05, 19}, {0.1, 9}, {0.01, 99}, {0.001, 999}, {0.3, 3}}) {
        const Strategy strategy("conformal", {{"false_alarms", rate}});
        EXPECT_EQ(strategy->fit(whole_numbers(needed)), needed);
        const auto error = failure(strategy, whole_numbers(needed - 1));
        EXPECT_EQ(error.fault(), fettle::Fault::data);
        EXPECT_EQ(error.parameter(), "false_alarms");
        EXPECT_THAT(error.what(), HasSubstr("that takes " + std::to_string(needed)));
        EXPECT_THAT(error.help(), HasSubstr("at least " + std::to_string(needed) + " normal images"));
    }
    EXPECT_THAT(failure(Strategy("conformal"), whole_numbers(9)).help(), HasSubstr("`false_alarms` of 10 % or more"));
    EXPECT_THAT(check("conformal", {{"false_alarms", 0.0}}), HasSubstr("between 0 and 1"));
    EXPECT_THAT(check("conformal", {{"false_alarms", 1.0}}), HasSubstr("between 0 and 1"));
    EXPECT_THAT(check("conformal", {{"false_alarms", 0.5}}), IsEmpty());
}

// Scores uniform on [0, 1], of which 1 - threshold lie above: on average floor((n + 1) a) / (n + 1), whatever n.
TEST(ThresholdConformal, CoverageHoldsOverRepeatedDraws) {
    fettle::Random random(21);
    constexpr int trials = 20000;
    for (const auto& [rate, count] : {std::pair{0.05, 19}, {0.05, 30}, {0.1, 15}, {0.2, 100}}) {
        const Strategy strategy("conformal", {{"false_alarms", rate}});
        double alarms = 0, squares = 0;
        for (int trial = 0; trial < trials; ++trial) {
            std::vector<double> scores;
            for (int i = 0; i < count; ++i) scores.push_back(random.uniform());
            const double share = 1 - strategy->fit(calibration(scores));
            alarms += share / trials, squares += share * share / trials;
        }
        const double error = std::sqrt((squares - alarms * alarms) / trials);
        const double expected = std::floor((count + 1) * rate + 1e-9) / (count + 1);
        EXPECT_NEAR(alarms, expected, 4 * error) << rate << ", " << count;
        EXPECT_LE(alarms, rate + 4 * error);
    }
}

TEST(ThresholdConformal, TiesMakeAlarmsRarer) {
    fettle::Random random(22);
    constexpr int trials = 4000, levels = 8, count = 40;
    const Strategy strategy("conformal", {{"false_alarms", 0.1}});
    double alarms = 0;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> scores;
        for (int i = 0; i < count; ++i) scores.push_back(random.integer(1, levels));
        alarms += (levels - strategy->fit(calibration(scores))) / levels / trials;
    }
    EXPECT_LE(alarms, 0.1);
}

/// What stands with the threshold found from so many scores, and the warnings of the run.
std::pair<std::string, std::vector<std::string>> told_by(const Strategy& strategy, int count) {
    fettle::testing::TestContext context;
    const auto out = thresholds::plugin().run("threshold.conformal", *strategy.object,
                                              {{"scores", {thresholds::table(whole_numbers(count))}}}, context);
    const auto& cut = dynamic_cast<const fettle::Decisions&>(*out.at("decisions")).cuts.at(0);
    EXPECT_EQ(cut.threshold, strategy->fit(whole_numbers(count)));
    EXPECT_EQ(cut.fitted, static_cast<std::size_t>(count));
    return {cut.caution, context.warnings()};
}

TEST(ThresholdConformal, WarnsWhereOneSetMayBeFarFromThePromise) {
    for (const double rate : {0.05, 0.01, 0.2}) {
        const Strategy strategy("conformal", {{"false_alarms", rate}});
        const int few = static_cast<int>(std::lround(1 / rate)) - 1;
        const auto [words, warnings] = told_by(strategy, few);
        ASSERT_EQ(warnings.size(), 1u) << rate;
        EXPECT_EQ(warnings[0], "`ssim mean`: " + words);
        const auto at = words.rfind("; ");
        ASSERT_NE(at, std::string::npos) << words;
        const int needed = std::stoi(words.substr(at + 2));  // "79 calibration images make it 10 %"
        EXPECT_GT(needed, few);
        for (int count = needed; count < needed + 200; ++count)
            EXPECT_THAT(strategy->caution(whole_numbers(count)), IsEmpty()) << rate << ", " << count;
        EXPECT_THAT(told_by(strategy, needed).second, IsEmpty());
    }
    // Beta(1, 19): 1 - 0.05^(1/19) = 14.6 %.
    EXPECT_THAT(Strategy("conformal")->caution(whole_numbers(19)),
                AllOf(HasSubstr("at most 14.6 %"), HasSubstr("; 79 ")));
}

// What it says of one set with 95 % certainty: the share above lies below that in 95 of 100 draws.
TEST(ThresholdConformal, TheBoundItTellsHolds) {
    const Strategy strategy("conformal", {{"false_alarms", 0.05}});
    const auto [words, warnings] = told_by(strategy, 300);
    EXPECT_THAT(words, AllOf(HasSubstr("at most 4.98 %"),
                             HasSubstr("with 95 % certainty, at most 7.2 %")));  // Beta(15, 286)
    EXPECT_THAT(warnings, IsEmpty()) << "nothing is wrong with 300 scores";
    fettle::Random random(23);
    constexpr int trials = 4000;
    int within = 0;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> scores;
        for (int i = 0; i < 300; ++i) scores.push_back(random.uniform());
        within += 1 - strategy->fit(calibration(scores)) <= 0.07203;
    }
    EXPECT_NEAR(within / double{trials}, 0.95, 0.014);  // four standard errors
}

TEST(ThresholdExtremeValue, SaysHowManyScoresItTakes) {
    const Strategy strategy("extreme_value");
    EXPECT_THAT(failure(strategy, whole_numbers(99)).help(), HasSubstr("at least 100 normal images"));
    EXPECT_NO_THROW(strategy->fit(whole_numbers(100)));
    EXPECT_THAT(strategy->caution(whole_numbers(100)), AllOf(HasSubstr("to 10 scores"), HasSubstr("some 300")));
    EXPECT_THAT(strategy->caution(whole_numbers(300)), IsEmpty());
    const Strategy rare("extreme_value", {{"false_alarms", 1e-4}});
    EXPECT_THAT(rare->caution(whole_numbers(300)), HasSubstr("ten times rarer"));
    EXPECT_THAT(rare->caution(whole_numbers(1000)), IsEmpty());
    EXPECT_THAT(check("extreme_value", {{"false_alarms", 0.2}}), HasSubstr("below `tail`"));
    EXPECT_THAT(check("extreme_value", {}), IsEmpty());
}

TEST(ThresholdExtremeValue, SaysWhereEqualScoresLeaveNoTail) {
    std::vector<double> scores(300, 2);
    for (int i = 0; i < 260; ++i) scores[static_cast<std::size_t>(i)] = 1;
    EXPECT_THAT(failure(Strategy("extreme_value"), calibration(scores)).what(), HasSubstr("0 of 300"));
    for (int i = 0; i < 12; ++i) scores[static_cast<std::size_t>(299 - i)] = 3 + i;
    const auto error = failure(Strategy("extreme_value", {{"false_alarms", 0.05}}), calibration(scores));
    EXPECT_THAT(error.what(), HasSubstr("4 % of the calibration scores"));
    EXPECT_EQ(error.parameter(), "tail");
}

// A rate ten times rarer than one score: the share that would really lie above, on average over draws.
TEST(ThresholdExtremeValue, ReachesRatesBeyondItsScores) {
    fettle::Random random(24);
    for (const std::string by : {"likelihood", "moments"}) {
        const Strategy strategy("extreme_value", {{"false_alarms", 0.001}, {"by", by}});
        std::vector<double> normal, exponential;
        for (int trial = 0; trial < 300; ++trial) {
            normal.push_back(std::erfc(strategy->fit(calibration(draws(random, 1000))) / std::sqrt(2.0)) / 2);
            std::vector<double> scores;
            for (int i = 0; i < 1000; ++i) scores.push_back(-std::log1p(-random.uniform()));
            exponential.push_back(std::exp(-strategy->fit(calibration(scores))));
        }
        for (auto* shares : {&normal, &exponential}) {
            std::sort(shares->begin(), shares->end());
            EXPECT_GT((*shares)[150], 0.0005) << by;  // the middle of what comes out
            EXPECT_LT((*shares)[150], 0.002) << by;
        }
    }
}

TEST(Pareto, TheMostLikelyIsMoreLikelyThanAnyOther) {
    fettle::Random random(25);
    for (int trial = 0; trial < 300; ++trial) {
        const threshold::Pareto truth{random.uniform(-0.4, 1), random.uniform(0.1, 10)};
        std::vector<double> excesses;
        for (int i = 0; i < random.integer(10, 200); ++i) excesses.push_back(truth.above(1 - random.uniform()));
        std::erase_if(excesses, [](double each) { return each <= 0; });
        const auto found = threshold::most_likely_pareto(excesses);
        const double best = found.likelihood(excesses);
        EXPECT_GE(best, truth.likelihood(excesses));
        for (int other = 0; other < 100; ++other) {
            const threshold::Pareto near{std::max(found.shape + random.normal() / 5, -1.0),
                                         found.scale * std::exp(random.normal() / 5)};
            EXPECT_GE(best + 1e-9, near.likelihood(excesses)) << near.shape << " against " << found.shape;
        }
    }
}

TEST(Pareto, QuantilesInvertTheDistribution) {
    for (const double shape : {-0.7, -1e-9, 0.0, 1e-9, 0.4})
        for (const double rate : {0.9, 0.1, 1e-6}) {
            const double excess = threshold::Pareto{shape, 2}.above(rate);
            const double share = shape == 0 ? std::exp(-excess / 2) : std::pow(1 + shape * excess / 2, -1 / shape);
            EXPECT_NEAR(share / rate, 1, 1e-6) << shape;
        }
}

class ParetoPeer : public ::testing::Test {
   protected:
    void SetUp() override {
        if (!support::has_python("scipy.stats")) GTEST_SKIP() << "no Python with scipy to compare with";
        std::filesystem::create_directories(folder);
    }
    void TearDown() override { std::filesystem::remove_all(folder); }
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("fettle-pareto-" + std::to_string(::getpid()));
};

TEST_F(ParetoPeer, FitsAndQuantilesOfScipy) {
    support::run_python(folder, R"(
import json, sys, warnings
import numpy as np
from scipy.stats import genpareto
warnings.simplefilter('ignore')
cases = []
rng = np.random.default_rng(5)
for shape in (-0.25, -0.1, 0, 0.1, 0.3, 0.6, 0.9):
    for count in (60, 200, 2000):
        y = np.sort(genpareto.rvs(shape, scale=rng.uniform(0.1, 5), size=count, random_state=rng))
        start = genpareto.fit(y, floc=0)
        fit = genpareto.fit(y, start[0], floc=0, scale=start[2])
        cases.append(dict(y=y.tolist(), shape=fit[0], scale=fit[2], truth=shape,
                          likelihood=genpareto.logpdf(y, fit[0], 0, fit[2]).mean(),
                          isf=genpareto.isf(1e-3, fit[0], 0, fit[2])))
json.dump(cases, open(sys.argv[1] + '/cases.json', 'w'))
)",
                        "scipy.stats");
    const auto cases = nlohmann::json::parse(std::ifstream(folder / "cases.json"));
    ASSERT_EQ(cases.size(), 21u);
    for (const auto& each : cases) {
        const auto y = each["y"].get<std::vector<double>>();
        const threshold::Pareto theirs{each["shape"], each["scale"]}, ours = threshold::most_likely_pareto(y);
        EXPECT_NEAR(theirs.likelihood(y), each["likelihood"].get<double>(), 1e-10);
        EXPECT_NEAR(theirs.above(1e-3) / each["isf"].get<double>(), 1, 1e-10);
        EXPECT_GE(ours.likelihood(y), theirs.likelihood(y) - 1e-12);
        EXPECT_NEAR(ours.shape, theirs.shape, 1e-3) << y.size();  // theirs is a simplex search, to 1e-4
        EXPECT_NEAR(ours.scale / theirs.scale, 1, 1e-3) << y.size();
        if (y.size() == 2000 && each["truth"].get<double>() < 0.5) {
            const auto moments = threshold::pareto_by_moments(y);
            EXPECT_NEAR(moments.shape, each["truth"].get<double>(), 0.12);
            EXPECT_NEAR(moments.likelihood(y), ours.likelihood(y), 0.005);
        }
    }
}

}  // namespace
