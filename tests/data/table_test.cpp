// dataset.table: what a CSV says of the files beside it.
#include "trees.hpp"

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Ref<Images> table(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    return images_at("dataset.table", path, context, std::move(settings));
}

Tree three() {
    return {{"img/a.png", png(1)}, {"img/b.png", png(2)}, {"img/b_mask.png", mask_png(6)}, {"c.png", png(3)}};
}

TEST(Table, SaysEverythingOfItsImages) {
    const TemporaryFolder here;
    Tree tree = three();
    // A byte order mark, Windows' line ends, columns in an order of their own, one that means nothing here, quotes.
    tree["samples.csv"] = bytes_of(
        "\xEF\xBB\xBFlabel, path ,split,mask,category,weight,lineage\r\n"
        "normal,img/a.png,train,,,1,\r\n"
        "anomalous,\"./img/../img/b.png\",test,img/b_mask.png,\"crack, deep\",2,\"[{\"\"step\"\":\"\"paste\"\"}]\"\r\n"
        "\r\n"
        "unknown,c.png,fold_3,,,3,");
    write_folder(here / "folder", tree);
    write_zip(here / "set.zip", below("inside", tree));
    write_tar(here / "set.tar.gz", tree, ARCHIVE_FILTER_GZIP);
    for (const char* name : {"folder", "set.zip", "set.tar.gz"}) {
        SCOPED_TRACE(name);
        TestContext context;
        const auto images = table(here / name, context);
        EXPECT_THAT(ids_of(*images), ElementsAre("img/a.png", "./img/../img/b.png", "c.png"));
        EXPECT_EQ(images->info(0).label, Label::normal);
        EXPECT_EQ(images->info(1).label, Label::anomalous);
        EXPECT_EQ(images->info(2).label, Label::unknown);
        EXPECT_EQ(images->info(0).published, "train");
        EXPECT_EQ(images->info(2).published, "fold_3");
        EXPECT_EQ(images->info(1).category, "crack, deep");
        const Sample second = sample_at(*images, 1);
        EXPECT_EQ(second.image, noise_image(2));
        EXPECT_EQ(*second.mask.at(6, 0), 255);
        EXPECT_EQ(*second.mask.at(5, 0), 0);
        EXPECT_THAT(second.lineage, ElementsAre(R"({"step":"paste"})"));
        EXPECT_TRUE(sample_at(*images, 0).mask.empty());
        EXPECT_THAT(context.warnings(), IsEmpty());
    }
}

TEST(Table, RowsThatCantBeTakenAreNamedWithTheirLine) {
    const TemporaryFolder here;
    Tree tree = three();
    tree["img/small.png"] = mask_png(2, 5, 5);
    tree["samples.csv"] = bytes_of(
        "path,label,mask,lineage\n"
        "img/a.png,good,,\n"
        "img/missing.png,normal,,\n"
        "../out.png,normal,,\n"
        "/etc/out.png,normal,,\n"
        "img/b.png,normal\n"
        "img/b.png,normal,,,,\n"
        "\"img/b.png,normal,,\n"
        ",normal,,\n"
        "c.png,normal,,not json\n"
        "img/a.png,anomalous,img/small.png,\n"
        "img/b.png,normal,,\n");
    write_folder(here / "set", tree);
    write_file(here / "out.png", png(9));
    TestContext context;
    const auto images = table(here / "set", context, {{"tolerate", 0.95}});
    EXPECT_THAT(ids_of(*images), ElementsAre("img/b.png"));
    EXPECT_THAT(
        images->left_out(),
        ElementsAre("line 2 of `samples.csv` has the label `good`; it is one of normal, anomalous, unknown",
                    "line 3 of `samples.csv` names `img/missing.png`, and there is no such file",
                    "line 4 of `samples.csv` has the path `../out.png`, which leads out of the set",
                    "line 5 of `samples.csv` has the path `/etc/out.png`, which leads out of the set",
                    "line 6 of `samples.csv` has fewer cells than there are columns",
                    "line 7 of `samples.csv` has more cells than there are columns",
                    "line 8 of `samples.csv` has a quote that isn't closed", "line 9 of `samples.csv` has no path",
                    "line 10 of `samples.csv` has a lineage that is no JSON array",
                    "`img/a.png` is 24x20, its mask `img/small.png` 5x5"));
    const Error error = error_of([&] { table(here / "set", context); });
    EXPECT_EQ(error.parameter(), "tolerate");
    EXPECT_THAT(error.what(), HasSubstr("10 of 11 files"));
    EXPECT_THAT(error.what(), HasSubstr("line 2 of `samples.csv` has the label `good`"));
}

TEST(Table, PartsAreKnownHoweverTheyAreSpelt) {
    const TemporaryFolder here;
    Tree tree;
    std::string rows = "path,label,split\n";
    const char* const spelt[] = {"Test", "testing", "TRAIN", "training", "Calibration", "fold 3"};
    for (std::size_t i = 0; i < 6; ++i) {
        tree[std::to_string(i) + ".png"] = png(i);
        rows += std::to_string(i) + ".png,normal," + spelt[i] + "\n";
    }
    tree["samples.csv"] = Bytes(rows.begin(), rows.end());
    write_folder(here / "set", tree);
    TestContext context;
    const auto images = table(here / "set", context);
    const char* const expected[] = {"test", "test", "train", "train", "calibrate", "fold 3"};
    for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(images->info(i).published, expected[i]);
}

TEST(Table, WhatIsNoTableIsSaid) {
    const TemporaryFolder here;
    Tree tree = three();
    tree["lists/other.csv"] = bytes_of("file,label\na,normal\n");
    tree["lists/empty.csv"] = {};
    tree["lists/none.csv"] = bytes_of("path,label\n");
    tree["lists/twice.csv"] = bytes_of("path,label,path\n");
    write_folder(here.path(), tree);
    TestContext context;
    const auto with = [&](const char* name) {
        return error_of([&] { table(here.path(), context, {{"table", name}}); });
    };
    EXPECT_THAT(with("samples.csv").what(), HasSubstr("holds no table `samples.csv`"));
    EXPECT_THAT(with("samples.csv").help(), HasSubstr("`lists/other.csv`"));
    EXPECT_THAT(with("lists/other.csv").what(), HasSubstr("has no column `path`"));
    EXPECT_THAT(with("lists/empty.csv").what(), HasSubstr("is empty"));
    EXPECT_THAT(with("lists/none.csv").what(), HasSubstr("lists no image"));
    EXPECT_THAT(with("lists/twice.csv").what(), HasSubstr("two columns `path`"));
    const Error file = error_of([&] { table(here / "lists/other.csv", context); });
    EXPECT_EQ(file.parameter(), "path");
    EXPECT_THAT(file.help(), HasSubstr("as `table`"));
}

TEST(Table, PathsBeginInItsFolder) {
    const TemporaryFolder here;
    Tree tree = three();
    tree["lists/first.csv"] = bytes_of("path,label\n../img/a.png,normal\n");
    write_folder(here.path(), tree);
    TestContext context;
    const auto images = table(here.path(), context, {{"table", "lists/first.csv"}});
    EXPECT_EQ(sample_at(*images, 0).image, noise_image(1));
}

TEST(Table, OneThatIsLongerThanTheReadersBufferIsReadWhole) {
    const TemporaryFolder here;
    Tree tree = three();
    std::string text = "path,label,category\n";
    const std::string filling(1000, 'x');
    std::size_t rows = 0;
    for (; text.size() < (std::size_t{40} << 20); ++rows) text += "img/a.png,unknown," + filling + "\n";
    text += "img/b.png,normal,last\n";
    tree["samples.csv"] = bytes_of(text);
    write_folder(here.path(), tree);
    TestContext context;
    const auto images = table(here.path(), context, {{"tolerate", 1.0}});
    ASSERT_EQ(images->size(), 2u);  // the first row, then the same sample over and over, then the last
    EXPECT_EQ(images->info(1).category, "last");
    EXPECT_EQ(images->left_out().size(), rows - 1);
}

}  // namespace
