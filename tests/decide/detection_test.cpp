#include "../../plugins/evaluate/ranking.hpp"
#include "fakes.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <limits>
#include <optional>

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

constexpr double z95 = 1.959963984540054;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/evaluate.so");
    return library;
}

fettle::Judgement judge(const std::vector<double>& scores, const std::vector<bool>& anomalous, double threshold,
                        const fettle::testing::Settings& settings = {}) {
    const auto object = plugin().make("evaluate.detection", settings);
    return dynamic_cast<const fettle::Measure&>(*object).judge(scores, anomalous, {"ssim mean", threshold, "", 0});
}

std::optional<fettle::Figure> figure(const fettle::Judgement& judgement, const std::string& name) {
    for (const auto& each : judgement.figures)
        if (each.name == name) return each;
    return std::nullopt;
}

double value(const fettle::Judgement& judgement, const std::string& name) {
    const auto found = figure(judgement, name);
    return found ? found->value : std::numeric_limits<double>::quiet_NaN();
}

struct Case {
    std::vector<double> scores;
    std::vector<bool> anomalous;
};

/// Few distinct scores, so that there are many ties; both kinds are there.
Case random_case(fettle::Random& random) {
    Case out;
    const int count = random.integer(2, 40), levels = random.integer(1, 12);
    for (int i = 0; i < count; ++i) {
        out.scores.push_back(random.integer(-levels, levels) / 8.0);
        out.anomalous.push_back(random.chance(0.4));
    }
    out.anomalous[0] = true;
    out.anomalous[1] = false;
    return out;
}

TEST(EvaluateDetection, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("evaluate.detection")), IsEmpty());
}

TEST(Auroc, IsTheShareOfPairsInOrder) {
    fettle::Random random(1);
    for (int trial = 0; trial < 5000; ++trial) {
        const Case c = random_case(random);
        double pairs = 0, won = 0;
        for (std::size_t a = 0; a < c.scores.size(); ++a)
            for (std::size_t n = 0; n < c.scores.size(); ++n) {
                if (!c.anomalous[a] || c.anomalous[n]) continue;
                ++pairs;
                won += c.scores[a] > c.scores[n] ? 1 : c.scores[a] == c.scores[n] ? 0.5 : 0;
            }
        ASSERT_EQ(value(judge(c.scores, c.anomalous, 0), "auroc"), won / pairs);
    }
}

// DeLong's variance straight from its definition: the placements of every pair.
TEST(Auroc, IntervalIsDeLongs) {
    fettle::Random random(2);
    int intervals = 0;
    for (int trial = 0; trial < 2000; ++trial) {
        const Case c = random_case(random);
        std::vector<double> high, low;
        for (std::size_t i = 0; i < c.scores.size(); ++i) (c.anomalous[i] ? high : low).push_back(c.scores[i]);
        std::vector<double> of_high(high.size()), of_low(low.size());
        for (std::size_t a = 0; a < high.size(); ++a)
            for (std::size_t n = 0; n < low.size(); ++n) {
                const double won = high[a] > low[n] ? 1 : high[a] == low[n] ? 0.5 : 0;
                of_high[a] += won / static_cast<double>(low.size());
                of_low[n] += won / static_cast<double>(high.size());
            }
        const auto variance_of_mean = [](const std::vector<double>& values) {
            const auto count = static_cast<double>(values.size());
            double mean = 0, squares = 0;
            for (const double v : values) mean += v / count;
            for (const double v : values) squares += (v - mean) * (v - mean);
            return squares / (count - 1) / count;
        };
        const auto auroc = *figure(judge(c.scores, c.anomalous, 0), "auroc");
        if (high.size() < 2 || low.size() < 2) {
            EXPECT_TRUE(std::isnan(auroc.low) && std::isnan(auroc.high));
            continue;
        }
        const double reach = z95 * std::sqrt(variance_of_mean(of_high) + variance_of_mean(of_low));
        if (reach < 1e-6) continue;
        ++intervals;
        EXPECT_NEAR(auroc.low, std::max(auroc.value - reach, 0.0), 1e-12);
        EXPECT_NEAR(auroc.high, std::min(auroc.value + reach, 1.0), 1e-12);
    }
    EXPECT_GT(intervals, 1500);
}

// Hanley and McNeil, Radiology 143 (1982): 109 CT images rated 1 to 5. Area .8932, standard error .0307 and the
// interval .83295 to .95339 are what Stata's manual prints for them ([R] roctab).
TEST(Auroc, OfAPublishedStudy) {
    Case c;
    const int normal[] = {33, 6, 6, 11, 2}, abnormal[] = {3, 2, 2, 11, 33};
    for (int rating = 0; rating < 5; ++rating) {
        c.scores.insert(c.scores.end(), static_cast<std::size_t>(normal[rating] + abnormal[rating]), rating);
        c.anomalous.insert(c.anomalous.end(), static_cast<std::size_t>(normal[rating]), false);
        c.anomalous.insert(c.anomalous.end(), static_cast<std::size_t>(abnormal[rating]), true);
    }
    const auto auroc = *figure(judge(c.scores, c.anomalous, 0), "auroc");
    EXPECT_NEAR(auroc.value, 0.8932, 0.00005);
    EXPECT_NEAR(auroc.low, 0.83295, 0.000005);
    EXPECT_NEAR(auroc.high, 0.95339, 0.000005);
}

TEST(Ranking, IsTheSameUnderAnIncreasingMapAndInAnyOrder) {
    fettle::Random random(4);
    for (int trial = 0; trial < 1000; ++trial) {
        const Case c = random_case(random);
        const auto before = judge(c.scores, c.anomalous, 0);
        Case other;
        for (const std::size_t i : random.permutation(c.scores.size())) {
            other.scores.push_back(std::exp(3 * c.scores[i]) - 100);
            other.anomalous.push_back(c.anomalous[i]);
        }
        const auto after = judge(other.scores, other.anomalous, std::exp(0.0) - 100);
        EXPECT_EQ(before.roc, after.roc);
        ASSERT_EQ(before.figures.size(), after.figures.size());
        for (std::size_t k = 0; k < before.figures.size(); ++k)
            EXPECT_EQ(before.figures[k].value, after.figures[k].value);
    }
}

TEST(Ranking, TheCurveHasTheAreaAndNoPointToSpare) {
    fettle::Random random(5);
    for (int trial = 0; trial < 1000; ++trial) {
        const Case c = random_case(random);
        const auto judgement = judge(c.scores, c.anomalous, 0);
        const auto& roc = judgement.roc;
        ASSERT_GE(roc.size(), 2u);
        EXPECT_EQ(roc.front(), std::pair(0.0, 0.0));
        EXPECT_EQ(roc.back(), std::pair(1.0, 1.0));
        double area = 0;
        for (std::size_t i = 1; i < roc.size(); ++i) {
            const auto [x0, y0] = roc[i - 1];
            const auto [x1, y1] = roc[i];
            EXPECT_TRUE(x1 >= x0 && y1 >= y0 && (x1 > x0 || y1 > y0));
            area += (x1 - x0) * (y0 + y1) / 2;
            if (i + 1 < roc.size()) {
                EXPECT_GT(std::abs((x1 - x0) * (roc[i + 1].second - y1) - (y1 - y0) * (roc[i + 1].first - x1)), 1e-12);
            }
        }
        EXPECT_NEAR(area, value(judgement, "auroc"), 1e-12);
    }
}

// scikit-learn 1.9.1 on the same scores, many of them tied; intervals by scipy 1.17.1 (binomtest, wilson).
TEST(Figures, AgreeWithScikitLearn) {
    Case c;
    for (int i = 0; i < 60; ++i) {
        c.scores.push_back((i * i * 7 + i * 3) % 23 / 4.0 + (i % 3 == 0 ? 1.5 : 0));
        c.anomalous.push_back(i % 3 == 0);
    }
    const auto judgement = judge(c.scores, c.anomalous, 4.0);
    const std::pair<const char*, double> expected[] = {
        {"auroc", 0.748125},
        {"average_precision", 0.6442667606930597},
        {"accuracy", 0.6333333333333333},
        {"balanced_accuracy", 0.575},
        {"precision", 0.4444444444444444},
        {"recall", 0.4},
        {"specificity", 0.75},
        {"f1", 0.42105263157894735},
        {"mcc", 0.1543033499620919},
    };
    ASSERT_EQ(judgement.figures.size(), std::size(expected));
    for (const auto& [name, number] : expected) EXPECT_NEAR(value(judgement, name), number, 1e-12) << name;
    EXPECT_EQ(judgement.confusion.true_negative, 30u);
    EXPECT_EQ(judgement.confusion.false_positive, 10u);
    EXPECT_EQ(judgement.confusion.false_negative, 12u);
    EXPECT_EQ(judgement.confusion.true_positive, 8u);
    EXPECT_THAT(judgement.remarks, IsEmpty());
}

// Newcombe, Statistics in Medicine 17 (1998), table I, method 3.
TEST(Wilson, GivesThePublishedIntervals) {
    const struct {
        std::size_t hits, trials;
        double low, high;
    } published[] = {
        {81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0.0000, 0.1611}, {1, 29, 0.0061, 0.1718}};
    for (const auto& row : published) {
        const auto [low, high] = evaluate::wilson(row.hits, row.trials, z95);
        EXPECT_NEAR(low, row.low, 0.00005);
        EXPECT_NEAR(high, row.high, 0.00005);
        const auto mirrored = evaluate::wilson(row.trials - row.hits, row.trials, z95);
        EXPECT_NEAR(mirrored.low, 1 - high, 1e-12);
    }
    EXPECT_EQ(evaluate::wilson(0, 20, z95).low, 0);
    EXPECT_EQ(evaluate::wilson(20, 20, z95).high, 1);
}

TEST(Figures, HandWorked) {
    // 3 of 4 found, 1 of 6 called by mistake; 5 is not above 5.
    const auto judgement = judge({9, 8, 7, 5, 6, 5, 4, 3, 2, 1}, {1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, 5);
    EXPECT_EQ(judgement.confusion.true_positive, 3u);
    EXPECT_EQ(judgement.confusion.false_negative, 1u);
    EXPECT_EQ(judgement.confusion.false_positive, 1u);
    EXPECT_EQ(judgement.confusion.true_negative, 5u);
    EXPECT_DOUBLE_EQ(value(judgement, "accuracy"), 0.8);
    EXPECT_DOUBLE_EQ(value(judgement, "precision"), 0.75);
    EXPECT_DOUBLE_EQ(value(judgement, "recall"), 0.75);
    EXPECT_DOUBLE_EQ(value(judgement, "specificity"), 5.0 / 6);
    EXPECT_DOUBLE_EQ(value(judgement, "f1"), 0.75);
    EXPECT_DOUBLE_EQ(value(judgement, "mcc"), 14.0 / 24);             // (15 - 1) / sqrt(4 * 4 * 6 * 6)
    EXPECT_DOUBLE_EQ(value(judgement, "auroc"), (3 * 6 + 4.5) / 24);  // the one at 5 beats four and ties one
    EXPECT_EQ(judgement.roc.front(), std::pair(0.0, 0.0));
    EXPECT_THAT(judgement.roc, Contains(Pair(0.0, 0.75)));
}

TEST(Figures, ConfidenceWidensIntervals) {
    const std::vector<double> scores{1, 2, 3, 4, 5, 6, 7, 8};
    const std::vector<bool> anomalous{0, 0, 1, 0, 1, 0, 1, 1};
    const auto usual = judge(scores, anomalous, 4.5), wide = judge(scores, anomalous, 4.5, {{"confidence", 0.99}});
    for (const char* name : {"auroc", "accuracy", "recall"}) {
        EXPECT_LE(figure(wide, name)->low, figure(usual, name)->low) << name;
        EXPECT_GE(figure(wide, name)->high, figure(usual, name)->high) << name;
        EXPECT_GT(figure(wide, name)->high - figure(wide, name)->low,
                  figure(usual, name)->high - figure(usual, name)->low);
    }
}

TEST(Undefined, IsLeftOutAndSaid) {
    const auto empty = judge({}, {}, 1);
    EXPECT_THAT(empty.figures, IsEmpty());
    EXPECT_THAT(empty.remarks, ElementsAre(HasSubstr("no test sample with a label")));

    const auto sound = judge({1, 2, 3}, {0, 0, 0}, 2);
    EXPECT_FALSE(figure(sound, "auroc"));
    EXPECT_FALSE(figure(sound, "recall"));
    EXPECT_FALSE(figure(sound, "mcc"));
    EXPECT_EQ(value(sound, "precision"), 0);
    EXPECT_DOUBLE_EQ(value(sound, "specificity"), 2.0 / 3);
    EXPECT_THAT(sound.roc, IsEmpty());
    EXPECT_THAT(sound.remarks, Contains(HasSubstr("no anomalous test sample: AUROC")));

    const auto broken = judge({1, 2, 3}, {1, 1, 1}, 5);
    EXPECT_THAT(broken.remarks, Contains(HasSubstr("no normal test sample")));
    EXPECT_THAT(broken.remarks, Contains(HasSubstr("nothing was called anomalous: precision is undefined")));
    EXPECT_FALSE(figure(broken, "precision"));
    EXPECT_EQ(value(broken, "f1"), 0);

    const auto one = judge({3}, {1}, 1);
    EXPECT_EQ(value(one, "recall"), 1);
    EXPECT_FALSE(figure(one, "auroc"));
}

TEST(Undefined, EqualScoresAreNoSilentHalf) {
    const auto judgement = judge({2, 2, 2, 2}, {1, 1, 0, 0}, 1);
    EXPECT_EQ(value(judgement, "auroc"), 0.5);
    EXPECT_TRUE(std::isnan(figure(judgement, "auroc")->low));
    EXPECT_THAT(judgement.remarks, Contains(HasSubstr("the same score")));
}

TEST(Undefined, PerfectSeparationIsNotCertainty) {
    const auto judgement = judge({1, 2, 3, 4}, {0, 0, 1, 1}, 2.5);
    EXPECT_EQ(value(judgement, "auroc"), 1);
    EXPECT_TRUE(std::isnan(figure(judgement, "auroc")->low));
    EXPECT_THAT(judgement.remarks, Contains(HasSubstr("doesn't mean that it is certain")));
}

TEST(Ranking, SaysWhenItIsUpsideDown) {
    EXPECT_THAT(judge({9, 8, 7, 6, 5, 1, 2, 3, 4, 5.5}, {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 5).remarks,
                Contains(HasSubstr("score lower than normal ones")));
    EXPECT_THAT(judge({9, 8, 7, 6, 5, 1, 2, 3, 4, 5.5}, {1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, 5).remarks, IsEmpty());
}

TEST(Thresholds, InfiniteOnesHaveAMeaningAndNanHasNone) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(judge({1, 2}, {0, 1}, infinity).confusion.true_positive, 0u);
    EXPECT_EQ(judge({1, 2}, {0, 1}, -infinity).confusion.false_positive, 1u);
    EXPECT_THROW(judge({1, 2}, {0, 1}, std::numeric_limits<double>::quiet_NaN()), fettle::Error);
}

}  // namespace
