// Masks beside images and in trees of their own.
#include "trees.hpp"

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Masks, LieBesideTheirImages) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"crack/a.jpg", jpeg(1)},
                               {"crack/a.png", mask_png(5)},
                               {"crack/b.png", png(2)},
                               {"crack/b_mask.png", mask_png(7)},
                               {"ok/c.jpg", jpeg(3)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"masks", "beside"}});
    EXPECT_THAT(ids_of(*images), ElementsAre("crack/a.jpg", "crack/b.png", "ok/c.jpg"));
    EXPECT_EQ(*sample_at(*images, 0).mask.at(4, 0), 0);
    EXPECT_EQ(*sample_at(*images, 0).mask.at(5, 0), 255);
    EXPECT_EQ(*sample_at(*images, 1).mask.at(6, 0), 0);
    EXPECT_EQ(*sample_at(*images, 1).mask.at(7, 0), 255);
    EXPECT_TRUE(sample_at(*images, 2).mask.empty());
    EXPECT_THAT(context.warnings(), IsEmpty());
}

TEST(Masks, LieInAParallelTree) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"bottle/train/good/a.png", png(1)},
                               {"bottle/test/crack/a.png", png(2)},
                               {"bottle/ground_truth/crack/a_mask.png", mask_png(9)},
                               {"bottle/test/good/a.png", png(3)},
                               {"bottle/test/hole/a.png", png(4)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"masks", "parallel"}});
    EXPECT_THAT(ids_of(*images), ElementsAre("bottle/test/crack/a.png", "bottle/test/good/a.png",
                                             "bottle/test/hole/a.png", "bottle/train/good/a.png"));
    EXPECT_EQ(*sample_at(*images, 0).mask.at(8, 3), 0);
    EXPECT_EQ(*sample_at(*images, 0).mask.at(9, 3), 255);
    ASSERT_EQ(context.warnings().size(), 1u);
    EXPECT_THAT(context.warnings()[0], HasSubstr("`bottle/test/hole/a.png`"));
}

TEST(Masks, OfAnotherSizeAreLeftOutWhenTheSetIsOpened) {
    const TemporaryFolder here;
    Tree tree{{"crack/bad.jpg", jpeg(1)}, {"crack/bad.png", mask_png(5, 30, 30)}};
    for (std::uint64_t i = 0; i < 5; ++i)
        tree["crack/" + std::to_string(i) + ".jpg"] = jpeg(i),
                                            tree["crack/" + std::to_string(i) + ".png"] = mask_png(3);
    write_folder(here.path(), tree);
    TestContext context;
    const auto images = folder(here.path(), context, {{"masks", "beside"}, {"tolerate", 0.2}});
    EXPECT_EQ(images->size(), 5u);
    EXPECT_THAT(images->left_out(), ElementsAre("`crack/bad.jpg` is 24x20, its mask `crack/bad.png` 30x30"));
}

TEST(Masks, OnesThatAreNowhereAreSaid) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"crack/a.jpg", jpeg(1)}, {"crack/a.png", mask_png(5)}});
    TestContext context;
    EXPECT_EQ(error_of([&] { folder(here.path(), context, {{"masks", "parallel"}}); }).parameter(), "masks");
    folder(here.path(), context);
    EXPECT_THAT(context.warnings().back(), HasSubstr("masks = \"beside\""));
}

TEST(Masks, FollowAPictureThatExifTurns) {
    const TemporaryFolder here;
    const Bytes turned = with_exif(jpeg(1, 24, 20), 6);  // is shown as 20x24
    write_folder(here.path(), {{"crack/a.jpg", turned}, {"crack/a_mask.png", mask_png(4, 20, 24)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"masks", "beside"}});
    EXPECT_EQ(sample_at(*images, 0).image.width, 20);
    EXPECT_EQ(sample_at(*images, 0).mask.width, 20);
    write_file(here / "crack/a.jpg", jpeg(1, 24, 20));  // is not turned: the mask is another's
    EXPECT_THAT(error_of([&] {
                    folder(here.path(), context, {{"masks", "beside"}});
                }).what(),
                HasSubstr("is 24x20, its mask `crack/a_mask.png` 20x24"));
}

TEST(Folder, AlphaBecomesTheMaskOrNothing) {
    const TemporaryFolder here;
    Image rgba = noise_image(1, 10, 10, 4);
    write_file(here / "a.png", encode_image(rgba, ".png"));
    TestContext context;
    const Sample with = sample_at(*folder(here.path(), context), 0);
    for (int y = 0; y < 10; ++y)
        for (int x = 0; x < 10; ++x) EXPECT_EQ(*with.mask.at(x, y), rgba.at(x, y)[3]);
    EXPECT_TRUE(sample_at(*folder(here.path(), context, {{"alpha", "ignore"}}), 0).mask.empty());
}

}  // namespace
