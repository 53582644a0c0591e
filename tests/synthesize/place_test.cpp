// Places are drawn among all that are allowed, each as likely as any other.
#include "../../plugins/synthesize/place.hpp"

#include <gtest/gtest.h>

#include <map>
#include <utility>

namespace {

using fettle::Image;
using fettle::Random;

cv::Mat random_mask(Random& random, int width, int height, double share) {
    cv::Mat mask(height, width, CV_8UC1);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) mask.at<std::uint8_t>(y, x) = random.chance(share) ? 255 : 0;
    return mask;
}

int shared_pixel_by_pixel(const cv::Mat& ground, const cv::Mat& object, int left, int top) {
    int count = 0;
    for (int y = 0; y < object.rows; ++y)
        for (int x = 0; x < object.cols; ++x) {
            const int gx = left + x, gy = top + y;
            if (gx < 0 || gy < 0 || gx >= ground.cols || gy >= ground.rows) continue;
            count += ground.at<std::uint8_t>(gy, gx) != 0 && object.at<std::uint8_t>(y, x) != 0;
        }
    return count;
}

TEST(Place, SharedPixelsAreCountedAtAnyOffset) {
    for (std::uint64_t seed = 0; seed < 300; ++seed) {
        Random random(seed);
        const cv::Mat ground = random_mask(random, random.integer(1, 200), random.integer(1, 20), 0.6);
        const cv::Mat object = random_mask(random, random.integer(1, 140), random.integer(1, 20), 0.6);
        const BitMask bits = BitMask::of(ground, 0, 128), others = BitMask::of(object, 0, 128);
        EXPECT_EQ(bits.count(), cv::countNonZero(ground));
        for (int k = 0; k < 20; ++k) {
            const int left = random.integer(-object.cols - 70, ground.cols + 70);
            const int top = random.integer(-object.rows - 2, ground.rows + 2);
            EXPECT_EQ(bits.shared(others, left, top), shared_pixel_by_pixel(ground, object, left, top))
                << seed << ": " << left << ", " << top;
        }
    }
}

TEST(Place, AnObjectIsHeldWhereEnoughOfItIsAllowed) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        Random random(seed);
        const int width = random.integer(20, 150), height = random.integer(20, 60);
        const cv::Mat mask = random_mask(random, width, height, seed % 3 == 0 ? 1.0 : 0.9);
        Image image(width, height, 1);
        std::copy(mask.datastart, mask.dataend, image.pixels.begin());
        const Allowed allowed(image);
        const cv::Mat object = random_mask(random, random.integer(1, 70), random.integer(1, 15), 0.7);
        const BitMask bits = BitMask::of(object, 0, 128);
        for (int k = 0; k < 20; ++k) {
            const int left = random.integer(-10, width), top = random.integer(-5, height);
            const int least = random.integer(0, bits.count());
            EXPECT_EQ(allowed.holds(bits, left, top, least), shared_pixel_by_pixel(mask, object, left, top) >= least);
        }
    }
}

/// The share of a length that lies outside.
double outside(int at, int length, int whole) {
    return static_cast<double>(std::max(0, -at) + std::max(0, at + length - whole)) / length;
}

TEST(Place, RoomIsAllThatTheBorderLeaves) {
    for (std::uint64_t seed = 0; seed < 500; ++seed) {
        Random random(seed);
        const cv::Size image(random.integer(1, 60), random.integer(1, 60));
        const cv::Size object(random.integer(1, image.width), random.integer(1, image.height));
        const double stick_out = seed % 2 == 0 ? 0 : random.uniform();
        const Room room = room_for(object, image, stick_out, {}, {});
        for (int x = -object.width; x <= image.width; ++x) {
            const bool seen = x > -object.width && x < image.width;
            EXPECT_EQ(x >= room.left && x <= room.right,
                      seen && outside(x, object.width, image.width) <= stick_out + 1e-12)
                << "width " << object.width << " of " << image.width << " at " << x << ", " << stick_out;
        }
    }
}

TEST(Place, AnObjectLargerThanItsImageCoversIt) {
    const Room room = room_for({90, 20}, {50, 40}, 0, {}, {});
    EXPECT_EQ(room.left, -40);
    EXPECT_EQ(room.right, 0);
    EXPECT_EQ(room.top, 0);
    EXPECT_EQ(room.bottom, 20);
}

TEST(Place, LimitsNarrowTheRoom) {
    const Room room = room_for({10, 10}, {100, 100}, 0.5, {20.5, 30.5}, {-100, 3});
    EXPECT_EQ(room.left, 21);
    EXPECT_EQ(room.right, 30);
    EXPECT_EQ(room.top, -5);
    EXPECT_EQ(room.bottom, 3);
    EXPECT_TRUE(room_for({10, 10}, {100, 100}, 0, {95, 99}, {}).empty());
}

/// Pearson's statistic of counts that should be equal.
double chi_square(const std::map<std::pair<int, int>, int>& counts, int places, int draws) {
    const double expected = static_cast<double>(draws) / places;
    double sum = (places - static_cast<double>(counts.size())) * expected;
    for (const auto& [place, count] : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
}

TEST(Place, AllowedPlacesAreEquallyLikely) {
    // Many allowed (found by trying), few (found by looking at all), and a single one.
    const auto many = [](int x, int y) { return (x + y) % 2 == 0; };
    const auto few = [](int x, int y) { return x % 5 == 1 && y % 4 == 2; };
    const auto one = [](int x, int y) { return x == 17 && y == 3; };
    const std::pair<std::function<bool(int, int)>, int> cases[] = {{many, 200}, {few, 20}, {one, 1}};
    for (const auto& [fits, places] : cases) {
        std::map<std::pair<int, int>, int> counts;
        constexpr int draws = 20000;
        for (int i = 0; i < draws; ++i) {
            Random random(11, static_cast<std::uint64_t>(i));
            const auto place = draw_place({0, 0, 19, 19}, fits, random);
            ASSERT_TRUE(place);
            ASSERT_TRUE(fits(place->x, place->y));
            ++counts[{place->x, place->y}];
        }
        // Mean places - 1, variance twice that; six deviations.
        EXPECT_LT(chi_square(counts, places, draws), places - 1 + 6 * std::sqrt(2.0 * places)) << places;
    }
}

TEST(Place, WithoutRoomThereIsNone) {
    Random random(1);
    EXPECT_FALSE(draw_place(
        {0, 0, 30, 30}, [](int, int) { return false; }, random));
    EXPECT_FALSE(draw_place({5, 0, 4, 30}, nullptr, random));
    EXPECT_TRUE(draw_place({5, 7, 5, 7}, nullptr, random));
}

}  // namespace
