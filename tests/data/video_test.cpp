// dataset.video on films that the tests write.
#include "trees.hpp"

#include <fettle/parallel.hpp>

#include <tbb/global_control.h>
#include <opencv2/videoio.hpp>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset_video.so");
    return library;
}

/// The grey of a frame: far enough from that of its neighbours to tell them apart after JPEG.
int grey_of(std::size_t frame) { return static_cast<int>(20 + frame * 37 % 200); }

/// A film of flat frames, as Motion JPEG.
void film(const std::filesystem::path& path, std::size_t frames, int width = 64, int height = 48) {
    cv::VideoWriter writer(path.string(), cv::VideoWriter::fourcc('M', 'J', 'P', 'G'), 25, {width, height});
    ASSERT_TRUE(writer.isOpened());
    for (std::size_t k = 0; k < frames; ++k) {
        const double grey = grey_of(k);
        writer.write(cv::Mat(height, width, CV_8UC3, cv::Scalar(grey, grey, grey)));
    }
}

Ref<Images> video(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    settings["path"] = path.string();
    return open_dataset(library(), "dataset.video", settings, context);
}

void expect_frame(const Sample& sample, std::size_t frame) {
    const auto* middle = sample.image.at(sample.image.width / 2, sample.image.height / 2);
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(middle[c], grey_of(frame), 4) << "frame " << frame;
}

TEST(Video, TypesDescribeThemselves) { expect_conforms(library()); }

TEST(Video, GivesFramesInAnyOrderAndFromAnyThread) {
    const TemporaryFolder here;
    film(here / "belt.avi", 60);
    TestContext context;
    const auto images = video(here / "belt.avi", context, {{"label", "normal"}});
    ASSERT_EQ(images->size(), 60u);
    EXPECT_EQ(images->info(7).id, "belt.avi#000007");
    EXPECT_EQ(images->info(7).label, Label::normal);
    EXPECT_THAT(context.warnings(), IsEmpty());
    for (std::size_t i = 0; i < 60; ++i) expect_frame(sample_at(*images, i), i);
    const auto order = Random(5).permutation(60);
    const auto batch = images->read(order);
    for (std::size_t k = 0; k < 60; ++k) {
        EXPECT_EQ(batch->sample(k)->info.id, images->info(order[k]).id);
        expect_frame(*batch->sample(k), order[k]);
    }
    const std::vector<std::size_t> twice{9, 3, 9};
    expect_frame(*images->read(twice)->sample(2), 9);
    const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 8);
    parallel_for_each_index(60, [&](std::size_t k) { expect_frame(sample_at(*images, order[k]), order[k]); });
}

TEST(Video, FramesThatDependOnOthersAreTheSameInAnyOrder) {
    const TemporaryFolder here;
    const auto path = here / "belt.mp4";
    {
        cv::VideoWriter writer(path.string(), cv::VideoWriter::fourcc('m', 'p', '4', 'v'), 25, {64, 48});
        if (!writer.isOpened()) GTEST_SKIP() << "this OpenCV writes no MPEG-4";
        for (int k = 0; k < 50; ++k) {  // a bar that moves: most frames are stored as changes of the one before
            cv::Mat frame(48, 64, CV_8UC3, cv::Scalar(40, 60, 80));
            frame.colRange(k, k + 10).setTo(cv::Scalar(200, 220, 240));
            writer.write(frame);
        }
    }
    TestContext context;
    const auto images = video(path, context);
    ASSERT_EQ(images->size(), 50u);
    std::vector<Image> in_order;
    for (std::size_t i = 0; i < 50; ++i) in_order.push_back(sample_at(*images, i).image);
    EXPECT_GT(*in_order[20].at(25, 20), 200);
    EXPECT_LT(*in_order[20].at(45, 20), 120);
    for (const std::size_t i : Random(4).permutation(50)) EXPECT_EQ(sample_at(*images, i).image, in_order[i]) << i;
    Bytes bytes = read_bytes(path);
    bytes.resize(bytes.size() * 9 / 10);  // the index stands at the end
    write_file(path, bytes);
    EXPECT_THAT(error_of([&] { video(path, context); }).help(), HasSubstr("can't be opened at all"));
}

TEST(Video, TakesEachNthFrameUpToALimitAtASize) {
    const TemporaryFolder here;
    film(here / "belt.avi", 40);
    TestContext context;
    const auto images =
        video(here / "belt.avi", context, {{"every", 7}, {"limit", 4}, {"size", Setting::List{16, 12}}});
    EXPECT_THAT(ids_of(*images),
                ElementsAre("belt.avi#000000", "belt.avi#000007", "belt.avi#000014", "belt.avi#000021"));
    for (std::size_t i = 0; i < 4; ++i) {
        const Sample sample = sample_at(*images, i);
        EXPECT_EQ(sample.image.width, 16);
        EXPECT_EQ(sample.image.height, 12);
        expect_frame(sample, 7 * i);
    }
}

TEST(Video, ABrokenTailIsSaidAndTheRestIsUsed) {
    const TemporaryFolder here;
    film(here / "belt.avi", 60);
    Bytes bytes = read_bytes(here / "belt.avi");
    bytes.resize(bytes.size() / 2);
    write_file(here / "belt.avi", bytes);
    TestContext context;
    const auto images = video(here / "belt.avi", context);
    ASSERT_GT(images->size(), 10u);
    ASSERT_LT(images->size(), 40u);
    for (std::size_t i = 0; i + 1 < images->size(); ++i) expect_frame(sample_at(*images, i), i);
    ASSERT_EQ(context.warnings().size(), 1u);
    EXPECT_THAT(context.warnings()[0], HasSubstr("belt.avi` says that it holds 60 frames, but is broken after"));
    EXPECT_EQ(images->left_out().size(), 1u);
}

TEST(Video, WhatIsNoneIsSaid) {
    const TemporaryFolder here;
    write_file(here / "text.mp4", bytes_of("this is a text"));
    write_file(here / "empty.avi", {});
    TestContext context;
    EXPECT_THAT(error_of([&] { video(here / "text.mp4", context); }).what(), HasSubstr("can't be opened as a video"));
    EXPECT_EQ(error_of([&] { video(here / "empty.avi", context); }).parameter(), "path");
    EXPECT_THAT(error_of([&] { video(here / "none.avi", context); }).what(), HasSubstr("there is no file"));
}

}  // namespace
