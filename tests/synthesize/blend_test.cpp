// Blending against Pillow and scikit-image, and against what gradients alone must give.
#include "../../plugins/synthesize/blend.hpp"

#include "transform/transforms.hpp"

#include <fettle/image.hpp>

namespace {

using namespace support;

/// RGBA, colours multiplied by alpha.
cv::Mat object_of(const Image& image, const Image& alpha = {}) {
    cv::Mat out(image.height, image.width, CV_8UC4);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            const int a = alpha.empty() ? 255 : *alpha.at(x, y);
            auto& pixel = out.at<cv::Vec4b>(y, x);
            for (int c = 0; c < 3; ++c) pixel[c] = static_cast<std::uint8_t>((image.at(x, y)[c] * a + 127) / 255);
            pixel[3] = static_cast<std::uint8_t>(a);
        }
    return out;
}

/// The image with a patch laid in.
Image with(Image image, const Patch& patch) {
    for (int y = 0; y < patch.box.height; ++y)
        std::copy_n(patch.rgb.ptr(y), patch.box.width * 3, image.at(patch.box.x, patch.box.y + y));
    return image;
}

Image part(const Image& image, int left, int top, int width, int height, int more = 0) {
    Image out(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                out.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(image.at(left + x, top + y)[c] + more, 0, 255));
    return out;
}

Image disc_alpha(int side) {
    Image alpha(side, side, 1);
    for (int y = 0; y < side; ++y)
        for (int x = 0; x < side; ++x)
            *alpha.at(x, y) = static_cast<std::uint8_t>(
                std::clamp(128 + 40 * (side * 0.4 - std::hypot(x - side / 2.0, y - side / 2.0)), 0.0, 255.0));
    return alpha;
}

class BlendAgainstPillow : public ::testing::TestWithParam<std::pair<Blend, const char*>> {};

TEST_P(BlendAgainstPillow, IsTheSame) {
    NEEDS_PYTHON("PIL, numpy");
    const auto [blend, script] = GetParam();
    const TemporaryFolder folder;
    const Image ground = picture(1, 60, 50), object = picture(2, 30, 30), alpha = disc_alpha(30);
    const Patch patch = blended(object_of(object, alpha), {12, 9}, ground, blend, 1);
    write_file(folder / "ground.png", encode_image(ground, ".png"));
    write_file(folder / "object.png", encode_image(object, ".png"));
    write_file(folder / "alpha.png", encode_image(alpha, ".png"));
    run_python(folder.path(), std::string("import sys\nfrom PIL import Image, ImageChops\n"
                                          "load = lambda n, m: Image.open(sys.argv[1] + '/' + n).convert(m)\n"
                                          "ground, o, a = load('ground.png', 'RGB'), load('object.png', 'RGB'), "
                                          "load('alpha.png', 'L')\n"
                                          "below = ground.crop((12, 9, 42, 39))\n") +
                                  script + "\nground.paste(over, (12, 9), a)\nground.save(sys.argv[1] + '/out.png')\n");
    const Image peer = decode_image(read_bytes(folder / "out.png"), "out.png").image, ours = with(ground, patch);
    for (int y = 0; y < ground.height; ++y)
        for (int x = 0; x < ground.width; ++x) {
            const bool drawn = patch.box.contains({x, y}) && patch.drawn.at<std::uint8_t>(y - 9, x - 12) != 0;
            for (int c = 0; c < 3; ++c) {
                const int expected = drawn ? peer.at(x, y)[c] : ground.at(x, y)[c];
                EXPECT_NEAR(ours.at(x, y)[c], expected, drawn ? 2 : 0) << x << ", " << y;
            }
        }
    EXPECT_NEAR(patch.pixels, 3.1416 * 14.6 * 14.6, 40);
}

INSTANTIATE_TEST_SUITE_P(All, BlendAgainstPillow,
                         ::testing::Values(std::pair{Blend::alpha, "over = o"},
                                           std::pair{Blend::multiply, "over = ImageChops.multiply(o, below)"},
                                           std::pair{Blend::screen, "over = ImageChops.screen(o, below)"}),
                         [](const auto& info) { return blend_names()[static_cast<std::size_t>(info.param.first)]; });

TEST(Blend, SaysHowMuchChanged) {
    const Image ground = picture(3, 50, 50), object = picture(4, 30, 30), alpha = disc_alpha(30);
    for (const Blend blend : {Blend::alpha, Blend::multiply, Blend::poisson_mixed})
        for (const cv::Point corner : {cv::Point(10, 10), cv::Point(-15, 30), cv::Point(40, -20)}) {
            const Patch patch = blended(object_of(object, alpha), corner, ground, blend, 0.7);
            const Image after = with(ground, patch);
            double sum = 0;
            int greatest = 0, drawn = 0;
            for (int y = 0; y < 50; ++y)
                for (int x = 0; x < 50; ++x) {
                    const bool in = patch.box.contains({x, y}) &&
                                    patch.drawn.at<std::uint8_t>(y - patch.box.y, x - patch.box.x) == 255;
                    drawn += in;
                    for (int c = 0; c < 3; ++c) {
                        const int difference = std::abs(after.at(x, y)[c] - ground.at(x, y)[c]);
                        sum += in ? difference : 0;
                        greatest = std::max(greatest, difference);
                    }
                }
            EXPECT_EQ(patch.pixels, drawn);
            EXPECT_EQ(patch.greatest, greatest);
            EXPECT_NEAR(patch.contrast, sum / (3 * 255.0 * std::max(1, drawn)), 1e-12);
        }
}

TEST(Poisson, WhatHasTheGroundsGradientsVanishes) {
    // A smooth ground's own part, made lighter: its gradients continue the ground, so the ground comes out again.
    const Image ground = resize_image(picture(5, 15, 14), 90, 80, Filter::cubic);
    for (const Blend blend : {Blend::poisson, Blend::poisson_mixed})
        for (const cv::Point corner : {cv::Point(20, 25), cv::Point(0, 0), cv::Point(55, 45)}) {
            const Image object = part(ground, corner.x, corner.y, 35, 35, 40);
            const Patch patch = blended(object_of(object, disc_alpha(35)), corner, ground, blend, 1);
            EXPECT_LT(patch.contrast * 255, 2.5) << corner;
            const Patch laid = blended(object_of(object, disc_alpha(35)), corner, ground, Blend::alpha, 1);
            EXPECT_GT(laid.contrast * 255, 20);
        }
}

TEST(Poisson, ItsLaplacianIsTheObjects) {
    // What the equation says: inside, second differences are the object's, up to rounding; far from the edge alone.
    const Image ground(80, 80, 3, 140), object = picture(6, 50, 50);
    const Patch patch = blended(object_of(object), {15, 15}, ground, Blend::poisson, 1);
    const auto laplacian = [](const auto& at, int x, int y) {
        return 4 * at(x, y) - at(x - 1, y) - at(x + 1, y) - at(x, y - 1) - at(x, y + 1);
    };
    double sum = 0, own = 0;
    int count = 0;
    for (int y = 8; y < 42; ++y)
        for (int x = 8; x < 42; ++x) {
            const int theirs = laplacian([&](int u, int v) { return int{*(object.at(u, v) + 1)}; }, x, y);
            const int ours = laplacian([&](int u, int v) { return int{patch.rgb.at<cv::Vec3b>(v, u)[1]}; }, x, y);
            sum += std::abs(ours - theirs), own += std::abs(theirs), ++count;
        }
    EXPECT_GT(own / count, 10);
    EXPECT_LT(sum / count, 3);
}

TEST(Poisson, ThinObjectsShowAndAnythingMayStickOut) {
    Image ground = picture(7, 70, 70), line(40, 5, 3, 10), alpha(40, 5, 1);
    for (int x = 0; x < 40; ++x) {
        *alpha.at(x, 1) = *alpha.at(x, 3) = 120;
        *alpha.at(x, 2) = 255;
        for (int c = 0; c < 3; ++c) line.at(x, 0)[c] = line.at(x, 4)[c] = line.at(x, 1)[c] = line.at(x, 3)[c] = 150;
    }
    for (const Blend blend : {Blend::poisson, Blend::poisson_mixed, Blend::poisson_monochrome})
        for (const cv::Point corner : {cv::Point(10, 30), cv::Point(-20, 0), cv::Point(60, 66)})
            EXPECT_GT(blended(object_of(line, alpha), corner, ground, blend, 1).greatest, 20) << corner;
    EXPECT_EQ(blended(object_of(line, alpha), {69, 69}, ground, Blend::poisson, 1).pixels, 0);  // its corner is clear
}

TEST(Match, LightFollowsTheGround) {
    Image ground = picture(8, 60, 60);
    for (auto& value : ground.pixels) value = static_cast<std::uint8_t>(80 + value / 4);
    Image object = picture(9, 30, 30);
    for (auto& value : object.pixels) value = static_cast<std::uint8_t>(60 + value / 3);
    const cv::Mat cutout = object_of(object);
    const auto brightness = [](const auto& at) {
        double sum = 0;
        for (int y = 0; y < 30; ++y)
            for (int x = 0; x < 30; ++x) sum += 0.299 * at(x, y, 0) + 0.587 * at(x, y, 1) + 0.114 * at(x, y, 2);
        return sum / 900;
    };
    const double below = brightness([&](int x, int y, int c) { return ground.at(7 + x, 21 + y)[c]; });
    const double before = brightness([&](int x, int y, int c) { return object.at(x, y)[c]; });
    for (const double share : {0.0, 0.5, 1.0}) {
        const cv::Mat after = matched(cutout, {7, 21}, ground, Match::light, share);
        EXPECT_NEAR(brightness([&](int x, int y, int c) { return after.at<cv::Vec4b>(y, x)[c]; }),
                    std::lerp(before, below, share), 0.6);
    }
}

TEST(Match, HistogramsAreScikitImages) {
    NEEDS_PYTHON("PIL, numpy, skimage");
    const Image ground = picture(10, 60, 60), object = picture(11, 40, 30);
    const cv::Mat after = matched(object_of(object), {13, 17}, ground, Match::histogram, 1);
    const TemporaryFolder folder;
    write_file(folder / "ground.png", encode_image(part(ground, 13, 17, 40, 30), ".png"));
    write_file(folder / "object.png", encode_image(object, ".png"));
    run_python(folder.path(),
               "import sys, numpy as np\nfrom PIL import Image\nfrom skimage.exposure import match_histograms\n"
               "a = [np.asarray(Image.open(sys.argv[1] + '/' + n)) for n in ('object.png', 'ground.png')]\n"
               "out = np.stack([match_histograms(a[0][..., c].astype(float), a[1][..., c].astype(float)) "
               "for c in range(3)], 2)\n"
               "Image.fromarray(np.rint(out).astype(np.uint8)).save(sys.argv[1] + '/out.png')\n");
    const Image peer = decode_image(read_bytes(folder / "out.png"), "out.png").image;
    for (int y = 0; y < 30; ++y)
        for (int x = 0; x < 40; ++x)
            for (int c = 0; c < 3; ++c) EXPECT_NEAR(after.at<cv::Vec4b>(y, x)[c], peer.at(x, y)[c], 1);
}

}  // namespace
