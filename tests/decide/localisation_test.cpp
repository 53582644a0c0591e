#include "judging.hpp"

#include <fettle/statistics.hpp>

namespace {

using fettle::Label;
using fettle::Plane;
using fettle::Split;
using judging::plugin;
using judging::random_pair;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Pair = judging::MapAndMask;

/// Maps over samples that hold their masks.
struct Scene {
    std::vector<fettle::SampleInfo> infos;
    std::vector<Plane> planes;
    std::vector<fettle::Image> masks;

    void add(Split split, Label label, Plane plane, fettle::Image mask = {}) {
        infos.push_back(fakes::info("image " + std::to_string(infos.size()), split, label));
        planes.push_back(std::move(plane));
        masks.push_back(std::move(mask));
    }
    fettle::Ref<fettle::Maps> maps(const std::string& label = "ssim") const {
        auto images = fettle::lazy_images(infos, [masks = masks](std::size_t i, std::uint32_t) {
            fettle::Sample sample;
            sample.image = fettle::Image(8, 8, 3);
            sample.mask = masks[i];
            return sample;
        });
        return std::make_shared<fakes::FixedMaps>(label, infos, planes, images, images);
    }
};

fettle::Table judged(const Scene& scene, fettle::testing::TestContext& context,
                     const fettle::testing::Settings& settings = {}) {
    auto with = settings;
    with.emplace("draws", 100);
    const auto object = plugin().make("evaluate.localisation", with);
    const auto measures = std::dynamic_pointer_cast<const fettle::Measures>(
        plugin().run("evaluate.localisation", *object, {{"maps", {scene.maps()}}}, context)["measures"]);
    EXPECT_EQ(measures->scores.rows.size(), scene.infos.size());
    return measures->tables.at(0);
}

/// Two anomalous images, two sound ones, two to calibrate with.
Scene small_scene(fettle::Random& random) {
    Scene out;
    const auto sound = [&] {
        Pair pair = random_pair(random, 20, 16, 0);
        for (float& v : pair.map.values) v = static_cast<float>(random.normal());
        return pair.map;
    };
    for (int k = 0; k < 2; ++k) out.add(Split::calibrate, Label::normal, sound());
    for (int k = 0; k < 2; ++k) {
        Pair pair = random_pair(random, 20, 16, 0);
        out.add(Split::test, Label::anomalous, pair.map, pair.mask);
        out.add(Split::test, Label::normal, sound());
    }
    return out;
}

TEST(Localisation, Conforms) {
    EXPECT_THAT(fettle::testing::complaints(plugin().entry("evaluate.localisation")), IsEmpty());
}

// A class by itself is what the stage says where the others were never there.
TEST(Localisation, HasARowForEachClassIfAsked) {
    fettle::Random random(67);
    Scene all = small_scene(random);
    for (int k = 0; k < 3; ++k) {
        Pair pair = random_pair(random, 20, 16, 0);
        all.add(Split::test, Label::anomalous, pair.map, pair.mask);
        all.infos.back().category = "crack";
    }
    Scene cracks;
    for (std::size_t i = 0; i < all.infos.size(); ++i)
        if (all.infos[i].category != "bad") {
            cracks.infos.push_back(all.infos[i]);
            cracks.planes.push_back(all.planes[i]);
            cracks.masks.push_back(all.masks[i]);
        }
    fettle::testing::TestContext context;
    const auto rows = judged(all, context, {{"classes", true}}).rows;
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].name, "ssim");
    EXPECT_EQ(rows[1].name, "ssim: bad");
    EXPECT_EQ(rows[2].name, "ssim: crack");
    const auto alone = judged(cracks, context).rows.at(0);
    const auto whole = judged(all, context).rows.at(0);
    for (const auto& [row, expected] : {std::pair{rows[2], alone}, std::pair{rows[0], whole}}) {
        ASSERT_EQ(row.figures.size(), expected.figures.size());
        for (std::size_t k = 0; k < row.figures.size(); ++k) {
            EXPECT_EQ(row.figures[k].name, expected.figures[k].name);
            EXPECT_EQ(row.figures[k].value, expected.figures[k].value) << row.figures[k].name;
        }
    }
}

TEST(Localisation, CountsDiceAndIouAtACalibratedThreshold) {
    fettle::Random random(61);
    const Scene scene = small_scene(random);
    fettle::testing::TestContext context;
    const auto row = judged(scene, context, {{"at", 0.9}}).rows.at(0);
    std::vector<float> calibration;
    for (int k = 0; k < 2; ++k)
        calibration.insert(calibration.end(), scene.planes[static_cast<std::size_t>(k)].values.begin(),
                           scene.planes[static_cast<std::size_t>(k)].values.end());
    const double threshold = fettle::quantile(calibration, 0.9);
    EXPECT_EQ(judging::value(row, "threshold"), threshold);
    double hits = 0, called = 0, marked = 0;
    for (std::size_t i = 2; i < scene.infos.size(); ++i)
        for (std::size_t p = 0; p < scene.planes[i].values.size(); ++p) {
            const bool above = static_cast<double>(scene.planes[i].values[p]) > threshold;
            const bool set = !scene.masks[i].empty() && scene.masks[i].pixels[p] != 0;
            hits += above && set, called += above, marked += set;
        }
    EXPECT_NEAR(judging::value(row, "dice"), 2 * hits / (called + marked), 1e-12);
    EXPECT_NEAR(judging::value(row, "iou"), hits / (called + marked - hits), 1e-12);
    EXPECT_EQ(judging::value(row, "images_with_mask"), 2);
    for (const char* name : {"pixel_auroc", "pixel_average_precision", "aupro", "dice", "iou"}) {
        EXPECT_LE(judging::figure(row, name)->low, judging::value(row, name)) << name;
        EXPECT_GE(judging::figure(row, name)->high, judging::value(row, name)) << name;
    }
    EXPECT_EQ(row.verdict, "");
}

TEST(Localisation, DoesNotLookAtTestPixelsForItsThreshold) {
    fettle::Random random(62);
    Scene scene = small_scene(random);
    fettle::testing::TestContext context;
    const double before = judging::value(judged(scene, context).rows.at(0), "threshold");
    for (std::size_t i = 2; i < scene.planes.size(); ++i)
        for (float& v : scene.planes[i].values) v = v * 3 + 5;
    EXPECT_EQ(judging::value(judged(scene, context).rows.at(0), "threshold"), before);
}

TEST(Localisation, CropsTheMaskToAMapWithoutItsBorder) {
    fettle::Random random(63);
    Scene whole = small_scene(random), framed = whole;
    for (std::size_t i = 0; i < framed.masks.size(); ++i) {
        if (framed.masks[i].empty()) continue;
        fettle::Image larger(26, 20, 1);  // 20x16 within a border of 3 and 2, whose corner is set
        *larger.at(0, 0) = 255;
        for (int y = 0; y < 16; ++y) std::copy_n(framed.masks[i].at(0, y), 20, larger.at(3, y + 2));
        framed.masks[i] = larger;
    }
    fettle::testing::TestContext context;
    const auto expected = judged(whole, context).rows.at(0), got = judged(framed, context).rows.at(0);
    for (std::size_t f = 0; f < expected.figures.size(); ++f)
        EXPECT_EQ(expected.figures[f].value, got.figures[f].value) << expected.figures[f].name;
}

// Images that are anomalous all over have no sound pixel; redrawn sets of such images alone can't be ranked.
TEST(Localisation, OfImagesThatAreAnomalousAllOverHasIntervalsThatAreNumbers) {
    fettle::Random random(67);
    Scene scene;
    for (int k = 0; k < 3; ++k) {
        Pair pair = random_pair(random, 20, 16, 0);
        if (k > 0) pair.mask = fettle::Image(20, 16, 1, 255);
        scene.add(Split::test, Label::anomalous, pair.map, pair.mask);
    }
    fettle::testing::TestContext context;
    const auto row = judged(scene, context).rows.at(0);
    for (const char* name : {"pixel_auroc", "aupro"}) {
        const auto found = *judging::figure(row, name);
        EXPECT_LE(found.low, found.high) << name;  // false of what is no number
        EXPECT_GE(found.low, 0) << name;
        EXPECT_LE(found.high, 1) << name;
    }
    scene.masks[0] = fettle::Image(20, 16, 1, 255);
    *scene.masks[0].at(0, 0) = 0;  // a third of the redrawn sets miss it, and 99 % take 200 draws
    for (int k = 0; k < 37; ++k) scene.add(Split::test, Label::anomalous, scene.planes[1], scene.masks[1]);
    const auto rare = judged(scene, context, {{"confidence", 0.99}, {"draws", 200}}).rows.at(0);
    EXPECT_TRUE(std::isnan(judging::figure(rare, "pixel_auroc")->low));
    EXPECT_FALSE(std::isnan(judging::figure(rare, "pixel_average_precision")->low));
    EXPECT_THAT(rare.verdict, HasSubstr("no interval of pixel_auroc, aupro: redrawn sets don't differ, or too few"));
}

TEST(Localisation, RefusesAMapThatDoesNotFitItsMask) {
    fettle::Random random(64);
    Scene scene = small_scene(random);
    scene.masks[2] = fettle::Image(21, 16, 1, 255);
    fettle::testing::TestContext context;
    try {
        judged(scene, context);
        FAIL();
    } catch (const fettle::Error& error) {
        EXPECT_EQ(error.fault(), fettle::Fault::shape);
        EXPECT_THAT(error.what(), HasSubstr("the map of `image 2` is 20x16, its mask 21x16"));
        EXPECT_THAT(error.help(), HasSubstr("even border"));
    }
}

// The figures are those of a set without the image.
TEST(Localisation, LeavesOutATestImageWhoseMapIsNotFinite) {
    fettle::Random random(66);
    for (const std::size_t lost : {std::size_t{2}, std::size_t{3}}) {  // an anomalous one, a normal one
        Scene scene = small_scene(random), without;
        Pair pair = random_pair(random, 20, 16, 0);
        scene.add(Split::test, Label::anomalous, pair.map, pair.mask);
        for (std::size_t i = 0; i < scene.infos.size(); ++i) {
            if (i == lost) continue;
            without.infos.push_back(scene.infos[i]);
            without.planes.push_back(scene.planes[i]);
            without.masks.push_back(scene.masks[i]);
        }
        scene.planes[lost].values[5] = std::numeric_limits<float>::quiet_NaN();
        fettle::testing::TestContext context;
        const auto row = judged(scene, context, {{"classes", true}}).rows.at(0);
        const auto expected = judged(without, context).rows.at(0);
        ASSERT_EQ(row.figures.size(), expected.figures.size());
        for (std::size_t k = 0; k < row.figures.size(); ++k)
            EXPECT_EQ(row.figures[k].value, expected.figures[k].value) << row.figures[k].name;
        EXPECT_THAT(row.verdict, HasSubstr("1 of 5 test images to judge has no finite map, `image " +
                                           std::to_string(lost) + "`: the figures are of the other 4"));
        for (std::size_t i = 2; i < scene.planes.size(); ++i)
            scene.planes[i].values[5] = std::numeric_limits<float>::quiet_NaN();
        try {
            judged(scene, context);
            FAIL();
        } catch (const fettle::Error& error) {
            EXPECT_THAT(error.what(),
                        HasSubstr("the map `ssim` of `image 2` is not finite, nor that of any other of 5"));
        }
    }
}

TEST(Localisation, RefusesCalibrationValuesThatAreNotFiniteAndEmptyMaps) {
    fettle::Random random(65);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Scene scene = small_scene(random);
        scene.planes[1].values[5] = bad;
        fettle::testing::TestContext context;
        try {
            judged(scene, context);
            FAIL();
        } catch (const fettle::Error& error) {
            EXPECT_THAT(error.what(), HasSubstr("`ssim` of `image 1` holds a value that is not finite"));
        }
    }
    Scene scene = small_scene(random);
    scene.planes[2] = {};
    fettle::testing::TestContext context;
    EXPECT_THROW(judged(scene, context), fettle::Error);
}

TEST(Localisation, LeavesOutWhatItCannotKnowAndSaysSo) {
    fettle::Random random(66);
    Scene scene = small_scene(random);
    Pair pair = random_pair(random, 20, 16, 0);
    scene.add(Split::test, Label::anomalous, pair.map);                            // no mask
    scene.add(Split::test, Label::anomalous, pair.map, fettle::Image(20, 16, 1));  // nothing set in it
    scene.add(Split::test, Label::unknown, pair.map, pair.mask);
    fettle::testing::TestContext context;
    const auto row = judged(scene, context).rows.at(0);
    EXPECT_EQ(judging::value(row, "images_with_mask"), 2);
    EXPECT_THAT(row.verdict, HasSubstr("2 anomalous test images without a mask were left out"));
    EXPECT_THAT(row.verdict, HasSubstr("1 without a label were left out"));

    Scene bare;
    bare.add(Split::test, Label::anomalous, pair.map);
    const auto nothing = judged(bare, context).rows.at(0);
    EXPECT_THAT(nothing.figures, IsEmpty());
    EXPECT_THAT(nothing.verdict, HasSubstr("no test image has a mask"));
    EXPECT_THAT(context.warnings(), Contains(HasSubstr("no test image has a mask")));

    Scene uncalibrated;
    uncalibrated.add(Split::test, Label::anomalous, pair.map, pair.mask);
    const auto row2 = judged(uncalibrated, context).rows.at(0);
    EXPECT_FALSE(judging::figure(row2, "dice"));
    EXPECT_TRUE(std::isnan(judging::figure(row2, "aupro")->low));
    EXPECT_THAT(row2.verdict, HasSubstr("no maps of sound calibration images"));
    EXPECT_THAT(row2.verdict, HasSubstr("fewer than two images with a mask"));
}

}  // namespace
