// A mask follows its image through every change of geometry: images that show their own mask still do afterwards.
#include "transform/transforms.hpp"

namespace {

using namespace support;

constexpr int paper = 120, part = 60, ink = 255, between = 157;

bool in_disc(double x, double y, double cx, double cy, double radius) { return std::hypot(x - cx, y - cy) <= radius; }

/// A disc (so that `align` finds one) with white blobs on it; the mask is the blobs.
Sample marked(std::uint64_t seed, int width, int height) {
    Random random(seed);
    const double shorter = std::min(width, height), radius = shorter * random.uniform(0.36, 0.42);
    const double cx = width / 2.0 + random.uniform(-3, 3), cy = height / 2.0 + random.uniform(-3, 3);
    Sample sample = sample_of("marked" + std::to_string(seed), Image(width, height, 3, paper), Image(width, height, 1),
                              Label::anomalous);
    struct Blob {
        double x, y, radius;
    } blobs[3];
    for (auto& blob : blobs)
        blob = {cx + random.uniform(-0.4, 0.4) * radius, cy + random.uniform(-0.4, 0.4) * radius,
                random.uniform(0.1, 0.25) * radius};
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const bool on = std::any_of(std::begin(blobs), std::end(blobs),
                                        [&](const Blob& blob) { return in_disc(x, y, blob.x, blob.y, blob.radius); });
            const int value = on ? ink : in_disc(x, y, cx, cy, radius) ? part : paper;
            std::fill_n(sample.image.at(x, y), 3, static_cast<std::uint8_t>(value));
            *sample.mask.at(x, y) = on ? 255 : 0;
        }
    return sample;
}

/// Whether all of the mask around a pixel says the same.
bool is_uniform(const Image& mask, int x, int y) {
    for (int v = std::max(0, y - 1); v <= std::min(mask.height - 1, y + 1); ++v)
        for (int u = std::max(0, x - 1); u <= std::min(mask.width - 1, x + 1); ++u)
            if (*mask.at(u, v) != *mask.at(x, y)) return false;
    return true;
}

/// Returns how many pixels are marked.
int expect_shows_its_mask(const Sample& sample, const std::string& what) {
    EXPECT_EQ(sample.mask.width, sample.image.width) << what;
    EXPECT_EQ(sample.mask.height, sample.image.height) << what;
    int wrong = 0, count = 0;
    for (int y = 0; y < sample.mask.height; ++y)
        for (int x = 0; x < sample.mask.width; ++x) {
            const int mask = *sample.mask.at(x, y);
            EXPECT_TRUE(mask == 0 || mask == 255) << what;
            count += mask == 255;
            if ((sample.image.at(x, y)[0] > between) != (mask == 255) && is_uniform(sample.mask, x, y)) ++wrong;
        }
    EXPECT_EQ(wrong, 0) << what << ": the mask isn't where the image shows it";
    return count;
}

struct Case {
    const char* name;
    const char* id;
    Settings settings;
};

void PrintTo(const Case& each, std::ostream* out) { *out << each.name; }

class Geometry : public ::testing::TestWithParam<Case> {};

TEST_P(Geometry, MasksFollow) {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        Random random(seed + 100);
        const int width = random.integer(110, 170), height = random.integer(110, 170);
        const Sample before = marked(seed, width, height);
        ASSERT_GT(expect_shows_its_mask(before, "before"), 30);
        const Sample after = transformed(GetParam().id, before, GetParam().settings, seed);
        EXPECT_GT(expect_shows_its_mask(after, GetParam().name + std::string(" of ") + before.info.id), 10);
        EXPECT_EQ(after.info, before.info);
    }
}

INSTANTIATE_TEST_SUITE_P(
    All, Geometry,
    ::testing::Values(
        Case{"smaller", "transform.resize", {{"size", Setting::List{60, 75}}}},
        Case{"larger", "transform.resize", {{"size", Setting::List{300, 260}}, {"filter", "linear"}}},
        Case{"cubic", "transform.resize", {{"size", Setting::List{130, 140}}, {"filter", "cubic"}}},
        Case{"lanczos", "transform.resize", {{"size", Setting::List{90, 80}}, {"filter", "lanczos"}}},
        Case{"crop", "transform.crop", {{"size", Setting::List{80, 90}}}},
        Case{"crop_at", "transform.crop", {{"size", Setting::List{85, 85}}, {"at", Setting::List{11, 16}}}},
        Case{"flip", "transform.augment", {{"flip", "both"}}},
        Case{"rotate", "transform.augment", {{"rotate", Setting::List{-30, 30}}}},
        Case{"rotate_any", "transform.augment", {{"rotate", Setting::List{-180, 180}}, {"flip", "horizontal"}}},
        Case{"circle", "transform.mask_circle", {{"radius", 0.3}}},
        Case{"align", "transform.align", {{"radius", 0.45}}}, Case{"align_small", "transform.align", {{"radius", 0.2}}},
        Case{"align_turned",
             "transform.align",
             {{"angle", "dominant"}, {"round", true}, {"ring", Setting::List{0.05, 0.9}}}}),
    [](const auto& info) { return info.param.name; });

TEST(GeometryOfTiles, MasksFollow) {
    const Sample before = marked(3, 150, 130);
    const auto tiles =
        transformed("transform.tile", fixed_images({before}), {{"size", Setting::List{64, 48}}, {"overlap", 10}});
    int count = 0;
    for (std::size_t i = 0; i < tiles->size(); ++i)
        count += expect_shows_its_mask(sample_at(*tiles, i), tiles->info(i).id);
    EXPECT_GT(count, 100);
}

TEST(Geometry, WithoutMaskThereIsNone) {
    for (const char* id : {"transform.resize", "transform.crop", "transform.mask_circle", "transform.align"}) {
        Sample sample = marked(5, 140, 140);
        sample.mask = {};
        EXPECT_TRUE(transformed(id, sample, {}).mask.empty()) << id;
    }
}

TEST(MaskCircle, WhatLiesOutsideIsPaintedAndNotAnomalous) {
    Sample sample = sample_of("a", noise_image(1, 60, 40), Image(60, 40, 1, 255), Label::anomalous);
    const Settings where{{"centre", Setting::List{0.25, 0.5}}, {"radius", 0.3}};
    Settings grey = where, mean = where;
    grey["grey"] = 77, mean["fill"] = "mean";
    const Sample painted = transformed("transform.mask_circle", sample, grey);
    const Sample averaged = transformed("transform.mask_circle", sample, mean);
    double sum = 0;
    int inside = 0, outside = 0;
    for (int y = 0; y < 40; ++y)
        for (int x = 0; x < 60; ++x) {
            const double distance = std::hypot(x + 0.5 - 15, y + 0.5 - 20);
            if (std::abs(distance - 12) < 1e-6) continue;
            const bool in = distance < 12;
            EXPECT_EQ(*painted.mask.at(x, y), in ? 255 : 0);
            EXPECT_EQ(painted.image.at(x, y)[1], in ? sample.image.at(x, y)[1] : 77);
            sum += in ? sample.image.at(x, y)[1] : 0;
            inside += in, outside += !in;
        }
    EXPECT_GT(outside, 1000);
    EXPECT_NEAR(averaged.image.at(59, 39)[1], sum / inside, 0.51);
    Settings nowhere{{"centre", Setting::List{-1, -1}}, {"radius", 0.1}, {"fill", "mean"}};
    EXPECT_EQ(error_of([&] { transformed("transform.mask_circle", sample, nowhere); }).parameter(), "radius");
}

TEST(Transforms, DescribeThemselves) { expect_conforms(transforms()); }

}  // namespace
