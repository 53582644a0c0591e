// Thresholds against NumPy, SciPy, scikit-image and scikit-learn.
#include "python.hpp"
#include "thresholds.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>

namespace {

using nlohmann::json;
using thresholds::above;
using thresholds::calibration;
using thresholds::draws;
using thresholds::Strategy;

class ThresholdPeers : public ::testing::Test {
   protected:
    void SetUp() override { std::filesystem::create_directories(folder); }
    void TearDown() override { std::filesystem::remove_all(folder); }

    /// Random scores of both kinds, half of the cases with many ties, through `script`, which makes of the list `cases`
    /// a list `answers`.
    json ask(const std::string& script, const std::string& modules, double apart) {
        fettle::Random random(41);
        json cases = json::array();
        for (int trial = 0; trial < 200; ++trial) {
            auto normal = draws(random, random.integer(5, 300)),
                 anomalous = draws(random, random.integer(2, 100), apart);
            if (trial % 2 == 0)
                for (auto* scores : {&normal, &anomalous})
                    for (double& score : *scores) score = std::round(4 * score) / 4;
            all.push_back(calibration(normal, anomalous));
            cases.push_back({{"normal", all.back().normal}, {"anomalous", all.back().anomalous}});
        }
        std::ofstream(folder / "cases.json") << cases.dump();
        support::run_python(folder,
                            "import json, sys\nimport numpy as np\n"
                            "cases = json.load(open(sys.argv[1] + '/cases.json'))\nanswers = []\n" +
                                script + "\njson.dump(answers, open(sys.argv[1] + '/answers.json', 'w'))\n",
                            modules);
        return json::parse(std::ifstream(folder / "answers.json"));
    }

    std::vector<fettle::Calibration> all;
    const std::filesystem::path folder =
        std::filesystem::temp_directory_path() / ("fettle-thresholds-" + std::to_string(::getpid()));
};

TEST_F(ThresholdPeers, QuantileSigmaAndMadAreThoseOfNumpyAndScipy) {
    if (!support::has_python("numpy, scipy.stats")) GTEST_SKIP() << "no Python with numpy and scipy to compare with";
    const json answers = ask(R"(
from scipy.stats import median_abs_deviation
for case in cases:
    x = np.array(case['normal'])
    answers.append([np.quantile(x, .95), np.quantile(x, .37), x.mean() + 3 * x.std(ddof=1),
                    np.median(x) + 3.5 * median_abs_deviation(x, scale='normal')])
)",
                             "numpy, scipy.stats", 3);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_NEAR(Strategy("quantile")->fit(all[i]), answers[i][0].get<double>(), 1e-12);
        EXPECT_NEAR(Strategy("quantile", {{"at", 0.37}})->fit(all[i]), answers[i][1].get<double>(), 1e-12);
        EXPECT_NEAR(Strategy("sigma")->fit(all[i]), answers[i][2].get<double>(), 1e-12);
        EXPECT_NEAR(Strategy("mad")->fit(all[i]), answers[i][3].get<double>(), 1e-12);
    }
}

TEST_F(ThresholdPeers, OtsuDividesAsScikitImageDoes) {
    if (!support::has_python("skimage.filters")) GTEST_SKIP() << "no Python with scikit-image to compare with";
    const json answers = ask(R"(
from skimage.filters import threshold_otsu
for case in cases:
    values, counts = np.unique(case['normal'] + case['anomalous'], return_counts=True)
    answers.append(float(threshold_otsu(hist=(counts, values))))
)",
                             "numpy, skimage.filters", 3);
    for (std::size_t i = 0; i < all.size(); ++i) {  // theirs is the highest score of the lower group
        const double ours = Strategy("otsu")->fit(all[i]), theirs = answers[i].get<double>();
        EXPECT_EQ(above(all[i].normal, ours), above(all[i].normal, theirs)) << i;
        EXPECT_EQ(above(all[i].anomalous, ours), above(all[i].anomalous, theirs)) << i;
    }
}

// The same in whole numbers, which round nothing: sums of three instead of means.
TEST_F(ThresholdPeers, ValleyIsThatOfExactArithmetic) {
    if (!support::has_python("numpy")) GTEST_SKIP() << "no Python with numpy to compare with";
    const json answers = ask(R"(
def peaks(h):
    found, rising = [], True
    for i in range(len(h) - 1):
        if rising and h[i + 1] < h[i]:
            found.append(i)
            rising = False
        elif h[i + 1] > h[i]:
            rising = True
    return found
for case in cases:
    counts, edges = np.histogram(case['normal'] + case['anomalous'], 64)
    h = [0] * 64 + [int(n) for n in counts] + [0] * 64
    while len(peaks(h)) > 2:
        h = [a + b + c for a, b, c in zip([0] + h, h, h[1:] + [0])]
    if len(peaks(h)) < 2:
        answers.append(None)
        continue
    first, last = peaks(h)
    bottom = min(range(first, last + 1), key=lambda i: h[i])
    end = bottom
    while h[end + 1] == h[bottom]:
        end += 1
    answers.append(edges[0] + ((bottom + end) / 2 - 64 + .5) * (edges[-1] - edges[0]) / 64)
)",
                             "numpy", 6);
    std::size_t found = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Strategy strategy("valley", {{"bins", 64}});
        if (answers[i].is_null()) {
            EXPECT_THROW(strategy->fit(all[i]), fettle::Error) << i;
        } else {
            EXPECT_NEAR(strategy->fit(all[i]), answers[i].get<double>(), 1e-9) << i;
            ++found;
        }
    }
    EXPECT_GT(found, 150u);
}

// Theirs smooths by a running sum, whose rounding makes peaks of flat places and one more round now and then: it gets
// exact sums in its place, and finds the rest by itself.
TEST_F(ThresholdPeers, ValleyIsThatOfScikitImage) {
    if (!support::has_python("skimage.filters")) GTEST_SKIP() << "no Python with scikit-image to compare with";
    const json answers = ask(R"(
from types import SimpleNamespace
import skimage.filters.thresholding as peer
class Whole:  # a histogram of whole numbers of any size
    def __init__(self, counts): self.counts = counts
    shape = property(lambda self: (len(self.counts),))
    def astype(self, *_, **__): return self
    def __getitem__(self, i): return self.counts[i] if not isinstance(i, slice) else np.array(self.counts[i], object)
def sums(h, size):
    h = h.counts
    return Whole([a + b + c for a, b, c in zip([0] + h, h, h[1:] + [0])])
peer.ndi = SimpleNamespace(uniform_filter1d=sums)
peer._validate_image_histogram = lambda image, hist, nbins: hist
for case in cases:
    counts, edges = np.histogram(case['normal'] + case['anomalous'], 64)
    centres = edges[0] + (np.arange(-64, 128) + .5) * (edges[1] - edges[0])
    try:
        answers.append(float(peer.threshold_minimum(hist=(Whole([0] * 64 + counts.tolist() + [0] * 64), centres))))
    except RuntimeError:
        answers.append(None)
)",
                             "numpy, skimage.filters", 6);
    std::size_t found = 0, apart = 0;
    for (std::size_t i = 0; i < all.size(); ++i) {
        const Strategy strategy("valley", {{"bins", 64}});
        if (answers[i].is_null()) {
            EXPECT_THROW(strategy->fit(all[i]), fettle::Error) << i;
            continue;
        }
        ++found;
        const double ours = strategy->fit(all[i]), theirs = answers[i].get<double>();
        EXPECT_GE(ours, theirs - 1e-9) << i;  // of an empty valley they take the first bin
        apart += above(all[i].normal, ours) != above(all[i].normal, theirs) ||
                 above(all[i].anomalous, ours) != above(all[i].anomalous, theirs);
    }
    EXPECT_GT(found, 150u);
    EXPECT_LE(apart, found / 20);  // theirs smooths once where there were two peaks from the beginning
}

TEST_F(ThresholdPeers, HighestF1AndYoudenAreThoseOfScikitLearn) {
    if (!support::has_python("sklearn.metrics")) GTEST_SKIP() << "no Python with scikit-learn to compare with";
    const json answers = ask(R"(
from sklearn.metrics import precision_recall_curve, roc_curve
for case in cases:
    y = [0] * len(case['normal']) + [1] * len(case['anomalous'])
    x = case['normal'] + case['anomalous']
    p, r, _ = precision_recall_curve(y, x)
    f, t, _ = roc_curve(y, x)
    answers.append([np.nanmax(2 * p * r / np.maximum(p + r, 1e-300)), (t - f).max(), r[p >= .9].max()])
)",
                             "numpy, sklearn.metrics", 2);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& [normal, anomalous] = all[i];
        const auto at = [&](double threshold) {
            const double tp = static_cast<double>(above(anomalous, threshold));
            return std::pair(tp, static_cast<double>(above(normal, threshold)));
        };
        const auto count = static_cast<double>(anomalous.size());
        const auto [tp, fp] = at(Strategy("f1")->fit(all[i]));
        EXPECT_NEAR(2 * tp / (tp + fp + count), answers[i][0].get<double>(), 1e-12);
        const auto [found, alarms] = at(Strategy("youden")->fit(all[i]));
        EXPECT_NEAR(found / count - alarms / static_cast<double>(normal.size()), answers[i][1].get<double>(), 1e-12);
        const double recall = answers[i][2];  // 0 where only "nothing is called", with precision 1, reaches it
        if (recall > 0) {
            EXPECT_NEAR(at(Strategy("precision", {{"at", 0.9}})->fit(all[i])).first / count, recall, 1e-12);
        }
    }
}

}  // namespace
