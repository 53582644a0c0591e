#include "support.hpp"

#include <tbb/global_control.h>

#include <set>

namespace {

using namespace support;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

Ref<Images> drawn(Settings settings, TestContext& context) {
    return open_dataset(library(), "dataset.procedural", settings, context);
}

int change(const Sample& a, const Sample& b, int x, int y) {
    int greatest = 0;
    for (int c = 0; c < 3; ++c) greatest = std::max(greatest, std::abs(a.image.at(x, y)[c] - b.image.at(x, y)[c]));
    return greatest;
}

class Kinds : public ::testing::TestWithParam<const char*> {};

/// The same parts with and without damage: outside its mask nothing differs, inside most of it does, visibly.
TEST_P(Kinds, MasksAreWhereDamageChangesThePart) {
    TestContext context({}, 11);
    const auto damaged = drawn({{"kind", GetParam()}, {"count", 40}, {"anomalous", 40}}, context);
    const auto sound = drawn({{"kind", GetParam()}, {"count", 40}, {"anomalous", 0}}, context);
    for (std::size_t i = 0; i < 40; ++i) {
        const Sample a = sample_at(*damaged, i), b = sample_at(*sound, i);
        ASSERT_FALSE(a.mask.empty());
        EXPECT_TRUE(b.mask.empty());
        int marked = 0, seen = 0;
        for (int y = 0; y < a.image.height; ++y)
            for (int x = 0; x < a.image.width; ++x)
                if (*a.mask.at(x, y) == 255) {
                    ++marked;
                    seen += change(a, b, x, y) >= 8;
                } else {
                    ASSERT_EQ(change(a, b, x, y), 0) << a.info.id << " at " << x << ", " << y;
                }
        EXPECT_GE(marked, 14) << a.info.id;
        EXPECT_GE(seen, marked * 6 / 10) << a.info.id << ": " << seen << " of " << marked;
    }
}

TEST_P(Kinds, SamplesDependOnSeedAndIndexAlone) {
    TestContext one({}, 5, 1), other({}, 6, 1);
    const auto images = drawn({{"kind", GetParam()}, {"count", 24}}, one);
    const auto again = drawn({{"kind", GetParam()}, {"count", 24}}, one);
    const auto different = drawn({{"kind", GetParam()}, {"count", 24}}, other);
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
    const auto order = Random(1).permutation(24);
    const auto batch = images->read(order);
    std::set<std::vector<std::uint8_t>> all;
    for (std::size_t k = 0; k < 24; ++k) {
        const Sample alone = sample_at(*again, order[k]);
        EXPECT_EQ(batch->sample(k)->image, alone.image);
        EXPECT_EQ(batch->sample(k)->mask, alone.mask);
        EXPECT_NE(sample_at(*different, order[k]).image, alone.image);
        all.insert(alone.image.pixels);
    }
    EXPECT_EQ(all.size(), 24u) << "two parts are the same";
}

TEST_P(Kinds, PicturesUseTheirRangeAndDontBurnOut) {
    TestContext context;
    const auto images = drawn({{"kind", GetParam()}, {"count", 10}, {"anomalous", 0}}, context);
    for (std::size_t i = 0; i < 10; ++i) {
        const auto pixels = sample_at(*images, i).image.pixels;
        double sum = 0, squares = 0;
        for (const double value : pixels) sum += value, squares += value * value;
        const double count = static_cast<double>(pixels.size()), mean = sum / count;
        EXPECT_GT(mean, 60);
        EXPECT_LT(mean, 210);
        EXPECT_GT(std::sqrt(squares / count - mean * mean), 4);
        EXPECT_LT(std::count(pixels.begin(), pixels.end(), 255), static_cast<std::ptrdiff_t>(pixels.size() / 20));
    }
}

INSTANTIATE_TEST_SUITE_P(Procedural, Kinds, ::testing::Values("casting", "concrete", "brushed_metal"));

TEST(Procedural, LabelsCategoriesAndCounts) {
    TestContext context;
    const auto images =
        drawn({{"count", 20}, {"anomalous", 0.3}, {"defects", Setting::List{"crack", "pore"}}}, context);
    std::map<std::string, int> count;
    for (std::size_t i = 0; i < images->size(); ++i) {
        const auto& info = images->info(i);
        ++count[info.category];
        EXPECT_EQ(info.label, info.category == "good" ? Label::normal : Label::anomalous);
    }
    EXPECT_EQ(count, (std::map<std::string, int>{{"good", 14}, {"crack", 3}, {"pore", 3}}));
    const auto ids = ids_of(*images);
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), 20u);
    EXPECT_EQ(drawn({{"count", 20}, {"anomalous", 7}}, context)->info(13).label, Label::anomalous);
    EXPECT_EQ(drawn({{"count", 20}, {"anomalous", 7}}, context)->info(12).label, Label::normal);
}

TEST(Procedural, CutOutsAreCroppedToTheirAlpha) {
    TestContext context;
    const auto images = drawn({{"what", "cutouts"}, {"count", 40}}, context);
    for (std::size_t i = 0; i < 40; ++i) {
        const Sample sample = sample_at(*images, i);
        ASSERT_EQ(sample.mask.width, sample.image.width);
        ASSERT_EQ(sample.mask.height, sample.image.height);
        bool left = false, right = false, top = false, bottom = false;
        for (int y = 0; y < sample.mask.height; ++y)
            left |= *sample.mask.at(0, y) > 0, right |= *sample.mask.at(sample.mask.width - 1, y) > 0;
        for (int x = 0; x < sample.mask.width; ++x)
            top |= *sample.mask.at(x, 0) > 0, bottom |= *sample.mask.at(x, sample.mask.height - 1) > 0;
        EXPECT_TRUE(left && right && top && bottom) << sample.info.id;
        EXPECT_GT(*std::max_element(sample.mask.pixels.begin(), sample.mask.pixels.end()), 128) << sample.info.id;
    }
}

TEST(Procedural, OtherSizesShowTheSameKindOfPart) {
    TestContext context;
    for (const auto& [width, height] : {std::pair{16, 16}, std::pair{300, 200}}) {
        const auto images = drawn({{"count", 8}, {"anomalous", 4}, {"size", Setting::List{width, height}}}, context);
        for (std::size_t i = 0; i < 8; ++i) {
            const Sample sample = sample_at(*images, i);
            EXPECT_EQ(sample.image.width, width);
            EXPECT_EQ(sample.image.height, height);
        }
    }
}

TEST(Procedural, ContradictionsAreFoundBeforeARun) {
    const auto& entry = library().entry("dataset.procedural");
    const auto complaint = [&](const Settings& settings) {
        return entry.check(*library().make("dataset.procedural", settings));
    };
    EXPECT_EQ(complaint({}), "");
    EXPECT_THAT(complaint({{"anomalous", 500}, {"count", 100}}), ::testing::HasSubstr("`anomalous`"));
    EXPECT_THAT(complaint({{"anomalous", 1.5}}), ::testing::HasSubstr("whole number"));
    EXPECT_THAT(complaint({{"defects", Setting::List{}}}), ::testing::HasSubstr("`defects`"));
}

}  // namespace
