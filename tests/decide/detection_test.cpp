#include "../../plugins/evaluate/ranking.hpp"
#include "judging.hpp"

#include <numeric>

namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

using judging::Case;
using judging::figure;
using judging::judge;
using judging::plugin;
using judging::random_case;
using judging::value;
using judging::z95;

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
    ASSERT_EQ(judgement.figures.size(), std::size(expected) + 2);  // and detection at two shares of false alarms
    for (const auto& [name, number] : expected) EXPECT_NEAR(value(judgement, name), number, 1e-12) << name;
    EXPECT_EQ(judgement.confusion.true_negative, 30u);
    EXPECT_EQ(judgement.confusion.false_positive, 10u);
    EXPECT_EQ(judgement.confusion.false_negative, 12u);
    EXPECT_EQ(judgement.confusion.true_positive, 8u);
    EXPECT_THAT(judgement.remarks, ElementsAre(HasSubstr("detection_at_0.01 allows less than one of 40"),
                                               HasSubstr("detection_at_0.05 allows 2 of 40 normal test samples")));
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
    const auto usual = judge(scores, anomalous, 4.5),
               wide = judge(scores, anomalous, 4.5, {{"confidence", 0.99}, {"draws", 100}});
    for (const char* name : {"auroc", "accuracy", "balanced_accuracy", "recall"}) {
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

TEST(Ranking, SaysWhenItIsUpsideDown) {
    EXPECT_THAT(judge({9, 8, 7, 6, 5, 1, 2, 3, 4, 5.5}, {0, 0, 0, 0, 0, 1, 1, 1, 1, 1}, 5).remarks,
                Contains(HasSubstr("score lower than normal ones")));
    EXPECT_THAT(judge({9, 8, 7, 6, 5, 1, 2, 3, 4, 5.5}, {1, 1, 1, 1, 1, 0, 0, 0, 0, 0}, 5).remarks,
                ::testing::Not(Contains(HasSubstr("score lower than normal ones"))));
}

TEST(Thresholds, InfiniteOnesHaveAMeaningAndNanHasNone) {
    constexpr double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(judge({1, 2}, {0, 1}, infinity).confusion.true_positive, 0u);
    EXPECT_EQ(judge({1, 2}, {0, 1}, -infinity).confusion.false_positive, 1u);
    EXPECT_THROW(judge({1, 2}, {0, 1}, std::numeric_limits<double>::quiet_NaN()), fettle::Error);
}

TEST(Scores, ThatAreNoNumberAreRefused) {
    EXPECT_THROW(judge({1, std::numeric_limits<double>::quiet_NaN()}, {0, 1}, 0), fettle::Error);
}

/// A table of calibration and test rows, and a cut.
fettle::Ref<fettle::Decisions> decisions(const std::vector<double>& calibration, const Case& test) {
    std::vector<fettle::SampleInfo> rows;
    std::vector<double> values = calibration;
    for (std::size_t i = 0; i < calibration.size(); ++i)
        rows.push_back(fakes::info("c" + std::to_string(i), fettle::Split::calibrate, fettle::Label::normal));
    for (std::size_t i = 0; i < test.scores.size(); ++i) {
        rows.push_back(fakes::info("t" + std::to_string(i), fettle::Split::test,
                                   test.anomalous[i] ? fettle::Label::anomalous : fettle::Label::normal));
        values.push_back(test.scores[i]);
    }
    auto out = std::make_shared<fettle::Decisions>();
    out->scores = *fakes::table("metric", std::move(rows), std::move(values));
    out->cuts.push_back({"metric", 1.0, "quantile", calibration.size()});
    return out;
}

fettle::Ref<fettle::Measures> judged(const fettle::Ref<fettle::Decisions>& what, std::uint64_t seed = 1) {
    fettle::testing::TestContext context({}, seed);
    const auto object = plugin().make("evaluate.detection", {{"draws", 200}});
    return std::dynamic_pointer_cast<const fettle::Measures>(
        plugin().run("evaluate.detection", *object, {{"decisions", {what}}}, context)["measures"]);
}

Case normal_scores(fettle::Random& random, int normal, int anomalous, double shift) {
    Case out;
    for (int i = 0; i < normal + anomalous; ++i) {
        out.anomalous.push_back(i >= normal);
        out.scores.push_back(random.normal() + (i >= normal ? shift : 0));
    }
    return out;
}

TEST(Intervals, HoldTheirFigureAndDependOnTheSeedAlone) {
    fettle::Random random(11);
    const auto what = decisions({0, 0.5, 1}, normal_scores(random, 80, 60, 1.5));
    const auto once = judged(what, 1), again = judged(what, 1), other = judged(what, 2);
    const auto& figures = once->judgements[0].figures;
    ASSERT_EQ(figures.size(), 11u);
    bool moved = false;
    for (std::size_t k = 0; k < figures.size(); ++k) {
        EXPECT_LT(figures[k].low, figures[k].value) << figures[k].name;
        EXPECT_GT(figures[k].high, figures[k].value) << figures[k].name;
        EXPECT_EQ(figures[k].low, again->judgements[0].figures[k].low);
        EXPECT_EQ(figures[k].high, again->judgements[0].figures[k].high);
        EXPECT_EQ(figures[k].value, other->judgements[0].figures[k].value);
        moved |= figures[k].low != other->judgements[0].figures[k].low;
    }
    EXPECT_TRUE(moved);
}

TEST(DetectionAt, KeepsItsFalseAlarms) {
    // From the top: a, n, a, (a n), a and eight n.
    const std::vector<double> scores{20, 19, 18, 17, 17, 16, 8, 7, 6, 5, 4, 3, 2, 1};
    const std::vector<bool> anomalous{1, 0, 1, 1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0};
    const auto at = [&](double share) {
        const auto judgement =
            judge(scores, anomalous, 10, {{"draws", 100}, {"false_alarms", fettle::Setting::List{share}}});
        return value(judgement, "detection_at_" + fettle::Setting(share).text());
    };
    EXPECT_EQ(at(0.0), 0.25);
    EXPECT_EQ(at(0.1), 0.5);   // one of ten: the tie would let a second one in
    EXPECT_EQ(at(0.19), 0.5);  // still one
    EXPECT_EQ(at(0.2), 1.0);
    EXPECT_THAT(judge(scores, anomalous, 10).remarks,
                Contains(HasSubstr("detection_at_0.01 allows less than one of 10 normal test samples")));
}

TEST(DetectionAt, SaysWhereItHangsOnFewFalseAlarms) {
    std::vector<double> scores(103);
    std::iota(scores.begin(), scores.end(), 0.0);
    std::vector<bool> anomalous(103, false);
    anomalous[50] = anomalous[99] = anomalous[102] = true;  // and 100 normal ones
    const auto remarks = [&](double share) {
        return judge(scores, anomalous, 90, {{"draws", 100}, {"false_alarms", fettle::Setting::List{share}}}).remarks;
    };
    EXPECT_THAT(remarks(0.01), Contains("detection_at_0.01 allows 1 of 100 normal test samples: it hangs on the few "
                                        "that score highest"));
    EXPECT_THAT(remarks(0.049), Contains(HasSubstr("allows 4 of 100")));
    EXPECT_THAT(remarks(0.05), IsEmpty());
    EXPECT_THAT(remarks(0.0), IsEmpty());
}

TEST(DetectionAt, IsAskedForOnceAtAShare) {
    const auto complaint = [&](const fettle::Setting::List& shares) {
        return plugin()
            .entry("evaluate.detection")
            .check(*plugin().make("evaluate.detection", {{"false_alarms", shares}}));
    };
    EXPECT_EQ(complaint({0.01, 0.05}), "");
    EXPECT_EQ(complaint({0.01, 0.05, 0.01}), "`false_alarms` holds 0.01 twice");
}

TEST(PrecisionCurve, EndsAtTheShareOfAnomalousAndHasABand) {
    fettle::Random random(12);
    const Case c = normal_scores(random, 200, 150, 1);
    const auto judgement = judge(c.scores, c.anomalous, 0);
    ASSERT_EQ(judgement.plots.size(), 1u);
    const fettle::Plot& plot = judgement.plots[0];
    ASSERT_EQ(plot.x.size(), 50u);
    ASSERT_EQ(plot.low.size(), 50u);
    for (std::size_t i = 0; i < 50; ++i) {
        EXPECT_NEAR(plot.x[i], static_cast<double>(i + 1) / 50, 1e-12);
        // Straight from the definition: the highest threshold that reaches this recall.
        std::vector<double> high;
        for (std::size_t k = 0; k < c.scores.size(); ++k)
            if (c.anomalous[k]) high.push_back(c.scores[k]);
        std::sort(high.begin(), high.end(), std::greater<>());
        const double threshold = high[static_cast<std::size_t>(std::ceil(plot.x[i] * 150 - 1e-9)) - 1];
        const auto called = std::count_if(c.scores.begin(), c.scores.end(), [&](double s) { return s >= threshold; });
        const auto hits = std::count_if(high.begin(), high.end(), [&](double s) { return s >= threshold; });
        EXPECT_NEAR(plot.y[i], static_cast<double>(hits) / static_cast<double>(called), 1e-12);
        EXPECT_LE(plot.low[i], plot.y[i] + 0.1);
        EXPECT_GE(plot.high[i], plot.y[i] - 0.1);
        EXPECT_LE(plot.low[i], plot.high[i]);
    }
}

TEST(Promise, IsKeptByScoresDrawnAlikeAndBrokenByOthers) {
    fettle::Random random(13);
    const auto outside = [&](double shift) {
        std::size_t points = 0, out = 0;
        for (int trial = 0; trial < 40; ++trial) {
            std::vector<double> calibration;
            for (int i = 0; i < 150; ++i) calibration.push_back(random.normal() + shift);
            const auto measures = judged(decisions(calibration, normal_scores(random, 120, 5, 2)));
            const auto& plots = measures->judgements[0].plots;
            EXPECT_EQ(plots.size(), 2u);
            EXPECT_EQ(plots.back().name, "false alarms, promised and seen");
            for (std::size_t i = 0; i < plots.back().x.size(); ++i, ++points)
                out += plots.back().y[i] < plots.back().low[i] || plots.back().y[i] > plots.back().high[i];
        }
        return static_cast<double>(out) / static_cast<double>(points);
    };
    EXPECT_LT(outside(0), 0.1);
    EXPECT_GT(outside(-1), 0.6);
}

TEST(Promise, NeedsFiniteCalibrationScores) {
    fettle::Random random(14);
    EXPECT_EQ(judged(decisions({}, normal_scores(random, 20, 20, 1)))->judgements[0].plots.size(), 1u);
    const double infinity = std::numeric_limits<double>::infinity();  // which `threshold.manual` doesn't look at
    EXPECT_THROW(judged(decisions({1, infinity, 2}, normal_scores(random, 20, 20, 1))), fettle::Error);
}

}  // namespace
