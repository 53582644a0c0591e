#include "../../plugins/evaluate/pixels.hpp"
#include "../../plugins/evaluate/pixel_draws.hpp"
#include "judging.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <bit>
#include <map>
#include <set>

namespace {

using evaluate::ImagePixels;
using judging::Json;
using judging::random_pair;
using Pair = judging::MapAndMask;

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

}  // namespace
