// An outsider's plugin: examples/own_metric built against the installed SDK alone, inspected and run by the installed
// program, and its scores compared with what is computed here.
#include "process.hpp"

#include <fettle/ports.hpp>
#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>

#include <cmath>
#include <numeric>
#include <sstream>

namespace {

using namespace testing_fettle;
using fettle::Images;
using fettle::Setting;
using testing::HasSubstr;

/// The example's graph again, by hand: the images that its metric is shown, in the order of its scores.
class Shown {
   public:
    Shown() {
        parts_ = run(dataset_, "dataset.procedural",
                     {{"kind", "brushed_metal"}, {"count", 60}, {"anomalous", 20.0}, {"size", sides(64)}}, {}, "parts");
        const auto resized = [&](const fettle::Ref<Images>& images, int side, const char* filter, const char* stage) {
            return run(transform_, "transform.resize", {{"size", sides(side)}, {"filter", filter}},
                       {{"images", {images}}}, stage);
        };
        fine_ = resized(parts_, 64, "area", "fine");
        blurred_ = resized(resized(fine_, 16, "area", "coarse"), 64, "cubic", "blurred");
    }

    /// Charbonnier's penalty with this epsilon, averaged over a sample's values; in double precision.
    std::map<std::string, double> scores(double epsilon) const {
        std::map<std::string, double> scores;
        for (std::size_t i = 0; i < fine_->size(); ++i) {
            const auto a = fine_->read({&i, 1}, 0)->sample(0)->image.pixels;
            const auto b = blurred_->read({&i, 1}, 0)->sample(0)->image.pixels;
            double sum = 0;
            for (std::size_t k = 0; k < a.size(); ++k) sum += std::hypot((a[k] - b[k]) / 255.0, epsilon) - epsilon;
            scores[fine_->info(i).id] = sum / static_cast<double>(a.size());
        }
        return scores;
    }

   private:
    static Setting sides(int side) { return Setting::List{std::int64_t{side}, std::int64_t{side}}; }

    fettle::Ref<Images> run(fettle::testing::Library& library, const char* id,
                            const fettle::testing::Settings& settings,
                            const std::map<std::string, std::vector<fettle::ValueRef>>& inputs, const char* stage) {
        contexts_.push_back(std::make_unique<fettle::testing::TestContext>(fs::path(), fettle::derive_seed(7, stage)));
        auto out = library.run(id, *objects_.emplace_back(library.make(id, settings)), inputs, *contexts_.back());
        return std::dynamic_pointer_cast<const Images>(out.at("images"));
    }

    fettle::testing::Library dataset_{FETTLE_PLUGIN_FOLDER "/dataset.so"};
    fettle::testing::Library transform_{FETTLE_PLUGIN_FOLDER "/transform.so"};
    std::vector<std::unique_ptr<fettle::testing::TestContext>> contexts_;
    std::vector<std::shared_ptr<fettle::Component>> objects_;
    fettle::Ref<Images> parts_, fine_, blurred_;
};

class Outsider : public Workshop {
   protected:
    /// Installs and builds once for all tests. The place is always the same, so that a compiler's cache can help.
    static void SetUpTestSuite() {
        std::error_code error;
        fs::remove_all(place(), error);
        fs::create_directories(place());
        command("install", {"--install", TEST_BUILD_FOLDER, "--prefix", prefix().string()});
        fs::copy(fs::path(FETTLE_SOURCE_FOLDER) / "examples/own_metric", example());
        Arguments configure{"-S", example().string(), "-B", (example() / "build").string()};
        for (const char* argument :
             {"-DCMAKE_BUILD_TYPE=" TEST_BUILD_TYPE, "-DCMAKE_CXX_COMPILER=" TEST_COMPILER,
              "-DCMAKE_CXX_COMPILER_LAUNCHER=" TEST_LAUNCHER, "-DCMAKE_CXX_FLAGS=" TEST_FLAGS, "-G" TEST_GENERATOR})
            configure.push_back(argument);
        configure.push_back("-DCMAKE_PREFIX_PATH=" + prefix().string() + ";" TEST_PREFIX_PATH);
        command("configure", configure);
        command("build", {"--build", (example() / "build").string()});
    }

    static fs::path place() { return fs::path(TEST_BUILD_FOLDER) / "tests/outsider"; }
    static fs::path prefix() { return place() / "prefix"; }
    static fs::path example() { return place() / "own_metric"; }
    static fs::path plugin() { return example() / "build/own_metric.so"; }

    Launch installed(Arguments arguments) const {
        Launch launch = fettle(std::move(arguments));
        launch.program = prefix() / "bin/fettle";
        return launch;
    }

   private:
    static void command(const std::string& what, Arguments arguments) {
        const Outcome outcome = Process({TEST_CMAKE, std::move(arguments), place(), {}, {}}, place() / what).wait();
        ASSERT_EQ(outcome.status, 0) << what << " failed:\n" << outcome.out << outcome.err;
    }
};

TEST_F(Outsider, NeedsNothingButTheInstalledSdk) {
    const std::string source = fs::path(FETTLE_SOURCE_FOLDER).string() + "/";
    const std::string rules = text_of(example() / "build/build.ninja") + text_of(example() / "build/CMakeCache.txt");
    for (const char* folder : {"sdk/", "framework/", "plugins/"})
        EXPECT_EQ(count_of(source + folder, rules), 0) << "the example was built with files of " << folder;
    EXPECT_TRUE(fs::exists(prefix() / "include/fettle/sdk.hpp"));
}

TEST_F(Outsider, IsInspected) {
    const Outcome outcome = call(installed({"inspect", "own.charbonnier", "--plugin", plugin()}));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    for (const char* text : {"own.charbonnier  (similarity)", "epsilon", "= 0.05", "in.reference", "maps/1"})
        EXPECT_THAT(outcome.out, HasSubstr(text));
    const Outcome unknown = call(installed({"inspect", "own.charbonnier"}));
    EXPECT_EQ(unknown.status, 1);
    EXPECT_THAT(unknown.err, HasSubstr("error[G101]: no plugin offers `own.charbonnier`"));
}

TEST_F(Outsider, ScoresInAGraph) {
    const Outcome outcome = call(installed({"run", example() / "own_metric.toml"}));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    std::istringstream table(text_of(run_folder(outcome) / "scores.csv"));
    std::string line;
    std::getline(table, line);
    EXPECT_THAT(line, HasSubstr("charbonnier(epsilon=0.02) mean"));
    const auto expected = Shown().scores(0.02);
    std::size_t rows = 0;
    while (std::getline(table, line)) {
        const std::string id = line.substr(0, line.find(','));
        ASSERT_TRUE(expected.count(id)) << line;
        EXPECT_NEAR(std::stod(line.substr(line.rfind(',') + 1)), expected.at(id), 1e-6) << line;
        ++rows;
    }
    EXPECT_EQ(rows, 59);  // one of 60 was set apart to train on
}

TEST_F(Outsider, RefusesWhatItsDescriptionRefuses) {
    const Outcome outcome = call(installed({"check", example() / "own_metric.toml", "--set", "own.epsilon=2"}));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[G203]: `epsilon` of `own.charbonnier` can't be 2"));
}

TEST_F(Outsider, PassesItsOwnTests) {
    const Outcome outcome = call({TEST_CTEST, {"--test-dir", (example() / "build").string(), "-V"}, folder(), {}, {}});
    EXPECT_EQ(outcome.status, 0) << outcome.out;
    EXPECT_THAT(outcome.out, HasSubstr("Conformance.Charbonnier"));
}

}  // namespace
