#include "support.hpp"

#include <set>

namespace {

using namespace support;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/split.so");
    return library;
}

/// Samples without pixels worth looking at: `sound`, then `damaged`, then `published` test ones of both kinds.
Ref<Images> set_of(int sound, int damaged, int published = 0) {
    std::vector<Sample> samples;
    const auto add = [&](int count, Label label, const char* folder) {
        for (int i = 0; i < count; ++i) {
            samples.push_back(sample_of(std::string(folder) + std::string(to_string(label)) + std::to_string(i),
                                        Image(2, 2, 3), {}, label));
            samples.back().info.published = folder;
        }
    };
    add(sound, Label::normal, published > 0 ? "train" : "");
    add(damaged, Label::anomalous, published > 0 ? "train" : "");
    add(published, Label::normal, "test");
    add(published, Label::anomalous, "test");
    return fixed_images(std::move(samples));
}

std::map<std::string, Ref<Images>> divided(const Ref<Images>& images, const Settings& settings,
                                           std::uint64_t seed = 1) {
    TestContext context({}, seed);
    std::map<std::string, Ref<Images>> out;
    for (const auto& [name, value] : library().run("split.one_class", *library().make("split.one_class", settings),
                                                   {{"images", {images}}}, context))
        out[name] = as_images(value);
    return out;
}

TEST(OneClass, DescribesItself) { expect_conforms(library()); }

TEST(OneClass, PartsAreDisjointSoundAndCounted) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        const int sound = random.integer(5, 60), damaged = random.integer(0, 20);
        const int train = random.integer(1, sound - 1), calibrate = random.integer(0, sound - train);
        const auto parts = divided(set_of(sound, damaged), {{"train", train}, {"calibrate", calibrate}}, seed);
        EXPECT_EQ(parts.at("train")->size(), static_cast<std::size_t>(train));
        EXPECT_EQ(parts.at("calibrate")->size(), static_cast<std::size_t>(calibrate));
        EXPECT_EQ(parts.at("test")->size(), static_cast<std::size_t>(sound + damaged - train - calibrate));
        std::set<std::string> all;
        for (const auto& [name, images] : parts)
            for (std::size_t i = 0; i < images->size(); ++i) {
                const auto& info = images->info(i);
                EXPECT_TRUE(all.insert(info.id).second) << info.id << " is in two parts";
                EXPECT_EQ(to_string(info.split), name);
                EXPECT_TRUE(name == "test" || info.label == Label::normal) << info.id;
            }
    }
}

TEST(OneClass, PublishedTestImagesTestAndNothingElseDoes) {
    const auto parts = divided(set_of(30, 12, 7), {{"train", 20}, {"calibrate", 5}});
    EXPECT_EQ(parts.at("test")->size(), 14u);
    for (const auto& [name, images] : parts)
        for (std::size_t i = 0; i < images->size(); ++i)
            EXPECT_EQ(images->info(i).published, name == "test" ? "test" : "train");
    const auto rest = divided(set_of(30, 12, 7), {{"train", 20}, {"calibrate", 5}, {"test", "rest"}});
    EXPECT_EQ(rest.at("test")->size(), 30u + 12 + 14 - 25);
}

TEST(OneClass, SharesAreOfTheSoundImages) {
    const auto parts = divided(set_of(100, 40), {{"train", 0.29}, {"calibrate", 0.1}});
    EXPECT_EQ(parts.at("train")->size(), 29u);
    EXPECT_EQ(parts.at("calibrate")->size(), 10u);
    EXPECT_EQ(divided(set_of(7, 1), {{"train", 0.8}, {"calibrate", 0.2}})["train"]->size() +
                  divided(set_of(7, 1), {{"train", 0.8}, {"calibrate", 0.2}})["calibrate"]->size(),
              6u);  // 5.6 and 1.4, whole
}

TEST(OneClass, TheSeedShuffles) {
    const Settings settings{{"train", 20}, {"calibrate", 5}};
    const auto ids = [&](std::uint64_t seed) { return ids_of(*divided(set_of(50, 5), settings, seed)["train"]); };
    EXPECT_EQ(ids(3), ids(3));
    EXPECT_NE(ids(3), ids(4));
}

TEST(OneClass, SaysWhatThereIsAndWhatWasAskedFor) {
    const Error few = error_of([] { divided(set_of(30, 5), {{"train", 25}, {"calibrate", 6}}); });
    EXPECT_THAT(few.what(), HasSubstr("30 sound images"));
    EXPECT_THAT(few.what(), HasSubstr("25"));
    EXPECT_THAT(few.what(), HasSubstr("6"));
    EXPECT_EQ(few.parameter(), "train");
    EXPECT_THAT(error_of([] { divided(set_of(0, 5), {}); }).help(), HasSubstr("`normal`"));
    EXPECT_EQ(error_of([] { divided(set_of(30, 5), {{"test", "published"}}); }).parameter(), "test");
    EXPECT_EQ(error_of([] { divided(set_of(3, 5), {{"train", 0.1}}); }).parameter(), "train");
    EXPECT_THAT(error_of([] {
                    divided(set_of(3, 5, 4), {{"train", 4}});
                }).what(),
                HasSubstr("outside the published test folders"));
}

TEST(OneClass, ContradictionsAreFoundBeforeARun) {
    const auto complaint = [](const Settings& settings) {
        return library().entry("split.one_class").check(*library().make("split.one_class", settings));
    };
    EXPECT_EQ(complaint({}), "");
    EXPECT_EQ(complaint({{"train", 1000}, {"calibrate", 200}}), "");
    EXPECT_THAT(complaint({{"train", 10.5}}), HasSubstr("`train`"));
    EXPECT_THAT(complaint({{"train", 0.8}, {"calibrate", 0.3}}), HasSubstr("more than 1"));
}

}  // namespace
