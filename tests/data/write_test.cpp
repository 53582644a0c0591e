// dataset.write: what it wrote is read back equal by dataset.table.
#include "trees.hpp"

#include <set>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Every id a trap of its own: letters beyond ASCII, names that differ in case or in what is replaced alone, reserved
/// and hidden ones, ways out, quotes and commas, a folder with the name of a file.
std::vector<Sample> traps() {
    const char* ids[] = {"häßlich/größe 1.png",
                         "日本/図.jpg",
                         "日本/表.jpg",
                         "a/b.png",
                         "A/B.png",
                         "a/b.jpg",
                         "../../evil.png",
                         "/absolute",
                         "con.png",
                         ".hidden.png",
                         "",
                         "x",
                         "x.png/y",
                         "__MACOSX/z",
                         "a \"b\", c",
                         "tab\tand space ",
                         "b.tif.png",
                         "C:\\windows\\w.bmp",
                         " leading.png",
                         "LPT1",
                         "a//b.png",
                         "a/./b.png"};
    std::vector<Sample> samples;
    std::uint64_t seed = 0;
    for (const char* id : ids) {
        ++seed;
        Sample sample = sample_of(id, noise_image(seed, 20 + static_cast<int>(seed), 17));
        sample.info.label = static_cast<Label>(seed % 3);
        sample.info.split = static_cast<Split>(seed % 4);
        sample.info.published = seed % 8 == 4 ? "fold_1" : "";
        sample.info.category = seed % 2 == 0 ? "crack, \"deep\" ü" : "";
        if (seed % 3 == 0) sample.mask = resize_mask(Image(4, 4, 1, 255), sample.image.width, 17);
        if (seed % 5 == 0) sample.mask = noise_image(100 + seed, sample.image.width, 17, 1);  // soft, an alpha
        if (seed % 4 == 1)
            sample.lineage = {R"({"step":"paste","x":1.50,"object":"ä, \"b\""})", R"({"b":1,"a":[2,3e5]})", "words"};
        samples.push_back(std::move(sample));
    }
    return samples;
}

std::filesystem::path write(const std::vector<Ref<Images>>& sets, TestContext& context, const Settings& settings) {
    const auto object = dataset_library().make("dataset.write", settings);
    const std::vector<ValueRef> values(sets.begin(), sets.end());
    const auto out = dataset_library().run("dataset.write", *object, {{"images", values}}, context);
    return std::dynamic_pointer_cast<const Files>(out.at("files"))->folder;
}

void expect_read_back(const std::vector<Sample>& samples, const Images& read) {
    ASSERT_EQ(read.size(), samples.size());
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample &was = samples[i], now = sample_at(read, i);
        SCOPED_TRACE(was.info.id);
        EXPECT_EQ(now.info.id, was.info.id.empty() ? now.info.id : was.info.id);
        EXPECT_EQ(now.info.label, was.info.label);
        EXPECT_EQ(now.info.category, was.info.category);
        EXPECT_EQ(now.info.published,
                  was.info.split == Split::none ? was.info.published : std::string(to_string(was.info.split)));
        EXPECT_EQ(now.image, was.image);
        EXPECT_EQ(now.mask, was.mask);
        EXPECT_EQ(now.lineage, was.lineage);
    }
}

TEST(Write, WhatItWroteIsReadBackEqual) {
    const auto samples = traps();
    for (const std::string pack : {"folder", "zip", "tar"}) {
        SCOPED_TRACE(pack);
        const TemporaryFolder here;
        TestContext context(here / "context");
        const auto folder = write({fixed_images(samples)}, context, {{"pack", pack}});
        const auto path = pack == "folder" ? folder : folder / ("samples." + pack);
        EXPECT_THAT(context.warnings(), IsEmpty());
        expect_read_back(samples, *images_at("dataset.table", path, context));
        EXPECT_THAT(context.warnings(), IsEmpty());
        std::size_t beside = 0;  // nothing was written but in the stage's own folder
        for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(here.path())) ++beside;
        EXPECT_EQ(beside, 1u);
    }
}

TEST(Write, NamesOfFilesAreSafeAndUniqueEverywhere) {
    const TemporaryFolder here;
    TestContext context(here / "context");
    const auto folder = write({fixed_images(traps())}, context, {});
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
        std::string name = entry.path().lexically_relative(folder).generic_string();
        EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./"),
                  std::string::npos)
            << name;
        const std::string file = entry.path().filename().string();
        EXPECT_NE(file.front(), '.');
        for (const char* reserved : {"con.png", "CON.png", "lpt1.png", "LPT1.png"}) EXPECT_NE(file, reserved);
        for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
        if (entry.is_directory()) continue;
        EXPECT_TRUE(names.insert(name).second) << name << " stands twice but for case";
    }
}

TEST(Write, TheSameImagesMakeTheSameBytes) {
    for (const std::string pack : {"zip", "tar"}) {
        const TemporaryFolder here;
        TestContext first(here / "first"), second(here / "second");
        const auto a = write({fixed_images(traps())}, first, {{"pack", pack}});
        const auto b = write({fixed_images(traps())}, second, {{"pack", pack}});
        EXPECT_EQ(read_bytes(a / ("samples." + pack)), read_bytes(b / ("samples." + pack))) << pack;
    }
}

TEST(Write, JpegIsSmallerAndNear) {
    const TemporaryFolder here;
    Image flat(64, 64, 3, 120);
    TestContext context(here / "context");
    const auto folder =
        write({fixed_images({sample_of("a.png", flat)})}, context, {{"format", "jpg"}, {"quality", 90}});
    EXPECT_TRUE(std::filesystem::exists(folder / "images/a.jpg"));
    const Image read = sample_at(*images_at("dataset.table", folder, context), 0).image;
    for (const auto value : read.pixels) EXPECT_NEAR(value, 120, 2);
}

TEST(Write, ManyBatchesOfSeveralSetsKeepTheirOrder) {
    const TemporaryFolder here;
    std::vector<Sample> all;
    for (std::uint64_t i = 0; i < 75; ++i) all.push_back(sample_of("n" + std::to_string(i), noise_image(i)));
    TestContext context(here / "context");
    const auto folder =
        write({fixed_images({all.begin(), all.begin() + 40}), fixed_images({all.begin() + 40, all.end()})}, context,
              {{"pack", "zip"}});
    expect_read_back(all, *images_at("dataset.table", folder / "samples.zip", context));
}

TEST(Write, ASampleThatIsThereTwiceGetsANameOfItsOwn) {
    const TemporaryFolder here;
    const Sample a = sample_of("a.png", noise_image(1));
    TestContext context(here / "context"), of_two(here / "two");
    const auto folder = write({fixed_images({a, a})}, context, {});
    EXPECT_THAT(context.warnings(), ElementsAre(HasSubstr("1 samples have the id")));
    EXPECT_THAT(ids_of(*images_at("dataset.table", folder, context)), ElementsAre("a.png", "a.png#2"));
    const auto joined = write({fixed_images({a}), fixed_images({a})}, of_two, {});
    EXPECT_TRUE(of_two.warnings().empty());
    EXPECT_THAT(ids_of(*images_at("dataset.table", joined, of_two)), ElementsAre("a.png", "a.png#2"));
}

TEST(Write, WhatATableCantHoldIsSaid) {
    const TemporaryFolder here;
    TestContext context(here / "context");
    const Error error = error_of([&] { write({fixed_images({sample_of("a\nb.png", noise_image(1))})}, context, {}); });
    EXPECT_EQ(error.fault(), Fault::data);
    EXPECT_THAT(error.what(), HasSubstr("line break"));
}

TEST(Write, AFolderThatCantBeWrittenToIsSaid) {
    const TemporaryFolder here;
    write_file(here / "context/output/images", {1});  // a file stands where the folder is to be
    TestContext context(here / "context");
    const Error error = error_of([&] { write({fixed_images({sample_of("a.png", noise_image(1))})}, context, {}); });
    EXPECT_EQ(error.fault(), Fault::storage);
}

TEST(Write, StopsWhenItIsAskedTo) {
    const TemporaryFolder here;
    std::vector<Sample> all;
    for (std::uint64_t i = 0; i < 100; ++i) all.push_back(sample_of(std::to_string(i), noise_image(i)));
    TestContext context(here / "context");
    context.stop_after(20);
    EXPECT_THROW(write({fixed_images(all)}, context, {}), Interrupted);
}

}  // namespace
