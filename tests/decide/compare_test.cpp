#include "../../plugins/evaluate/paired.hpp"
#include "judging.hpp"

#include <algorithm>
#include <numeric>
#include <set>

namespace {

using fettle::Label;
using fettle::Split;
using judging::Json;
using judging::plugin;
using judging::value;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

double covariance(const std::vector<double>& a, const std::vector<double>& b) {
    const auto count = static_cast<double>(a.size());
    const double mean_a = std::accumulate(a.begin(), a.end(), 0.0) / count;
    const double mean_b = std::accumulate(b.begin(), b.end(), 0.0) / count;
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - mean_a) * (b[i] - mean_b);
    return sum / (count - 1);
}

// DeLong's matrices straight from the definition, pair by pair: S = S10 / m + S01 / n, variance of the difference
// S11 + S22 - 2 S12.
TEST(DeLong, OfTwoMetricsIsItsDefinition) {
    fettle::Random random(91);
    int tested = 0;
    for (int trial = 0; trial < 500; ++trial) {
        const auto c = judging::random_case(random, 60);
        std::vector<double> second;
        for (const double score : c.scores) second.push_back(std::round(score * 4 + random.normal()) / 4);
        std::vector<double> of_high[2], of_low[2];
        double area[2];
        for (int m = 0; m < 2; ++m) {
            const auto& scores = m == 0 ? c.scores : second;
            std::vector<double> high, low;
            for (std::size_t i = 0; i < scores.size(); ++i) (c.anomalous[i] ? high : low).push_back(scores[i]);
            const auto won = [](double a, double b) { return a > b ? 1 : a == b ? 0.5 : 0; };
            for (const double a : high) {
                double sum = 0;
                for (const double b : low) sum += won(a, b);
                of_high[m].push_back(sum / static_cast<double>(low.size()));
            }
            for (const double b : low) {
                double sum = 0;
                for (const double a : high) sum += won(a, b);
                of_low[m].push_back(sum / static_cast<double>(high.size()));
            }
            area[m] = std::accumulate(of_high[m].begin(), of_high[m].end(), 0.0) / static_cast<double>(high.size());
        }
        const auto difference = evaluate::auroc_difference(evaluate::placements(c.scores, c.anomalous),
                                                           evaluate::placements(second, c.anomalous), 0.95);
        EXPECT_NEAR(difference.value, area[0] - area[1], 1e-12);
        if (of_high[0].size() < 2 || of_low[0].size() < 2) {
            EXPECT_FALSE(difference.p);
            continue;
        }
        const auto entry = [&](int i, int j) {
            return covariance(of_high[i], of_high[j]) / static_cast<double>(of_high[0].size()) +
                   covariance(of_low[i], of_low[j]) / static_cast<double>(of_low[0].size());
        };
        const double variance = entry(0, 0) + entry(1, 1) - 2 * entry(0, 1);
        if (variance < 1e-9) continue;
        ++tested;
        const double z = (area[0] - area[1]) / std::sqrt(variance);
        EXPECT_NEAR(*difference.p, std::erfc(std::abs(z) / std::sqrt(2.0)), 1e-9);
        EXPECT_NEAR(difference.interval->high, std::min(1.0, area[0] - area[1] + judging::z95 * std::sqrt(variance)),
                    1e-9);
    }
    EXPECT_GT(tested, 350);
}

TEST(DeLong, OfTheSameOrderIsNoDifference) {
    const std::vector<double> scores{1, 2, 3, 4, 5, 6}, curved{1, 4, 9, 16, 25, 36};
    const std::vector<bool> anomalous{0, 1, 0, 0, 1, 1};
    const auto same = evaluate::auroc_difference(evaluate::placements(scores, anomalous),
                                                 evaluate::placements(curved, anomalous), 0.95);
    EXPECT_EQ(same.value, 0);
    EXPECT_EQ(same.p, 1);
    EXPECT_FALSE(same.interval);
}

TEST(McNemarAndHolm, AgreeWithScipyAndTheirDefinition) {
    // Holm: 0.01 * 4, 0.02 * 3, 0.03 * 2 raised to what came before, 0.5 * 1.
    const auto adjusted = evaluate::holm({0.03, std::nullopt, 0.01, 0.5, 0.02});
    EXPECT_NEAR(*adjusted[2], 0.04, 1e-15);
    EXPECT_NEAR(*adjusted[4], 0.06, 1e-15);
    EXPECT_NEAR(*adjusted[0], 0.06, 1e-15);
    EXPECT_EQ(*adjusted[3], 0.5);
    EXPECT_FALSE(adjusted[1]);
    EXPECT_EQ(evaluate::mcnemar(0, 0), 1);
    if (!support::has_python("scipy")) GTEST_SKIP() << "there is no Python with scipy";
    std::vector<std::pair<std::size_t, std::size_t>> given;
    for (std::size_t a = 0; a < 14; ++a)
        for (std::size_t b = 0; b < 30; b += 3)
            if (a + b > 0) given.emplace_back(a, b);
    given.emplace_back(430, 370);
    const Json answer = judging::ask_python(given, R"(
from scipy.stats import binomtest
answer = [binomtest(a, a + b, 0.5).pvalue for a, b in given]
)",
                                            "scipy");
    for (std::size_t i = 0; i < given.size(); ++i)
        EXPECT_NEAR(evaluate::mcnemar(given[i].first, given[i].second), answer[i].get<double>(), 1e-12);
}

TEST(RedrawnDifference, IsAPercentileIntervalAndANormalTest) {
    fettle::Random random(92);
    std::vector<double> draws, mirrored;
    for (int k = 0; k < 4000; ++k) draws.push_back(2 + random.normal()), mirrored.push_back(-draws.back());
    const auto one = evaluate::redrawn_difference(2, draws, 0.95);
    const auto other = evaluate::redrawn_difference(-2, mirrored, 0.95);
    EXPECT_NEAR(*one.p, 0.0455, 0.006);  // two standard deviations
    EXPECT_NEAR(*one.p, *other.p, 1e-12);
    EXPECT_NEAR(one.interval->low, 2 - judging::z95, 0.15);
    EXPECT_NEAR(one.interval->low, -other.interval->high, 1e-12);
    EXPECT_EQ(evaluate::redrawn_difference(0, {0, 0}, 0.95).p, 1);
    EXPECT_FALSE(evaluate::redrawn_difference(1, {1, 1}, 0.95).p);
}

// ---- The stage ----

struct Material {
    std::vector<fettle::SampleInfo> rows;
    std::vector<bool> anomalous;
};

Material material(int normal, int anomalous) {
    Material out;
    for (int k = 0; k < normal + anomalous; ++k) {
        out.anomalous.push_back(k >= normal);
        out.rows.push_back(
            fakes::info("t" + std::to_string(k), Split::test, k < normal ? Label::normal : Label::anomalous));
    }
    return out;
}

std::vector<double> scores(fettle::Random& random, const Material& of, double shift) {
    std::vector<double> out;
    for (const bool each : of.anomalous) out.push_back(random.normal() + (each ? shift : 0));
    return out;
}

fettle::ValueRef decisions(const Material& of, const std::string& column, const std::vector<double>& values,
                           std::vector<std::pair<std::string, double>> cuts) {
    auto out = std::make_shared<fettle::Decisions>();
    out->scores = *fakes::table(column, of.rows, values);
    for (const auto& [method, threshold] : cuts) out->cuts.push_back({column, threshold, method, 100});
    return out;
}

std::vector<fettle::Table> compared(const std::map<std::string, std::vector<fettle::ValueRef>>& in,
                                    fettle::testing::Settings settings = {}) {
    settings.emplace("draws", 400);
    fettle::testing::TestContext context;
    const auto object = plugin().make("evaluate.compare", settings);
    return std::dynamic_pointer_cast<const fettle::Measures>(
               plugin().run("evaluate.compare", *object, in, context)["measures"])
        ->tables;
}

TEST(Compare, Conforms) { EXPECT_THAT(fettle::testing::complaints(plugin().entry("evaluate.compare")), IsEmpty()); }

TEST(Compare, TellsABetterMetricFromOneLikeIt) {
    fettle::Random random(93);
    const Material of = material(150, 120);
    const auto good = scores(random, of, 2), poor = scores(random, of, 0.6);
    auto like = good;
    for (double& score : like) score += 0.1 * random.normal();
    const auto tables = compared({{"scores",
                                   {fakes::table("good", of.rows, good), fakes::table("like", of.rows, like),
                                    fakes::table("poor", of.rows, poor)}}});
    ASSERT_THAT(tables, SizeIs(1));
    ASSERT_THAT(tables[0].rows, SizeIs(3));
    EXPECT_EQ(tables[0].rows[0].name, "`good` against `like`");
    EXPECT_EQ(tables[0].rows[0].verdict, "not distinguishable");
    EXPECT_EQ(tables[0].rows[1].verdict, "`good` is better by auroc, average_precision");
    EXPECT_EQ(tables[0].rows[2].verdict, "`like` is better by auroc, average_precision");
    const auto difference = *judging::figure(tables[0].rows[1], "auroc_difference");
    EXPECT_GT(difference.low, 0);
    EXPECT_GT(difference.value, difference.low);
    EXPECT_LT(value(tables[0].rows[1], "auroc_p"), 0.05);

    const auto one = compared({{"scores",
                                {fakes::table("good", of.rows, good), fakes::table("like", of.rows, like),
                                 fakes::table("poor", of.rows, poor)}}},
                              {{"against", "poor"}})[0];
    ASSERT_THAT(one.rows, SizeIs(2));
    EXPECT_EQ(one.rows[0].name, "`poor` against `good`");
    EXPECT_EQ(one.rows[0].verdict, "`good` is better by auroc, average_precision");
}

TEST(Compare, LeavesOutPairsOfTrivialScores) {
    fettle::Random random(99);
    const Material of = material(40, 40);
    std::vector<fettle::ValueRef> tables;
    for (const char* name : {"mean grey departure", "metric", "distance to the mean image", "other"})
        tables.push_back(fakes::table(name, of.rows, scores(random, of, 1)));
    const auto names = [&](const fettle::testing::Settings& settings) {
        std::vector<std::string> out;
        const auto found = compared({{"scores", tables}}, settings);
        for (const auto& row : found[0].rows) out.push_back(row.name);
        return out;
    };
    EXPECT_THAT(names({}),
                ElementsAre("`mean grey departure` against `metric`", "`mean grey departure` against `other`",
                            "`metric` against `distance to the mean image`", "`metric` against `other`",
                            "`distance to the mean image` against `other`"));
    EXPECT_THAT(names({{"against", "mean grey departure"}}), SizeIs(3));
}

// Among metrics that are alike a difference is called in about 5 % of the cases, however many pairs there are.
TEST(Compare, IsSeldomFooledByChance) {
    fettle::Random random(94);
    int fooled = 0, fooled_by_precision = 0;
    constexpr int trials = 150;
    for (int trial = 0; trial < trials; ++trial) {
        const Material of = material(60, 60);
        std::vector<fettle::ValueRef> tables;
        for (int m = 0; m < 4; ++m)
            tables.push_back(fakes::table("metric " + std::to_string(m), of.rows, scores(random, of, 1)));
        bool any = false, any_precision = false;
        const auto found = compared({{"scores", tables}}, {{"draws", 100}});
        for (const auto& row : found[0].rows)
            any |= value(row, "auroc_p") < 0.05, any_precision |= value(row, "average_precision_p") < 0.05;
        fooled += any, fooled_by_precision += any_precision;
    }
    EXPECT_LE(fooled_by_precision, 18);
    EXPECT_LE(fooled, 18);  // 7.5 expected; 18 or more have a chance of 0.0005
}

// An adjustment for many pairs leaves a plain difference plain, whatever the number of draws.
TEST(Compare, KeepsItsPowerAmongManyPairs) {
    fettle::Random random(98);
    const Material of = material(150, 150);
    std::vector<fettle::ValueRef> tables{fakes::table("good", of.rows, scores(random, of, 2.5))};
    for (int m = 0; m < 9; ++m)
        tables.push_back(fakes::table("poor " + std::to_string(m), of.rows, scores(random, of, 0.3)));
    const auto rows = compared({{"scores", tables}}, {{"draws", 200}})[0].rows;
    ASSERT_THAT(rows, SizeIs(45));
    for (std::size_t k = 0; k < 9; ++k) EXPECT_EQ(rows[k].verdict, "`good` is better by auroc, average_precision");
}

TEST(Compare, ThresholdsOnOneMetricAndMetricsByOneMethod) {
    fettle::Random random(95);
    const Material of = material(200, 200);
    const auto a = scores(random, of, 2), b = scores(random, of, 2);
    const auto tables = compared({{"decisions",
                                   {decisions(of, "a", a, {{"fair", 1.0}, {"absurd", 9.0}}),
                                    decisions(of, "b", b, {{"fair", 1.0}, {"third", 0.9}})}}});
    ASSERT_THAT(tables, SizeIs(2));
    EXPECT_THAT(tables[0].rows, SizeIs(1));  // the columns, as metrics
    ASSERT_THAT(tables[1].rows, SizeIs(3));  // a: fair and absurd; fair: a and b; b: fair and third
    EXPECT_EQ(tables[1].rows[0].name, "`a by fair` against `a by absurd`");
    EXPECT_EQ(tables[1].rows[0].verdict, "`a by fair` is better by accuracy, balanced_accuracy, f1");
    EXPECT_EQ(tables[1].rows[1].name, "`a by fair` against `b by fair`");
    EXPECT_EQ(tables[1].rows[1].verdict, "not distinguishable");
    double right_a = 0, right_absurd = 0, only = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
        right_a += (a[i] > 1) == of.anomalous[i];
        right_absurd += !of.anomalous[i];
        only += (a[i] > 1) == of.anomalous[i] && of.anomalous[i];
    }
    EXPECT_NEAR(value(tables[1].rows[0], "accuracy_difference"), (right_a - right_absurd) / 400, 1e-12);
    EXPECT_EQ(value(tables[1].rows[0], "only_first_right"), only);
    for (const char* name : {"accuracy_difference", "balanced_accuracy_difference", "f1_difference"}) {
        const auto figure = *judging::figure(tables[1].rows[0], name);
        EXPECT_LT(figure.low, figure.value) << name;
        EXPECT_GT(figure.high, figure.value) << name;
    }
}

TEST(Compare, SaysWhatItCannotTest) {
    fettle::Random random(96);
    const Material of = material(20, 0);
    const auto a = scores(random, of, 0), b = scores(random, of, 0);
    const auto tables =
        compared({{"decisions", {decisions(of, "a", a, {{"q", 0.5}}), decisions(of, "b", b, {{"q", 0.1}})}}});
    EXPECT_EQ(tables[0].rows[0].verdict, "can't be compared: samples of both kinds are needed");
    EXPECT_THAT(tables[0].note, HasSubstr("Fewer than two samples of one kind"));
    EXPECT_TRUE(judging::figure(tables[1].rows[0], "accuracy_p"));

    const Material both = material(5, 5);
    std::vector<double> perfect, reversed;
    for (const bool each : both.anomalous) perfect.push_back(each), reversed.push_back(!each);
    const auto sure =
        compared({{"scores", {fakes::table("p", both.rows, perfect), fakes::table("r", both.rows, reversed)}}})[0];
    EXPECT_EQ(sure.rows[0].verdict, "no spread to judge by auroc, average_precision");
    EXPECT_EQ(value(sure.rows[0], "auroc_difference"), 1);
}

/// The table without some of its samples.
std::shared_ptr<fettle::Scores> without(const std::set<std::size_t>& rows, const std::string& name, const Material& of,
                                        const std::vector<double>& values) {
    auto out = std::make_shared<fettle::Scores>();
    out->columns.push_back({name, {}});
    for (std::size_t i = 0; i < of.rows.size(); ++i) {
        if (rows.count(i) > 0) continue;
        out->rows.push_back(of.rows[i]);
        out->columns[0].values.push_back(values[i]);
    }
    return out;
}

void expect_same(const fettle::Table::Row& row, const fettle::Table::Row& expected, std::size_t further = 0) {
    ASSERT_EQ(row.figures.size(), expected.figures.size() + further);
    for (std::size_t k = 0; k < expected.figures.size(); ++k) {
        EXPECT_EQ(row.figures[k].name, expected.figures[k].name);
        EXPECT_EQ(row.figures[k].value, expected.figures[k].value) << row.figures[k].name;
        if (!std::isnan(expected.figures[k].low)) {
            EXPECT_EQ(row.figures[k].low, expected.figures[k].low) << row.figures[k].name;
        }
    }
    EXPECT_EQ(row.verdict, expected.verdict);
}

// A pair of which one lacks scores says what it would if those samples had never been there; the other pairs what they
// did.
TEST(Compare, TakesTheSamplesThatBothHaveAScoreOf) {
    fettle::Random random(101);
    const Material of = material(60, 50);
    const auto a = scores(random, of, 2), b = scores(random, of, 0.5);
    auto lacking = b, other = scores(random, of, 1);
    lacking[3] = lacking[70] = std::numeric_limits<double>::quiet_NaN();
    other[3] = other[4] = std::numeric_limits<double>::infinity();
    const auto both = [&](const std::vector<double>& second, const std::set<std::size_t>& gone) {
        return compared({{"scores", {without(gone, "a", of, a), without(gone, "b", of, second)}}}).at(0);
    };
    const auto found = both(lacking, {});
    expect_same(found.rows.at(0), both(b, {3, 70}).rows.at(0), 1);
    EXPECT_EQ(value(found.rows[0], "shared_samples"), 108);
    EXPECT_THAT(found.note,
                HasSubstr("`b`: 2 of 110 test samples have no finite score, the first `t3`: the figures are "
                          "of the other 108. Each pair is compared on the samples that both have"));
    const auto three = compared({{"scores",
                                  {without({}, "a", of, a), without({}, "b", of, b), without({}, "c", of, lacking),
                                   without({}, "d", of, other)}}})
                           .at(0);
    ASSERT_THAT(three.rows, SizeIs(6));
    EXPECT_EQ(value(three.rows[0], "auroc_difference"), value(both(b, {}).rows[0], "auroc_difference"));
    EXPECT_EQ(value(three.rows[5], "shared_samples"), 107);  // c and d lack three between them
    EXPECT_FALSE(judging::figure(three.rows[0], "shared_samples"));

    const auto by = [&](const std::vector<double>& second, const std::set<std::size_t>& gone) {
        const auto cut = [&](const std::string& column, const std::vector<double>& values) {
            auto out = std::make_shared<fettle::Decisions>();
            out->scores = *without(gone, column, of, values);
            out->cuts.push_back({column, 0.75, "fair", 100});
            return out;
        };
        return compared({{"decisions", {cut("a", a), cut("b", second)}}}).at(1);
    };
    expect_same(by(lacking, {}).rows.at(0), by(b, {3, 70}).rows.at(0), 1);
}

TEST(Compare, RefusesWhatCannotBeCompared) {
    fettle::Random random(97);
    const Material of = material(10, 10);
    const auto table = fakes::table("ssim", of.rows, scores(random, of, 1));
    const auto message = [&](const std::map<std::string, std::vector<fettle::ValueRef>>& in,
                             const fettle::testing::Settings& settings = {}) -> std::string {
        try {
            compared(in, settings);
        } catch (const fettle::Error& error) {
            return std::string(error.what()) + " / " + error.help();
        }
        return "";
    };
    EXPECT_THAT(message({{"scores", {table}}}), HasSubstr("there is nothing to compare: 1 column"));
    EXPECT_THAT(message({}), HasSubstr("no test sample with a label"));
    const auto other = fakes::table("l2", of.rows, scores(random, of, 1));
    EXPECT_THAT(message({{"scores", {table, other}}}, {{"against", "smim"}}),
                HasSubstr("no column `smim`; did you mean `ssim`? / the columns are `ssim`, `l2`"));
    EXPECT_THAT(message({{"scores", {table, fakes::table("l2", material(9, 10).rows, std::vector<double>(19))}}}),
                HasSubstr("20 and 19 samples"));
    const std::vector<double> none(of.rows.size(), std::numeric_limits<double>::quiet_NaN());
    EXPECT_THAT(message({{"scores", {table, fakes::table("l2", of.rows, none)}}}),
                HasSubstr("the score `l2` of `t0` is not finite, nor that of any other of 20 test samples"));
    EXPECT_THAT(message({{"decisions",
                          {decisions(of, "a", scores(random, of, 1),
                                     {{"q", std::numeric_limits<double>::quiet_NaN()}, {"r", 1.0}})}}}),
                HasSubstr("the threshold of `a` by q is not a number"));
}

}  // namespace
