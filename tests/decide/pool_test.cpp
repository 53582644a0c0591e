#include "fakes.hpp"

#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/statistics.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <functional>
#include <limits>
#include <numeric>

namespace {

using fettle::testing::Settings;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/score.so");
    return library;
}

struct Pool {
    std::shared_ptr<fettle::Component> object;
    explicit Pool(const char* by = "mean", double at = 0.99)
        : object(plugin().make("score.pool", Settings{{"by", by}, {"at", at}})) {}
    const fettle::Pooling* operator->() const { return dynamic_cast<const fettle::Pooling*>(object.get()); }
};

fettle::Plane line(std::vector<float> values) { return {static_cast<int>(values.size()), 1, std::move(values)}; }

TEST(ScorePool, Conforms) { EXPECT_THAT(fettle::testing::complaints(plugin().entry("score.pool")), IsEmpty()); }

TEST(ScorePool, HandWorkedValues) {
    const fettle::Plane plane = line({4, 1, 3, 2, 10});
    EXPECT_EQ(Pool()->pool(plane), 4);
    EXPECT_EQ(Pool("maximum")->pool(plane), 10);
    EXPECT_EQ(Pool("quantile", 0.5)->pool(plane), 3);
    EXPECT_DOUBLE_EQ(Pool("quantile", 0.9)->pool(plane), 7.6);  // numpy.quantile
    EXPECT_EQ(Pool("top_share", 0.6)->pool(plane), 7);          // of 4 and 10
    EXPECT_EQ(Pool("top_share", 0.99)->pool(plane), 10);        // one value at least
    EXPECT_EQ(Pool("top_share", 0.0)->pool(plane), 4);          // all of them
}

TEST(ScorePool, NamesItsColumn) {
    EXPECT_EQ(Pool()->name(), "mean");
    EXPECT_EQ(Pool("maximum")->name(), "maximum");
    EXPECT_EQ(Pool("quantile")->name(), "quantile 0.99");
    EXPECT_EQ(Pool("top_share")->name(), "top 1%");
    EXPECT_EQ(Pool("top_share", 0.9975)->name(), "top 0.25%");
}

TEST(ScorePool, TakesTheAreaAboveALevel) {
    const auto area = [](double level) {
        const auto object = plugin().make("score.pool", Settings{{"by", "area"}, {"level", level}});
        const auto& pool = dynamic_cast<const fettle::Pooling&>(*object);
        EXPECT_THAT(pool.name(), HasSubstr("area above "));
        return pool.pool(line({4, 1, 3, 2, 10}));
    };
    EXPECT_EQ(area(2.5), 0.6);
    EXPECT_EQ(area(3), 0.4);  // above, not at
    EXPECT_EQ(area(10), 0);
    EXPECT_EQ(area(0.5), 1);
}

TEST(ScorePool, TakesTheMaximumOfASmoothedMap) {
    const auto smoothed = [](double sigma, const fettle::Plane& plane) {
        const auto object = plugin().make("score.pool", Settings{{"by", "smoothed_maximum"}, {"smooth", sigma}});
        const auto& pool = dynamic_cast<const fettle::Pooling&>(*object);
        EXPECT_EQ(pool.name(), sigma == 2 ? "maximum smoothed by 2" : "maximum smoothed by 0.1");
        return pool.pool(plane);
    };
    fettle::Plane plane{41, 41, std::vector<float>(41 * 41, 1)};
    EXPECT_NEAR(smoothed(2, plane), 1, 1e-12);  // what is even stays so, at the edges too
    plane.values[20 * 41 + 20] = 101;
    EXPECT_NEAR(smoothed(2, plane), 1 + 100 / (2 * 3.14159265358979 * 4), 2e-3);  // the Gaussian's own maximum
    EXPECT_NEAR(smoothed(0.1, plane), 101, 1e-12);
}

TEST(ScorePool, RefusesParametersThatNothingReads) {
    const auto check = [](const Settings& settings) {
        return plugin().entry("score.pool").check(*plugin().make("score.pool", settings));
    };
    EXPECT_THAT(check({{"by", "mean"}, {"at", 0.9}}), HasSubstr("`by = \"mean\"` makes no use of it"));
    EXPECT_THAT(check({{"by", "top_share"}, {"smooth", 2.0}}), HasSubstr("`smooth` is read by"));
    EXPECT_THAT(check({{"by", "quantile"}, {"level", 2.0}}), HasSubstr("`level` is read by"));
    EXPECT_THAT(check({{"by", "area"}}), HasSubstr("needs `level`"));
    EXPECT_THAT(check({{"by", "area"}, {"level", 2.0}}), IsEmpty());
    EXPECT_THAT(check({{"by", "smoothed_maximum"}, {"smooth", 2.0}}), IsEmpty());
    EXPECT_THAT(check({{"by", "top_share"}, {"at", 0.9}}), IsEmpty());
    EXPECT_THAT(check({{"by", "quantile"}, {"at", 0.9}}), IsEmpty());
    EXPECT_THAT(check({}), IsEmpty());
}

TEST(ScorePool, AgreesWithSortingOnRandomMaps) {
    fettle::Random random(11);
    for (int trial = 0; trial < 2000; ++trial) {
        std::vector<float> values(static_cast<std::size_t>(random.integer(1, 60)));
        for (float& value : values) value = static_cast<float>(random.integer(-5, 5)) / 4;  // many ties
        std::vector<double> sorted(values.begin(), values.end());
        std::sort(sorted.begin(), sorted.end(), std::greater<>());
        const double at = random.integer(0, 20) / 20.0;
        const fettle::Plane plane = line(values);

        const auto top = std::max(std::lround((1 - at) * static_cast<double>(sorted.size())), 1L);
        const double of_top = std::accumulate(sorted.begin(), sorted.begin() + top, 0.0) / static_cast<double>(top);
        EXPECT_NEAR(Pool("top_share", at)->pool(plane), of_top, 1e-12);
        EXPECT_EQ(Pool("maximum")->pool(plane), sorted.front());

        const double quantile = Pool("quantile", at)->pool(plane);
        EXPECT_GE(quantile, sorted.back());
        EXPECT_LE(quantile, sorted.front());
    }
}

// numpy 2.4: numpy.quantile([0.1, 5, -2, 3.5, 3.5, 8, 1e-3], q) for each q.
TEST(Quantile, IsNumpysDefault) {
    const std::vector<double> values{0.1, 5, -2, 3.5, 3.5, 8, 1e-3};
    const std::pair<double, double> expected[] = {
        {0, -2}, {0.1, -0.7993999999999999}, {0.25, 0.0505}, {0.5, 3.5}, {0.77, 4.43}, {0.95, 7.1}, {1, 8}};
    for (const auto& [at, value] : expected) EXPECT_NEAR(fettle::quantile(values, at), value, 1e-12) << at;
    EXPECT_THROW(fettle::quantile(std::vector<double>{}, 0.5), std::invalid_argument);
    EXPECT_THROW(fettle::quantile(values, 1.1), std::invalid_argument);
}

TEST(ScorePool, MakesAColumnForEachSetOfMaps) {
    std::vector<fettle::SampleInfo> infos;
    std::vector<fettle::Plane> low, high;
    for (int i = 0; i < 100; ++i) {
        infos.push_back(fakes::info(std::to_string(i), fettle::Split::test, fettle::Label::normal));
        low.push_back(line({static_cast<float>(i), 0}));
        high.push_back(line({static_cast<float>(i), 100}));
    }
    const auto a = std::make_shared<fakes::FixedMaps>("a", infos, low);
    std::reverse(infos.begin(), infos.end());  // joined by id, not by place
    std::reverse(high.begin(), high.end());
    const auto b = std::make_shared<fakes::FixedMaps>("b(gain=2.0)", infos, high);

    fettle::testing::TestContext context;
    const auto out = plugin().run("score.pool", *plugin().make("score.pool"), {{"maps", {a, b}}}, context);
    const auto& scores = dynamic_cast<const fettle::Scores&>(*out.at("scores"));
    ASSERT_EQ(scores.columns.size(), 2u);
    EXPECT_EQ(scores.columns[0].name, "a mean");
    EXPECT_EQ(scores.columns[1].name, "b(gain=2.0) mean");
    for (int i = 0; i < 100; ++i) {
        EXPECT_EQ(scores.rows[i].id, std::to_string(i));
        EXPECT_EQ(scores.columns[0].values[i], i / 2.0);
        EXPECT_EQ(scores.columns[1].values[i], (i + 100) / 2.0);
    }
}

TEST(ScorePool, LeavesOutATestSampleWhoseMapIsNotFinite) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()})
        for (const char* by : {"mean", "maximum", "quantile", "top_share", "smoothed_maximum"}) {
            const auto maps = std::make_shared<fakes::FixedMaps>(
                "ssim",
                std::vector{fakes::info("fine.png", fettle::Split::test, fettle::Label::normal),
                            fakes::info("folder/broken.png", fettle::Split::test, fettle::Label::unknown)},
                std::vector{line({2, 2}), line({1, bad})});
            fettle::testing::TestContext context;
            const auto out =
                plugin().run("score.pool", *plugin().make("score.pool", {{"by", by}}), {{"maps", {maps}}}, context);
            const auto& scores = dynamic_cast<const fettle::Scores&>(*out.at("scores"));
            EXPECT_NEAR(scores.columns.at(0).values.at(0), 2, 1e-6) << by;
            EXPECT_TRUE(std::isnan(scores.columns.at(0).values.at(1))) << by;
            ASSERT_EQ(context.warnings().size(), 1u);
            EXPECT_THAT(context.warnings()[0],
                        HasSubstr("1 of 2 test samples has no finite score, `folder/broken.png`"));
        }
}

TEST(ScorePool, NamesTheCalibrationSampleWhoseMapIsNotFinite) {
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        const auto maps = std::make_shared<fakes::FixedMaps>(
            "ssim",
            std::vector{fakes::info("fine.png", fettle::Split::test, fettle::Label::normal),
                        fakes::info("folder/broken.png", fettle::Split::calibrate, fettle::Label::normal)},
            std::vector{line({1, 2}), line({1, bad})});
        fettle::testing::TestContext context;
        try {
            plugin().run("score.pool", *plugin().make("score.pool"), {{"maps", {maps}}}, context);
            FAIL() << "a map with " << bad << " was pooled";
        } catch (const fettle::Error& error) {
            EXPECT_EQ(error.fault(), fettle::Fault::numeric);
            EXPECT_THAT(error.what(), HasSubstr("folder/broken.png"));
        }
    }
}

TEST(ScorePool, NamesTheSampleWhoseMapIsEmpty) {
    for (const char* by : {"mean", "maximum", "quantile", "top_share", "smoothed_maximum"}) {
        const auto maps = std::make_shared<fakes::FixedMaps>(
            "ssim", std::vector{fakes::info("bare.png", fettle::Split::test, fettle::Label::normal)},
            std::vector{line({})});
        fettle::testing::TestContext context;
        try {
            plugin().run("score.pool", *plugin().make("score.pool", {{"by", by}}), {{"maps", {maps}}}, context);
            FAIL() << "an empty map was pooled by " << by;
        } catch (const fettle::Error& error) {
            EXPECT_EQ(error.fault(), fettle::Fault::data);
            EXPECT_THAT(error.what(), HasSubstr("the map `ssim` of `bare.png` is empty"));
        }
    }
}

}  // namespace
