// dataset.folder: what folders say of images.
#include "trees.hpp"

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Dataset, TypesDescribeThemselves) { expect_conforms(dataset_library()); }

TEST(Folder, FoldersSayClassLabelAndPublishedSplit) {
    const TemporaryFolder here;
    write_folder(here.path(), class_folders());
    TestContext context;
    const auto images = folder(here.path(), context);
    EXPECT_THAT(ids_of(*images), ElementsAre("loose.bmp", "set/Test/OK/c.png", "set/Test/crack/d.png",
                                             "set/train/OK/a.png", "set/train/OK/b.jpg"));
    const auto is = [&](std::size_t i, Label label, const char* category, const char* published) {
        EXPECT_EQ(images->info(i).label, label) << i;
        EXPECT_EQ(images->info(i).category, category) << i;
        EXPECT_EQ(images->info(i).published, published) << i;
    };
    is(0, Label::unknown, "", "");
    is(1, Label::normal, "OK", "test");
    is(2, Label::anomalous, "crack", "test");
    is(3, Label::normal, "OK", "train");
    EXPECT_EQ(sample_at(*images, 2).image, noise_image(4));
    EXPECT_THAT(context.warnings(), IsEmpty());
}

TEST(Folder, HoldersAreNoClassAndLooseFilesTakeTheLabelAskedFor) {
    const TemporaryFolder here;
    write_folder(here.path(),
                 {{"MT_Free/Imgs/a.png", png(1)}, {"MT_Crack/Imgs/b.png", png(2)}, {"train/c.png", png(3)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"label", "normal"}});
    EXPECT_EQ(images->info(0).category, "MT_Crack");
    EXPECT_EQ(images->info(0).label, Label::anomalous);
    EXPECT_EQ(images->info(1).label, Label::normal);
    EXPECT_EQ(images->info(2).category, "");
    EXPECT_EQ(images->info(2).label, Label::normal);
    EXPECT_EQ(images->info(2).published, "train");
}

TEST(Folder, EmptyAndMissingOnesAreSaidInWords) {
    const TemporaryFolder here;
    std::filesystem::create_directories(here / "castings");
    TestContext context;
    EXPECT_THAT(error_of([&] { folder(here / "castings", context); }).what(), HasSubstr("holds no file"));
    write_file(here / "castings/notes.txt", {'x'});
    EXPECT_THAT(error_of([&] { folder(here / "castings", context); }).what(), HasSubstr("no image, but 1 other file"));
    const Error error = error_of([&] { folder(here / "catsings", context); });
    EXPECT_EQ(error.parameter(), "path");
    EXPECT_THAT(error.help(), HasSubstr("did you mean `castings`?"));
    EXPECT_THAT(error_of([&] { opened(here / "castigns/x.zip", context); }).help(),
                HasSubstr("did you mean `castings`?"));
    EXPECT_THAT(error_of([&] { folder(here / "something/else", context); }).help(),
                ::testing::Not(HasSubstr("did you mean")));
}

TEST(Folder, ALimitTakesFromEveryFolder) {
    const TemporaryFolder here;
    Tree tree;
    for (const char* name : {"crack", "hole", "ok"})
        for (std::uint64_t i = 0; i < 10; ++i) tree[std::string(name) + "/" + std::to_string(i) + ".png"] = png(i);
    write_folder(here.path(), tree);
    TestContext context;
    const auto images = folder(here.path(), context, {{"limit", 6}});
    std::map<std::string, int> count;
    for (std::size_t i = 0; i < images->size(); ++i) ++count[images->info(i).category];
    EXPECT_EQ(count, (std::map<std::string, int>{{"crack", 2}, {"hole", 2}, {"ok", 2}}));
    EXPECT_EQ(folder(here.path(), context, {{"limit", 100}})->size(), 30u);
}

TEST(Folder, LinksAreFollowedAndNeverForEver) {
    const TemporaryFolder here;
    write_file(here / "far/ok/a.png", png(1));
    std::filesystem::create_directories(here / "set/crack");
    std::filesystem::create_directory_symlink(here / "far/ok", here / "set/ok");
    std::filesystem::create_directory_symlink(here / "set", here / "set/crack/again");
    TestContext context;
    EXPECT_THAT(ids_of(*folder(here / "set", context)), ElementsAre("ok/a.png"));
}

}  // namespace
