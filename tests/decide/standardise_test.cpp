#include "fakes.hpp"
#include "python.hpp"

#include <fettle/ahead.hpp>
#include <fettle/error.hpp>
#include <fettle/random.hpp>
#include <fettle/statistics.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

namespace {

using fettle::Label;
using fettle::Plane;
using fettle::Split;
using fettle::testing::Settings;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/score.so");
    return library;
}

struct Set {
    std::vector<fettle::SampleInfo> infos;
    std::vector<Plane> planes;
    void add(Split split, Label label, Plane plane) {
        infos.push_back(fakes::info(std::to_string(infos.size()) + ".png", split, label));
        planes.push_back(std::move(plane));
    }
    fettle::Ref<fettle::Maps> maps() const { return std::make_shared<fakes::FixedMaps>("ssim", infos, planes); }
};

/// Pixels of very different means and deviations; the first never varies.
Plane noise(fettle::Random& random, int width, int height) {
    Plane plane{width, height, {}};
    for (int i = 0; i < width * height; ++i)
        plane.values.push_back(static_cast<float>(i == 0 ? 0.25 : 10 * i + (1 + i % 7) * random.normal()));
    return plane;
}

fettle::Ref<fettle::Maps> standardised(const fettle::Ref<fettle::Maps>& maps, const Settings& settings = {},
                                       std::vector<std::string>* warnings = nullptr) {
    fettle::testing::TestContext context;
    context.set_label("standardise");
    const auto object = plugin().make("score.standardise", settings);
    const auto out = plugin().run("score.standardise", *object, {{"maps", {maps}}}, context);
    if (warnings != nullptr) *warnings = context.warnings();
    return std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps"));
}

Plane plane_of(const fettle::Maps& maps, std::size_t index) { return maps.read({&index, 1})->plane(0); }

fettle::Error failure(const Set& set) {
    try {
        standardised(set.maps());
    } catch (const fettle::Error& error) {
        return error;
    }
    return {fettle::Fault::plugin, "nothing was thrown"};
}

TEST(ScoreStandardise, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("score.standardise")), IsEmpty());
    EXPECT_TRUE(plugin().entry("score.standardise").info.inputs.at(0).needs_calibration);
}

TEST(ScoreStandardise, CountsInDeviationsOfTheCalibrationMaps) {
    fettle::Random random(1);
    Set set;
    for (int i = 0; i < 50; ++i)
        set.add(Split::calibrate, i % 2 == 0 ? Label::normal : Label::unknown, noise(random, 9, 7));
    for (int i = 0; i < 5; ++i) set.add(Split::calibrate, Label::anomalous, noise(random, 9, 7));
    for (int i = 0; i < 5; ++i) set.add(Split::test, Label::anomalous, noise(random, 9, 7));
    const auto out = standardised(set.maps());
    EXPECT_EQ(out->label(), "ssim standardise");
    for (std::size_t sample = 0; sample < 60; ++sample) {
        const Plane plane = plane_of(*out, sample);
        for (std::size_t pixel = 1; pixel < 63; ++pixel) {
            std::vector<double> others;  // a calibration map is compared with the others
            for (std::size_t i = 0; i < 50; ++i)
                if (i != sample) others.push_back(set.planes[i].values[pixel]);
            const auto count = static_cast<double>(others.size());
            const double mean = std::accumulate(others.begin(), others.end(), 0.0) / count;
            double squares = 0;
            for (const double value : others) squares += (value - mean) * (value - mean);
            const double expected = (set.planes[sample].values[pixel] - mean) / std::sqrt(squares / (count - 1));
            EXPECT_NEAR(plane.values[pixel], expected, 1e-5 * (1 + std::abs(expected)));
        }
        EXPECT_EQ(plane.values[0], 0);  // never varies: nothing over the floor
    }
}

TEST(ScoreStandardise, AFloorKeepsQuietPixelsQuiet) {
    Set set;
    for (const float value : {1, 2, 3, 4, 5}) set.add(Split::calibrate, Label::normal, {2, 1, {7, value}});
    set.add(Split::test, Label::normal, {2, 1, {8, 3}});
    // Deviations 0 and sqrt(2.5); typical is the root of their mean square, sqrt(1.25).
    const auto at = [&](double floor) { return plane_of(*standardised(set.maps(), {{"floor", floor}}), 5).values[0]; };
    EXPECT_NEAR(at(0.1), 1 / (0.1 * std::sqrt(1.25)), 1e-5);
    EXPECT_NEAR(at(0.5), 1 / (0.5 * std::sqrt(1.25)), 1e-5);
}

TEST(ScoreStandardise, NothingOfTestOrOfAnomaliesMovesIt) {
    fettle::Random random(2);
    Set set;
    for (int i = 0; i < 20; ++i) set.add(Split::calibrate, Label::normal, noise(random, 4, 4));
    set.add(Split::test, Label::normal, noise(random, 4, 4));
    const Plane before = plane_of(*standardised(set.maps()), 20);
    for (int i = 0; i < 9; ++i) set.add(Split::test, Label::normal, noise(random, 4, 4));
    for (int i = 0; i < 9; ++i) set.add(Split::train, Label::normal, noise(random, 4, 4));
    for (int i = 0; i < 9; ++i) set.add(Split::calibrate, Label::anomalous, noise(random, 4, 4));
    for (std::size_t i = 21; i < set.planes.size(); ++i)
        for (float& value : set.planes[i].values) value += 1e6f;
    EXPECT_EQ(plane_of(*standardised(set.maps()), 20).values, before.values);
}

/// Hands on other maps, and knows how many of them were held at once.
class Held final : public fettle::Maps {
   public:
    explicit Held(fettle::Ref<fettle::Maps> maps) : maps_(std::move(maps)) {}
    std::size_t size() const override { return maps_->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return maps_->info(index); }
    std::string label() const override { return maps_->label(); }
    fettle::Ref<fettle::Images> reference() const override { return maps_->reference(); }
    fettle::Ref<fettle::Images> candidate() const override { return maps_->candidate(); }
    fettle::Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto batch = maps_->read(indices, round);
        const std::size_t now = held_ += indices.size();
        for (std::size_t before = most; before < now && !most.compare_exchange_weak(before, now);) {
        }
        return {batch.get(), [this, batch](const fettle::Batch*) { held_ -= batch->size(); }};
    }
    mutable std::atomic<std::size_t> most = 0;

   private:
    fettle::Ref<fettle::Maps> maps_;
    mutable std::atomic<std::size_t> held_ = 0;
};

TEST(ScoreStandardise, HoldsNoMoreMapsThanAllowedAndGivesTheSameBits) {
    fettle::Random random(3);
    Set set;
    for (int i = 0; i < 200; ++i) set.add(Split::calibrate, Label::normal, noise(random, 8, 8));
    set.add(Split::test, Label::normal, noise(random, 8, 8));
    const std::size_t first = 0, each = set.maps()->read({&first, 1}, 0)->bytes();
    const Plane expected = plane_of(*standardised(set.maps()), 200);
    for (const std::size_t allowed : {1, 2, 3, 12, 50}) {
        const auto held = std::make_shared<Held>(set.maps());
        const fettle::AheadLimit limit(allowed * each);
        EXPECT_EQ(plane_of(*standardised(held), 200).values, expected.values) << allowed;
        EXPECT_LE(held->most, allowed);
    }
}

// With 20 calibration maps of 64 pixels, thresholds that are promised to let 10 % of sound images through at most: were
// each calibration map compared with a mean that it is part of, 46 % would be called anomalous.
TEST(ScoreStandardise, AThresholdFoundOnItKeepsItsPromise) {
    fettle::testing::Library thresholds(FETTLE_PLUGIN_FOLDER "/threshold.so");
    const auto conformal = thresholds.make("threshold.conformal", {{"false_alarms", 0.1}});
    fettle::Random random(3);
    double alarms = 0;
    constexpr int trials = 200, tested = 20;
    for (int trial = 0; trial < trials; ++trial) {
        Set set;
        for (int i = 0; i < 20 + tested; ++i)
            set.add(i < 20 ? Split::calibrate : Split::test, Label::normal, noise(random, 8, 8));
        const auto maps = standardised(set.maps());
        fettle::Calibration calibration;
        std::vector<double> test;
        for (std::size_t i = 0; i < maps->size(); ++i) {
            double energy = 0;
            for (const float value : plane_of(*maps, i).values) energy += value * value;
            (i < 20 ? calibration.normal : test).push_back(energy);
        }
        std::sort(calibration.normal.begin(), calibration.normal.end());
        const double threshold = dynamic_cast<const fettle::Threshold&>(*conformal).fit(calibration);
        alarms += static_cast<double>(
            std::count_if(test.begin(), test.end(), [&](double score) { return score > threshold; }));
    }
    EXPECT_NEAR(alarms / (trials * tested), 2.0 / 21, 0.03);
}

TEST(ScoreStandardise, SaysWhatIsWrong) {
    fettle::Random random(4);
    Set set;
    set.add(Split::test, Label::normal, noise(random, 4, 4));
    set.add(Split::calibrate, Label::normal, noise(random, 4, 4));
    set.add(Split::calibrate, Label::normal, noise(random, 4, 4));
    EXPECT_THAT(failure(set).what(), HasSubstr("2 normal calibration maps"));
    EXPECT_THAT(failure(set).help(), HasSubstr("at least 3"));
    set.add(Split::calibrate, Label::normal, noise(random, 4, 5));
    EXPECT_EQ(failure(set).fault(), fettle::Fault::shape);
    EXPECT_THAT(failure(set).what(), HasSubstr("the map of `3.png` is 4x5, that of `1.png` 4x4"));
    set.planes[3] = noise(random, 4, 4);
    std::vector<std::string> warnings;
    standardised(set.maps(), {}, &warnings);
    EXPECT_THAT(warnings, ElementsAre(AllOf(HasSubstr("3 calibration maps"), HasSubstr("about 50 %"))));
    set.planes[3].values[5] = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(failure(set).fault(), fettle::Fault::numeric);
    EXPECT_THAT(failure(set).what(), HasSubstr("`3.png`"));
    set.planes[3] = noise(random, 4, 4);
    const Plane finite = plane_of(*standardised(set.maps()), 0);
    set.planes[0].values[5] = std::numeric_limits<float>::quiet_NaN();  // of test: passed on, for whoever pools it
    const Plane passed = plane_of(*standardised(set.maps()), 0);
    for (std::size_t i = 0; i < finite.values.size(); ++i)
        if (i == 5)
            EXPECT_TRUE(std::isnan(passed.values[i]));
        else
            EXPECT_EQ(passed.values[i], finite.values[i]);
    set.planes[0] = noise(random, 4, 4);
    for (std::size_t i = 1; i < 4; ++i) set.planes[i] = set.planes[0];
    EXPECT_THAT(failure(set).what(), HasSubstr("all 3 calibration maps are equal"));

    set.planes[1] = noise(random, 4, 4);
    set.planes[0] = noise(random, 5, 4);  // of test: seen when it is read
    try {
        plane_of(*standardised(set.maps()), 0);
        FAIL() << "a map of another size was standardised";
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("`0.png` is 5x4"));
    }
}

// The smoothed maximum, against scipy's Gaussian; maps smaller than the Gaussian too.
TEST(ScorePool, SmoothsAsScipyDoes) {
    if (!support::has_python("scipy.ndimage")) GTEST_SKIP() << "no Python with scipy to compare with";
    const auto folder = std::filesystem::temp_directory_path() / ("fettle-pool-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    fettle::Random random(5);
    nlohmann::json cases = nlohmann::json::array();
    std::vector<Plane> planes;
    std::vector<double> sigmas;
    for (int trial = 0; trial < 60; ++trial) {
        Plane plane{random.integer(1, 70), random.integer(1, 70), {}};
        for (int i = 0; i < plane.width * plane.height; ++i)
            plane.values.push_back(static_cast<float>(random.normal() + (random.chance(0.02) ? 30 : 0)));
        sigmas.push_back(random.uniform(0.3, 9));
        cases.push_back({{"values", plane.values}, {"width", plane.width}, {"sigma", sigmas.back()}});
        planes.push_back(std::move(plane));
    }
    std::ofstream(folder / "cases.json") << cases.dump();
    support::run_python(folder, R"(
import json, sys
import numpy as np
from scipy.ndimage import gaussian_filter
cases = json.load(open(sys.argv[1] + '/cases.json'))
json.dump([float(gaussian_filter(np.array(c['values']).reshape(-1, c['width']), c['sigma']).max()) for c in cases],
          open(sys.argv[1] + '/answers.json', 'w'))
)",
                        "scipy.ndimage");
    const auto answers = nlohmann::json::parse(std::ifstream(folder / "answers.json"));
    std::filesystem::remove_all(folder);
    for (std::size_t i = 0; i < planes.size(); ++i) {
        const auto pool = plugin().make("score.pool", {{"by", "smoothed_maximum"}, {"smooth", sigmas[i]}});
        EXPECT_NEAR(dynamic_cast<const fettle::Pooling&>(*pool).pool(planes[i]), answers[i].get<double>(), 1e-6)
            << planes[i].width << "x" << planes[i].height << ", " << sigmas[i];
    }
}

}  // namespace
