#include "fakes.hpp"
#include "python.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

namespace {

using fettle::Label;
using fettle::Scores;
using fettle::Split;
using fettle::testing::Settings;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/score.so");
    return library;
}

/// Calibration rows, then anomalous calibration rows, then rows of test; one table for each column.
struct Tables {
    std::vector<fettle::SampleInfo> rows;
    std::vector<std::vector<double>> columns;

    Tables(int calibrate, int anomalous, int test, int count) : columns(static_cast<std::size_t>(count)) {
        for (int i = 0; i < calibrate + anomalous + test; ++i)
            rows.push_back(fakes::info(std::to_string(i), i < calibrate + anomalous ? Split::calibrate : Split::test,
                                       i < calibrate ? Label::normal : Label::anomalous));
        for (auto& column : columns) column.resize(rows.size());
    }
    std::vector<fettle::ValueRef> values() const {
        std::vector<fettle::ValueRef> out;
        for (std::size_t c = 0; c < columns.size(); ++c)
            out.push_back(fakes::table(std::string(1, static_cast<char>('a' + c)), rows, columns[c]));
        return out;
    }
};

Scores::Column combined(const Tables& tables, const Settings& settings, std::vector<std::string>* warnings = nullptr) {
    fettle::testing::TestContext context;
    const auto object = plugin().make("score.combine", settings);
    const auto out = plugin().run("score.combine", *object, {{"scores", tables.values()}}, context);
    const auto& scores = dynamic_cast<const Scores&>(*out.at("scores"));
    EXPECT_EQ(scores.columns.size(), 1u);
    EXPECT_EQ(scores.rows, tables.rows);
    if (warnings != nullptr) *warnings = context.warnings();
    return scores.columns.at(0);
}

fettle::Error failure(const Tables& tables, const Settings& settings) {
    try {
        combined(tables, settings);
    } catch (const fettle::Error& error) {
        return error;
    }
    return {fettle::Fault::plugin, "nothing was thrown"};
}

/// Columns of different units that see partly the same.
Tables random_tables(fettle::Random& random, int calibrate, int columns = 3) {
    Tables tables(calibrate, 4, 30, columns);
    for (std::size_t row = 0; row < tables.rows.size(); ++row) {
        const double common = random.normal();
        for (std::size_t c = 0; c < tables.columns.size(); ++c)
            tables.columns[c][row] = std::exp(static_cast<double>(3 * c)) * (20 + common + random.normal());
    }
    return tables;
}

TEST(ScoreCombine, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("score.combine")), IsEmpty());
    EXPECT_TRUE(plugin().entry("score.combine").info.inputs.at(0).needs_calibration);
}

TEST(ScoreCombine, HandWorkedValues) {
    Tables tables(5, 0, 2, 2);
    tables.columns[0] = {1, 2, 3, 4, 5, 6, 3};         // mean 3, deviation sqrt(2.5)
    tables.columns[1] = {10, 10, 30, 30, 20, 20, 60};  // mean 20, deviation 10
    const auto weighted = combined(tables, {});
    EXPECT_EQ(weighted.name, "weighted of a + b");
    EXPECT_NEAR(weighted.values[5], 3 / std::sqrt(2.5) / 2, 1e-12);
    EXPECT_NEAR(weighted.values[6], 4.0 / 2, 1e-12);
    // By the other four: 2, 3, 4, 5 and 10, 30, 30, 20.
    EXPECT_NEAR(weighted.values[0], (-2.5 / std::sqrt(5.0 / 3) - 12.5 / std::sqrt(275.0 / 3)) / 2, 1e-12);
    EXPECT_NEAR(combined(tables, {{"weights", std::vector<fettle::Setting>{3.0, 1.0}}}).values[6], 1.0, 1e-12);

    const auto rank = combined(tables, {{"by", "rank"}, {"name", "fused"}});
    EXPECT_EQ(rank.name, "fused");
    EXPECT_NEAR(rank.values[5], (1 + 0.5) / 2, 1e-12);  // above all; 20 has two below, one equal of five
    EXPECT_NEAR(rank.values[6], (0.5 + 1) / 2, 1e-12);
    EXPECT_NEAR(rank.values[0], (0 + 0.5 / 4) / 2, 1e-12);  // of four others none below; one equal in b
}

// z-scores of logarithms: a column's unit is gone, and its exponent too.
TEST(ScoreCombine, LogSumKnowsNoUnitsAndNoPowers) {
    fettle::Random random(1);
    const auto tables = random_tables(random, 40);
    auto powers = tables;
    for (double& value : powers.columns[1]) value = 5 * value * value;
    const auto a = combined(tables, {{"by", "log_sum"}}), b = combined(powers, {{"by", "log_sum"}});
    for (std::size_t i = 0; i < a.values.size(); ++i) EXPECT_NEAR(a.values[i], b.values[i], 1e-9);
    powers.columns[0][3] = 0;
    const auto error = failure(powers, {{"by", "log_sum"}});
    EXPECT_THAT(error.what(), HasSubstr("the score `a` of `3` is 0.0 and has no logarithm"));
    EXPECT_EQ(error.parameter(), "by");
}

// No image is to end a run because no calibration image foretold it; nor is a score near 0 to outweigh the rest.
TEST(ScoreCombine, WhatLiesBelowAllCalibrationCountsAsTheLeastOfIt) {
    fettle::Random random(1);
    auto tables = random_tables(random, 40);
    const std::size_t test = tables.rows.size() - 1;
    const double least = *std::min_element(tables.columns[0].begin(), tables.columns[0].begin() + 40);
    tables.columns[0][test] = least;
    const auto expected = combined(tables, {{"by", "log_sum"}});
    for (const double value : {least / 2, 1e-300, 0.0, -2.0}) {
        tables.columns[0][test] = value;
        EXPECT_EQ(combined(tables, {{"by", "log_sum"}}).values, expected.values);
    }
}

TEST(ScoreCombine, NothingOfTestOrOfAnomaliesMovesIt) {
    fettle::Random random(2);
    for (const char* by : {"weighted", "rank", "mahalanobis", "log_sum"}) {
        const auto tables = random_tables(random, 30);
        auto changed = tables;
        for (auto& column : changed.columns)
            for (std::size_t i = 30; i < column.size(); ++i)
                if (i != 50) column[i] = 1 + random.uniform(0, 1e9);
        EXPECT_EQ(combined(tables, {{"by", by}}).values[50], combined(changed, {{"by", by}}).values[50]) << by;
        EXPECT_EQ(combined(tables, {{"by", by}}).values[3], combined(changed, {{"by", by}}).values[3]) << by;
    }
}

// With few calibration samples for the number of columns, a threshold must still call the share it promises: were each
// calibration sample part of what it is compared with, it would be 29 % by Mahalanobis' distance.
TEST(ScoreCombine, AThresholdFoundOnItKeepsItsPromise) {
    fettle::testing::Library thresholds(FETTLE_PLUGIN_FOLDER "/threshold.so");
    const auto conformal = thresholds.make("threshold.conformal", {{"false_alarms", 0.1}});
    fettle::Random random(3);
    constexpr int trials = 300;
    for (const char* by : {"weighted", "rank", "mahalanobis", "log_sum"}) {
        double alarms = 0;
        for (int trial = 0; trial < trials; ++trial) {
            const auto column = combined(random_tables(random, 20, 6), {{"by", by}});
            fettle::Calibration calibration;
            calibration.normal.assign(column.values.begin(), column.values.begin() + 20);
            std::sort(calibration.normal.begin(), calibration.normal.end());
            const double threshold = dynamic_cast<const fettle::Threshold&>(*conformal).fit(calibration);
            alarms += static_cast<double>(std::count_if(column.values.begin() + 20, column.values.end(),
                                                        [&](double score) { return score > threshold; }));
        }
        EXPECT_NEAR(alarms / (trials * 34), 2.0 / 21, 0.025) << by;
    }
}

TEST(ScoreCombine, MahalanobisIsThatOfScikitLearn) {
    if (!support::has_python("sklearn.covariance")) GTEST_SKIP() << "no Python with scikit-learn to compare with";
    const auto folder = std::filesystem::temp_directory_path() / ("fettle-combine-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    fettle::Random random(4);
    std::vector<Tables> all;
    nlohmann::json cases = nlohmann::json::array();
    for (const auto& [calibrate, columns] : {std::pair{5, 8}, {20, 6}, {300, 3}, {40, 1}}) {
        all.push_back(random_tables(random, calibrate, columns));
        cases.push_back({{"columns", all.back().columns}, {"calibrate", calibrate}});
    }
    std::ofstream(folder / "cases.json") << cases.dump();
    support::run_python(folder, R"(
import json, sys
import numpy as np
from sklearn.covariance import LedoitWolf, EmpiricalCovariance, empirical_covariance, shrunk_covariance
answers = []
for case in json.load(open(sys.argv[1] + '/cases.json')):
    x = np.array(case['columns']).T
    n = case['calibrate']
    z = (x - x[:n].mean(0)) / x[:n].std(0, ddof=1)
    fit = LedoitWolf().fit(z[:n])
    out = np.sqrt(fit.mahalanobis(z))
    for i in range(n):
        rest = np.delete(z[:n], i, 0)
        precision = np.linalg.inv(shrunk_covariance(empirical_covariance(rest), fit.shrinkage_))
        d = z[i] - rest.mean(0)
        out[i] = np.sqrt(d @ precision @ d)
    plain = np.sqrt(EmpiricalCovariance().fit(z[:n]).mahalanobis(z))[n:] if n > x.shape[1] + 1 else []
    answers.append(dict(shrunk=list(out), plain=list(plain)))
json.dump(answers, open(sys.argv[1] + '/answers.json', 'w'))
)",
                        "sklearn.covariance");
    const auto answers = nlohmann::json::parse(std::ifstream(folder / "answers.json"));
    std::filesystem::remove_all(folder);
    for (std::size_t k = 0; k < all.size(); ++k) {
        const auto shrunk = combined(all[k], {{"by", "mahalanobis"}}).values;
        for (std::size_t i = 0; i < shrunk.size(); ++i)
            EXPECT_NEAR(shrunk[i], answers[k]["shrunk"][i].get<double>(), 1e-9 * shrunk[i]) << k << " " << i;
        const std::size_t calibrate = cases[k]["calibrate"];
        if (answers[k]["plain"].empty()) continue;
        const auto plain = combined(all[k], {{"by", "mahalanobis"}, {"shrink", "none"}}).values;
        for (std::size_t i = calibrate; i < plain.size(); ++i)
            EXPECT_NEAR(plain[i], answers[k]["plain"][i - calibrate].get<double>(), 1e-9 * plain[i]);
    }
}

TEST(ScoreCombine, SaysWhatIsWrong) {
    fettle::Random random(5);
    EXPECT_THAT(failure(random_tables(random, 2), {}).what(), HasSubstr("2 normal calibration samples"));
    const auto tables = random_tables(random, 4);
    const Settings plain{{"by", "mahalanobis"}, {"shrink", "none"}};
    EXPECT_THAT(failure(tables, plain).help(), HasSubstr("at least 5"));
    auto twice = random_tables(random, 30);
    twice.columns[1] = twice.columns[0];
    EXPECT_THAT(failure(twice, plain).what(), HasSubstr("covariance of 3 columns"));
    EXPECT_NO_THROW(combined(twice, {{"by", "mahalanobis"}}));
    const auto weights = failure(tables, {{"weights", std::vector<fettle::Setting>{1.0, 2.0}}});
    EXPECT_THAT(weights.what(), HasSubstr("`weights` has 2 numbers, the scores have 3 columns"));

    auto constant = tables;
    std::fill_n(constant.columns[1].begin(), 4, 7.0);
    EXPECT_THAT(failure(constant, {}).what(), HasSubstr("`b` is the same for all 4"));
    EXPECT_NO_THROW(combined(constant, {{"by", "rank"}}));
    auto bad = tables;
    bad.columns[2][1] = std::numeric_limits<double>::quiet_NaN();
    for (const char* by : {"weighted", "rank", "mahalanobis", "log_sum"}) {
        EXPECT_EQ(failure(bad, {{"by", by}}).fault(), fettle::Fault::numeric);
        EXPECT_THAT(failure(bad, {{"by", by}}).what(), HasSubstr("the score `c` of `1` is not finite"));
    }
    const auto check = [](const Settings& settings) {
        return plugin().entry("score.combine").check(*plugin().make("score.combine", settings));
    };
    EXPECT_THAT(check({{"by", "mahalanobis"}, {"weights", 1.0}}), HasSubstr("`weights` are not used"));
    EXPECT_THAT(check({{"shrink", "none"}}), HasSubstr("`shrink` is read by"));
    EXPECT_THAT(check({{"weights", std::vector<fettle::Setting>{0.0, 0.0}}}), HasSubstr("a number above 0"));
    EXPECT_THAT(check({}), IsEmpty());
}

// What the other samples' combined scores are doesn't hang on one that lacks a score.
TEST(ScoreCombine, LetsATestSampleWithoutAScorePass) {
    fettle::Random random(7);
    Tables tables = random_tables(random, 30);
    for (auto& column : tables.columns)
        for (double& value : column) value = std::abs(value) + 0.1;  // has a logarithm
    for (const char* by : {"weighted", "rank", "mahalanobis", "log_sum"}) {
        const auto whole = combined(tables, {{"by", by}}).values;
        for (const double bad : {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity(),
                                 -std::numeric_limits<double>::infinity()}) {
            Tables lacking = tables;
            const std::size_t row = tables.rows.size() - 1;
            ASSERT_EQ(tables.rows[row].split, Split::test);
            lacking.columns[1][row] = bad;
            std::vector<std::string> warnings;
            const auto some = combined(lacking, {{"by", by}}, &warnings).values;
            EXPECT_TRUE(std::isnan(some[row])) << by;
            for (std::size_t i = 0; i < row; ++i) EXPECT_EQ(some[i], whole[i]) << by;
            ASSERT_EQ(warnings.size(), 1u);
            EXPECT_THAT(warnings[0], HasSubstr("has no finite score, `" + tables.rows[row].id + "`"));
        }
    }
}

// One sample that alone differs: measured by the others, which don't vary, it is far away but not infinitely.
TEST(ScoreCombine, OneThatAloneDiffersStaysFinite) {
    Tables tables(10, 0, 1, 1);
    tables.columns[0] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 5, 1};
    for (const double value : combined(tables, {}).values) EXPECT_TRUE(std::isfinite(value));
}

}  // namespace
