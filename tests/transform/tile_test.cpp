#include "transform/transforms.hpp"

#include <set>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Settings cut(int width, int height, int overlap = 0) {
    return {{"size", Setting::List{width, height}}, {"overlap", overlap}};
}

Sample image_of(const std::string& id, int width, int height, Label label = Label::normal, Image mask = {}) {
    return sample_of(id, noise_image(std::hash<std::string>()(id), width, height), std::move(mask), label);
}

/// Left and top edge, as the id says.
std::pair<int, int> place_of(const std::string& id) {
    int x = -1, y = -1;
    EXPECT_EQ(std::sscanf(id.c_str() + id.rfind('#'), "#%d,%d", &x, &y), 2) << id;
    return {x, y};
}

TEST(Tile, CoversEveryPixelWithTheOverlapAskedFor) {
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        Random random(seed);
        const int width = random.integer(5, 90), height = random.integer(5, 90);
        const int w = random.integer(2, width), h = random.integer(2, height);
        const int overlap = random.integer(0, std::min(w, h) - 1);
        const Sample whole = image_of("a", width, height);
        const auto tiles = transformed("transform.tile", fixed_images({whole}), cut(w, h, overlap));
        Image covered(width, height, 1);
        std::set<int> columns, rows;
        for (std::size_t i = 0; i < tiles->size(); ++i) {
            const Sample tile = sample_at(*tiles, i);
            const auto [left, top] = place_of(tile.info.id);
            columns.insert(left), rows.insert(top);
            ASSERT_EQ(tile.image.width, w);
            ASSERT_EQ(tile.image.height, h);
            for (int y = 0; y < h; ++y)
                for (int x = 0; x < w; ++x) {
                    ASSERT_TRUE(
                        std::equal(tile.image.at(x, y), tile.image.at(x, y) + 3, whole.image.at(left + x, top + y)));
                    *covered.at(left + x, top + y) = 1;
                }
        }
        EXPECT_EQ(std::count(covered.pixels.begin(), covered.pixels.end(), 1), width * height);
        EXPECT_EQ(tiles->size(), columns.size() * rows.size());
        for (const auto& [starts, length] : {std::pair{columns, w}, std::pair{rows, h}})
            for (auto next = std::next(starts.begin()); next != starts.end(); ++next)
                EXPECT_GE(*std::prev(next) + length - *next, overlap);
    }
}

TEST(Tile, IdsSayWhereATileLies) {
    const auto tiles = transformed(
        "transform.tile", fixed_images({image_of("x/a.png", 100, 70), image_of("b", 100, 70)}), cut(64, 70, 16));
    EXPECT_THAT(ids_of(*tiles), ElementsAre("x/a.png#0,0", "x/a.png#36,0", "b#0,0", "b#36,0"));
}

TEST(Tile, TilesInAnyOrderAreTheSame) {
    const auto tiles =
        transformed("transform.tile", fixed_images({image_of("a", 90, 90), image_of("b", 90, 90)}), cut(40, 40, 5));
    const auto order = Random(4).permutation(tiles->size());
    const auto batch = tiles->read(order);
    for (std::size_t k = 0; k < order.size(); ++k)
        EXPECT_EQ(batch->sample(k)->image, sample_at(*tiles, order[k]).image);
}

Image mask_with_a_spot(int width, int height, int x, int y) {
    Image mask(width, height, 1);
    *mask.at(x, y) = 255;
    return mask;
}

TEST(Tile, AMaskSaysWhichTilesAreAnomalousBeforeAnyIsMade) {
    const auto images = fixed_images(
        {image_of("sound", 80, 40), image_of("spot", 80, 40, Label::anomalous, mask_with_a_spot(80, 40, 60, 20)),
         image_of("no mask", 80, 40, Label::anomalous), image_of("open", 80, 40, Label::unknown)});
    const auto labels = [](const Images& tiles) {
        std::vector<Label> all;
        for (std::size_t i = 0; i < tiles.size(); ++i) {
            all.push_back(tiles.info(i).label);
            EXPECT_EQ(sample_at(tiles, i).info.label, all.back());
        }
        return all;
    };
    const auto tiles = transformed("transform.tile", images, cut(40, 40));
    EXPECT_THAT(labels(*tiles), ElementsAre(Label::normal, Label::normal, Label::normal, Label::anomalous,
                                            Label::anomalous, Label::anomalous, Label::unknown, Label::unknown));
    Settings by_image = cut(40, 40);
    by_image["label"] = "image";
    EXPECT_THAT(labels(*transformed("transform.tile", images, by_image)),
                ElementsAre(Label::normal, Label::normal, Label::anomalous, Label::anomalous, Label::anomalous,
                            Label::anomalous, Label::unknown, Label::unknown));
}

TEST(Tile, WhereDefectsAreDrawnAnewMakingATileTells) {
    SampleInfo info{.id = "a", .label = Label::anomalous};
    const auto drawn = lazy_images(
        {info},
        [](std::size_t, std::uint32_t round) {
            return image_of("a", 80, 40, Label::anomalous, mask_with_a_spot(80, 40, round % 2 == 0 ? 10 : 70, 5));
        },
        true);
    const auto tiles = transformed("transform.tile", drawn, cut(40, 40));
    EXPECT_TRUE(tiles->varies());
    EXPECT_EQ(tiles->info(0).label, Label::unknown);
    for (const std::uint32_t round : {0u, 1u, 2u})
        for (const std::size_t i : {0u, 1u})
            EXPECT_EQ(sample_at(*tiles, i, round).info.label, round % 2 == i ? Label::anomalous : Label::normal);
}

TEST(Tile, ImagesOfOtherSizesAreNamed) {
    const auto images = fixed_images({image_of("first", 80, 40), image_of("odd.png", 81, 40)});
    const auto tiles = transformed("transform.tile", images, cut(40, 40));
    const Error error = error_of([&] { sample_at(*tiles, tiles->size() - 1); });
    EXPECT_THAT(error.what(), HasSubstr("`odd.png` is 81x40"));
    EXPECT_THAT(error.what(), HasSubstr("80x40"));
    EXPECT_THAT(error.help(), HasSubstr("transform.resize"));
    const Error small = error_of([&] { transformed("transform.tile", images, cut(40, 41)); });
    EXPECT_THAT(small.what(), HasSubstr("`first`"));
    EXPECT_EQ(small.parameter(), "size");
}

TEST(Tile, AnEmptySetHasNoTiles) {
    EXPECT_EQ(transformed("transform.tile", fixed_images({}), cut(40, 40))->size(), 0u);
}

TEST(Tile, ContradictionsAreFoundBeforeARun) {
    EXPECT_EQ(complaint("transform.tile", cut(40, 30, 29)), "");
    EXPECT_THAT(complaint("transform.tile", cut(40, 30, 30)), HasSubstr("`overlap`"));
}

}  // namespace
