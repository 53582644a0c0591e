#include "../../plugins/evaluate/pixel_draws.hpp"
#include "../../plugins/evaluate/pixels.hpp"
#include "judging.hpp"

#include <fettle/statistics.hpp>

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>

namespace {

using evaluate::ImagePixels;
using fettle::Label;
using fettle::Plane;
using fettle::Split;
using judging::Json;
using judging::plugin;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// A map and the mask it is judged by.
struct Pair {
    Plane map;
    fettle::Image mask;
};

/// Rectangles of a mask, which may touch or overlap, on a map of few values (many ties) or of many.
Pair random_pair(fettle::Random& random, int width, int height, int levels) {
    Pair out{{width, height, {}}, fettle::Image(width, height, 1)};
    for (int k = random.integer(1, 4); k > 0; --k) {
        const int x = random.integer(0, width - 3), y = random.integer(0, height - 3);
        const int right = random.integer(x, std::min(width - 1, x + 8)),
                  low = random.integer(y, std::min(height - 1, y + 8));
        for (int py = y; py <= low; ++py)
            for (int px = x; px <= right; ++px) *out.mask.at(px, py) = 255;
    }
    for (int i = 0; i < width * height; ++i) {
        const double raw = random.normal() + (out.mask.pixels[static_cast<std::size_t>(i)] != 0 ? 1.0 : 0.0);
        out.map.values.push_back(static_cast<float>(levels == 0 ? raw : std::round(raw * levels) / levels));
    }
    return out;
}

std::vector<ImagePixels> pixels_of(const std::vector<Pair>& pairs) {
    std::vector<ImagePixels> out;
    for (const Pair& pair : pairs) out.push_back(evaluate::pixels_of(pair.map, pair.mask));
    return out;
}

/// 8-connected regions by flooding: the region's number at each pixel, 0 outside.
std::vector<int> flooded(const fettle::Image& mask) {
    std::vector<int> out(mask.pixels.size());
    int count = 0;
    for (int start = 0; start < static_cast<int>(out.size()); ++start) {
        if (mask.pixels[static_cast<std::size_t>(start)] == 0 || out[static_cast<std::size_t>(start)] != 0) continue;
        std::vector<int> open{start};
        out[static_cast<std::size_t>(start)] = ++count;
        while (!open.empty()) {
            const int at = open.back();
            open.pop_back();
            for (int dy = -1; dy <= 1; ++dy)
                for (int dx = -1; dx <= 1; ++dx) {
                    const int x = at % mask.width + dx, y = at / mask.width + dy;
                    if (x < 0 || y < 0 || x >= mask.width || y >= mask.height) continue;
                    const auto next = static_cast<std::size_t>(y * mask.width + x);
                    if (mask.pixels[next] == 0 || out[next] != 0) continue;
                    out[next] = count;
                    open.push_back(static_cast<int>(next));
                }
        }
    }
    return out;
}

/// AUPRO as its definition reads: at every distinct value the mean over regions of the share that is called, over the
/// share of sound pixels that is called; straight lines between; cut at the limit.
double plain_overlap(const std::vector<Pair>& pairs, double limit) {
    std::set<float, std::greater<>> values;
    for (const Pair& pair : pairs) values.insert(pair.map.values.begin(), pair.map.values.end());
    std::vector<std::pair<double, double>> curve{{0, 0}};
    for (const float threshold : values) {
        double sound = 0, called = 0, overlap = 0, regions = 0;
        for (const Pair& pair : pairs) {
            const auto region = flooded(pair.mask);
            std::map<int, std::pair<double, double>> of;  // called, all
            for (std::size_t i = 0; i < region.size(); ++i) {
                const bool above = pair.map.values[i] >= threshold;
                if (region[i] == 0)
                    ++sound, called += above;
                else
                    of[region[i]].first += above, ++of[region[i]].second;
            }
            for (const auto& [number, counts] : of) overlap += counts.first / counts.second, ++regions;
        }
        curve.emplace_back(called / sound, overlap / regions);
    }
    double area = 0;
    for (std::size_t k = 1; k < curve.size(); ++k) {
        const auto [x0, y0] = curve[k - 1];
        auto [x1, y1] = curve[k];
        if (x0 >= limit || x1 == x0) continue;
        if (x1 > limit) y1 = y0 + (y1 - y0) * (limit - x0) / (x1 - x0), x1 = limit;
        area += (x1 - x0) * (y0 + y1) / 2;
    }
    return area / limit;
}

TEST(Keys, HaveTheOrderOfTheirFloats) {
    fettle::Random random(51);
    const float special[] = {0.0f, -0.0f, 1e-45f, -1e-45f, 3.4e38f, -3.4e38f, 1.0f, -1.0f};
    for (int trial = 0; trial < 20000; ++trial) {
        const auto draw = [&] {
            const float value =
                random.chance(0.1) ? special[random.integer(0, 7)] : std::bit_cast<float>(random.bits());
            return std::isfinite(value) ? value : 0.5f;
        };
        const float a = draw(), b = draw();
        EXPECT_EQ(a < b, evaluate::ordered_key(a) < evaluate::ordered_key(b)) << a << ' ' << b;
        EXPECT_EQ(evaluate::ordered_value(evaluate::ordered_key(a)), a);
        const double threshold = random.chance(0.5) ? static_cast<double>(b) : static_cast<double>(b) * (1 + 1e-9);
        EXPECT_EQ(static_cast<double>(a) > threshold, evaluate::ordered_key(a) >= evaluate::key_above(threshold));
    }
    std::vector<std::uint32_t> keys(5000);
    for (auto& key : keys) key = random.bits() >> random.integer(0, 20);
    auto sorted = keys;
    std::sort(sorted.begin(), sorted.end());
    evaluate::sort_keys(keys);
    EXPECT_EQ(keys, sorted);
}

TEST(PixelRanking, AgreesWithItsDefinition) {
    fettle::Random random(52);
    for (int trial = 0; trial < 40; ++trial) {
        std::vector<Pair> pairs;
        for (int k = random.integer(1, 4); k > 0; --k)
            pairs.push_back(random_pair(random, random.integer(8, 24), random.integer(8, 24), trial % 2 == 0 ? 3 : 0));
        const double limit = trial % 3 == 0 ? 1.0 : random.uniform(0.02, 0.6);
        EXPECT_NEAR(evaluate::rank_pixels(pixels_of(pairs), limit).region_overlap, plain_overlap(pairs, limit), 1e-10);
    }
}

TEST(PixelRanking, AgreesWithScikitLearn) {
    if (!support::has_python("sklearn")) GTEST_SKIP() << "there is no Python with scikit-learn";
    fettle::Random random(53);
    std::vector<std::vector<Pair>> sets;
    Json given = Json::array();
    for (int trial = 0; trial < 6; ++trial) {
        std::vector<Pair> pairs;
        Json values = Json::array(), labels = Json::array();
        for (int k = 0; k < 5; ++k) {
            pairs.push_back(random_pair(random, 120, 110, trial % 2 == 0 ? 20 : 0));
            for (const float v : pairs.back().map.values) values.push_back(v);
            for (const auto v : pairs.back().mask.pixels) labels.push_back(v > 0);
        }
        given.push_back({{"values", std::move(values)}, {"labels", std::move(labels)}});
        sets.push_back(std::move(pairs));
    }
    const Json answer = judging::ask_python(given, R"(
from sklearn.metrics import roc_auc_score, average_precision_score
answer = [[roc_auc_score(e["labels"], e["values"]), average_precision_score(e["labels"], e["values"])] for e in given]
)",
                                            "sklearn");
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto ranking = evaluate::rank_pixels(pixels_of(sets[i]), 0.3);
        EXPECT_NEAR(ranking.auroc, answer[i][0].get<double>(), 1e-12);
        EXPECT_NEAR(ranking.average_precision, answer[i][1].get<double>(), 1e-12);
    }
}

// More pixels than one range of keys takes, of which half have one value: ranges, and a value that fills several.
TEST(PixelRanking, OfManyPixelsIsTheSameInAnyOrderOfImagesAndOnAnyThreads) {
    fettle::Random random(54);
    std::vector<Pair> pairs;
    for (int k = 0; k < 12; ++k) {
        pairs.push_back(random_pair(random, 300, 300, 0));
        for (float& value : pairs.back().map.values) value = value < 0 ? 0 : value;
    }
    const auto run = [&](int threads) {
        const tbb::global_control limit(tbb::global_control::max_allowed_parallelism,
                                        static_cast<std::size_t>(threads));
        return tbb::task_arena(threads).execute([&] { return evaluate::rank_pixels(pixels_of(pairs), 0.3); });
    };
    const auto one = run(1), four = run(4);
    EXPECT_EQ(one.auroc, four.auroc);
    EXPECT_EQ(one.average_precision, four.average_precision);
    EXPECT_EQ(one.region_overlap, four.region_overlap);
    std::reverse(pairs.begin(), pairs.end());
    const auto reversed = run(2);
    EXPECT_EQ(one.auroc, reversed.auroc);
    EXPECT_NEAR(one.region_overlap, reversed.region_overlap, 1e-12);
    // Against sorting all pixels at once.
    std::vector<std::pair<float, bool>> all;
    for (const Pair& pair : pairs)
        for (std::size_t i = 0; i < pair.map.values.size(); ++i)
            all.emplace_back(pair.map.values[i], pair.mask.pixels[i] != 0);
    std::sort(all.begin(), all.end());
    double won = 0, below = 0, anomalous = 0;
    for (std::size_t i = 0; i < all.size();) {
        double here[2] = {0, 0};
        const float value = all[i].first;
        for (; i < all.size() && all[i].first == value; ++i) ++here[all[i].second];
        won += here[1] * (below + here[0] / 2);
        below += here[0];
        anomalous += here[1];
    }
    EXPECT_NEAR(one.auroc, won / below / anomalous, 1e-12);
}

TEST(PixelRanking, IsTheSameUnderAnIncreasingMap) {
    fettle::Random random(55);
    for (int trial = 0; trial < 30; ++trial) {
        std::vector<Pair> pairs{random_pair(random, 30, 20, 8), random_pair(random, 16, 40, 8)};
        const auto before = evaluate::rank_pixels(pixels_of(pairs), 0.25);
        for (Pair& pair : pairs)
            for (float& value : pair.map.values) value = std::exp(value) * 3 - 1;
        const auto after = evaluate::rank_pixels(pixels_of(pairs), 0.25);
        EXPECT_EQ(before.auroc, after.auroc);
        EXPECT_EQ(before.region_overlap, after.region_overlap);
    }
}

TEST(PixelRanking, OfPerfectAndUselessMaps) {
    fettle::Random random(56);
    Pair perfect = random_pair(random, 40, 40, 0), flat = perfect;
    for (std::size_t i = 0; i < perfect.map.values.size(); ++i) {
        perfect.map.values[i] = perfect.mask.pixels[i] != 0 ? 2.0f : 1.0f;
        flat.map.values[i] = 7;
    }
    const auto best = evaluate::rank_pixels(pixels_of({perfect}), 0.3);
    EXPECT_EQ(best.auroc, 1);
    EXPECT_EQ(best.average_precision, 1);
    EXPECT_NEAR(best.region_overlap, 1, 1e-12);
    const auto none = evaluate::rank_pixels(pixels_of({flat}), 0.3);
    EXPECT_EQ(none.auroc, 0.5);
    EXPECT_NEAR(none.region_overlap, 0.15, 1e-12);  // the straight line to (1, 1), up to 0.3
}

TEST(PixelIntervals, HoldTheFiguresOfFurtherImages) {
    fettle::Random random(57);
    const auto set = [&](int images) {
        std::vector<Pair> pairs;
        for (int k = 0; k < images; ++k) pairs.push_back(random_pair(random, 32, 32, 0));
        return pixels_of(pairs);
    };
    const auto truth = evaluate::rank_pixels(set(1500), 0.3);
    const fettle::testing::TestContext context;
    int held[3] = {0, 0, 0};
    constexpr int trials = 120;
    for (int trial = 0; trial < trials; ++trial) {
        const auto images = set(40);
        const auto figures = evaluate::rank_pixels(images, 0.3);
        const auto found = evaluate::pixel_intervals(images, figures, 0.3, {}, 200, 0.9, context);
        const auto holds = [](const std::optional<evaluate::Interval>& i, double v) {
            return i->low <= v && v <= i->high;
        };
        held[0] += holds(found.auroc, truth.auroc);
        held[1] += holds(found.average_precision, truth.average_precision);
        held[2] += holds(found.region_overlap, truth.region_overlap);
        EXPECT_TRUE(holds(found.auroc, figures.auroc));
        EXPECT_FALSE(found.dice);
    }
    for (const int each : held) EXPECT_NEAR(each / static_cast<double>(trials), 0.9, 0.08);
}

// ---- The stage ----

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

TEST(Localisation, RefusesValuesThatAreNotFiniteAndEmptyMaps) {
    fettle::Random random(65);
    for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        Scene scene = small_scene(random);
        scene.planes[3].values[5] = bad;
        fettle::testing::TestContext context;
        try {
            judged(scene, context);
            FAIL();
        } catch (const fettle::Error& error) {
            EXPECT_THAT(error.what(), HasSubstr("`ssim` of `image 3` holds a value that is not finite"));
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
