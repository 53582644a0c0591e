// Copies are found however they lie, and nothing else is.
#include "split/pictures.hpp"

#include <array>
#include <numeric>
#include <set>

namespace {

using namespace pictures;

std::vector<Look> looks_of(const std::vector<Image>& images) {
    std::vector<Look> looks;
    for (const Image& image : images) looks.push_back(look_at(image, *perceptual()));
    return looks;
}

TEST(Turned, IsAGroupOfEight) {
    const Image image = noise_image(1, 7, 4);
    EXPECT_EQ(turned(image, 0), image);
    EXPECT_EQ(turned(turned(turned(turned(image, 1), 1), 1), 1), image);
    EXPECT_EQ(turned(turned(image, 1), 1), turned(image, 2));
    EXPECT_EQ(turned(turned(image, 4), 4), image);
    for (int turn = 0; turn < 4; ++turn) EXPECT_EQ(turned(turned(image, turn), 4), turned(image, turn + 4));
    for (int a = 0; a < 8; ++a)
        for (int b = a + 1; b < 8; ++b) EXPECT_NE(turned(image, a), turned(image, b));
}

TEST(Turned, AQuarterToTheLeftTakesTheTopRightCornerToTheTopLeft) {
    const Image image = noise_image(2, 5, 3), left = turned(image, 1);
    EXPECT_EQ(left.width, 3);
    EXPECT_EQ(left.height, 5);
    EXPECT_EQ(*left.at(0, 0), *image.at(4, 0));
    EXPECT_EQ(*left.at(2, 0), *image.at(4, 2));
}

TEST(Copies, AreFoundInEveryTurnAndLight) {
    std::vector<Image> images;
    for (std::uint64_t seed = 0; seed < 60; ++seed) images.push_back(blobs(seed));
    for (int turn = 0; turn < 8; ++turn)
        images.push_back(lit(turned(blobs(static_cast<std::uint64_t>(turn)), turn), turn % 2 == 0 ? 0.8 : 1.1,
                             static_cast<std::uint64_t>(100 + turn)));
    const auto pairs = find_copies(looks_of(images), {});
    ASSERT_EQ(pairs.size(), 8u);
    for (const Copies& pair : pairs) {
        EXPECT_EQ(pair.right, pair.left + 60);
        EXPECT_FALSE(pair.equal);
        EXPECT_GE(pair.correlation, 0.998);
        // Turned as the pair says, the copy lies like the first.
        const Image back = turned(images[pair.right], pair.turn);
        double difference = 0;
        for (std::size_t i = 0; i < back.pixels.size(); ++i)
            difference += std::abs(back.pixels[i] - static_cast<double>(images[pair.left].pixels[i]));
        EXPECT_LT(difference / static_cast<double>(back.pixels.size()), 30) << pair.left;
    }
}

/// Pairs with their distances, by the places of the images in `places`.
std::set<std::array<std::size_t, 3>> pairs_of(const std::vector<Look>& looks, const std::vector<std::size_t>& places,
                                              const Likeness& likeness) {
    std::set<std::array<std::size_t, 3>> out;
    for (const Copies& pair : find_copies(looks, likeness)) {
        const auto [a, b] = std::minmax(places[pair.left], places[pair.right]);
        out.insert({a, b, static_cast<std::size_t>(pair.distance)});
    }
    return out;
}

TEST(Copies, AreTheSameInWhateverOrderTheImagesStand) {
    std::vector<Image> images;
    for (std::uint64_t seed = 0; seed < 40; ++seed)
        for (int turn = 0; turn < 8; turn += 1 + static_cast<int>(seed) % 3)
            images.push_back(lit(turned(blobs(seed), turn), 0.7 + 0.05 * turn, 100 * seed + turn));
    std::vector<Look> looks = looks_of(images);
    std::vector<std::size_t> places(looks.size());
    std::iota(places.begin(), places.end(), std::size_t{0});
    std::vector<Look> shuffled;
    const auto order = Random(3).permutation(looks.size());
    for (const std::size_t k : order) shuffled.push_back(looks[k]);
    for (const double alike : {-1.0, 0.998})
        for (const int radius : {0, 2, 4, 8, 12, 24}) {
            const auto pairs = pairs_of(looks, places, {radius, alike});
            EXPECT_GT(pairs.size(), 10u);
            EXPECT_EQ(pairs_of(shuffled, {order.begin(), order.end()}, {radius, alike}), pairs) << radius;
        }
}

TEST(Copies, EqualOnesAreCalledEqualFlatOnesToo) {
    const std::vector<Image> images{blobs(1), Image(40, 40, 3, 90), blobs(1), Image(40, 40, 3, 90),
                                    Image(40, 40, 3, 91)};
    const auto pairs = find_copies(looks_of(images), {});
    ASSERT_EQ(pairs.size(), 2u);
    EXPECT_TRUE(pairs[0].equal && pairs[0].left == 0 && pairs[0].right == 2);
    EXPECT_TRUE(pairs[1].equal && pairs[1].left == 1 && pairs[1].right == 3);
}

TEST(Copies, APictureOfSidesThatDifferIsFoundTurned) {
    const std::vector<Image> images{blobs(3, 120, 60), turned(blobs(3, 120, 60), 3), blobs(4, 60, 120)};
    const auto pairs = find_copies(looks_of(images), {});
    ASSERT_EQ(pairs.size(), 1u);
    EXPECT_EQ(pairs[0].turn, 1);
}

TEST(Copies, NoPixelsIsAnError) { EXPECT_THROW(look_at(Image(), *perceptual()), Error); }

TEST(Groups, JoinWhatHangsTogether) {
    const std::vector<Copies> pairs{{1, 4}, {2, 3}, {4, 6}};
    EXPECT_EQ(groups_of(7, pairs), (std::vector<std::size_t>{0, 1, 2, 2, 1, 3, 1}));
    EXPECT_EQ(groups_of(3, {}), (std::vector<std::size_t>{0, 1, 2}));
}

TEST(Groups, AreThoseOfASearchThroughRandomGraphs) {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        Random random(seed);
        const std::size_t count = 30;
        std::vector<Copies> pairs;
        std::vector<std::vector<std::size_t>> beside(count);
        for (int k = 0; k < 20; ++k) {
            const auto a = static_cast<std::size_t>(random.integer(0, 28)),
                       b = static_cast<std::size_t>(random.integer(static_cast<int>(a) + 1, 29));
            pairs.push_back({a, b});
            beside[a].push_back(b);
            beside[b].push_back(a);
        }
        const auto groups = groups_of(count, pairs);
        for (std::size_t start = 0; start < count; ++start) {
            std::set<std::size_t> reached{start};
            std::vector<std::size_t> open{start};
            while (!open.empty()) {
                const std::size_t at = open.back();
                open.pop_back();
                for (const std::size_t next : beside[at])
                    if (reached.insert(next).second) open.push_back(next);
            }
            for (std::size_t other = 0; other < count; ++other)
                EXPECT_EQ(groups[start] == groups[other], reached.count(other) > 0);
        }
    }
}

}  // namespace
