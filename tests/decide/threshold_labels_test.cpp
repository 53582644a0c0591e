// Strategies that need scores of synthetic anomalies, against every threshold there is.
#include "thresholds.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <functional>
#include <set>

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

/// What happens at a threshold, counted sample by sample.
struct Outcome {
    double recall, alarms, precision;
    Outcome(const fettle::Calibration& scores, double threshold, double prevalence) {
        recall = static_cast<double>(above(scores.anomalous, threshold)) / static_cast<double>(scores.anomalous.size());
        alarms = static_cast<double>(above(scores.normal, threshold)) / static_cast<double>(scores.normal.size());
        if (prevalence == 0)
            prevalence = static_cast<double>(scores.anomalous.size()) /
                         static_cast<double>(scores.anomalous.size() + scores.normal.size());
        const double found = prevalence * recall, called = found + (1 - prevalence) * alarms;
        precision = found == 0 ? 0 : found / called;
    }
    double f1() const { return recall + precision == 0 ? 0 : 2 * recall * precision / (recall + precision); }
};

/// Every division there is: at each score, and below all of them.
std::set<double> every_threshold(const fettle::Calibration& scores) {
    std::set<double> out(scores.normal.begin(), scores.normal.end());
    out.insert(scores.anomalous.begin(), scores.anomalous.end());
    out.insert(*out.begin() - 1);
    return out;
}

fettle::Calibration random_case(fettle::Random& random) {
    while (true) {
        auto normal = draws(random, random.integer(1, 40));
        auto anomalous = draws(random, random.integer(1, 20), random.uniform(0, 3));
        if (random.chance(0.5))
            for (auto* scores : {&normal, &anomalous})
                for (double& score : *scores) score = std::round(2 * score);
        auto out = calibration(normal, anomalous);
        if (every_threshold(out).size() > 2) return out;
    }
}

/// Whatever the scores, no threshold gains more than the one that was found; of equal ones it has the fewest alarms.
void expect_best(const std::string& name, const Settings& settings, double prevalence,
                 const std::function<double(const Outcome&)>& gain) {
    fettle::Random random(31);
    const Strategy strategy(name, settings);
    EXPECT_TRUE(strategy->needs_anomalies());
    for (int trial = 0; trial < 1500; ++trial) {
        const auto scores = random_case(random);
        const Outcome found(scores, strategy->fit(scores), prevalence);
        for (const double other : every_threshold(scores)) {
            const Outcome theirs(scores, other, prevalence);
            EXPECT_GE(gain(found) + 1e-12, gain(theirs)) << name;
            if (gain(theirs) > gain(found) - 1e-15) {
                EXPECT_LE(found.alarms, theirs.alarms + 1e-12) << name;
            }
        }
    }
}

TEST(ThresholdF1, NoOtherHasMore) {
    expect_best("f1", {}, 0, [](const Outcome& at) { return at.f1(); });
    expect_best("f1", {{"prevalence", 0.02}}, 0.02, [](const Outcome& at) { return at.f1(); });
}

TEST(ThresholdYouden, NoOtherHasMore) {
    expect_best("youden", {}, 0, [](const Outcome& at) { return at.recall - at.alarms; });
}

TEST(ThresholdCost, NoOtherCostsLess) {
    for (const auto& [miss, alarm, prevalence] : {std::tuple{10.0, 1.0, 0.05}, {1.0, 1.0, 0.5}, {1.0, 30.0, 0.3}})
        expect_best("cost", {{"miss", miss}, {"false_alarm", alarm}, {"prevalence", prevalence}}, prevalence,
                    [miss = miss, alarm = alarm, prevalence = prevalence](const Outcome& at) {
                        return -(miss * prevalence * (1 - at.recall) + alarm * (1 - prevalence) * at.alarms);
                    });
}

TEST(ThresholdCost, LetsEverythingPassWhereAlarmsCostMost) {
    const auto scores = calibration({1, 2, 3, 9}, {4, 5, 6, 7});
    const auto fit = [&](double miss, double alarm) {
        return Strategy("cost", {{"miss", miss}, {"false_alarm", alarm}, {"prevalence", 0.5}})->fit(scores);
    };
    EXPECT_EQ(fit(1, 100), 9);
    EXPECT_EQ(fit(100, 1), 3.5);
    EXPECT_LT(fit(1, 0), 4);
    const Settings free{{"miss", 0.0}, {"false_alarm", 0.0}, {"prevalence", 0.5}};
    EXPECT_THAT(check("cost", free), HasSubstr("both 0"));
    EXPECT_THAT(check("cost", {{"prevalence", 0.0}}), HasSubstr("between 0 and 1"));
    EXPECT_THAT(check("cost", {}), IsEmpty());
}

TEST(ThresholdRecall, IsTheHighestThatFindsEnough) {
    fettle::Random random(32);
    for (int trial = 0; trial < 3000; ++trial) {
        const auto scores = random_case(random);
        const double at = random.integer(1, 100) / 100.0;
        const double threshold = Strategy("recall", {{"at", at}})->fit(scores);
        EXPECT_GE(Outcome(scores, threshold, 0).recall + 1e-9, at);
        for (const double other : every_threshold(scores))
            if (Outcome(scores, other, 0).recall + 1e-9 >= at) {
                EXPECT_GE(Outcome(scores, other, 0).alarms, Outcome(scores, threshold, 0).alarms);
            }
    }
    std::vector<double> twenty;
    for (int i = 1; i <= 20; ++i) twenty.push_back(i);
    EXPECT_EQ(Strategy("recall", {{"at", 0.95}})->fit(calibration({0}, twenty)), 1.5);  // 19 of them
}

TEST(ThresholdRecall, SaysHowManyAnomaliesItTakes) {
    fettle::Random random(33);
    const auto normal = draws(random, 50);
    const Strategy strategy("recall", {{"at", 0.99}});
    EXPECT_THAT(strategy->caution(calibration(normal, draws(random, 99, 4))),
                AllOf(HasSubstr("99 anomalous"), HasSubstr("that takes 100"), HasSubstr("99 % of further ones")));
    EXPECT_THAT(strategy->caution(calibration(normal, draws(random, 100, 4))), IsEmpty());
}

TEST(ThresholdPrecision, IsTheLowestThatIsRightOftenEnough) {
    fettle::Random random(34);
    int reached = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto scores = random_case(random);
        const double at = random.integer(1, 100) / 100.0,
                     prevalence = random.chance(0.5) ? 0 : random.uniform(0.01, 0.9);
        const Strategy strategy("precision", {{"at", at}, {"prevalence", prevalence}});
        double most = -1, highest = 0;
        for (const double other : every_threshold(scores)) {
            const Outcome outcome(scores, other, prevalence);
            highest = std::max(highest, outcome.precision);
            if (outcome.precision >= at) most = std::max(most, outcome.recall);
        }
        if (std::abs(highest - at) < 1e-9) continue;  // rounding decides
        if (most < 0) {
            const auto error = failure(strategy, scores);
            EXPECT_THAT(error.what(), AllOf(HasSubstr("no threshold reaches"), HasSubstr("the highest is")));
            EXPECT_EQ(error.parameter(), "at");
            continue;
        }
        ++reached;
        const Outcome found(scores, strategy->fit(scores), prevalence);
        EXPECT_GE(found.precision + 1e-12, at);
        EXPECT_GE(found.recall + 1e-12, most);
    }
    EXPECT_GT(reached, 1000);
}

TEST(ThresholdsByAnomalies, SayWhatIsMissing) {
    const std::map<std::string, Settings> all{
        {"f1", {}}, {"youden", {}}, {"recall", {}}, {"precision", {}}, {"cost", {{"prevalence", 0.1}}}};
    for (const auto& [name, settings] : all) {
        const Strategy strategy(name, settings);
        EXPECT_THAT(failure(strategy, calibration({1, 2})).what(), HasSubstr("no anomalous")) << name;
        EXPECT_THAT(failure(strategy, calibration({}, {1, 2})).what(), HasSubstr("no normal")) << name;
        EXPECT_THAT(failure(strategy, calibration({3, 3}, {3})).what(), HasSubstr("all 3 calibration scores are 3.0"));
        EXPECT_NO_THROW(strategy->fit(calibration({1}, {2}))) << name;
        EXPECT_EQ(strategy->fit(calibration({1}, {2})), 1.5) << name;
        EXPECT_THAT(strategy->caution(calibration({1, 2, 3}, {0, 1})), HasSubstr("score no higher")) << name;
    }
    EXPECT_THAT(Strategy("f1")->caution(calibration({1, 2, 3}, {5, 6})), HasSubstr("in steps of 50 %"));
}

// Neighbouring numbers have nothing between them: the threshold is then the lower one, which the higher lies above.
TEST(ThresholdsByAnomalies, DivideNeighbouringNumbers) {
    fettle::Random random(35);
    for (int trial = 0; trial < 2000; ++trial) {
        const double low = random.normal() * std::pow(10.0, random.integer(-300, 300));
        const double high = std::nextafter(low, HUGE_VAL);
        const double threshold = Strategy("youden")->fit(calibration({low}, {high}));
        EXPECT_LE(low, threshold);
        EXPECT_LT(threshold, high);
    }
}

}  // namespace
