#include "decide/fakes.hpp"
#include "transform/transforms.hpp"

namespace {

using namespace support;
using ::testing::HasSubstr;

constexpr int width = 150, height = 110;

Ref<Images> wholes(int count, std::uint64_t seed) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i)
        samples.push_back(
            sample_of("part" + std::to_string(i), picture(seed + static_cast<std::uint64_t>(i), width, height)));
    return fixed_images(std::move(samples));
}

Ref<Images> tiled(const Ref<Images>& images, int side, int overlap) {
    return transformed("transform.tile", images, {{"size", Setting::List{side, side}}, {"overlap", overlap}});
}

Library& similarities() {
    static Library library(FETTLE_PLUGIN_FOLDER "/similarity.so");
    return library;
}

Ref<Maps> compared(const std::string& id, const Ref<Images>& a, const Ref<Images>& b) {
    static TestContext context;  // maps keep a pointer to theirs
    return std::dynamic_pointer_cast<const Maps>(
        similarities().run(id, *similarities().make(id), {{"reference", {a}}, {"candidate", {b}}}, context)["maps"]);
}

Ref<Maps> stitched(const Ref<Maps>& maps, const Ref<Images>& images) {
    TestContext context;
    const auto stage = transforms().make("transform.stitch");
    return std::dynamic_pointer_cast<const Maps>(
        transforms().run("transform.stitch", *stage, {{"maps", {maps}}, {"images", {images}}}, context)["maps"]);
}

Plane plane_of(const Maps& maps, std::size_t index) { return maps.read({&index, 1})->plane(0); }

/// Maps that are computed pixel by pixel, or in windows inside the image, don't depend on where it was cut: stitched
/// together they are the maps of the whole.
TEST(Stitch, MapsOfTilesAreThoseOfTheWhole) {
    const auto originals = wholes(3, 1), rebuilt = wholes(3, 40);
    for (const auto& [id, overlap] : {std::pair{"similarity.l2", 0}, std::pair{"similarity.l2", 17},
                                      std::pair{"similarity.ssim", 10}, std::pair{"similarity.ssim", 21}}) {
        const auto whole = compared(id, originals, rebuilt);
        const auto parts =
            stitched(compared(id, tiled(originals, 48, overlap), tiled(rebuilt, 48, overlap)), originals);
        ASSERT_EQ(parts->size(), 3u);
        for (std::size_t i = 0; i < 3; ++i) {
            const Plane expected = plane_of(*whole, i), got = plane_of(*parts, i);
            ASSERT_EQ(got.width, expected.width) << id << overlap;
            ASSERT_EQ(got.height, expected.height);
            for (std::size_t p = 0; p < got.values.size(); ++p)
                ASSERT_NEAR(got.values[p], expected.values[p], 2e-5) << id << overlap;
            EXPECT_EQ(parts->info(i), originals->info(i));
        }
        EXPECT_EQ(parts->label(), whole->label());
    }
}

TEST(Stitch, OrderOfTilesAndOfImagesDoesNotMatter) {
    const auto originals = wholes(4, 1), rebuilt = wholes(4, 50);
    const auto tiles_a = tiled(originals, 40, 6), tiles_b = tiled(rebuilt, 40, 6);
    const auto order = Random(2).permutation(tiles_a->size());
    const auto straight = stitched(compared("similarity.l2", tiles_a, tiles_b), originals);
    const auto shuffled =
        stitched(compared("similarity.l2", select_images(tiles_a, order), select_images(tiles_b, order)),
                 select_images(originals, {2, 0, 3, 1}));
    for (const auto& [to, from] : {std::pair{0, 2}, std::pair{1, 0}, std::pair{2, 3}, std::pair{3, 1}})
        EXPECT_EQ(plane_of(*shuffled, static_cast<std::size_t>(to)).values,
                  plane_of(*straight, static_cast<std::size_t>(from)).values);
}

TEST(Stitch, ReferenceAndCandidateAreWholeImages) {
    const auto originals = wholes(2, 1), rebuilt = wholes(2, 60);
    const auto maps = stitched(compared("similarity.l2", tiled(originals, 64, 20), tiled(rebuilt, 64, 20)), originals);
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(sample_at(*maps->reference(), i).image, sample_at(*originals, i).image);
        EXPECT_EQ(sample_at(*maps->candidate(), i).image, sample_at(*rebuilt, i).image);
        EXPECT_EQ(maps->candidate()->info(i).id, originals->info(i).id);
    }
}

/// Maps with one value per tile: what two tiles say differently is blended without a step.
TEST(Stitch, NoSeamShowsWhereTilesDisagree) {
    const auto image = fixed_images({sample_of("a", Image(100, 40, 3, 9))});
    const auto tiles = tiled(image, 40, 20);  // 0, 20, 40, 60
    std::vector<SampleInfo> infos;
    std::vector<Plane> planes;
    for (std::size_t i = 0; i < tiles->size(); ++i) {
        infos.push_back(tiles->info(i));
        planes.push_back({40, 40, std::vector<float>(1600, static_cast<float>(i % 2))});
    }
    const auto maps = stitched(std::make_shared<fakes::FixedMaps>("fixed", infos, planes), image);
    const Plane plane = plane_of(*maps, 0);
    for (int y : {0, 20, 39})
        for (int x = 1; x < 100; ++x)
            EXPECT_LT(std::abs(plane.values[y * 100 + x] - plane.values[y * 100 + x - 1]), 0.08) << x;
    EXPECT_EQ(plane.values[0], 0);
    EXPECT_EQ(plane.values[99], 1);
    EXPECT_EQ(maps->candidate(), nullptr);  // these maps have none
}

TEST(Stitch, BatchesOfMapsCanBeGatheredAndShown) {
    const auto originals = wholes(3, 1), rebuilt = wholes(3, 70);
    const auto maps = stitched(compared("similarity.l2", tiled(originals, 64, 0), tiled(rebuilt, 64, 0)), originals);
    const std::vector<std::size_t> all{0, 1, 2};
    const auto batch = maps->read(all);
    const std::vector<Batch::Row> rows{{batch, 2}, {batch, 0}};
    const auto gathered = Batch::gather(rows);
    EXPECT_EQ(gathered->plane(0).values, plane_of(*maps, 2).values);
    EXPECT_EQ(gathered->plane(1).values, plane_of(*maps, 0).values);
    EXPECT_EQ(gathered->sample(0)->image.width, width);
    EXPECT_GT(batch->bytes(), std::size_t{3} * width * height * sizeof(float));
}

TEST(Stitch, AGapSaysWhichOverlapIsNeeded) {
    const auto originals = wholes(1, 1), rebuilt = wholes(1, 80);
    const auto maps = stitched(compared("similarity.ssim", tiled(originals, 48, 4), tiled(rebuilt, 48, 4)), originals);
    const Error error = error_of([&] { plane_of(*maps, 0); });
    EXPECT_THAT(error.what(), HasSubstr("gap"));
    EXPECT_THAT(error.help(), HasSubstr("`overlap` of at least 10"));
    EXPECT_EQ(
        plane_of(*stitched(compared("similarity.ssim", tiled(originals, 48, 10), tiled(rebuilt, 48, 10)), originals), 0)
            .width,
        width - 10);
}

class WrongTiles : public ::testing::Test {
   protected:
    Error error_for(const Ref<Images>& tiles, const Ref<Images>& images) {
        return error_of([&] { stitched(compared("similarity.l2", tiles, tiles), images); });
    }
    Ref<Images> originals = wholes(2, 1), tiles = tiled(originals, 50, 0);
};

TEST_F(WrongTiles, WhatIsNoTileIsNamed) {
    const Error error = error_for(originals, originals);
    EXPECT_THAT(error.what(), HasSubstr("`part0`"));
    EXPECT_THAT(error.help(), HasSubstr("transform.tile"));
}

TEST_F(WrongTiles, AMissingTileIsCounted) {
    std::vector<std::size_t> all(tiles->size() - 1);
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = i < 4 ? i : i + 1;
    EXPECT_THAT(error_for(select_images(tiles, all), originals).what(), HasSubstr("`part0`"));
    std::vector<std::size_t> twice(tiles->size() + 1);
    for (std::size_t i = 1; i < twice.size(); ++i) twice[i] = i - 1;
    EXPECT_THAT(error_for(select_images(tiles, twice), originals).what(), HasSubstr("`part0`"));
}

TEST_F(WrongTiles, ImagesAndTilesMustBeOfEachOther) {
    EXPECT_THAT(error_for(tiles, select_images(originals, {0})).what(), HasSubstr("`part1`"));
    std::vector<std::size_t> first(tiles->size() / 2);
    for (std::size_t i = 0; i < first.size(); ++i) first[i] = i;
    EXPECT_THAT(error_for(select_images(tiles, first), originals).what(), HasSubstr("no tile of `part1`"));
    EXPECT_THAT(error_for(tiles, select_images(originals, {0, 1, 0})).what(), HasSubstr("two images"));
}

TEST_F(WrongTiles, AnotherSizeIsNoticed) {
    const auto larger = transformed("transform.resize", originals, {{"size", Setting::List{300, 220}}});
    const Error error = error_for(tiles, larger);
    EXPECT_THAT(error.what(), HasSubstr("300x220"));
    EXPECT_THAT(error.what(), HasSubstr("50x50"));
}

TEST_F(WrongTiles, MapsOfAnotherSizeAreNoticed) {
    const auto smaller = transformed("transform.resize", tiles, {{"size", Setting::List{25, 25}}});
    EXPECT_THAT(error_for(smaller, originals).what(), HasSubstr("25x25"));
}

}  // namespace
