// Strategies that see sound calibration scores alone, or scores whose labels they don't look at.
#include "thresholds.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <numeric>

namespace {

using fettle::testing::Settings;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using thresholds::above;
using thresholds::calibration;
using thresholds::check;
using thresholds::draws;
using thresholds::failure;
using thresholds::Strategy;
using thresholds::table;

TEST(Thresholds, Conform) {
    for (const auto& entry : thresholds::plugin().entries())
        EXPECT_THAT(fettle::testing::complaints(entry), IsEmpty()) << entry.info.id;
    EXPECT_EQ(thresholds::plugin().entries().size(), 13u);
}

TEST(Thresholds, SayWhetherTheyNeedLabels) {
    for (const auto& entry : thresholds::plugin().entries()) {
        const auto object = entry.create();
        const bool needs = dynamic_cast<const fettle::Threshold&>(*object).needs_anomalies();
        const bool mixture = entry.info.id == "threshold.otsu" || entry.info.id == "threshold.valley";
        EXPECT_THAT(entry.info.summary, HasSubstr(mixture ? "Looks at no labels, but needs scores of both kinds"
                                                  : needs ? "Needs labelled anomalies"
                                                          : "Needs no labels"))
            << entry.info.id;
        EXPECT_EQ(entry.info.inputs.at(0).needs_anomalies, mixture ? "@anomalies"
                                                           : needs ? "always"
                                                                   : "")
            << entry.info.id;
    }
}

const std::map<std::string, Settings> sensible{
    {"manual", {{"level", 1.0}}},
    {"cost", {{"miss", 10.0}, {"false_alarm", 1.0}, {"prevalence", 0.05}}},
};

fettle::Ref<fettle::Decisions> decide(const std::string& id, const std::shared_ptr<fettle::Scores>& scores) {
    const auto settings = sensible.find(id.substr(id.find('.') + 1));
    const auto object = thresholds::plugin().make(id, settings == sensible.end() ? Settings{} : settings->second);
    fettle::testing::TestContext context;
    const auto out = thresholds::plugin().run(id, *object, {{"scores", {scores}}}, context);
    return std::dynamic_pointer_cast<const fettle::Decisions>(out.at("decisions"));
}

TEST(Thresholds, NeverSeeTest) {
    fettle::Random random(1);
    const auto scores = calibration(draws(random, 300), draws(random, 100, 6));
    for (const auto& entry : thresholds::plugin().entries()) {
        auto low = table(scores), high = table(scores);
        low->columns[0].values[0] = std::numeric_limits<double>::quiet_NaN();
        const auto cut = decide(entry.info.id, low)->cuts.at(0);
        EXPECT_EQ(cut.threshold, decide(entry.info.id, high)->cuts.at(0).threshold) << entry.info.id;
        const bool needs = dynamic_cast<const fettle::Threshold&>(*entry.create()).needs_anomalies();
        EXPECT_EQ(cut.anomalies, needs) << entry.info.id;
        EXPECT_EQ(cut.fitted, entry.info.id == "threshold.manual" ? 0u : needs ? 400u : 300u) << entry.info.id;
    }
}

TEST(Thresholds, RefuseScoresThatAreNotFinite) {
    fettle::Random random(2);
    for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()})
        for (const auto& entry : thresholds::plugin().entries()) {
            if (entry.info.id == "threshold.manual") continue;  // finds nothing from them
            auto scores = table(calibration(draws(random, 300), draws(random, 100, 6)));
            scores->columns[0].values[5] = bad;
            EXPECT_THROW(decide(entry.info.id, scores), fettle::Error) << entry.info.id;
        }
}

// Every strategy on too few scores and on equal ones: a clear error, or the score itself as the threshold.
TEST(Thresholds, FewOrEqualScoresGiveAnErrorOrADefinedAnswer) {
    const std::vector<double> equal(200, 0.1);  // whose sum is not 200 times 0.1
    for (const auto& entry : thresholds::plugin().entries()) {
        const std::string name = entry.info.id.substr(10);
        if (name == "manual") continue;
        const auto settings = sensible.find(name);
        const Strategy strategy(name, settings == sensible.end() ? Settings{} : settings->second);
        for (const auto& scores : {calibration({}), calibration({1})})
            EXPECT_EQ(failure(strategy, scores).fault(), fettle::Fault::data) << name << " " << scores.normal.size();
        if (name == "sigma" || name == "mad")  // what is enough for an answer isn't enough for one without a warning
            EXPECT_THAT(failure(strategy, calibration({1})).help(),
                        AllOf(HasSubstr("at least 2 normal images"), HasSubstr("better 30")))
                << name;
        if (name == "quantile" || name == "sigma" || name == "mad" || name == "conformal") {
            EXPECT_EQ(strategy->fit(calibration(equal)), 0.1) << name;
            if (name != "conformal") {  // its promise holds for equal scores too
                EXPECT_THAT(strategy->caution(calibration(equal)), HasSubstr("all 200 calibration scores are 0.1"));
            }
        } else {
            const auto error = failure(strategy, calibration(equal, equal));
            EXPECT_EQ(error.fault(), fettle::Fault::data) << name << ": " << error.what();
            EXPECT_THAT(error.help(), ::testing::Not(IsEmpty())) << name;
        }
    }
}

TEST(ThresholdManual, TakesOneLevelForAllColumnsOrOneForEach) {
    auto scores = std::make_shared<fettle::Scores>();
    scores->rows = {fakes::info("a", fettle::Split::test, fettle::Label::normal)};  // no calibration samples at all
    scores->columns = {{"ssim mean", {1}}, {"l2 mean", {2}}};
    const auto cuts = [&](std::vector<fettle::Setting> level) {
        fettle::testing::TestContext context;
        const auto object = thresholds::plugin().make("threshold.manual", {{"level", level}});
        const auto out = thresholds::plugin().run("threshold.manual", *object, {{"scores", {scores}}}, context);
        return dynamic_cast<const fettle::Decisions&>(*out.at("decisions")).cuts;
    };
    EXPECT_EQ(cuts({0.5})[1].threshold, 0.5);
    EXPECT_EQ(cuts({0.5, 0.7})[0].threshold, 0.5);
    EXPECT_EQ(cuts({0.5, 0.7})[1].threshold, 0.7);
    EXPECT_EQ(cuts({0.5, 0.7})[1].column, "l2 mean");
    try {
        cuts({0.5, 0.7, 0.9});
        FAIL() << "three levels for two columns";
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("`level` has 3 numbers, the scores have 2 columns"));
        EXPECT_EQ(error.parameter(), "level");
    }
    EXPECT_THAT(check("manual", {{"level", std::vector<fettle::Setting>{}}}), HasSubstr("needs a number"));
    EXPECT_THAT(check("manual", {{"level", std::numeric_limits<double>::infinity()}}), HasSubstr("finite"));
    EXPECT_THAT(check("manual", {{"level", 3.0}}), IsEmpty());
}

TEST(ThresholdSigma, HandWorkedValues) {
    const auto scores = calibration({2, 4, 4, 4, 5, 5, 7, 9});  // mean 5, sum of squares 32
    EXPECT_DOUBLE_EQ(Strategy("sigma", {{"deviations", 1.0}})->fit(scores), 5 + std::sqrt(32.0 / 7));
    EXPECT_DOUBLE_EQ(Strategy("sigma")->fit(scores), 5 + 3 * std::sqrt(32.0 / 7));
    // sqrt(1 / 14): the relative standard error of 8 scores' deviation.
    EXPECT_THAT(Strategy("sigma")->caution(scores), AllOf(HasSubstr("from 8 calibration"), HasSubstr("about 26.7 %")));
}

TEST(ThresholdMad, HandWorkedValues) {
    const auto scores = calibration({1, 1, 2, 2, 4, 6, 9});  // median 2, distances 0 0 1 1 2 4 7
    EXPECT_NEAR(Strategy("mad", {{"deviations", 1.0}})->fit(scores), 2 + 1.4826022185, 1e-9);
    EXPECT_THAT(Strategy("mad")->caution(scores), HasSubstr("30 make it 21.7 %"));
    EXPECT_EQ(Strategy("mad")->fit(calibration({3, 3, 3, 3, 7, 8})), 3);
    EXPECT_THAT(Strategy("mad")->caution(calibration({3, 3, 3, 3, 7, 8})),
                AllOf(HasSubstr("are 3.0"), HasSubstr("33.3 %")));
}

// The error that the cautions tell, by simulation, and that they are silent where there are enough scores.
TEST(ThresholdDeviations, TellHowFarOffTheyAre) {
    fettle::Random random(14);
    constexpr int trials = 20000;
    for (const auto& [name, told] : {std::pair{"sigma", 0.229}, {"mad", 0.380}}) {
        const Strategy strategy(name, {{"deviations", 1.0}});
        double sum = 0, squares = 0;
        for (int trial = 0; trial < trials; ++trial) {
            const auto scores = calibration(draws(random, 20));  // what is added to the middle: about 1 each time
            const double middle = std::string(name) == "sigma"
                                      ? std::accumulate(scores.normal.begin(), scores.normal.end(), 0.0) / 20
                                      : (scores.normal[9] + scores.normal[10]) / 2;
            const double deviation = strategy->fit(scores) - middle;
            sum += deviation / trials, squares += deviation * deviation / trials;
        }
        EXPECT_NEAR(std::sqrt(squares - sum * sum) / sum / told, 1, 0.35) << name;
        EXPECT_THAT(strategy->caution(calibration(draws(random, 29))), HasSubstr("29 calibration scores")) << name;
        EXPECT_THAT(strategy->caution(calibration(draws(random, 30))), IsEmpty()) << name;
    }
}

// Half of what is taken for sound may be anything: the threshold stays where the sound ones put it.
TEST(ThresholdMad, BearsAnomaliesAmongTheCalibrationScores) {
    fettle::Random random(4);
    for (int trial = 0; trial < 200; ++trial) {
        auto scores = draws(random, 200);
        for (const double outlier : draws(random, 40, 1e4, 1e3)) scores.push_back(outlier);
        EXPECT_LT(Strategy("mad")->fit(calibration(scores)), 8);
        EXPECT_GT(Strategy("sigma")->fit(calibration(scores)), 1000);
    }
}

/// The part of the variance that a division explains, as its definition has it.
double explained(const std::vector<double>& all, double threshold) {
    double sums[2] = {0, 0}, counts[2] = {0, 0}, total = 0;
    for (const double score : all) sums[score > threshold] += score, ++counts[score > threshold];
    const double mean = (sums[0] + sums[1]) / static_cast<double>(all.size());
    for (const double score : all) total += (score - mean) * (score - mean);
    double between = 0;
    for (const int side : {0, 1})
        if (counts[side] > 0) between += counts[side] * std::pow(sums[side] / counts[side] - mean, 2);
    return between / total;
}

TEST(ThresholdOtsu, NoDivisionExplainsMore) {
    fettle::Random random(5);
    for (int trial = 0; trial < 1000; ++trial) {
        const bool ties = random.chance(0.5);
        auto normal = draws(random, random.integer(2, 30)), anomalous = draws(random, random.integer(1, 10), 2);
        if (ties)
            for (auto* scores : {&normal, &anomalous})
                for (double& score : *scores) score = std::round(2 * score);
        auto all = normal;
        all.insert(all.end(), anomalous.begin(), anomalous.end());
        if (*std::min_element(all.begin(), all.end()) == *std::max_element(all.begin(), all.end())) continue;
        const double found = explained(all, Strategy("otsu")->fit(calibration(normal, anomalous)));
        for (const double score : all) EXPECT_LE(explained(all, score), found + 1e-12);
    }
}

TEST(ThresholdOtsu, SaysWhereThereAreNoTwoGroups) {
    fettle::Random random(6);
    const auto one = calibration(draws(random, 2000), draws(random, 2));
    EXPECT_THAT(Strategy("otsu")->caution(one), HasSubstr("without any groups"));
    EXPECT_THAT(Strategy("otsu")->caution(calibration(draws(random, 200), draws(random, 100, 8))), IsEmpty());
}

TEST(ThresholdMixtures, SayWhereThereAreTooFewScoresForTwoGroups) {
    fettle::Random random(15);
    for (const char* name : {"otsu", "valley"}) {
        EXPECT_THAT(Strategy(name)->caution(calibration({1}, {2})), HasSubstr("2 calibration scores hardly show"))
            << name;
        EXPECT_THAT(Strategy(name)->caution(calibration(draws(random, 20), draws(random, 19, 9))),
                    AllOf(HasSubstr("39 calibration"), HasSubstr("; 40, of both kinds")));
        EXPECT_THAT(Strategy(name)->caution(calibration(draws(random, 20), draws(random, 20, 9))), IsEmpty()) << name;
    }
}

TEST(ThresholdMixtures, LookAtNoLabels) {
    fettle::Random random(7);
    for (const char* name : {"otsu", "valley"}) {
        const auto low = draws(random, 200), high = draws(random, 100, 9);
        auto mixed = low, rest = high;
        std::swap_ranges(mixed.begin(), mixed.begin() + 50, rest.begin());
        const double threshold = Strategy(name)->fit(calibration(low, high));
        EXPECT_EQ(Strategy(name)->fit(calibration(mixed, rest)), threshold);
        auto all = low;
        all.insert(all.end(), high.begin(), high.end());
        const Strategy unlabelled(name, {{"anomalies", false}});
        EXPECT_EQ(unlabelled->fit(calibration(all)), threshold);
        EXPECT_FALSE(unlabelled->needs_anomalies());
        EXPECT_EQ(above(low, threshold), 0u);
        EXPECT_EQ(above(high, threshold), 100u);
    }
}

TEST(ThresholdValley, LiesInTheMiddleOfAGap) {
    const auto scores = calibration({0, 1, 1, 2}, {29, 30, 30, 31});
    EXPECT_NEAR(Strategy("valley", {{"bins", 31}})->fit(scores), 16, 1e-9);  // bins 3 to 28 are empty
}

TEST(ThresholdValley, SaysWhereItsValleyMayBeThatOfOneGroup) {
    fettle::Random random(16);
    EXPECT_THAT(Strategy("valley")->caution(calibration(draws(random, 200), draws(random, 100, 9))), IsEmpty());
    EXPECT_THAT(Strategy("valley")->caution(calibration(draws(random, 400), draws(random, 3, 40))),
                HasSubstr("3 of 403 scores lie above the valley"));
    EXPECT_THAT(Strategy("valley")->caution(calibration(draws(random, 3, -40), draws(random, 400))),
                HasSubstr("3 of 403 scores lie below the valley"));
    int cautioned = 0;
    constexpr int trials = 100;
    for (int trial = 0; trial < trials; ++trial) {
        std::vector<double> one;
        for (int i = 0; i < 400; ++i)
            one.push_back(trial % 4 == 0   ? random.uniform()
                          : trial % 4 == 1 ? random.normal()
                          : trial % 4 == 2 ? -std::log(1 - random.uniform())
                                           : std::exp(0.4 * random.normal()));
        try {
            const auto scores = calibration(one);
            const Strategy valley("valley", {{"anomalies", false}});
            cautioned += !valley->caution(scores).empty();
        } catch (const fettle::Error&) {  // no two peaks at all
            ++cautioned;
        }
    }
    EXPECT_GE(cautioned, 95);
}

TEST(ThresholdValley, SaysWhereThereIsOnePeak) {
    // Counts that fall from the first bin to the last: one peak, however often they are smoothed.
    std::vector<double> scores;
    for (int bin = 0; bin < 16; ++bin) scores.insert(scores.end(), static_cast<std::size_t>(20 - bin), bin);
    const auto error = failure(Strategy("valley", {{"bins", 16}}), calibration(scores, {15}));
    EXPECT_THAT(error.what(), HasSubstr("no two peaks"));
    EXPECT_THAT(error.help(), HasSubstr("threshold.otsu"));
}

// The share that quantiles flag of the scores they were found from: never more than asked for, but for one score, and
// no less where there are no ties.
TEST(ThresholdQuantile, FlagsTheShareItSaysWithTiesAndWithout) {
    fettle::Random random(8);
    for (int trial = 0; trial < 5000; ++trial) {
        const int count = random.integer(2, 120);
        const bool ties = random.chance(0.5);
        auto scores = draws(random, count);
        if (ties)
            for (double& score : scores) score = std::round(3 * score);
        const double at = random.chance(0.5) ? random.integer(0, 100) / 100.0 : random.uniform();
        const double threshold = Strategy("quantile", {{"at", at}})->fit(calibration(scores));
        const double share = static_cast<double>(above(scores, threshold)) / count;
        EXPECT_LE(share, 1 - at + 1.0 / count) << count << " at " << at;
        if (!ties) {
            EXPECT_GE(share, 1 - at - 1.0 / count) << count << " at " << at;
        }
    }
}

}  // namespace
