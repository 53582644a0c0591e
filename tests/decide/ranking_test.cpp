// The ranking figures and those of a threshold, against scikit-learn; the intervals of AUROC, and of perfect results.
#include "../../plugins/evaluate/ranking.hpp"
#include "../../plugins/evaluate/calls.hpp"
#include "judging.hpp"

namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using evaluate::Ranking;
using judging::Case;
using judging::figure;
using judging::Json;
using judging::judge;
using judging::z95;

TEST(Ranking, AndCallsAgreeWithScikitLearnOnTiesToo) {
    if (!support::has_python("sklearn")) GTEST_SKIP() << "there is no Python with scikit-learn";
    fettle::Random random(21);
    std::vector<judging::Case> cases;
    Json given = Json::array();
    for (int trial = 0; trial < 200; ++trial) {
        auto c = judging::random_case(random, 120);
        if (trial % 4 == 0)  // no ties, and values that differ in their last bits
            for (double& score : c.scores) score = 1e6 + random.normal() * 1e-9;
        given.push_back({{"scores", c.scores}, {"anomalous", c.anomalous}});
        cases.push_back(std::move(c));
    }
    const Json answer = judging::ask_python(given, R"(
import warnings
import numpy as np
from sklearn import metrics as m
warnings.simplefilter("ignore")
answer = []
for each in given:
    y, s = np.array(each["anomalous"]), np.array(each["scores"])
    c = s > 0.1
    both = c.any() and not c.all()
    answer.append({
        "auroc": m.roc_auc_score(y, s), "average_precision": m.average_precision_score(y, s),
        "f1": m.f1_score(y, c), "accuracy": m.accuracy_score(y, c),
        "balanced_accuracy": m.balanced_accuracy_score(y, c), "recall": m.recall_score(y, c),
        "precision": m.precision_score(y, c) if c.any() else None,
        "specificity": m.recall_score(~y, ~c), "mcc": m.matthews_corrcoef(y, c) if both else None})
)",
                                            "sklearn");
    ASSERT_EQ(answer.size(), cases.size());
    for (std::size_t i = 0; i < cases.size(); ++i) {
        const auto judgement = judging::judge(cases[i].scores, cases[i].anomalous, 0.1);
        for (const auto& [name, expected] : answer[i].items()) {
            const auto ours = judging::figure(judgement, name);
            ASSERT_EQ(ours.has_value(), !expected.is_null()) << name;
            if (ours) {
                EXPECT_NEAR(ours->value, expected.get<double>(), 1e-12) << name;
            }
        }
    }
}

// DeLong's variance straight from its definition: the placements of every pair, with a covariance by NumPy.
TEST(Auroc, IntervalIsDeLongsOnTheLogitScale) {
    if (!support::has_python("scipy, numpy")) GTEST_SKIP() << "there is no Python with SciPy";
    fettle::Random random(2);
    std::vector<Case> cases;
    Json given = Json::array();
    for (int trial = 0; trial < 1000; ++trial) {
        cases.push_back(judging::random_case(random));
        given.push_back({{"scores", cases.back().scores}, {"anomalous", cases.back().anomalous}});
    }
    const Json answer = judging::ask_python(given, R"(
import numpy as np
from scipy.special import expit, logit
from scipy.stats import norm
answer = []
for each in given:
    s, y = np.array(each["scores"]), np.array(each["anomalous"])
    high, low = s[y], s[~y]
    won = (np.sign(high[:, None] - low[None, :]) + 1) / 2
    a = won.mean()
    if min(won.shape) < 2 or a in (0, 1):
        answer.append(None)
        continue
    variance = np.var(won.mean(axis=1), ddof=1) / len(high) + np.var(won.mean(axis=0), ddof=1) / len(low)
    error = np.sqrt(variance)
    reach = norm.ppf(0.975) * error / (a * (1 - a))
    answer.append([variance, expit(logit(a) - reach), expit(logit(a) + reach)])
)",
                                            "scipy, numpy");
    int intervals = 0;
    for (std::size_t i = 0; i < cases.size(); ++i) {
        if (answer[i].is_null() || answer[i][0].get<double>() < 1e-12) continue;
        ++intervals;
        const Ranking ranking(cases[i].scores, cases[i].anomalous);
        EXPECT_NEAR(ranking.auroc_variance(), answer[i][0].get<double>(), 1e-12);
        const auto auroc = *figure(judge(cases[i].scores, cases[i].anomalous, 0), "auroc");
        EXPECT_NEAR(auroc.low, answer[i][1].get<double>(), 1e-12);
        EXPECT_NEAR(auroc.high, answer[i][2].get<double>(), 1e-12);
    }
    EXPECT_GT(intervals, 700);
}

// Hanley and McNeil, Radiology 143 (1982): 109 CT images rated 1 to 5. Area .8932, standard error .0307 and the plain
// scale's interval .83295 to .95339 are what Stata's manual prints for them ([R] roctab).
TEST(Auroc, StandardErrorIsThatOfAPublishedStudy) {
    Case c;
    const int normal[] = {33, 6, 6, 11, 2}, abnormal[] = {3, 2, 2, 11, 33};
    for (int rating = 0; rating < 5; ++rating) {
        c.scores.insert(c.scores.end(), static_cast<std::size_t>(normal[rating] + abnormal[rating]), rating);
        c.anomalous.insert(c.anomalous.end(), static_cast<std::size_t>(normal[rating]), false);
        c.anomalous.insert(c.anomalous.end(), static_cast<std::size_t>(abnormal[rating]), true);
    }
    const Ranking ranking(c.scores, c.anomalous);
    const double error = std::sqrt(ranking.auroc_variance());
    EXPECT_NEAR(ranking.auroc(), 0.8932, 0.00005);
    EXPECT_NEAR(error, 0.0307, 0.00005);
    EXPECT_NEAR(ranking.auroc() - z95 * error, 0.83295, 0.000005);
    EXPECT_NEAR(ranking.auroc() + z95 * error, 0.95339, 0.000005);
}

// Scores of two normal distributions whose true AUROC is known: normal(shift / sqrt 2).
TEST(Auroc, IntervalHoldsTheTruthNearOneToo) {
    fettle::Random random(41);
    const std::pair<double, double> truths[] = {{0.9, 1.8123875}, {0.98, 2.9044393}, {0.998, 4.0703353}};
    for (const auto& [truth, shift] : truths) {
        int held = 0;
        constexpr int trials = 1500, of_a_kind = 100;
        for (int trial = 0; trial < trials; ++trial) {
            Case c;
            for (int i = 0; i < 2 * of_a_kind; ++i) {
                c.anomalous.push_back(i < of_a_kind);
                c.scores.push_back(random.normal() + (i < of_a_kind ? shift : 0));
            }
            const auto interval = *Ranking(c.scores, c.anomalous).auroc_interval(z95);
            held += interval.low <= truth && truth <= interval.high;
        }
        EXPECT_GE(held, 0.92 * trials) << truth;
        EXPECT_LE(held, 0.98 * trials) << truth;
    }
}

/// `normal` scores from 0 up and `anomalous` ones above all of them.
Case perfect(std::size_t normal, std::size_t anomalous) {
    Case c;
    for (std::size_t i = 0; i < normal + anomalous; ++i) {
        c.scores.push_back(static_cast<double>(i));
        c.anomalous.push_back(i >= normal);
    }
    return c;
}

// Clopper and Pearson's, Wilson's and the figures at fractional counts as SciPy and scikit-learn have them.
TEST(Perfect, ResultsHaveIntervalsToo) {
    if (!support::has_python("scipy, sklearn")) GTEST_SKIP() << "there is no Python with SciPy and scikit-learn";
    const std::pair<int, int> sizes[] = {{1, 1}, {1, 9}, {2, 2}, {3, 3}, {100, 40}, {25, 400}};
    Json given = Json::array();
    for (const auto& [normal, anomalous] : sizes) given.push_back({normal, anomalous});
    const Json answer = judging::ask_python(given, R"(
from scipy.stats import binomtest
from sklearn.metrics import f1_score, matthews_corrcoef
def interval(n, method):
    got = binomtest(n, n).proportion_ci(0.95, method)
    return [got.low, got.high]
answer = []
for n, a in given:
    r, s = interval(a, "wilson"), interval(n, "wilson")
    corners = [[f([1, 1, 0, 0], [1, 0, 1, 0], sample_weight=[x * a, (1 - x) * a, (1 - y) * n, y * n])
                for x in r for y in s] for f in (f1_score, matthews_corrcoef)]
    answer.append({"auroc": interval(min(n, a), "exact"), "detection_at_0.05": r, "recall": r, "specificity": s,
                   "f1": [min(corners[0]), max(corners[0])], "mcc": [min(corners[1]), max(corners[1])]})
)",
                                            "scipy, sklearn");
    for (std::size_t i = 0; i < std::size(sizes); ++i) {
        const auto [normal, anomalous] = sizes[i];
        const Case c = perfect(static_cast<std::size_t>(normal), static_cast<std::size_t>(anomalous));
        const auto judgement = judge(c.scores, c.anomalous, normal - 0.5);
        for (const auto& [name, expected] : answer[i].items()) {
            const auto ours = *figure(judgement, name);
            EXPECT_EQ(ours.value, 1) << name;
            EXPECT_NEAR(ours.low, expected[0].get<double>(), 1e-9) << name << " of " << normal << " and " << anomalous;
            EXPECT_NEAR(ours.high, expected[1].get<double>(), 1e-9) << name;
        }
        auto reversed = c;
        for (double& score : reversed.scores) score = -score;
        const auto none = *figure(judge(reversed.scores, reversed.anomalous, 0), "auroc");
        EXPECT_EQ(none.value, 0);
        EXPECT_EQ(none.low, 0);
        EXPECT_NEAR(none.high, 1 - answer[i]["auroc"][0].get<double>(), 1e-9);
    }
}

struct Sizes {
    std::size_t anomalous, normal;
    double ratio() const { return static_cast<double>(normal) / static_cast<double>(anomalous); }
    double low() const {
        const Case c = perfect(normal, anomalous);
        return Ranking(c.scores, c.anomalous).perfect_precision_interval(z95)->low;
    }
};
constexpr Sizes sizes_of_all_kinds[] = {{100, 100}, {5, 200}, {200, 5}, {20, 50}, {1, 30}, {30, 1}, {3000, 1000}};

/// The integral of t / (t + r) from `from` to `to`.
double area(double r, double from, double to) { return to - from - (r == 0 ? 0 : r * std::log((to + r) / (from + r))); }

// Populations of which both are known in closed form: the share `above` of the normal samples scores above every
// anomalous one, the share `below` of the anomalous ones below every normal one, all others are in order. What gives
// perfect order in just 2.5 % of the samples must lie in the interval.
TEST(Perfect, PrecisionIsBoundedByWhatItsChanceAllows) {
    for (const Sizes& sizes : sizes_of_all_kinds) {
        const double low = sizes.low(), ratio = sizes.ratio();
        for (int part = 0; part <= 20; ++part) {  // of the chance's logarithm: how much comes from the anomalous ones
            const double log_chance = std::log(0.025), share = part / 20.0;
            const double above = -std::expm1((1 - share) * log_chance / static_cast<double>(sizes.normal));
            const double below = -std::expm1(share * log_chance / static_cast<double>(sizes.anomalous));
            const double truth = area(ratio * above, 0, 1 - below) + area(ratio, 1 - below, 1);
            EXPECT_LE(low, truth) << sizes.anomalous << " " << sizes.normal << " " << part;
        }
    }
    EXPECT_GT((Sizes{100, 100}).low(), area(-std::expm1(std::log(0.025) / 100), 0, 1) - 0.025);  // nor is it far below
    EXPECT_FALSE(Ranking(std::vector<double>{1, 2, 2}, {false, false, true}).perfect_precision_interval(z95));
}

// Two normal distributions, so far apart that a sample in perfect order is rare or frequent: it misses the truth in 2.5
// % of the samples at most. It misses where the order is perfect and the truth lies below it.
TEST(Perfect, PrecisionHoldsTheTruthWhateverTheScores) {
    fettle::Random random(43);
    const auto above = [](double z) { return std::erfc(z / std::sqrt(2.0)) / 2; };
    int could_miss = 0, perfect_orders = 0;
    for (const Sizes& sizes : {Sizes{3, 3}, Sizes{10, 10}, Sizes{5, 40}, Sizes{40, 5}}) {
        const double low = sizes.low();
        for (const double deviation : {0.3, 1.0, 3.0})  // of the anomalous scores
            for (double shift = -1; shift < 7; shift += 0.25) {
                double truth = 0;
                constexpr double step = 1e-3;
                for (double z = -6 + step / 2; z < 6; z += step)
                    truth += step * std::exp(-z * z / 2) / std::sqrt(2 * M_PI) * above(z) /
                             (above(z) + sizes.ratio() * above(shift + deviation * z));
                int missed = 0;
                constexpr int trials = 400;
                for (int trial = 0; trial < trials; ++trial) {
                    double highest = -100, lowest = 100;
                    for (std::size_t i = 0; i < sizes.normal; ++i) highest = std::max(highest, random.normal());
                    for (std::size_t i = 0; i < sizes.anomalous; ++i)
                        lowest = std::min(lowest, shift + deviation * random.normal());
                    perfect_orders += lowest > highest;
                    missed += lowest > highest && truth < low;
                }
                could_miss += truth < low;
                EXPECT_LE(missed, 0.025 * trials + 3 * std::sqrt(0.025 * trials)) << shift << " " << deviation;
            }
    }
    EXPECT_GT(could_miss, 20);
    EXPECT_GT(perfect_orders, 10000);
}

TEST(Perfect, WhatHasNoIntervalIsNamed) {
    const auto remarks = [](const Case& c) { return judge(c.scores, c.anomalous, 2.5).remarks; };
    EXPECT_THAT(remarks({{2, 2, 2, 2}, {0, 0, 1, 1}}),
                Contains("no interval of auroc, average_precision: the same in every redrawn set, which doesn't mean "
                         "that it is certain"));
    EXPECT_THAT(remarks(perfect(3, 3)), ::testing::Not(Contains(HasSubstr("no interval"))));
    EXPECT_THAT(remarks(perfect(1, 1)), ::testing::Not(Contains(HasSubstr("no interval of average_precision"))));
    EXPECT_THAT(remarks({{1, 2, 3, 4}, {0, 1, 0, 0}}),
                Contains(HasSubstr("no interval of auroc, average_precision: there are fewer than two")));
    EXPECT_THAT(remarks({{4, 1, 3, 2}, {0, 0, 1, 1}}), ::testing::Not(Contains(HasSubstr("no interval"))));
    for (const Case& c : {perfect(3, 3), perfect(1, 1), Case{{1, 2, 3, 4}, {0, 1, 0, 0}}, Case{{2, 2, 2}, {0, 1, 1}}}) {
        std::string unnamed;
        const auto judgement = judge(c.scores, c.anomalous, 2.5);
        const std::string last = judgement.remarks.back();
        for (const auto& each : judgement.figures)
            if (std::isnan(each.low) && last.find(each.name) == std::string::npos) unnamed += each.name + " ";
        EXPECT_THAT(unnamed, IsEmpty());
    }
}

}  // namespace
