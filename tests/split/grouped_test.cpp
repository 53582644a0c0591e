// No image trains that is a copy of one that tests.
#include "split/pictures.hpp"

#include <map>
#include <set>

namespace {

using namespace pictures;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/split.so");
    return library;
}

/// `parts` sound ones, each in 1 to 5 copies, and some damaged; ids say which part: "p3/0".
Ref<Images> set_with_copies(int parts, int damaged, bool published = false) {
    std::vector<Sample> samples;
    for (int p = 0; p < parts; ++p)
        for (int copy = 0; copy <= p % 5; ++copy) {
            const auto seed = static_cast<std::uint64_t>(p);
            Image image = turned(blobs(seed), copy);
            if (copy > 0) image = lit(std::move(image), 1 + 0.04 * copy, seed * 10 + static_cast<std::uint64_t>(copy));
            samples.push_back(sample_of("p" + std::to_string(p) + "/" + std::to_string(copy), std::move(image)));
            samples.back().info.published = !published ? "" : copy == 1 ? "test" : "train";
        }
    for (int p = 0; p < damaged; ++p)
        samples.push_back(sample_of("d" + std::to_string(p) + "/0", blobs(1000 + static_cast<std::uint64_t>(p)), {},
                                    Label::anomalous));
    return fixed_images(std::move(samples));
}

std::map<std::string, Ref<Images>> divided(const Ref<Images>& images, const Settings& settings = {}) {
    TestContext context({}, 1);
    const auto object =
        library().make("split.grouped", settings, {{"hash", std::const_pointer_cast<Hash>(perceptual())}});
    std::map<std::string, Ref<Images>> out;
    for (const auto& [name, value] : library().run("split.grouped", *object, {{"images", {images}}}, context))
        out[name] = as_images(value);
    return out;
}

std::map<std::string, std::set<std::string>> parts_seen(const std::map<std::string, Ref<Images>>& splits) {
    std::map<std::string, std::set<std::string>> seen;  // the part -> the splits it is in
    for (const auto& [name, images] : splits)
        for (const std::string& id : ids_of(*images)) seen[id.substr(0, id.find('/'))].insert(name);
    return seen;
}

TEST(Grouped, CopiesStayOnOneSideAndSharesComeOutRight) {
    const auto images = set_with_copies(50, 7);
    const auto splits = divided(images, {{"train", 0.6}, {"calibrate", 0.2}});
    for (const auto& [part, in] : parts_seen(splits)) EXPECT_EQ(in.size(), 1u) << part;
    EXPECT_NEAR(static_cast<double>(splits.at("train")->size()), 0.6 * 150, 3);
    EXPECT_NEAR(static_cast<double>(splits.at("calibrate")->size()), 0.2 * 150, 3);
    EXPECT_EQ(splits.at("train")->size() + splits.at("calibrate")->size() + splits.at("test")->size(), 157u);
    for (const char* part : {"train", "calibrate"})
        for (std::size_t i = 0; i < splits.at(part)->size(); ++i)
            EXPECT_EQ(splits.at(part)->info(i).label, Label::normal);
}

TEST(Grouped, WithoutItCopiesWouldBeOnBothSides) {  // the control: the set does tempt
    const auto images = set_with_copies(50, 7);
    TestContext context({}, 1);
    std::map<std::string, Ref<Images>> out;
    for (const auto& [name, value] :
         library().run("split.one_class", *library().make("split.one_class"), {{"images", {images}}}, context))
        out[name] = as_images(value);
    std::size_t torn = 0;
    for (const auto& [part, in] : parts_seen(out)) torn += in.size() > 1;
    EXPECT_GT(torn, 10u);
}

TEST(Grouped, CopiesOfPublishedTestImagesAreLeftOutOfTraining) {
    const auto splits = divided(set_with_copies(40, 0, true), {{"train", 0.7}, {"calibrate", 0.3}});
    for (const auto& [part, in] : parts_seen(splits)) EXPECT_EQ(in.size(), 1u) << part;
    EXPECT_EQ(splits.at("test")->size(), 32u);  // every part of two copies or more has one that was published as test
    for (const std::string& id : ids_of(*splits.at("test"))) EXPECT_THAT(id, ::testing::EndsWith("/1"));
    EXPECT_EQ(splits.at("train")->size() + splits.at("calibrate")->size(), 8u);  // the parts without copies
}

TEST(Grouped, OneGroupAloneCantBeDivided) {
    std::vector<Sample> samples;
    for (int copy = 0; copy < 4; ++copy) samples.push_back(sample_of(std::to_string(copy), turned(blobs(5), copy)));
    EXPECT_THAT(error_of([&] { divided(fixed_images(samples)); }).what(),
                HasSubstr("no group of sound images is left for `calibrate`: there are 1"));
}

}  // namespace
