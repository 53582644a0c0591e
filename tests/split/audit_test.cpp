// The audit finds what was planted, and counts what is there.
#include "split/pictures.hpp"

#include <nlohmann/json.hpp>

#include <fstream>
#include <iterator>

namespace {

using namespace pictures;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

struct Audited {
    std::string page, table;
    nlohmann::json json;
    std::vector<std::string> warnings;
};

Audited audited(const std::vector<Ref<Images>>& sets, const Settings& settings = {}) {
    const TemporaryFolder folder;
    TestContext context(folder.path());
    const auto object =
        library().make("dataset.audit", settings, {{"hash", std::const_pointer_cast<Hash>(perceptual())}});
    const auto out = library().run("dataset.audit", *object, {{"images", {sets.begin(), sets.end()}}}, context);
    const auto place = std::dynamic_pointer_cast<const Files>(out.at("files"))->folder;
    const auto text = [&](const char* name) {
        std::ifstream file(place / name, std::ios::binary);
        return std::string(std::istreambuf_iterator<char>(file), {});
    };
    return {text("audit.html"), text("copies.csv"), nlohmann::json::parse(text("audit.json")), context.warnings()};
}

Ref<Images> part(std::vector<Sample> samples, Split split) {
    for (Sample& sample : samples) sample.info.split = split;
    return fixed_images(std::move(samples));
}

TEST(Audit, FindsThePlantedCopiesAndNamesThem) {
    const auto train = part(
        {sample_of("a", blobs(1)), sample_of("b", blobs(2)), sample_of("b again", blobs(2)), sample_of("c", blobs(3))},
        Split::train);
    const auto test = part({sample_of("turned a", turned(blobs(1), 5)), sample_of("e", blobs(5)),
                            sample_of("<c>", lit(blobs(3), 0.9, 1), {}, Label::anomalous)},
                           Split::test);
    const Audited found = audited({train, test});
    EXPECT_EQ(found.json["images"], 7);
    EXPECT_EQ(found.json["pairs"], 3);
    EXPECT_EQ(found.json["equal_pairs"], 1);
    EXPECT_EQ(found.json["pairs_across_parts"], 2);
    EXPECT_EQ(found.json["pairs_with_other_labels"], 1);
    EXPECT_EQ(found.json["groups"], 3);
    EXPECT_EQ(found.json["largest_group"], 2);
    EXPECT_EQ(found.json["parts"]["test"]["have_a_copy_elsewhere"], 2);
    EXPECT_EQ(found.json["parts"]["train"]["have_a_copy_elsewhere"], 2);
    EXPECT_EQ(found.json["parts"]["test"]["anomalous"], 1);
    ASSERT_EQ(found.warnings.size(), 1u);
    EXPECT_THAT(found.warnings[0], HasSubstr("2 of 3 images of `test` have a copy outside of it"));
    EXPECT_THAT(found.table, HasSubstr("b,b again,train,train,normal,normal,0,false,0,1.000000,true\r\n"));
    EXPECT_THAT(found.table, HasSubstr("a,turned a,train,test,"));
    EXPECT_NE(found.page.find("&lt;c&gt;"), std::string::npos);
    EXPECT_EQ(found.page.find("<c>"), std::string::npos);
    std::size_t pictures = 0;
    for (auto at = found.page.find("<img"); at != std::string::npos; at = found.page.find("<img", at + 1)) ++pictures;
    EXPECT_EQ(pictures, 6u);
}

TEST(Audit, CountsSizesAndColours) {
    Image red(10, 8, 3);
    for (std::size_t i = 0; i < red.pixels.size(); i += 3) red.pixels[i] = 200;
    Image split(6, 6, 3);  // half 0, half 100: mean 50, deviation 50
    std::fill_n(split.pixels.begin(), split.pixels.size() / 2, std::uint8_t{100});
    const auto first = audited({part({sample_of("r", red)}, Split::train)}).json["parts"]["train"];
    EXPECT_EQ(first["colour_mean"], (std::vector<double>{200, 0, 0}));
    EXPECT_EQ(first["colour_deviation"], (std::vector<double>{0, 0, 0}));
    EXPECT_EQ(first["grey"], 0);
    EXPECT_EQ(first["sizes"][0]["width"], 10);
    EXPECT_EQ(first["sizes"][0]["height"], 8);
    const auto second = audited({fixed_images({sample_of("s", split, Image(6, 6, 1, 255))})}).json["parts"]["all"];
    EXPECT_EQ(second["colour_mean"], (std::vector<double>{50, 50, 50}));
    EXPECT_EQ(second["colour_deviation"], (std::vector<double>{50, 50, 50}));
    EXPECT_EQ(second["brightness_mean"], 50);
    EXPECT_EQ(second["grey"], 1);
    EXPECT_EQ(second["with_mask"], 1);
}

TEST(Audit, TellsWhatADataSetCouldNotReadThroughASplitToo) {
    std::vector<SampleInfo> infos(3);
    for (std::size_t i = 0; i < 3; ++i) infos[i].id = std::to_string(i);
    const auto images = lazy_images(infos, [](std::size_t i, std::uint32_t) { return sample_of("", blobs(i)); }, false,
                                    {"`bad.jpg` is empty"});
    const auto half = [&](std::size_t i, Split split) {
        return select_images(images, {i}, [split](SampleInfo& info) { info.split = split; });
    };
    const Audited found = audited({half(0, Split::train), half(1, Split::test)});
    EXPECT_EQ(found.json["left_out"], std::vector<std::string>{"`bad.jpg` is empty"});
    EXPECT_NE(found.page.find("<b>1 file</b> could not be read"), std::string::npos);
    EXPECT_TRUE(found.warnings.empty());
}

TEST(Audit, OfNothingIsAnError) {
    EXPECT_THAT(error_of([] { audited({fixed_images({})}); }).what(), HasSubstr("there is no image"));
}

/// The parts that split.grouped makes of a set.
std::vector<Ref<Images>> grouped(const Ref<Images>& images, const Settings& settings, TestContext& context) {
    static Library split(FETTLE_PLUGIN_FOLDER "/split.so");
    const auto object = split.make("split.grouped", settings, {{"hash", std::const_pointer_cast<Hash>(perceptual())}});
    const auto out = split.run("split.grouped", *object, {{"images", {images}}}, context);
    return {as_images(out.at("train")), as_images(out.at("calibrate")), as_images(out.at("test"))};
}

/// Published test images come first in some parts, last in others and in some not at all.
TEST(Audit, OfADivisionByGroupsFindsNoCopyAcross) {
    std::vector<Sample> samples;
    for (std::uint64_t p = 0; p < 120; ++p)
        for (int copy = 0; copy < 4; ++copy) {
            Image image = lit(turned(blobs(p), (copy * 3 + static_cast<int>(p)) % 8), 1 - 0.07 * copy, 10 * p + copy);
            samples.push_back(sample_of(std::to_string(p) + "/" + std::to_string(copy), std::move(image)));
            samples.back().info.published = copy == static_cast<int>(p % 6) ? "test" : "train";
        }
    const auto images = fixed_images(std::move(samples));
    for (const int radius : {2, 4, 6, 12, 24}) {
        TestContext context({}, 1);
        const Settings settings{{"radius", radius}};
        const Audited found = audited(grouped(images, settings, context), settings);
        EXPECT_EQ(found.json["pairs_across_parts"], 0) << radius;
        EXPECT_TRUE(found.warnings.empty()) << radius << ": " << found.warnings.front();
    }
}

TEST(Audit, OfADivisionByGroupsOfTheCastingArchiveFindsNoCopyAcross) {
    const auto path = real_data("casting.zip");
    if (path.empty()) GTEST_SKIP() << "casting.zip is not here: set FETTLE_DATA to the folder that holds it";
    TestContext context({}, 1);
    const auto images = open_dataset(library(), "dataset.casting", {{"path", path.string()}}, context);
    // By default the fingerprints leave nothing out that is alike enough: an audit that looks farther finds nothing
    // more.
    const Audited found = audited(grouped(images, {}, context), {{"radius", 64}});
    EXPECT_EQ(found.json["pairs_across_parts"], 0);
    EXPECT_GT(found.json["pairs"], 100);
}

/// The publisher turned, mirrored and re-lit pictures of the same castings, and put copies into both folders.
TEST(Audit, TellsOfTheCastingArchiveThatItHoldsCopiesOnBothSides) {
    const auto path = real_data("casting.zip");
    if (path.empty()) GTEST_SKIP() << "casting.zip is not here: set FETTLE_DATA to the folder that holds it";
    TestContext context;
    const auto images = open_dataset(library(), "dataset.casting", {{"path", path.string()}}, context);
    const Audited found = audited({images});
    EXPECT_EQ(found.json["images"], 4311);
    EXPECT_GT(found.json["pairs_across_parts"], 100);
    EXPECT_LT(found.json["pairs_with_other_labels"], 5);
    EXPECT_GT(found.json["parts"]["test"]["have_a_copy_elsewhere"], 80);
    EXPECT_LT(found.json["largest_group"], 30);  // copies, not all that looks like a casting
}

}  // namespace
