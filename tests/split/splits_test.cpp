// Dividing samples: parts are disjoint, every class is divided alike, and the same seed divides alike.
#include "data/support.hpp"

#include <map>
#include <set>

namespace {

using namespace support;
using ::testing::HasSubstr;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/split.so");
    return library;
}

/// `counts[k]` samples of class k, the first class sound and the others damaged.
Ref<Images> classes_of(const std::vector<int>& counts) {
    std::vector<Sample> samples;
    for (std::size_t k = 0; k < counts.size(); ++k)
        for (int i = 0; i < counts[k]; ++i) {
            samples.push_back(sample_of("class" + std::to_string(k) + "/" + std::to_string(i), Image(2, 2, 3), {},
                                        k == 0 ? Label::normal : Label::anomalous));
            samples.back().info.category = "class" + std::to_string(k);
        }
    return fixed_images(std::move(samples));
}

std::map<std::string, Ref<Images>> divided(const char* id, const Ref<Images>& images, const Settings& settings = {},
                                           std::uint64_t seed = 1) {
    TestContext context({}, seed);
    std::map<std::string, Ref<Images>> out;
    for (const auto& [name, value] : library().run(id, *library().make(id, settings), {{"images", {images}}}, context))
        out[name] = as_images(value);
    return out;
}

std::map<std::string, std::size_t> per_class(const Images& images) {
    std::map<std::string, std::size_t> counts;
    for (std::size_t i = 0; i < images.size(); ++i) ++counts[images.info(i).category];
    return counts;
}

void expect_disjoint(const std::map<std::string, Ref<Images>>& parts) {
    std::set<std::string> all;
    for (const auto& [name, images] : parts)
        for (std::size_t i = 0; i < images->size(); ++i) {
            EXPECT_TRUE(all.insert(images->info(i).id).second) << images->info(i).id << " is in two parts";
            EXPECT_EQ(to_string(images->info(i).split), name);
        }
}

TEST(Splits, DescribeThemselves) { expect_conforms(library()); }

TEST(Ratio, DividesEveryClassInTheSameSharesToTheNearestWhole) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
        Random random(seed);
        const std::vector<int> counts{random.integer(60, 300), random.integer(60, 90), random.integer(60, 70)};
        const double train = random.uniform(0.3, 0.6), calibrate = random.uniform(0.1, 0.2);
        const auto parts = divided("split.ratio", classes_of(counts),
                                   {{"train", train}, {"calibrate", calibrate}, {"test", 0.15}}, seed);
        expect_disjoint(parts);
        for (const auto& [name, share] :
             std::map<std::string, double>{{"train", train}, {"calibrate", calibrate}, {"test", 0.15}})
            for (std::size_t k = 0; k < counts.size(); ++k)
                EXPECT_LE(std::abs(static_cast<double>(per_class(*parts.at(name))["class" + std::to_string(k)]) -
                                   share * counts[k]),
                          1.0)
                    << name << " of class " << k;
    }
}

TEST(Ratio, NinetyFiveToFiveLeavesNothingOver) {
    const auto parts = divided("split.ratio", classes_of({1000, 40}));
    EXPECT_EQ(parts.at("train")->size(), 988u);
    EXPECT_EQ(parts.at("test")->size(), 52u);
    EXPECT_EQ(parts.at("calibrate")->size(), 0u);
}

TEST(Ratio, TheSeedDecidesAndNothingElse) {
    const auto images = classes_of({50, 20});
    EXPECT_EQ(ids_of(*divided("split.ratio", images, {}, 4).at("test")),
              ids_of(*divided("split.ratio", images, {}, 4).at("test")));
    EXPECT_NE(ids_of(*divided("split.ratio", images, {}, 4).at("test")),
              ids_of(*divided("split.ratio", images, {}, 5).at("test")));
}

TEST(Ratio, AnEmptyPartThatWasAskedForIsSaid) {
    const Error error = error_of([] { divided("split.ratio", classes_of({3, 3})); });
    EXPECT_THAT(error.what(), HasSubstr("of 6 samples none is left for `test`"));
    EXPECT_EQ(error.parameter(), "test");
    EXPECT_NE(library().entry("split.ratio").check(*library().make("split.ratio", {{"train", 0.98}})), "");
}

TEST(KFold, EverySampleIsTestedInExactlyOneFold) {
    const auto images = classes_of({23, 9, 4});
    std::map<std::string, int> tested;
    for (int fold = 0; fold < 5; ++fold) {
        const auto parts = divided("split.kfold", images, {{"fold", fold}}, 3);
        expect_disjoint(parts);
        for (const std::string& id : ids_of(*parts.at("test"))) ++tested[id];
        for (const char* part : {"train", "calibrate"})
            EXPECT_EQ(per_class(*parts.at(part)).size(), 1u) << "damaged images are learned from";
        // No fold is much larger than another, and none lacks a class that has enough samples.
        EXPECT_NEAR(static_cast<double>(parts.at("test")->size()), 36 / 5.0, 2.0);
        EXPECT_GE(per_class(*parts.at("test")).at("class1"), 1u);
        EXPECT_NEAR(static_cast<double>(parts.at("calibrate")->size()), 0.2 * 18.4, 1.0);
    }
    EXPECT_EQ(tested.size(), 36u);
    for (const auto& [id, times] : tested) EXPECT_EQ(times, 1) << id;
}

TEST(KFold, DamagedImagesAreLearnedFromWhereThatIsAsked) {
    const auto parts = divided("split.kfold", classes_of({20, 10}), {{"anomalous", "learned"}});
    EXPECT_GT(per_class(*parts.at("train"))["class1"], 0u);
}

TEST(KFold, AFoldThatIsNotThereIsSaidBeforeAnythingRuns) {
    EXPECT_THAT(library().entry("split.kfold").check(*library().make("split.kfold", {{"fold", 5}})),
                HasSubstr("`fold` counts from 0 to 4"));
    EXPECT_THAT(error_of([] {
                    divided("split.kfold", classes_of({2, 1}));
                }).what(),
                HasSubstr("3 labelled samples can't make 5 folds"));
}

Ref<Images> published_as(const std::vector<std::string>& words) {
    std::vector<Sample> samples;
    for (const std::string& word : words) {
        samples.push_back(sample_of(std::to_string(samples.size()), Image(2, 2, 3)));
        samples.back().info.published = word;
    }
    return fixed_images(std::move(samples));
}

TEST(Column, TakesTheDataSetAtItsWord) {
    const auto images = published_as({"train", "test", "val", "", "test", "odd"});
    const auto parts = divided("split.column", images);
    expect_disjoint(parts);
    EXPECT_EQ(ids_of(*parts.at("train")), std::vector<std::string>{"0"});
    EXPECT_EQ(ids_of(*parts.at("calibrate")), std::vector<std::string>{"2"});
    EXPECT_EQ(ids_of(*parts.at("test")), (std::vector<std::string>{"1", "4"}));
    const auto odd = divided("split.column", images, {{"test", Setting::List{"odd"}}});
    EXPECT_EQ(ids_of(*odd.at("test")), std::vector<std::string>{"5"});
}

TEST(Column, SaysWhichWordsItFoundWhereItKnowsNone) {
    const Error error = error_of([] { divided("split.column", published_as({"a", "b", "a", ""})); });
    EXPECT_THAT(error.what(), HasSubstr("it knows \"a\" (2), \"b\" (1)"));
    EXPECT_THAT(
        library()
            .entry("split.column")
            .check(*library().make("split.column", {{"train", Setting::List{"x"}}, {"test", Setting::List{"x"}}})),
        HasSubstr("\"x\" stands in `train` and in `test`"));
}

}  // namespace
