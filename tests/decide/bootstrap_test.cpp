#include "../../plugins/evaluate/bootstrap.hpp"
#include "../../plugins/evaluate/calls.hpp"
#include "../../plugins/evaluate/promise.hpp"
#include "judging.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <array>
#include <numeric>

namespace {

using evaluate::Ranking;
using judging::Case;
using judging::Json;

Case two_normals(fettle::Random& random, int normal, int anomalous) {
    Case out;
    for (int i = 0; i < normal + anomalous; ++i) {
        out.anomalous.push_back(i >= normal);
        out.scores.push_back(std::round(8 * (random.normal() + (i >= normal ? 1.2 : 0))) / 8);
    }
    return out;
}

TEST(Redraw, KeepsTheNumberOfEachKindAndDrawsEachAlikeOften) {
    const Ranking ranking(std::vector<double>{1, 2, 3, 4, 5, 6, 7}, {1, 0, 0, 1, 1, 0, 0});
    constexpr int draws = 20000;
    const auto drawn = evaluate::redraw(ranking, draws, 3, 7, [](evaluate::Steps steps, std::span<double> figures) {
        EXPECT_EQ(evaluate::counts(steps).anomalous, 3u);
        EXPECT_EQ(evaluate::counts(steps).normal, 4u);
        for (std::size_t s = 0; s < steps.size(); ++s)
            figures[s] = static_cast<double>(steps[s].anomalous + steps[s].normal);
    });
    for (const auto& counts : drawn) {  // a mean of 1, a variance of 1 - 1/n: binomial
        const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / draws;
        EXPECT_NEAR(mean, 1, 0.04);
        double variance = 0;
        for (const double count : counts) variance += (count - mean) * (count - mean) / draws;
        EXPECT_TRUE(std::abs(variance - 2.0 / 3) < 0.04 || std::abs(variance - 3.0 / 4) < 0.04) << variance;
    }
}

TEST(Redraw, IsTheSameOnAnyNumberOfThreads) {
    fettle::Random random(31);
    const Case c = two_normals(random, 60, 40);
    const Ranking ranking(c.scores, c.anomalous);
    const auto run = [&](int threads) {
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        return tbb::task_arena(threads).execute([&] {
            return evaluate::redraw(ranking, 333, 9, 1, [](evaluate::Steps steps, std::span<double> figures) {
                figures[0] = evaluate::average_precision(steps);
            });
        });
    };
    EXPECT_EQ(run(1), run(4));
}

// scipy.stats.bootstrap on the two strata, whose draws differ from ours: the ends agree up to the noise of 20,000
// draws.
TEST(Accelerated, AgreesWithScipy) {
    if (!support::has_python("scipy, sklearn")) GTEST_SKIP() << "there is no Python with scipy and scikit-learn";
    fettle::Random random(32);
    const Case c = two_normals(random, 70, 25);
    const Ranking ranking(c.scores, c.anomalous);
    constexpr double threshold = 0.8;
    const Json answer = judging::ask_python({{"scores", c.scores}, {"anomalous", c.anomalous}}, R"(
import numpy as np
from scipy.stats import bootstrap
from sklearn.metrics import average_precision_score
s, y = np.array(given["scores"]), np.array(given["anomalous"])
def precision(high, low):
    labels = np.r_[np.ones(len(high)), np.zeros(len(low))]
    scores = np.r_[high, low]
    order = np.argsort(-scores, kind="stable")
    scores, labels = scores[order], labels[order]
    last = np.r_[scores[1:] != scores[:-1], True]
    hits, called = np.cumsum(labels)[last], (np.arange(len(scores)) + 1)[last]
    return np.sum(np.diff(np.r_[0, hits]) * hits / called) / len(high)
assert abs(precision(s[y], s[~y]) - average_precision_score(y, s)) < 1e-12
def f1(high, low):
    tp, fp = np.sum(high > 0.8), np.sum(low > 0.8)
    return 2 * tp / (tp + fp + len(high))
answer = {}
for name, statistic in ("average_precision", precision), ("f1", f1):
    got = bootstrap((s[y], s[~y]), statistic, n_resamples=20000, vectorized=False, paired=False,
                    confidence_level=0.9, method="BCa", random_state=1)
    answer[name] = list(got.confidence_interval)
)",
                                            "scipy, sklearn");
    const auto drawn = evaluate::redraw(ranking, 20000, 5, 2, [](evaluate::Steps steps, std::span<double> figures) {
        figures[0] = evaluate::average_precision(steps);
        figures[1] = evaluate::f1(evaluate::confusion(steps, threshold));
    });
    const auto calls = evaluate::confusion(ranking.steps(), threshold);
    const auto precision = *evaluate::accelerated(drawn[0], ranking.average_precision(),
                                                  evaluate::average_precision_acceleration(ranking), 0.9);
    const auto f1 =
        *evaluate::accelerated(drawn[1], evaluate::f1(calls), evaluate::acceleration(calls, evaluate::f1), 0.9);
    EXPECT_NEAR(precision.low, answer["average_precision"][0].get<double>(), 0.008);
    EXPECT_NEAR(precision.high, answer["average_precision"][1].get<double>(), 0.008);
    EXPECT_NEAR(f1.low, answer["f1"][0].get<double>(), 0.012);
    EXPECT_NEAR(f1.high, answer["f1"][1].get<double>(), 0.012);
}

// The acceleration straight from its definition: every sample left out in turn.
TEST(Accelerated, TakesItsAccelerationFromLeavingEachOut) {
    fettle::Random random(33);
    for (int trial = 0; trial < 300; ++trial) {
        const Case c = two_normals(random, random.integer(3, 30), random.integer(3, 20));
        const double threshold = random.uniform(-0.5, 1.5);
        double squares[2] = {0, 0}, cubes[2] = {0, 0};  // of average precision, of F1
        for (const bool kind : {false, true}) {
            std::vector<double> left_out[2];
            for (std::size_t k = 0; k < c.scores.size(); ++k) {
                if (c.anomalous[k] != kind) continue;
                Case less = c;
                less.scores.erase(less.scores.begin() + static_cast<std::ptrdiff_t>(k));
                less.anomalous.erase(less.anomalous.begin() + static_cast<std::ptrdiff_t>(k));
                const Ranking ranking(less.scores, less.anomalous);
                left_out[0].push_back(ranking.average_precision());
                left_out[1].push_back(evaluate::f1(evaluate::confusion(ranking.steps(), threshold)));
            }
            for (int f = 0; f < 2; ++f) {
                const auto count = static_cast<double>(left_out[f].size());
                const double mean = std::accumulate(left_out[f].begin(), left_out[f].end(), 0.0) / count;
                for (const double each : left_out[f]) {
                    const double influence = (count - 1) * (mean - each) / count;
                    squares[f] += influence * influence;
                    cubes[f] += influence * influence * influence;
                }
            }
        }
        const Ranking ranking(c.scores, c.anomalous);
        const auto expected = [&](int f) { return squares[f] < 1e-20 ? 0 : cubes[f] / 6 / std::pow(squares[f], 1.5); };
        if (squares[0] > 1e-20) {
            EXPECT_NEAR(evaluate::average_precision_acceleration(ranking), expected(0), 1e-6);
        }
        if (squares[1] > 1e-20) {
            EXPECT_NEAR(evaluate::acceleration(evaluate::confusion(ranking.steps(), threshold), evaluate::f1),
                        expected(1), 1e-6);
        }
    }
}

// Over many samples of known distributions an interval of 90 % holds the true figure in about 90 % of them.
TEST(Intervals, HoldTheTruthAsOftenAsTheySay) {
    fettle::Random random(34);
    // F1 at 0.6 of N(0, 1) and N(1.2, 1), 80 and 60 of them; two_normals rounds to eighths.
    const double edge = 4.5 / 8;  // what is rounded to 5/8, the first eighth above 0.6
    const auto above = [](double z) { return std::erfc(z / std::sqrt(2.0)) / 2; };
    const double recall = above(edge - 1.2), alarm = above(edge);
    const double truth = 2 * 60 * recall / (60 * recall + 80 * alarm + 60);
    int held = 0, held_balanced = 0;
    constexpr int trials = 400;
    for (int trial = 0; trial < trials; ++trial) {
        const Case c = two_normals(random, 80, 60);
        const auto judgement = judging::judge(c.scores, c.anomalous, 0.6, {{"draws", 300}, {"confidence", 0.9}});
        const auto f1 = *judging::figure(judgement, "f1"), balanced = *judging::figure(judgement, "balanced_accuracy");
        held += f1.low <= truth && truth <= f1.high;
        const double mean = (recall + 1 - alarm) / 2;
        held_balanced += balanced.low <= mean && mean <= balanced.high;
    }
    EXPECT_NEAR(held / static_cast<double>(trials), 0.9, 0.05);
    EXPECT_NEAR(held_balanced / static_cast<double>(trials), 0.9, 0.05);
}

TEST(Draws, TooFewForTheirIntervalAreRefusedBeforeAnythingRuns) {
    EXPECT_EQ(evaluate::too_few_draws(1000, 0.95), "");
    EXPECT_EQ(evaluate::too_few_draws(200, 0.99), "");
    EXPECT_THAT(evaluate::too_few_draws(1000, 0.9999), ::testing::HasSubstr("that takes 20000"));
    for (const char* id : {"evaluate.detection", "evaluate.localisation", "evaluate.compare"}) {
        const auto object = judging::plugin().make(id, {{"draws", 100}, {"confidence", 0.999}});
        EXPECT_THAT(judging::plugin().entry(id).check(*object), ::testing::HasSubstr("that takes 2000"));
    }
}

TEST(Draws, EndWhereTheUserStops) {
    fettle::Random random(35);
    const Case c = two_normals(random, 10, 10);
    auto decided = std::make_shared<fettle::Decisions>();
    std::vector<fettle::SampleInfo> rows;
    for (std::size_t i = 0; i < c.scores.size(); ++i)
        rows.push_back(fakes::info("t" + std::to_string(i), fettle::Split::test,
                                   c.anomalous[i] ? fettle::Label::anomalous : fettle::Label::normal));
    decided->scores = *fakes::table("metric", rows, c.scores);
    decided->cuts.push_back({"metric", 0.5, "manual", 0});
    fettle::testing::TestContext context;
    context.stop_after(1);
    context.progress(1, 1, "");
    for (const char* id : {"evaluate.detection", "evaluate.compare"}) {
        auto other = std::make_shared<fettle::Decisions>(*decided);
        other->cuts[0].method = "another";
        const auto object = judging::plugin().make(id);
        EXPECT_THROW(judging::plugin().run(id, *object, {{"decisions", {decided, other}}}, context),
                     fettle::Interrupted);
    }
}

TEST(BetaBinomial, AgreesWithScipy) {
    if (!support::has_python("scipy")) GTEST_SKIP() << "there is no Python with scipy";
    const std::vector<std::array<double, 3>> given{
        {10, 1, 1}, {300, 5, 96}, {500, 1, 300}, {40, 20, 3}, {5000, 15, 286}};
    const Json answer = judging::ask_python(given, R"(
from scipy.stats import betabinom
answer = [[float(betabinom(int(n), a, b).ppf(q)) for q in (0.025, 0.975)] for n, a, b in given]
)",
                                            "scipy");
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto [low, high] =
            evaluate::beta_binomial(static_cast<std::size_t>(given[i][0]), given[i][1], given[i][2], 0.95);
        EXPECT_EQ(static_cast<double>(low), answer[i][0].get<double>()) << i;
        EXPECT_EQ(static_cast<double>(high), answer[i][1].get<double>()) << i;
    }
}

}  // namespace
