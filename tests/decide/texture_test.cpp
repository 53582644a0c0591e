#include "python.hpp"
#include "surfaces.hpp"

#include <fettle/error.hpp>
#include <fettle/testing.hpp>

#include <gmock/gmock.h>
#include <tbb/global_control.h>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

namespace fs = std::filesystem;
using namespace drawn_surfaces;
using fettle::testing::Settings;
using List = fettle::Setting::List;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

fettle::testing::Library& plugin() {
    static fettle::testing::Library library(FETTLE_PLUGIN_FOLDER "/texture.so");
    return library;
}

fettle::Scores scored(const Set& set, const Settings& settings, Split split = Split::test,
                      std::vector<std::string>* warnings = nullptr) {
    fettle::testing::TestContext context;
    const auto object = plugin().make("texture.gradient_histogram", settings);
    const auto out = plugin().run("texture.gradient_histogram", *object,
                                  {{"train", {set.values(Split::train)}}, {"images", {set.values(split)}}}, context);
    if (warnings != nullptr) *warnings = context.warnings();
    return dynamic_cast<const fettle::Scores&>(*out.at("scores"));
}

fettle::Ref<fettle::Maps> mapped(const Set& set, const Settings& settings, Split split = Split::test,
                                 std::vector<std::string>* warnings = nullptr) {
    // Maps are lazy: what they were made with has to outlive them.
    static std::vector<std::unique_ptr<fettle::testing::TestContext>> contexts;
    auto& context = *contexts.emplace_back(std::make_unique<fettle::testing::TestContext>());
    const auto object = plugin().make("texture.patch_distribution", settings);
    const auto out = plugin().run("texture.patch_distribution", *object,
                                  {{"train", {set.values(Split::train)}}, {"images", {set.values(split)}}}, context);
    if (warnings != nullptr) *warnings = context.warnings();
    return std::dynamic_pointer_cast<const fettle::Maps>(out.at("maps"));
}

fettle::Plane plane_of(const fettle::Maps& maps, std::size_t index) { return maps.read({&index, 1})->plane(0); }

template <class Work>
fettle::Error failure(const Work& work) {
    try {
        work();
    } catch (const fettle::Error& error) {
        return error;
    }
    return {fettle::Fault::plugin, "nothing was thrown"};
}

/// The set's pixels for Python: train.raw and test.raw, N x height x width x 3 bytes; taken away afterwards.
class Shared {
   public:
    explicit Shared(const Set& set)
        : folder_(fs::temp_directory_path() / ("fettle-texture-" + std::to_string(::getpid()))) {
        fs::create_directories(folder_);
        for (const auto& [split, name] : {std::pair{Split::train, "train.raw"}, std::pair{Split::test, "test.raw"}}) {
            std::ofstream file(folder_ / name, std::ios::binary);
            for (std::size_t i = 0; i < set.infos.size(); ++i)
                if (set.infos[i].split == split)
                    file.write(reinterpret_cast<const char*>(set.images[i].pixels.data()),
                               static_cast<std::streamsize>(set.images[i].pixels.size()));
        }
    }
    ~Shared() { fs::remove_all(folder_); }
    /// What the script prints into out.txt, number by number.
    std::vector<double> from(const std::string& script) const {
        support::run_python(folder_, script, "numpy, scipy.ndimage, sklearn.covariance");
        std::ifstream file(folder_ / "out.txt");
        std::vector<double> out;
        for (double value = 0; file >> value;) out.push_back(value);
        return out;
    }

   private:
    fs::path folder_;
};

const std::string reading = R"(
import sys, numpy as np
from scipy.ndimage import gaussian_filter as G
from sklearn.covariance import LedoitWolf
folder = sys.argv[1]
def images(name, height, width):
    rgb = np.fromfile(folder + '/' + name, np.uint8).reshape(-1, height, width, 3).astype(float)
    return rgb @ [0.299, 0.587, 0.114] / 255
)";

TEST(Texture, Conforms) {
    for (const char* id : {"texture.gradient_histogram", "texture.patch_distribution"}) {
        EXPECT_THAT(fettle::testing::complaints(plugin().entry(id)), IsEmpty()) << id;
        EXPECT_TRUE(plugin().entry(id).info.inputs.at(0).learns) << id;
    }
}

TEST(GradientHistogram, IsWhatNumpyAndScikitLearnMakeOfIt) {
    if (!support::has_python("numpy, scipy.ndimage, sklearn.covariance"))
        GTEST_SKIP() << "no Python with numpy, scipy and scikit-learn to compare with";
    const Set set = surfaces(1, 60, 20, 41, 32);
    const Shared shared(set);
    const auto peer = [&](const std::string& zones, int count, const std::string& directions, double scale,
                          const std::string& light, int bins) {
        return shared.from(reading + "zones, count, directions, scale, light, bins = '" + zones + "', " +
                           std::to_string(count) + ", '" + directions + "', " + std::to_string(scale) + ", '" + light +
                           "', " + std::to_string(bins) + R"(
def histogram(image):
    h, w = image.shape
    if light == 'logarithm': image = np.log(image + 0.03)
    gx, gy = G(image, scale, order=(0, 1)), G(image, scale, order=(1, 0))
    y, x = np.mgrid[0:h, 0:w]
    if zones == 'grid': zone, zone_count = (y * count // h) * count + x * count // w, count * count
    else:
        radius = np.hypot((x + 0.5 - w / 2) / (w / 2), (y + 0.5 - h / 2) / (h / 2))
        zone, zone_count = np.minimum((radius * count).astype(int), count), count + 1
    dx, dy = x - (w - 1) / 2, y - (h - 1) / 2
    r = np.hypot(dx, dy)
    r[r == 0] = 1
    kinds = {'axes': [np.abs(gx), np.abs(gy)], 'any': [np.hypot(gx, gy)],
             'radius': [np.abs(gx * dx + gy * dy) / r, np.abs(gy * dx - gx * dy) / r]}[directions]
    edges = np.geomspace(0.001, 0.3, bins)
    out = []
    for kind in kinds:
        at = np.interp(np.log(np.maximum(kind * scale, 0.001)), np.log(edges), np.arange(bins))
        for z in range(zone_count):
            share = np.maximum(0, 1 - np.abs(np.arange(bins) - at[zone == z][:, None])).sum(0)
            out.append(np.sqrt(share / share.sum()))
    return np.concatenate(out)
train = np.array([histogram(i) for i in images('train.raw', 32, 41)])
test = np.array([histogram(i) for i in images('test.raw', 32, 41)])
np.savetxt(folder + '/out.txt', np.sqrt(LedoitWolf().fit(train).mahalanobis(test)))
)");
    };
    const auto close = [](const std::vector<double>& ours, const std::vector<double>& theirs) {
        ASSERT_EQ(ours.size(), theirs.size());
        for (std::size_t i = 0; i < ours.size(); ++i) EXPECT_NEAR(ours[i], theirs[i], 2e-4 * theirs[i]) << i;
    };
    close(scored(set, {}).columns.at(0).values, peer("grid", 4, "axes", 1, "linear", 8));
    close(scored(set, {{"zones", "rings"}, {"count", 5}, {"directions", "axes"}, {"scale", 1.5}}).columns.at(0).values,
          peer("rings", 5, "axes", 1.5, "linear", 8));
    close(scored(set, {{"count", 2}, {"directions", "any"}, {"light", "logarithm"}, {"bins", 5}}).columns.at(0).values,
          peer("grid", 2, "any", 1, "logarithm", 5));
    close(scored(set, {{"zones", "rings"}, {"count", 4}, {"directions", "any"}, {"scale", 2.0}}).columns.at(0).values,
          peer("rings", 4, "any", 2, "linear", 8));
}

/// Turned to the left by a quarter.
Image quarter_turned(const Image& image) {
    Image out(image.height, image.width, 3);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x) std::copy_n(image.at(image.width - 1 - y, x), 3, out.at(x, y));
    return out;
}

TEST(GradientHistogram, RingsDontNoticeAQuarterTurnAndLogarithmsNoLight) {
    fettle::Random random(3);
    Set set = surfaces(4, 40, 0, 32, 32);
    set.add(Split::test, surface(random, 32, 32));
    set.add(Split::test, quarter_turned(set.images.back()));
    const auto turned = [&](const char* zones, const char* directions) {
        return scored(set, {{"zones", zones}, {"directions", directions}, {"count", 3}}).columns.at(0).values;
    };
    for (const char* directions : {"radius", "any"}) {
        const auto rings = turned("rings", directions);
        EXPECT_NEAR(rings[0], rings[1], 1e-3 * rings[0]) << directions;
    }
    const auto grid = turned("grid", "axes");
    EXPECT_GT(std::abs(grid[0] - grid[1]), 0.1 * grid[0]);

    Image half = set.images[set.images.size() - 2];
    for (auto& value : half.pixels) value = static_cast<std::uint8_t>(value / 2);
    set.add(Split::test, half);
    const auto lit = [&](const char* light) {
        const auto values = scored(set, {{"light", light}, {"count", 1}}).columns.at(0).values;
        return std::abs(values[2] - values[0]) / values[0];
    };
    EXPECT_LT(lit("logarithm"), lit("linear") / 2);
}

TEST(GradientHistogram, TellsRougherSurfacesFromSoundOnes) {
    Set set = surfaces(5, 60, 30);
    fettle::Random random(6);
    for (int i = 0; i < 30; ++i) set.add(Split::test, surface(random, 40, 32, 30), Label::anomalous);
    const auto values = scored(set, {{"count", 2}}).columns.at(0).values;
    EXPECT_GT(*std::min_element(values.begin() + 30, values.end()),
              *std::max_element(values.begin(), values.begin() + 30));
}

// An image that said what is usual is measured by the others: else it would look more usual than a new one does.
TEST(GradientHistogram, MeasuresATrainingImageByTheOthers) {
    Set set = surfaces(7, 30, 0);
    fettle::Random random(8);
    set.images[4] = surface(random, 40, 32, 40);
    const Settings few{{"count", 1}, {"directions", "any"}, {"bins", 3}};
    const double own = scored(set, few, Split::train).columns.at(0).values[4];
    Set again = set;
    again.add(Split::test, set.images[4]);  // under another name
    const double as_new = scored(again, few).columns.at(0).values[0];
    set.infos[4].split = Split::test;
    const double left_out = scored(set, few).columns.at(0).values[0];
    EXPECT_GT(own, 2 * as_new);
    EXPECT_LT(std::abs(own - left_out), std::abs(as_new - left_out));
}

// A synthesizer calls what it damages by the name of the sound image.
TEST(GradientHistogram, ADamagedTrainingImageIsANewOne) {
    Set set = surfaces(7, 30, 0);
    fettle::Random random(8);
    const Image damaged = surface(random, 40, 32, 40);
    const Settings few{{"count", 1}, {"directions", "any"}, {"bins", 3}};
    Set named = set, called = set;
    named.add(Split::test, damaged, Label::anomalous);
    called.add(Split::test, damaged, Label::anomalous);
    called.infos.back().id = called.infos[4].id;
    EXPECT_EQ(scored(called, few).columns.at(0).values, scored(named, few).columns.at(0).values);
}

TEST(GradientHistogram, IsTheSameWhateverTheThreads) {
    const Set set = surfaces(9, 40, 40);
    const auto many = scored(set, {}).columns.at(0).values;
    const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
    EXPECT_EQ(scored(set, {}).columns.at(0).values, many);
}

TEST(GradientHistogram, SaysWhatIsWrong) {
    Set set = surfaces(10, 2, 1);
    EXPECT_THAT(failure([&] { scored(set, {}); }).what(), HasSubstr("can't be told from 2 samples"));
    fettle::Random random(11);
    set.add(Split::train, surface(random, 40, 32), Label::anomalous);  // says nothing of what is usual
    EXPECT_THAT(failure([&] { scored(set, {}); }).help(), HasSubstr("at least 3 images that aren't anomalous"));
    set.add(Split::train, surface(random, 40, 32));
    std::vector<std::string> warnings;
    scored(set, {{"count", 1}}, Split::test, &warnings);
    EXPECT_THAT(warnings, Contains(HasSubstr("told from 3 samples")));

    const auto small = failure([&] { scored(set, {{"count", 33}}); });
    EXPECT_EQ(small.fault(), fettle::Fault::shape);
    EXPECT_THAT(small.what(), HasSubstr("`0.png` is 40x32, too small for `count = 33`"));
    EXPECT_EQ(small.parameter(), "count");
    EXPECT_THAT(small.help(), HasSubstr("at most 32"));

    Set same;
    for (int i = 0; i < 5; ++i) same.add(Split::train, Image(16, 16, 3, 80));
    same.add(Split::test, Image(16, 16, 3, 90));
    EXPECT_THAT(failure([&] { scored(same, {}); }).what(), HasSubstr("the gradients of all 5 training images"));
    EXPECT_THAT(plugin()
                    .entry("texture.gradient_histogram")
                    .check(*plugin().make("texture.gradient_histogram", {{"range", List{0.3, 0.001}}})),
                HasSubstr("begins with the greater number"));
    EXPECT_THAT(plugin()
                    .entry("texture.gradient_histogram")
                    .check(*plugin().make("texture.gradient_histogram", {{"count", 32}})),
                HasSubstr("`count = 32` and `bins = 8` make 16384 numbers of an image; 2048"));
}

TEST(PatchDistribution, IsWhatNumpyMakesOfIt) {
    if (!support::has_python("numpy, scipy.ndimage, sklearn.covariance"))
        GTEST_SKIP() << "no Python with numpy, scipy and scikit-learn to compare with";
    const Set set = surfaces(12, 50, 6, 40, 32);
    const Shared shared(set);
    const auto compare = [&](int columns, int rows, const std::string& light, bool level, double shrink) {
        const auto maps = mapped(set, {{"cells", List{columns, rows}},
                                       {"scales", List{1.0, 2.0}},
                                       {"light", light},
                                       {"level", level},
                                       {"shrink", shrink}});
        const auto peer = shared.from(reading + "columns, rows, light, level, shrink = " + std::to_string(columns) +
                                      ", " + std::to_string(rows) + ", '" + light + "', " + (level ? "True" : "False") +
                                      ", " + std::to_string(shrink) + R"(
def features(image):
    if light == 'logarithm': image = np.log(image + 0.03)
    planes = []
    for scale in (1, 2):
        for order in ((0, 1), (1, 0)):
            planes.append(np.log(np.abs(G(image, scale, order=order)) * scale + 1e-3))
        raised = G(image, 1.6 * scale) - G(image, scale)
        planes += [np.maximum(raised, 0), np.maximum(-raised, 0)]
    if level:
        smooth = G(image, 2)
        planes.append(smooth - np.sort(smooth.ravel())[smooth.size // 2])
    planes = np.array(planes)
    return planes.reshape(len(planes), rows, 32 // rows, columns, 40 // columns).mean((2, 4)).reshape(len(planes), -1).T
train = np.array([features(i) for i in images('train.raw', 32, 40)])
test = np.array([features(i) for i in images('test.raw', 32, 40)])
covariances = [np.cov(train[:, c].T) for c in range(rows * columns)]
common = np.mean(covariances, 0)
distances = np.empty((len(test), rows * columns))
for c in range(rows * columns):
    inverse = np.linalg.inv((1 - shrink) * covariances[c] + shrink * common + 1e-3 * np.diag(np.diag(common)))
    apart = test[:, c] - train[:, c].mean(0)
    distances[:, c] = np.sqrt(np.einsum('ni,ij,nj->n', apart, inverse, apart))
def finer(line, size): return np.interp((np.arange(size) + 0.5) * len(line) / size - 0.5, np.arange(len(line)), line)
out = []
for coarse in distances.reshape(-1, rows, columns):
    wide = np.array([finer(row, 40) for row in coarse])
    out.append(np.array([finer(column, 32) for column in wide.T]).T)
np.savetxt(folder + '/out.txt', np.array(out).ravel())
)");
        ASSERT_EQ(peer.size(), 6u * 40 * 32);
        for (std::size_t i = 0; i < 6; ++i) {
            const auto plane = plane_of(*maps, i);
            ASSERT_EQ(plane.width, 40);
            ASSERT_EQ(plane.height, 32);
            for (std::size_t p = 0; p < plane.values.size(); ++p)
                ASSERT_NEAR(plane.values[p], peer[i * 1280 + p], 2e-3 * peer[i * 1280 + p]) << i << " " << p;
        }
    };
    compare(40, 32, "linear", true, 0.1);
    compare(10, 8, "logarithm", true, 0.5);
    compare(5, 4, "linear", false, 1);
}

TEST(PatchDistribution, FindsWhatIsNotUsualThere) {
    Set set = surfaces(13, 60, 1);
    for (int y = 20; y < 26; ++y)
        for (int x = 8; x < 14; ++x) std::fill_n(set.images.back().at(x, y), 3, std::uint8_t{20});
    const auto plane = plane_of(*mapped(set, {{"cells", List{20, 16}}, {"scales", List{1.0}}}), 0);
    double inside = 0, outside = 0;
    for (int y = 0; y < 32; ++y)
        for (int x = 0; x < 40; ++x) {
            const double value = plane.values[static_cast<std::size_t>(y) * 40 + x];
            (x >= 8 && x < 14 && y >= 20 && y < 26 ? inside : outside) += value;
        }
    EXPECT_GT(inside / 36, 3 * outside / (40 * 32 - 36));
}

TEST(PatchDistribution, IsTheSameWhateverTheThreads) {
    const Set set = surfaces(14, 40, 3);
    const auto many = plane_of(*mapped(set, {}), 2).values;
    const tbb::global_control one(tbb::global_control::max_allowed_parallelism, 1);
    EXPECT_EQ(plane_of(*mapped(set, {}), 2).values, many);
}

TEST(PatchDistribution, SaysWhatIsWrong) {
    Set set = surfaces(15, 30, 1);
    const auto small = failure([&] { mapped(set, {{"cells", List{41, 32}}}); });
    EXPECT_EQ(small.fault(), fettle::Fault::shape);
    EXPECT_THAT(small.what(), HasSubstr("`0.png` is 40x32, smaller than `cells`, 41x32"));
    EXPECT_EQ(small.parameter(), "cells");
    std::vector<std::string> warnings;
    mapped(set, {}, Split::train, &warnings);
    EXPECT_THAT(warnings, Contains(HasSubstr("30 of the images are among those that said what is usual")));
    Set same;
    for (int i = 0; i < 5; ++i) same.add(Split::train, Image(32, 32, 3, 80));
    same.add(Split::test, Image(32, 32, 3, 90));
    EXPECT_THAT(failure([&] { mapped(same, {}); }).what(), HasSubstr("all 5 training images look the same"));
    EXPECT_THAT(plugin()
                    .entry("texture.patch_distribution")
                    .check(*plugin().make("texture.patch_distribution", {{"scales", List{}}})),
                HasSubstr("`scales` is empty"));
}

}  // namespace
