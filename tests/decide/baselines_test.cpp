#include "../../plugins/evaluate/trivial.hpp"
#include "judging.hpp"

#include <fettle/statistics.hpp>

#include <algorithm>
#include <numeric>

namespace {

using fettle::Image;
using fettle::Label;
using fettle::Split;
using judging::Json;
using judging::plugin;
using judging::value;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Image noise(fettle::Random& random, int width, int height, double mean, double spread) {
    Image out(width, height, 3);
    for (auto& v : out.pixels) v = static_cast<std::uint8_t>(std::clamp(mean + spread * random.normal(), 0.0, 255.0));
    return out;
}

// numpy, scipy.ndimage and scikit-image on the same pixels.
TEST(TrivialScores, AgreeWithTheirPeers) {
    if (!support::has_python("skimage, scipy")) GTEST_SKIP() << "there is no Python with scikit-image and scipy";
    fettle::Random random(71);
    std::vector<Image> images;
    Json given = Json::array();
    for (int k = 0; k < 8; ++k) {
        images.push_back(noise(random, random.integer(3, 40), random.integer(3, 40), 30 * k, 25));
        given.push_back(
            {{"height", images.back().height}, {"width", images.back().width}, {"rgb", images.back().pixels}});
    }
    const Json answer = judging::ask_python(given, R"(
import numpy as np
from scipy.ndimage import laplace
from skimage.measure import shannon_entropy
answer = []
for each in given:
    rgb = np.array(each["rgb"], float).reshape(each["height"], each["width"], 3)
    grey = rgb @ [0.299, 0.587, 0.114]
    answer.append([grey.mean(), grey.std(), laplace(grey)[1:-1, 1:-1].var(), shannon_entropy((rgb.astype(int) @ [299, 587, 114] + 500) // 1000)])
)",
                                            "skimage, scipy");
    for (std::size_t k = 0; k < images.size(); ++k) {
        const auto ours = evaluate::trivial_scores(images[k]).values();
        for (std::size_t f = 0; f < 4; ++f)
            EXPECT_NEAR(ours[f], answer[k][f].get<double>(), 1e-9 * std::max(1.0, ours[f]))
                << evaluate::Trivial::names[f];
    }
}

TEST(TrivialScores, SizeAsJpegGrowsWithDetail) {
    fettle::Random random(72);
    const Image flat(64, 64, 3, 90), busy = noise(random, 64, 64, 128, 40);
    EXPECT_GT(evaluate::trivial_scores(busy).jpeg_size, 3 * evaluate::trivial_scores(flat).jpeg_size);
    EXPECT_EQ(evaluate::trivial_scores(Image(1, 2, 3, 7)).sharpness, 0);
}

TEST(MeanImage, IsFarFromWhatDiffers) {
    evaluate::MeanImage mean;
    mean.add(Image(4, 3, 3, 10));
    mean.add(Image(4, 3, 3, 20));
    EXPECT_EQ(*mean.distance(Image(4, 3, 3, 15)), 0);
    EXPECT_EQ(*mean.distance(Image(4, 3, 3, 45)), 30);
    EXPECT_FALSE(mean.distance(Image(3, 4, 3, 45)));
    mean.add(Image(5, 3, 3, 20));
    EXPECT_FALSE(mean.distance(Image(4, 3, 3, 15)));
    EXPECT_FALSE(evaluate::MeanImage().distance(Image(4, 3, 3)));
}

TEST(Matched, TakesTheNearestEachOnce) {
    using Pairs = std::vector<std::pair<std::size_t, std::size_t>>;
    EXPECT_EQ(evaluate::matched({1, 5}, {1.2, 1.1, 9}, 0.5), (Pairs{{0, 1}}));
    EXPECT_EQ(evaluate::matched({1, 1.16}, {1.2, 1.1}, 0.5), (Pairs{{1, 0}, {0, 1}}));
    EXPECT_THAT(evaluate::matched({1, 2}, {4, 5}, 0.5), IsEmpty());
    EXPECT_EQ(evaluate::matched({3, 1, 3, 2}, {3, 3.1, 3, 1}, 0.5), (Pairs{{0, 0}, {1, 3}, {2, 2}}));
    EXPECT_THAT(evaluate::matched({3, 3, 3}, {3, 3.1}, 0.5), (Pairs{{0, 0}, {1, 1}}));
    const std::vector<double> alike(20000, 7.0);  // all of their pairs would take 10 GB
    const auto equal = evaluate::matched(alike, alike, 0);
    ASSERT_THAT(equal, SizeIs(alike.size()));
    EXPECT_EQ(equal.back(), std::pair(alike.size() - 1, alike.size() - 1));
    fettle::Random random(73);
    for (int trial = 0; trial < 200; ++trial) {
        std::vector<double> left(static_cast<std::size_t>(random.integer(1, 40))), right(left.size() + 5);
        for (double& v : left) v = random.normal();
        for (double& v : right) v = random.normal();
        std::vector<int> seen_left(left.size()), seen_right(right.size());
        for (const auto& [l, r] : evaluate::matched(left, right, 0.2)) {
            EXPECT_LE(std::abs(left[l] - right[r]), 0.2);
            EXPECT_EQ(++seen_left[l], 1);
            EXPECT_EQ(++seen_right[r], 1);
        }
        for (std::size_t l = 0; l < left.size(); ++l)  // nothing that could still be matched is left
            for (std::size_t r = 0; r < right.size(); ++r)
                EXPECT_TRUE(seen_left[l] || seen_right[r] || std::abs(left[l] - right[r]) > 0.2);
    }
}

// ---- The stage ----

struct Scene {
    std::vector<fettle::SampleInfo> infos;
    std::vector<Image> images;
    std::vector<double> metric;

    void add(Split split, Label label, Image image, double score) {
        infos.push_back(fakes::info("image " + std::to_string(infos.size()), split, label));
        images.push_back(std::move(image));
        metric.push_back(score);
    }
    fettle::Ref<fettle::Images> sequence() const {
        return fettle::lazy_images(infos, [images = images](std::size_t i, std::uint32_t) {
            fettle::Sample sample;
            sample.image = images[i];
            return sample;
        });
    }
};

/// Anomalous images are darker by `darker`, and the metric is their darkness, or a knowledge of its own.
Scene scene(fettle::Random& random, double darker, bool metric_is_darkness) {
    Scene out;
    for (int k = 0; k < 260; ++k) {
        const bool calibrates = k < 60, anomalous = !calibrates && k % 2 == 0;
        const double brightness = 140 + 12 * random.normal() - (anomalous ? darker : 0);
        const Image image = noise(random, 12, 12, brightness, 4);
        const double score = metric_is_darkness ? -evaluate::trivial_scores(image).mean_grey + 0.5 * random.normal()
                                                : random.normal() + (anomalous ? 2 : 0);
        out.add(calibrates ? Split::calibrate : Split::test, anomalous ? Label::anomalous : Label::normal, image,
                score);
    }
    return out;
}

struct Found {
    fettle::Ref<fettle::Measures> measures;
    fettle::Ref<fettle::Scores> scores;

    const fettle::Table::Row& row(std::size_t table, const std::string& name) const {
        for (const auto& each : measures->tables.at(table).rows)
            if (each.name == name) return each;
        throw std::out_of_range(name);
    }
};

Found run(const Scene& scene, bool with_metric = true, fettle::testing::Settings settings = {}) {
    fettle::testing::TestContext context;
    const auto object = plugin().make("evaluate.baselines", settings);
    std::map<std::string, std::vector<fettle::ValueRef>> in{{"images", {scene.sequence()}}};
    if (with_metric) in["scores"] = {fakes::table("metric", scene.infos, scene.metric)};
    auto out = plugin().run("evaluate.baselines", *object, in, context);
    return {std::dynamic_pointer_cast<const fettle::Measures>(out["measures"]),
            std::dynamic_pointer_cast<const fettle::Scores>(out["scores"])};
}

TEST(Baselines, Conform) { EXPECT_THAT(fettle::testing::complaints(plugin().entry("evaluate.baselines")), IsEmpty()); }

TEST(Baselines, ShowThatBrightnessAloneTells) {
    fettle::Random random(81);
    const Found found = run(scene(random, 25, false));
    const auto& grey = found.row(0, "mean grey");
    EXPECT_GT(value(grey, "auroc_low"), 0.85);
    EXPECT_NEAR(value(grey, "auroc_low") + value(grey, "auroc_high"), 1, 1e-12);
    EXPECT_LE(judging::figure(grey, "auroc_low")->low, value(grey, "auroc_low"));
    EXPECT_EQ(grey.verdict, "anomalous images are lower");
    EXPECT_GT(value(grey, "auroc_departure"), 0.7);
    EXPECT_EQ(found.row(0, "sharpness").verdict, "not distinguishable from chance");
    EXPECT_GT(value(found.row(0, "distance to the mean image"), "auroc_departure"), 0.7);
    EXPECT_THAT(found.scores->columns, SizeIs(6));
    EXPECT_EQ(found.scores->columns[0].name, "mean grey departure");
    EXPECT_THAT(found.scores->rows, SizeIs(260));
}

TEST(Baselines, TakeBrightnessAwayByMatching) {
    fettle::Random random(82);
    const Found darkness = run(scene(random, 15, true)), knowledge = run(scene(random, 15, false));
    EXPECT_GT(value(darkness.row(1, "metric"), "auroc"), 0.75);
    EXPECT_NEAR(value(darkness.row(1, "metric"), "auroc_matched"), 0.5, 0.06);
    EXPECT_EQ(darkness.row(1, "metric").verdict, "not distinguishable from chance on matched images");
    EXPECT_GT(value(knowledge.row(1, "metric"), "auroc_matched"), 0.85);
    EXPECT_EQ(knowledge.row(1, "metric").verdict, "");
    EXPECT_NEAR(value(darkness.row(1, "mean grey"), "auroc_matched"), 0.5, 0.02);
    const auto gain = *judging::figure(darkness.row(1, "metric"), "auroc_over_mean_grey");
    EXPECT_NEAR(gain.value, 0, 0.03);
    EXPECT_LT(gain.low, gain.high);
    EXPECT_NEAR(gain.value,
                value(darkness.row(1, "metric"), "auroc") - 1 + value(darkness.row(1, "mean grey"), "auroc"), 1e-12);
    EXPECT_GT(value(darkness.row(1, "mean grey"), "pairs"), 40);
}

TEST(Baselines, JudgeAMetricByTheImagesThatHaveAScore) {
    fettle::Random random(87);
    Scene whole = scene(random, 15, false), lacking = whole, without = whole;
    for (const std::size_t i : {std::size_t{100}, std::size_t{77}}) {
        lacking.metric[i] = std::numeric_limits<double>::quiet_NaN();
        const auto at = static_cast<std::ptrdiff_t>(i);
        without.infos.erase(without.infos.begin() + at);
        without.images.erase(without.images.begin() + at);
        without.metric.erase(without.metric.begin() + at);
    }
    const Found found = run(lacking), expected = run(without);
    for (const char* figure : {"auroc", "auroc_over_mean_grey"})
        EXPECT_EQ(value(found.row(1, "metric"), figure), value(expected.row(1, "metric"), figure)) << figure;
    EXPECT_EQ(value(found.row(1, "mean grey"), "auroc"), value(run(whole).row(1, "mean grey"), "auroc"));
    EXPECT_THAT(found.row(1, "metric").verdict,
                HasSubstr("2 of 200 test samples have no finite score, the first `image 77`: the figures are of the "
                          "other 198"));
    std::fill(lacking.metric.begin(), lacking.metric.end(), std::numeric_limits<double>::quiet_NaN());
    EXPECT_THROW(run(lacking), fettle::Error);
}

TEST(Baselines, LabelsAndTestImagesDoNotMoveTheScores) {
    fettle::Random random(83);
    Scene one = scene(random, 20, false), other = one;
    for (std::size_t i = 0; i < other.infos.size(); ++i)
        if (other.infos[i].split == Split::test) {
            other.infos[i].label = i % 3 == 0 ? Label::anomalous : Label::normal;
            if (i % 5 == 0) other.images[i] = Image(12, 12, 3, 200);
        }
    const Found a = run(one, false), b = run(other, false);
    for (std::size_t c = 0; c < a.scores->columns.size(); ++c)
        for (std::size_t i = 0; i < one.infos.size(); ++i)
            if (one.images[i] == other.images[i]) {
                EXPECT_EQ(a.scores->columns[c].values[i], b.scores->columns[c].values[i]);
            }
    EXPECT_THAT(a.measures->tables, SizeIs(1));
}

TEST(Baselines, StandBesideFiguresOfMoreSamples) {
    fettle::Random random(86);
    Scene all = scene(random, 15, false), few = all;
    few.infos.resize(200), few.images.resize(200), few.metric.resize(200);
    auto judged = std::make_shared<fettle::Measures>();
    judged->scores = *fakes::table("metric", all.infos, all.metric);
    const auto baselines = run(few, false).measures;
    for (const auto& parts : {std::vector<fettle::Ref<fettle::Measures>>{judged, baselines}, {baselines, judged}}) {
        const auto joined = fettle::join_measures(parts);
        EXPECT_THAT(joined.scores.rows, SizeIs(260));
        EXPECT_THAT(joined.scores.columns, SizeIs(1));
        EXPECT_THAT(joined.tables, SizeIs(1));
    }
}

TEST(Baselines, SayWhatIsMissing) {
    fettle::Random random(84);
    const Image image = noise(random, 12, 12, 100, 10);
    Scene sound;  // no anomalous image, nothing to calibrate with
    for (int k = 0; k < 4; ++k) sound.add(Split::test, Label::normal, image, k);
    const Found a = run(sound);
    EXPECT_EQ(a.row(0, "mean grey").verdict, "no anomalous test image: AUROC is undefined");
    EXPECT_THAT(a.row(0, "mean grey").figures, IsEmpty());
    EXPECT_THAT(a.measures->tables[0].note, HasSubstr("no sound calibration images"));
    EXPECT_THAT(a.scores->columns, IsEmpty());
    EXPECT_EQ(a.row(1, "metric").verdict, "test images of one kind only: AUROC is undefined");

    Scene sizes;
    sizes.add(Split::calibrate, Label::normal, image, 0);
    sizes.add(Split::test, Label::normal, noise(random, 20, 12, 100, 10), 1);
    sizes.add(Split::test, Label::anomalous, noise(random, 12, 12, 10, 2), 2);
    sizes.add(Split::test, Label::unknown, image, 2);
    const Found b = run(sizes);
    EXPECT_THAT(b.scores->columns, SizeIs(5));
    EXPECT_THAT(b.measures->tables[0].note, HasSubstr("different sizes"));
    EXPECT_THAT(b.measures->tables[0].note, HasSubstr("1 test images without a label"));
    EXPECT_EQ(b.row(0, "mean grey").verdict, "not distinguishable from chance");
    EXPECT_THAT(b.row(1, "metric").verdict, HasSubstr("fewer than two pairs of equal brightness"));
}

TEST(Baselines, RefuseWhatDoesNotBelong) {
    fettle::Random random(85);
    Scene scene;
    scene.add(Split::train, Label::normal, noise(random, 8, 8, 100, 10), 0);
    EXPECT_THROW(run(scene), fettle::Error);

    Scene empty;
    empty.add(Split::test, Label::normal, {}, 0);
    try {
        run(empty);
        FAIL();
    } catch (const fettle::Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("`image 0` has no pixels"));
    }

    Scene unscored;
    unscored.add(Split::test, Label::normal, noise(random, 8, 8, 100, 10), 0);
    unscored.add(Split::test, Label::anomalous, noise(random, 8, 8, 100, 10), 0);
    const auto refusal = [&](std::vector<fettle::SampleInfo> scored) -> std::string {
        fettle::testing::TestContext context;
        try {
            plugin().run(
                "evaluate.baselines", *plugin().make("evaluate.baselines"),
                {{"images", {unscored.sequence()}}, {"scores", {fakes::table("metric", std::move(scored), {0, 1})}}},
                context);
        } catch (const fettle::Error& error) {
            return error.what();
        }
        return "nothing was refused";
    };
    auto infos = unscored.infos;
    infos[1].id = "another";
    EXPECT_THAT(refusal(infos), HasSubstr("`image 1` has no score"));
    infos = unscored.infos;
    std::swap(infos[0].label, infos[1].label);
    EXPECT_THAT(refusal(infos), HasSubstr("`image 0` is anomalous in one input and normal in another"));
}

}  // namespace
