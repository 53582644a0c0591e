// The published sets, as they are.
#include "support.hpp"

#include <cstdlib>

namespace {

using namespace support;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

std::map<std::string, int> counts(const Images& images) {
    std::map<std::string, int> count;
    for (std::size_t i = 0; i < images.size(); ++i) {
        const auto& info = images.info(i);
        ++count[info.published + "/" + info.category + "/" + std::string(to_string(info.label))];
    }
    return count;
}

TEST(RealData, TheCastingArchiveIsReadWhole) {
    const auto path = real_data("casting.zip");
    if (path.empty()) GTEST_SKIP() << "casting.zip is not here; set FETTLE_DATA to the folder that holds it";
    TestContext context;
    const auto images = open_dataset(library(), "dataset.casting",
                                     {{"path", path.string()}, {"size", Setting::List{128, 128}}}, context);
    EXPECT_EQ(counts(*images), (std::map<std::string, int>{{"train/ok_front/normal", 2511},
                                                           {"train/def_front/anomalous", 1000},
                                                           {"test/ok_front/normal", 300},
                                                           {"test/def_front/anomalous", 500}}));
    EXPECT_TRUE(context.warnings().empty());
    EXPECT_EQ(images->info(0).id.substr(0, 15), "test/def_front/");
    for (std::size_t i = 0; i < images->size(); i += 500) {
        const Sample sample = sample_at(*images, i);
        EXPECT_EQ(sample.image.width, 128);
        EXPECT_EQ(sample.image.pixels.size(), 128u * 128 * 3);
    }
}

TEST(RealData, ScaledDecodingIsNearDecodingWhole) {
    const auto path = real_data("casting.zip");
    if (path.empty()) GTEST_SKIP() << "casting.zip is not here; set FETTLE_DATA to the folder that holds it";
    TestContext context;
    for (const int side : {128, 64}) {
        Settings settings{{"path", path.string()}, {"size", Setting::List{side, side}}, {"limit", 40}};
        const auto scaled = open_dataset(library(), "dataset.casting", settings, context);
        settings["scaled"] = false;
        const auto whole = open_dataset(library(), "dataset.casting", settings, context);
        double difference = 0;
        for (std::size_t i = 0; i < 40; ++i) {
            const Image a = sample_at(*scaled, i).image, b = sample_at(*whole, i).image;
            for (std::size_t k = 0; k < a.pixels.size(); ++k) difference += std::abs(a.pixels[k] - b.pixels[k]);
        }
        EXPECT_LT(difference / (40 * 3 * side * side), 2.5) << side;
        EXPECT_GT(difference, 0) << "was anything scaled?";
        RecordProperty("mean_difference_" + std::to_string(side), std::to_string(difference / (40 * 3 * side * side)));
    }
}

TEST(RealData, TheCrackArchiveIsReadWhole) {
    const auto path = real_data("cracks.zip");
    if (path.empty()) GTEST_SKIP() << "cracks.zip is not here; set FETTLE_DATA to the folder that holds it";
    TestContext context;
    const auto images = open_dataset(library(), "dataset.cracks", {{"path", path.string()}}, context);
    EXPECT_EQ(counts(*images), (std::map<std::string, int>{{"/Negative/normal", 3600}, {"/Positive/anomalous", 1200}}));
    EXPECT_EQ(sample_at(*images, 0).image.width, 227);
}

TEST(RealData, TheTilesHaveTheirMasks) {
    const auto path = real_data("tiles");
    if (path.empty()) GTEST_SKIP() << "the folder tiles is not here; set FETTLE_DATA to the folder that holds it";
    TestContext context;
    const auto images = open_dataset(library(), "dataset.tiles", {{"path", path.string()}}, context);
    std::map<Label, int> count;
    for (std::size_t i = 0; i < images->size(); ++i) ++count[images->info(i).label];
    EXPECT_EQ(count[Label::normal], 500);
    EXPECT_EQ(count[Label::anomalous], 194);
    for (std::size_t i = 0; i < images->size(); i += 20) {
        const Sample sample = sample_at(*images, i);
        const bool marked = std::count(sample.mask.pixels.begin(), sample.mask.pixels.end(), 255) > 0;
        EXPECT_EQ(marked, sample.info.label == Label::anomalous) << sample.info.id;
    }
}

TEST(RealData, CutOutsKeepTheirAlpha) {
    const auto path = real_data("cutouts/defects");
    if (path.empty()) GTEST_SKIP() << "the folder cutouts is not here; set FETTLE_DATA to the folder that holds it";
    TestContext context;
    const auto images = open_dataset(library(), "dataset.folder", {{"path", path.string()}}, context);
    EXPECT_EQ(images->size(), 100u);
    for (std::size_t i = 0; i < images->size(); i += 10) EXPECT_FALSE(sample_at(*images, i).mask.empty()) << i;
}

}  // namespace
