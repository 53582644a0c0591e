// Published sets, on trees that are written in their layout.
#include "trees.hpp"

#include <functional>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

/// Opens the same tree as a folder, a zip and a tar, plain and nested once more; the samples are the same each time.
void expect_same_however_packed(const char* id, const Tree& tree, const Settings& settings,
                                const std::function<void(const Images&)>& check) {
    const TemporaryFolder here;
    write_folder(here / "plain", tree);
    write_folder(here / "nested", below("download/once more", tree));
    write_zip(here / "a.zip", tree);
    write_zip(here / "nested.zip", below("set", tree));
    write_tar(here / "a.tar.xz", tree, ARCHIVE_FILTER_XZ);
    TestContext context;
    const auto first = images_at(id, here / "plain", context, settings);
    check(*first);
    for (const char* name : {"nested", "a.zip", "nested.zip", "a.tar.xz"}) {
        SCOPED_TRACE(name);
        expect_equal(*first, *images_at(id, here / name, context, settings));
    }
    EXPECT_THAT(context.warnings(), IsEmpty());
}

Tree castings() {
    return {{"casting_data/train/ok_front/cast_ok_0_1.jpeg", jpeg(1)},
            {"casting_data/train/def_front/cast_def_0_1.jpeg", jpeg(2)},
            {"casting_data/test/ok_front/cast_ok_0_2.jpeg", jpeg(3)},
            {"casting_data/test/def_front/cast_def_0_2.jpeg", jpeg(4)},
            {"casting_512x512/casting_512x512/ok_front/cast_ok_0_1.jpeg", jpeg(5, 32, 32)},
            {"casting_512x512/casting_512x512/def_front/cast_def_0_1.jpeg", jpeg(6, 32, 32)}};
}

TEST(Casting, SaysSplitAndClass) {
    expect_same_however_packed("dataset.casting", castings(), {}, [](const Images& images) {
        EXPECT_THAT(ids_of(images),
                    ElementsAre("test/def_front/cast_def_0_2.jpeg", "test/ok_front/cast_ok_0_2.jpeg",
                                "train/def_front/cast_def_0_1.jpeg", "train/ok_front/cast_ok_0_1.jpeg"));
        EXPECT_EQ(images.info(0).label, Label::anomalous);
        EXPECT_EQ(images.info(0).published, "test");
        EXPECT_EQ(images.info(3).label, Label::normal);
        EXPECT_EQ(images.info(3).category, "ok_front");
        EXPECT_EQ(images.info(3).published, "train");
    });
}

TEST(Casting, TheOtherVariantIsNotSplit) {
    expect_same_however_packed("dataset.casting", castings(), {{"variant", "512"}}, [](const Images& images) {
        EXPECT_THAT(ids_of(images), ElementsAre("def_front/cast_def_0_1.jpeg", "ok_front/cast_ok_0_1.jpeg"));
        EXPECT_EQ(images.info(1).published, "");
        EXPECT_EQ(sample_at(images, 1).image.width, 32);
    });
}

TEST(Casting, WhatIsNoneIsSaid) {
    const TemporaryFolder here;
    write_folder(here / "large", {{"casting_512x512/ok_front/a.jpeg", jpeg(1)}});
    write_folder(here / "other", {{"photos/good/a.jpeg", jpeg(1)}});
    TestContext context;
    const Error variant = error_of([&] { images_at("dataset.casting", here / "large", context); });
    EXPECT_THAT(variant.help(), HasSubstr("set `variant`"));
    const Error other = error_of([&] { images_at("dataset.casting", here / "other", context); });
    EXPECT_THAT(other.help(), HasSubstr("`casting_data/train/ok_front`"));
    EXPECT_THAT(other.help(), HasSubstr("`photos/`"));
}

TEST(Casting, TheSameFileTwiceIsTakenOnce) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"a/train/ok_front/x.jpeg", jpeg(1)}, {"b/train/ok_front/x.jpeg", jpeg(1)}});
    TestContext context;
    const auto images = images_at("dataset.casting", here.path(), context, {{"tolerate", 0.5}});
    EXPECT_EQ(images->size(), 1u);
    EXPECT_THAT(images->left_out(), ElementsAre("`b/train/ok_front/x.jpeg` is `train/ok_front/x.jpeg` once more, after "
                                                "`a/train/ok_front/x.jpeg`"));
}

TEST(Cracks, LieInTwoFolders) {
    const Tree tree{{"Negative/00001.jpg", jpeg(1)}, {"Positive/00001.jpg", jpeg(2)}, {"Readme.txt", bytes_of("text")}};
    expect_same_however_packed("dataset.cracks", tree, {}, [](const Images& images) {
        EXPECT_THAT(ids_of(images), ElementsAre("Negative/00001.jpg", "Positive/00001.jpg"));
        EXPECT_EQ(images.info(0).label, Label::normal);
        EXPECT_EQ(images.info(1).label, Label::anomalous);
    });
}

TEST(Tiles, HaveMasksWithGreyEdges) {
    Tree tree{{"MT_Free/Imgs/a.jpg", jpeg(1)},    {"MT_Free/Imgs/a.png", mask_png(24)},
              {"MT_Crack/Imgs/b.jpg", jpeg(2)},   {"MT_Crack/Imgs/b.png", mask_png(5, 24, 20, 128)},
              {"MT_Fray/Imgs/exp1.jpg", jpeg(3)}, {"MT_Fray/Imgs/exp1.png", mask_png(5, 24, 20, 127)},
              {"MT_Fray/notes.jpg", jpeg(4)}};
    expect_same_however_packed("dataset.tiles", tree, {}, [](const Images& images) {
        EXPECT_THAT(ids_of(images), ElementsAre("MT_Crack/Imgs/b.jpg", "MT_Fray/Imgs/exp1.jpg", "MT_Free/Imgs/a.jpg"));
        EXPECT_EQ(images.info(2).label, Label::normal);
        EXPECT_EQ(images.info(0).category, "MT_Crack");
        EXPECT_EQ(*sample_at(images, 0).mask.at(5, 0), 255);
        EXPECT_EQ(*sample_at(images, 0).mask.at(4, 0), 0);
        EXPECT_EQ(*sample_at(images, 1).mask.at(5, 0), 0);
    });
}

Tree bottles(const std::string& product = "bottle") {
    return below(product, {{"train/good/000.png", png(1)},
                           {"test/good/000.png", png(2)},
                           {"test/broken_large/000.png", png(3)},
                           {"ground_truth/broken_large/000_mask.png", mask_png(7)},
                           {"readme.txt", bytes_of("text")}});
}

TEST(Mvtec, ReadsTheLayoutOfMvtecAd) {
    expect_same_however_packed("dataset.mvtec", bottles(), {}, [](const Images& images) {
        EXPECT_THAT(ids_of(images),
                    ElementsAre("test/broken_large/000.png", "test/good/000.png", "train/good/000.png"));
        EXPECT_EQ(images.info(0).label, Label::anomalous);
        EXPECT_EQ(images.info(0).category, "broken_large");
        EXPECT_EQ(images.info(0).published, "test");
        EXPECT_EQ(images.info(2).label, Label::normal);
        EXPECT_EQ(images.info(2).published, "train");
        EXPECT_EQ(*sample_at(images, 0).mask.at(7, 0), 255);
        EXPECT_EQ(*sample_at(images, 0).mask.at(6, 0), 0);
        EXPECT_TRUE(sample_at(images, 1).mask.empty());
    });
}

TEST(Mvtec, OneProductOfSeveralIsNamed) {
    const TemporaryFolder here;
    Tree tree = bottles("bottle");
    for (const auto& [name, bytes] : bottles("cable")) tree[name] = bytes;
    write_folder(here.path(), tree);
    TestContext context;
    const Error several = error_of([&] { images_at("dataset.mvtec", here.path(), context); });
    EXPECT_EQ(several.parameter(), "product");
    EXPECT_EQ(several.help(), "it is one of bottle, cable");
    EXPECT_THAT(error_of([&] {
                    images_at("dataset.mvtec", here.path(), context, {{"product", "cabel"}});
                }).what(),
                HasSubstr("no product `cabel`"));
    const auto cable = images_at("dataset.mvtec", here.path(), context, {{"product", "cable"}});
    EXPECT_EQ(cable->size(), 3u);
    // A product's own folder, with its name or without.
    for (const char* product : {"", "cable"})
        expect_equal(*cable, *images_at("dataset.mvtec", here / "cable", context, {{"product", product}}));
    EXPECT_THAT(error_of([&] {
                    images_at("dataset.mvtec", here.path(), context, {{"layout", "visa"}});
                }).help(),
                HasSubstr("`<product>/Data/Images/Normal`"));
}

TEST(Mvtec, ReadsTheLayoutOfVisaWithItsSplit) {
    Tree tree{{"candle/Data/Images/Normal/0000.JPG", jpeg(1)},
              {"candle/Data/Images/Normal/0001.JPG", jpeg(2)},
              {"candle/Data/Images/Anomaly/000.JPG", jpeg(3)},
              {"candle/Data/Masks/Anomaly/000.png", mask_png(9, 24, 20, 1)},
              {"candle/image_anno.csv", bytes_of("image,label,mask\n")},
              {"pcb1/Data/Images/Normal/0000.JPG", jpeg(4)},
              {"split_csv/1cls.csv", bytes_of("object,split,label,image,mask\n"
                                              "candle,train,normal,candle/Data/Images/Normal/0000.JPG,\n"
                                              "candle,test,normal,candle/Data/Images/Normal/0001.JPG,\n"
                                              "candle,test,anomaly,candle/Data/Images/Anomaly/000.JPG,"
                                              "candle/Data/Masks/Anomaly/000.png\n")}};
    const Settings settings{{"layout", "visa"}, {"product", "candle"}};
    const auto check = [](const Images& images) {
        EXPECT_THAT(ids_of(images), ElementsAre("Data/Images/Anomaly/000.JPG", "Data/Images/Normal/0000.JPG",
                                                "Data/Images/Normal/0001.JPG"));
        EXPECT_EQ(images.info(0).label, Label::anomalous);
        EXPECT_EQ(*sample_at(images, 0).mask.at(9, 0), 255);  // a class number, 1 of 255
        EXPECT_EQ(*sample_at(images, 0).mask.at(8, 0), 0);
    };
    expect_same_however_packed("dataset.mvtec", tree, settings, [&](const Images& images) {
        check(images);
        EXPECT_EQ(images.info(0).published, "test");
        EXPECT_EQ(images.info(1).published, "train");
        EXPECT_EQ(images.info(2).published, "test");
    });
    tree.erase("split_csv/1cls.csv");
    expect_same_however_packed("dataset.mvtec", tree, settings, [&](const Images& images) {
        check(images);
        EXPECT_EQ(images.info(1).published, "");
    });
}

TEST(Mvtec, ReadsTheLayoutOfBtad) {
    const Tree tree{{"BTech_Dataset_transformed/01/train/ok/0000.bmp", encode_image(noise_image(1), ".bmp")},
                    {"BTech_Dataset_transformed/01/test/ok/0001.bmp", encode_image(noise_image(2), ".bmp")},
                    {"BTech_Dataset_transformed/01/test/ko/0002.bmp", encode_image(noise_image(3), ".bmp")},
                    {"BTech_Dataset_transformed/01/ground_truth/ko/0002.png", mask_png(3)},
                    {"BTech_Dataset_transformed/02/train/ok/0000.png", png(4)}};
    expect_same_however_packed(
        "dataset.mvtec", tree, {{"layout", "btad"}, {"product", "01"}}, [](const Images& images) {
            EXPECT_THAT(ids_of(images), ElementsAre("test/ko/0002.bmp", "test/ok/0001.bmp", "train/ok/0000.bmp"));
            EXPECT_EQ(images.info(0).label, Label::anomalous);
            EXPECT_EQ(images.info(1).label, Label::normal);
            EXPECT_EQ(*sample_at(images, 0).mask.at(3, 0), 255);
        });
}

TEST(Mvtec, AnAnomalousImageWithoutAMaskIsSaid) {
    const TemporaryFolder here;
    Tree tree = bottles();
    tree.erase("bottle/ground_truth/broken_large/000_mask.png");
    write_folder(here.path(), tree);
    TestContext context;
    EXPECT_EQ(images_at("dataset.mvtec", here.path(), context)->size(), 3u);
    ASSERT_EQ(context.warnings().size(), 1u);
    EXPECT_THAT(context.warnings()[0], HasSubstr("`test/broken_large/000.png`"));
}

}  // namespace
