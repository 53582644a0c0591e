// Turning and resizing objects in one step, against OpenCV's own.
#include "../../plugins/synthesize/cutout.hpp"
#include "../../plugins/synthesize/cutout_warp.hpp"

#include "data/support.hpp"

#include <opencv2/imgproc.hpp>

namespace {

using namespace support;

cv::Mat random_object(Random& random, int width, int height) {
    cv::Mat object(height, width, CV_8UC4);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            auto& pixel = object.at<cv::Vec4b>(y, x);
            pixel[3] = static_cast<std::uint8_t>(random.chance(0.7) ? 255 : random.integer(0, 255));
            for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>(random.integer(0, pixel[3]));
        }
    return object;
}

TEST(Warp, IsOpenCVsUpToItsRounding) {
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
        Random random(seed);
        const cv::Mat object = random_object(random, random.integer(1, 40), random.integer(1, 40));
        const double angle = random.uniform(0, 6.3), scale = random.uniform(0.5, 1.1);
        const cv::Matx23d matrix(std::cos(angle) / scale, -std::sin(angle) / scale, random.uniform(-5, 45),
                                 std::sin(angle) / scale, std::cos(angle) / scale, random.uniform(-5, 45));
        cv::Mat peer;
        cv::warpAffine(object, peer, matrix, {60, 50}, cv::INTER_LINEAR | cv::WARP_INVERSE_MAP, cv::BORDER_CONSTANT);
        const cv::Mat ours = warped(bordered(object), matrix, {60, 50});
        double sum = 0;
        for (int y = 0; y < 50; ++y)
            for (int x = 0; x < 60; ++x) {
                const auto &own = ours.at<cv::Vec4b>(y, x), &theirs = peer.at<cv::Vec4b>(y, x);
                for (int c = 0; c < 4; ++c) {
                    sum += std::abs(own[c] - theirs[c]);
                    EXPECT_NEAR(own[c], theirs[c], 24);  // it rounds places to 1/32 of a pixel, and this is noise
                    EXPECT_LE(own[c], own[3]);
                }
            }
        EXPECT_LT(sum / (60 * 50 * 4), 1.5) << seed;
    }
}

TEST(Warp, AnythingAtAllStaysInside) {
    // Steep, tiny and huge matrices: what lies beyond the object is nothing, and nothing beyond its frame is read.
    Random random(3);
    const cv::Mat object(9, 7, CV_8UC4, cv::Scalar::all(255));
    for (int k = 0; k < 3000; ++k) {
        cv::Matx23d matrix;
        for (double& value : matrix.val) value = random.normal() * std::pow(10, random.integer(-3, 3));
        const cv::Mat out = warped(bordered(object), matrix, {23, 19});
        for (int y = 0; y < 19; ++y)
            for (int x = 0; x < 23; ++x) {
                const cv::Vec2d at(matrix(0, 0) * x + matrix(0, 1) * y + matrix(0, 2),
                                   matrix(1, 0) * x + matrix(1, 1) * y + matrix(1, 2));
                const bool inside = at[0] > 0.1 && at[0] < 5.9 && at[1] > 0.1 && at[1] < 7.9;
                const bool outside = at[0] < -1.1 || at[0] > 7.1 || at[1] < -1.1 || at[1] > 9.1;
                const int value = out.at<cv::Vec4b>(y, x)[3];
                EXPECT_TRUE((!inside || value == 255) && (!outside || value == 0)) << at << ": " << value;
            }
    }
}

Sample object_of(int width, int height, std::uint64_t seed = 1) {
    return sample_of("folder/object", noise_image(seed, width, height));
}

TEST(Cutout, PosesKeepSizeAndPlace) {
    // A lone bright pixel block in one quarter tells flips and turns apart.
    Sample sample = sample_of("a", Image(40, 40, 3, 10));
    for (int y = 4; y < 12; ++y)
        for (int x = 24; x < 36; ++x) std::fill_n(sample.image.at(x, y), 3, std::uint8_t{250});
    const Cutout cutout(sample);
    const auto centre = [&](const Pose& pose) {
        const cv::Mat out = posed(cutout, pose);
        cv::Vec3d sum;
        for (int y = 0; y < out.rows; ++y)
            for (int x = 0; x < out.cols; ++x)
                if (out.at<cv::Vec4b>(y, x)[0] > 150) sum += cv::Vec3d((x + 0.5) / out.cols, (y + 0.5) / out.rows, 1);
        return cv::Vec2d(sum[0] / sum[2], sum[1] / sum[2]);
    };
    const auto expect_at = [&](const Pose& pose, double x, double y) {
        EXPECT_NEAR(centre(pose)[0], x, 0.03);
        EXPECT_NEAR(centre(pose)[1], y, 0.03);
    };
    expect_at({}, 0.75, 0.2);
    expect_at({.flip_horizontal = true}, 0.25, 0.2);
    expect_at({.flip_vertical = true}, 0.75, 0.8);
    expect_at({.angle = 90}, 0.2, 0.25);  // counter-clockwise: the right goes up
    expect_at({.angle = -90}, 0.8, 0.75);
    expect_at({.angle = 90.001}, 0.2, 0.25);  // by the other way of turning
    expect_at({.flip_horizontal = true, .angle = 0.001}, 0.25, 0.2);
    expect_at({.scale_x = 0.5, .scale_y = 0.5, .angle = 179.999}, 0.25, 0.8);
    expect_at({.scale_x = 2, .scale_y = 2, .angle = -90.001}, 0.8, 0.75);
}

TEST(Cutout, TransparencyIsCutAwayAndNamesAKind) {
    Sample sample = object_of(30, 20);
    sample.mask = Image(30, 20, 1);
    EXPECT_TRUE(Cutout(sample).empty());
    EXPECT_TRUE(posed(Cutout(sample), {}).empty());
    *sample.mask.at(7, 5) = 255, *sample.mask.at(9, 6) = 255;
    EXPECT_EQ(Cutout(sample).width(), 3);
    EXPECT_EQ(Cutout(sample).height(), 2);
    EXPECT_EQ(Cutout(sample).kind, "folder");
    sample.info.category = "crack";
    EXPECT_EQ(Cutout(sample).kind, "crack");
}

TEST(Cutout, SmallCopiesAreTheMeanOfWhatTheyCover) {
    const Cutout cutout(object_of(320, 256));
    const cv::Mat quarter = cutout.level_for(80, 64);
    EXPECT_EQ(quarter.size(), cv::Size(80, 64));
    double sum = 0, whole = 0;
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 80; ++x) sum += quarter.at<cv::Vec4b>(y, x)[1];
    const Image image = noise_image(1, 320, 256);
    for (std::size_t i = 1; i < image.pixels.size(); i += 3) whole += image.pixels[i];
    EXPECT_NEAR(sum / (80 * 64), whole / (320 * 256), 0.6);
}

TEST(Cutout, ADotBecomesASquare) {
    const Cutout dot(sample_of("dot", Image(1, 1, 3, 50)));
    for (const double angle : {0.0, 90.0, 45.0}) {
        const cv::Mat out = posed(dot, {.scale_x = 20, .scale_y = 20, .angle = angle});
        cv::Mat alpha;
        cv::extractChannel(out, alpha, 3);
        EXPECT_NEAR(cv::sum(alpha)[0] / 255, 400, 12) << angle;
    }
}

}  // namespace
