// A sheet shows the samples in order, each in its cell, and what is wrong with them.
#include "support.hpp"

#include <nlohmann/json.hpp>

#include <iterator>
#include <sstream>

namespace {

using namespace support;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

struct Shown {
    Image sheet;
    std::vector<nlohmann::json> lines;
};

Shown shown(const std::vector<Sample>& samples, const Settings& settings) {
    const TemporaryFolder folder;
    TestContext context(folder.path());
    const auto out = library().run("dataset.sheet", *library().make("dataset.sheet", settings),
                                   {{"images", {fixed_images(samples)}}}, context);
    const auto place = std::dynamic_pointer_cast<const Files>(out.at("files"))->folder;
    Shown result{decode_image(read_bytes(place / "sheet.png"), "sheet").image, {}};
    std::ifstream lines(place / "samples.jsonl");
    for (std::string line; std::getline(lines, line);) result.lines.push_back(nlohmann::json::parse(line));
    return result;
}

/// Grey pictures, each of its own level, with a defect in the middle.
std::vector<Sample> levels(int count) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Image mask(32, 32, 1);
        for (int y = 12; y < 20; ++y)
            for (int x = 8; x < 24; ++x) *mask.at(x, y) = 255;
        samples.push_back(sample_of("s" + std::to_string(i), Image(32, 32, 3, static_cast<std::uint8_t>(40 + 10 * i)),
                                    mask, Label::anomalous));
        samples.back().lineage = {R"({"stage":"test","value":)" + std::to_string(i) + "}"};
    }
    return samples;
}

TEST(Sheet, EachSampleStandsInItsCellInOrder) {
    const Shown got = shown(levels(9), {{"first", 2}, {"count", 5}, {"columns", 3}, {"cell", 32}, {"marks", "none"}});
    EXPECT_EQ(got.sheet.width, 96);
    EXPECT_EQ(got.sheet.height, 64);
    for (int k = 0; k < 5; ++k) EXPECT_EQ(*got.sheet.at(k % 3 * 32 + 16, k / 3 * 32 + 16), 40 + 10 * (k + 2)) << k;
    ASSERT_EQ(got.lines.size(), 5u);
    for (int k = 0; k < 5; ++k) {
        EXPECT_EQ(got.lines[static_cast<std::size_t>(k)]["index"], k + 2);
        EXPECT_EQ(got.lines[static_cast<std::size_t>(k)]["id"], "s" + std::to_string(k + 2));
        EXPECT_EQ(got.lines[static_cast<std::size_t>(k)]["lineage"][0]["value"], k + 2);
    }
}

TEST(Sheet, ABoxLiesAroundTheDefectAndNotOnIt) {
    const Shown got = shown(levels(1), {{"count", 1}, {"cell", 64}, {"marks", "boxes"}});
    const auto red = [&](int x, int y) { return got.sheet.at(x, y)[0] == 255 && got.sheet.at(x, y)[1] == 48; };
    // The mask covers 8..24 by 12..20, so at twice the size 16..48 by 24..40.
    EXPECT_TRUE(red(15, 23) && red(48, 23) && red(15, 40) && red(48, 40));
    for (int y = 24; y < 40; ++y)
        for (int x = 16; x < 48; ++x) EXPECT_FALSE(red(x, y)) << x << " " << y;
}

TEST(Sheet, BesideShowsTheBarePictureToo) {
    const Shown got = shown(levels(1), {{"count", 1}, {"cell", 64}, {"marks", "beside"}});
    EXPECT_EQ(got.sheet.width, 128);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 64; ++x) ASSERT_EQ(*got.sheet.at(x, y), 40);
    std::size_t marked = 0;
    for (int x = 64; x < 128; ++x) marked += got.sheet.at(x, 23)[0] == 255;
    EXPECT_GT(marked, 20u);
}

TEST(Sheet, DefectsThatAreKnownOneByOneHaveABoxEach) {
    auto samples = levels(1);
    samples[0].instances = Image(32, 32, 1);
    for (int y = 12; y < 20; ++y)
        for (int x = 8; x < 24; ++x) *samples[0].instances.at(x, y) = x < 16 ? 1 : 2;
    samples[0].instance_classes = {"crack", "pore"};
    const Shown got = shown(samples, {{"count", 1}, {"cell", 64}, {"marks", "boxes"}});
    EXPECT_EQ(got.sheet.at(32, 30)[0], 255);  // the boxes' sides meet in the middle
    EXPECT_EQ(got.lines[0]["defects"], (std::vector<std::string>{"crack", "pore"}));
}

TEST(Sheet, BeyondTheSetIsSaid) {
    EXPECT_THAT(error_of([] {
                    shown(levels(3), {{"first", 3}});
                }).what(),
                HasSubstr("there is no sample 3: the set has 3"));
}

}  // namespace
