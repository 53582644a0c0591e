#include "support.hpp"

#include <fettle/image.hpp>

#include <tbb/global_control.h>
#include <nlohmann/json.hpp>
#include <opencv2/imgcodecs.hpp>

namespace {

using namespace support;
using ::testing::HasSubstr;
using Json = nlohmann::json;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/synthesize.so");
    return library;
}

constexpr int side = 64;

Ref<Images> grounds(int count = 8) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Image image = noise_image(static_cast<std::uint64_t>(i), side, side);
        for (auto& value : image.pixels) value = static_cast<std::uint8_t>(140 + value / 16);
        samples.push_back(sample_of("ground" + std::to_string(i), std::move(image)));
    }
    return fixed_images(std::move(samples));
}

/// A dark disc with a soft edge on a canvas with empty margins.
Sample disc(const char* id, int width, int height) {
    Sample sample = sample_of(id, Image(width, height, 3, 20), Image(width, height, 1), Label::anomalous);
    const double radius = std::min(width, height) * 0.35;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            *sample.mask.at(x, y) = static_cast<std::uint8_t>(
                std::clamp(128 + 60 * (radius - std::hypot(x - width / 2.0, y - height / 2.0)), 0.0, 255.0));
    return sample;
}

Ref<Images> pasted(const Ref<Images>& images, const Ref<Images>& objects, const Settings& settings,
                   std::uint64_t seed = 1) {
    TestContext context({}, seed);
    std::map<std::string, std::vector<ValueRef>> in{{"images", {images}}};
    if (objects) in["objects"] = {objects};
    return as_images(
        library().run("synthesize.paste", *library().make("synthesize.paste", settings), in, context)["images"]);
}

/// Every pixel outside the mask is as it was; returns how many are marked and how many of those differ.
std::pair<int, int> marked_and_changed(const Sample& before, const Sample& after) {
    int marked = 0, changed = 0;
    for (int y = 0; y < before.image.height; ++y)
        for (int x = 0; x < before.image.width; ++x) {
            const bool same = std::equal(before.image.at(x, y), before.image.at(x, y) + 3, after.image.at(x, y));
            if (*after.mask.at(x, y) == 255) {
                ++marked;
                changed += !same;
            } else {
                EXPECT_TRUE(same) << after.info.id << " at " << x << ", " << y;
            }
        }
    return {marked, changed};
}

TEST(Paste, DescribesItself) { expect_conforms(library()); }

TEST(Paste, TheMaskIsWhereThePictureChanged) {
    const auto images = grounds();
    const auto objects = fixed_images({disc("small", 20, 20), disc("wide", 90, 40), disc("tall", 30, 200)});
    const Settings mild{{"count", Setting::List{1, 4}}};
    const Settings faint{{"count", Setting::List{2}}, {"opacity", Setting::List{0.2, 0.4}}, {"feather", 2.5}};
    for (const auto& settings : {mild, faint}) {
        const auto out = pasted(images, objects, settings);
        for (std::size_t i = 0; i < images->size(); ++i)
            for (std::uint32_t round : {0u, 1u, 7u}) {
                const Sample after = sample_at(*out, i, round);
                const auto [marked, changed] = marked_and_changed(sample_at(*images, i), after);
                EXPECT_GT(marked, 0);
                EXPECT_EQ(changed, marked);  // the disc is darker than any ground, so every covered pixel differs
                EXPECT_EQ(after.info.label, Label::anomalous);
            }
    }
}

TEST(Paste, LineageSaysWhatWasPastedAndWhere) {
    const auto images = grounds();
    const auto out = pasted(images, fixed_images({disc("first", 40, 40), disc("second", 50, 20)}), {{"count", 1}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        ASSERT_EQ(after.lineage.size(), 1u);
        const Json line = Json::parse(after.lineage[0]);
        EXPECT_TRUE(line.at("object") == "first" || line.at("object") == "second");
        int x0 = side, y0 = side, x1 = 0, y1 = 0;
        for (int y = 0; y < side; ++y)
            for (int x = 0; x < side; ++x)
                if (*after.mask.at(x, y) == 255)
                    x0 = std::min(x0, x), x1 = std::max(x1, x + 1), y0 = std::min(y0, y), y1 = std::max(y1, y + 1);
        // The faintest rim of the alpha isn't drawn, so the box may be a little larger than the mask.
        EXPECT_NEAR(line.at("x").get<int>(), x0, 4);
        EXPECT_NEAR(line.at("y").get<int>(), y0, 4);
        EXPECT_NEAR(line.at("x").get<int>() + line.at("width").get<int>(), x1, 4);
        EXPECT_NEAR(line.at("y").get<int>() + line.at("height").get<int>(), y1, 4);
        for (const char* key : {"angle", "scale", "opacity", "flip_horizontal", "flip_vertical"})
            EXPECT_TRUE(line.contains(key)) << key;
    }
}

TEST(Paste, CountIsANumberOrARange) {
    const auto images = grounds(40);
    const auto objects = fixed_images({disc("a", 30, 30)});
    const auto three = pasted(images, objects, {{"count", 3}});
    const auto range = pasted(images, objects, {{"count", Setting::List{1, 3}}});
    std::map<std::size_t, int> seen;
    for (std::size_t i = 0; i < images->size(); ++i) {
        EXPECT_EQ(sample_at(*three, i).lineage.size(), 3u);
        ++seen[sample_at(*range, i).lineage.size()];
    }
    EXPECT_EQ(seen.size(), 3u);
    EXPECT_EQ(seen.begin()->first, 1u);
}

TEST(Paste, SamplesDependOnSeedIndexAndRoundAlone) {
    const auto images = grounds(16);
    const auto objects = fixed_images({disc("a", 30, 30), disc("b", 50, 20)});
    const auto out = pasted(images, objects, {}), again = pasted(images, objects, {}),
               other = pasted(images, objects, {}, 2);
    const auto fixed = pasted(images, objects, {{"fresh", false}});
    EXPECT_TRUE(out->varies());
    EXPECT_FALSE(fixed->varies());
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 4);
    const auto order = Random(9).permutation(16);
    const auto batch = out->read(order, 3);
    for (std::size_t k = 0; k < 16; ++k) {
        const Sample alone = sample_at(*again, order[k], 3);
        EXPECT_EQ(batch->sample(k)->image, alone.image);
        EXPECT_EQ(batch->sample(k)->lineage, alone.lineage);
        EXPECT_NE(sample_at(*again, order[k], 4).image, alone.image);
        EXPECT_NE(sample_at(*other, order[k], 3).image, alone.image);
        EXPECT_EQ(sample_at(*fixed, order[k], 3).image, sample_at(*fixed, order[k], 0).image);
    }
}

TEST(Paste, AnOpaqueObjectWithoutAnythingElseIsCopied) {
    // No turn, no flip, no feather, full opacity, its own size: the object's very pixels stand in the picture.
    const Image object = noise_image(77, 16, 16);
    const auto images = grounds(4);
    const auto out = pasted(images, fixed_images({sample_of("a", object)}),
                            {{"scale", Setting::List{0.25, 0.25}},
                             {"angle", Setting::List{0, 0}},
                             {"flip", "none"},
                             {"opacity", Setting::List{1, 1}},
                             {"feather", 0}});
    for (std::size_t i = 0; i < images->size(); ++i) {
        const Sample after = sample_at(*out, i);
        const Json line = Json::parse(after.lineage.at(0));
        for (int y = 0; y < 16; ++y)
            for (int x = 0; x < 16; ++x) {
                const int px = line.at("x").get<int>() + x, py = line.at("y").get<int>() + y;
                EXPECT_TRUE(std::equal(object.at(x, y), object.at(x, y) + 3, after.image.at(px, py)));
            }
        EXPECT_EQ(std::count(after.mask.pixels.begin(), after.mask.pixels.end(), 255), 256);
    }
}

TEST(Paste, OddObjectsWork) {
    const auto images = grounds(6);
    const auto objects = fixed_images(
        {sample_of("dot", Image(1, 1, 3, 0)), disc("huge", 700, 400), sample_of("opaque", Image(300, 20, 3, 5))});
    for (const Settings& settings :
         {Settings{}, Settings{{"scale", Setting::List{1, 3}}}, Settings{{"scale", Setting::List{0.01, 0.02}}}}) {
        const auto out = pasted(images, objects, settings);
        for (std::size_t i = 0; i < images->size(); ++i) {
            const Sample after = sample_at(*out, i);
            EXPECT_EQ(after.image.width, side);
            EXPECT_GT(marked_and_changed(sample_at(*images, i), after).second, 0);
        }
    }
}

TEST(Paste, AnObjectOfSixteenBitsIsPastedRounded) {
    cv::Mat deep(24, 24, CV_16UC4);
    for (int y = 0; y < 24; ++y)
        for (int x = 0; x < 24; ++x)  // blue, green, red, alpha: n of 8 bits is 257 n of 16
            deep.at<cv::Vec4w>(y, x) =
                cv::Vec4w(static_cast<unsigned short>(x * 257 + 100), 50 * 257 - 100, 20 * 257, y < 12 ? 0xFFFF : 0);
    std::vector<std::uint8_t> bytes;
    ASSERT_TRUE(cv::imencode(".png", deep, bytes));
    auto [image, alpha] = fettle::decode_image(bytes, "deep.png");
    const auto out = pasted(grounds(3), fixed_images({sample_of("deep", image, alpha)}),
                            {{"size", 24},
                             {"angle", Setting::List{0, 0}},
                             {"flip", "none"},
                             {"opacity", Setting::List{1, 1}},
                             {"feather", 0}});
    for (std::size_t i = 0; i < 3; ++i) {
        const Sample after = sample_at(*out, i);
        const Json line = Json::parse(after.lineage.at(0));
        EXPECT_EQ(line.at("width"), 24);
        EXPECT_EQ(line.at("height"), 12);
        for (int y = 0; y < 12; ++y)
            for (int x = 0; x < 24; ++x) {
                const std::uint8_t* pixel = after.image.at(line.at("x").get<int>() + x, line.at("y").get<int>() + y);
                EXPECT_EQ(std::vector<int>(pixel, pixel + 3), (std::vector<int>{20, 50, x}));
            }
    }
}

TEST(Paste, WhatCannotBeSeenIsDrawnAgainAndNeverForEver) {
    const Sample clear = sample_of("clear", Image(20, 20, 3, 0), Image(20, 20, 1));
    const auto images = grounds(4);
    const auto mixed = pasted(images, fixed_images({clear, disc("seen", 30, 30)}), {});
    for (std::size_t i = 0; i < images->size(); ++i)
        EXPECT_EQ(Json::parse(sample_at(*mixed, i).lineage.at(0)).at("object"), "seen");
    const auto hopeless = pasted(images, fixed_images({clear}), {});
    const Error error = error_of([&] { sample_at(*hopeless, 0); });
    EXPECT_THAT(error.what(), HasSubstr("`clear`"));
    EXPECT_THAT(error.what(), HasSubstr("`ground0`"));
}

TEST(Paste, AnEarlierMaskIsKept) {
    Image mask(side, side, 1);
    *mask.at(0, 0) = 255;
    const auto images = fixed_images({sample_of("a", Image(side, side, 3, 200), mask)});
    const Sample after = sample_at(*pasted(images, fixed_images({disc("d", 20, 20)}), {}), 0);
    EXPECT_EQ(*after.mask.at(0, 0), 255);
    EXPECT_GT(std::count(after.mask.pixels.begin(), after.mask.pixels.end(), 255), 5);
}

TEST(Paste, WithoutObjectsSaysWhatToConnect) {
    const auto images = grounds(1);
    const Error error = error_of([&] { sample_at(*pasted(images, nullptr, {}), 0); });
    EXPECT_THAT(error.help(), HasSubstr("in.objects"));
    EXPECT_THAT(error_of([&] { sample_at(*pasted(images, fixed_images({}), {}), 0); }).what(), HasSubstr("in.objects"));
}

TEST(Paste, ContradictionsAreFoundBeforeARun) {
    const auto complaint = [](const Settings& settings) {
        return library().entry("synthesize.paste").check(*library().make("synthesize.paste", settings));
    };
    EXPECT_EQ(complaint({}), "");
    EXPECT_THAT(complaint({{"count", Setting::List{3, 1}}}), HasSubstr("`count`"));
    EXPECT_THAT(complaint({{"count", Setting::List{1, 2, 3}}}), HasSubstr("`count`"));
    EXPECT_THAT(complaint({{"opacity", Setting::List{1, 0.5}}}), HasSubstr("`opacity`"));
}

}  // namespace
