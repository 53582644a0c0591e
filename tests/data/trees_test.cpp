// dataset.folder and dataset.archive on trees that the tests write themselves.
#include "support.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <locale.h>
#include <tbb/global_control.h>

namespace {

using namespace support;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/dataset.so");
    return library;
}

using Tree = std::map<std::string, Bytes>;

Bytes png(std::uint64_t seed, int width = 24, int height = 20) {
    return encode_image(noise_image(seed, width, height), ".png");
}
Bytes jpeg(std::uint64_t seed) { return encode_image(noise_image(seed), ".jpg"); }
Bytes mask_png(int left, int width = 24, int height = 20) {
    Image mask(width, height, 1);
    for (int y = 0; y < height; ++y)
        for (int x = left; x < width; ++x) *mask.at(x, y) = 255;
    return encode_image(mask, ".png");
}

/// Class folders under train and test, an own test folder's name in capitals, things to pass over.
Tree class_folders() {
    return {{"set/train/OK/a.png", png(1)},          {"set/train/OK/b.jpg", jpeg(2)},
            {"set/Test/OK/c.png", png(3)},           {"set/Test/crack/d.png", png(4)},
            {"set/readme.txt", {'h', 'i'}},          {"__MACOSX/set/train/OK/._a.png", {1}},
            {"set/train/OK/.hidden.png", {1, 2, 3}}, {"loose.bmp", encode_image(noise_image(5), ".bmp")}};
}

void write_folder(const std::filesystem::path& root, const Tree& tree) {
    for (const auto& [name, bytes] : tree) write_file(root / name, bytes);
}

/// An archive written by libarchive; `format` and `filter` are its constants.
void write_archive(const std::filesystem::path& path, const Tree& tree, int format, int filter,
                   const char* options = "", const char* passphrase = nullptr) {
    // libarchive's writer takes names in the locale's characters; its reader is to cope without one.
    const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr), before = uselocale(utf8);
    archive* out = archive_write_new();
    archive_write_set_format(out, format);
    archive_write_add_filter(out, filter);
    ASSERT_EQ(archive_write_set_options(out, options), ARCHIVE_OK) << archive_error_string(out);
    if (passphrase != nullptr) archive_write_set_passphrase(out, passphrase);
    ASSERT_EQ(archive_write_open_filename(out, path.c_str()), ARCHIVE_OK);
    for (const auto& [name, bytes] : tree) {
        archive_entry* entry = archive_entry_new();
        archive_entry_set_pathname(entry, name.c_str());
        archive_entry_set_size(entry, static_cast<la_int64_t>(bytes.size()));
        archive_entry_set_filetype(entry, AE_IFREG);
        archive_entry_set_perm(entry, 0644);
        ASSERT_EQ(archive_write_header(out, entry), ARCHIVE_OK) << archive_error_string(out);
        ASSERT_EQ(archive_write_data(out, bytes.data(), bytes.size()), static_cast<la_ssize_t>(bytes.size()));
        archive_entry_free(entry);
    }
    ASSERT_EQ(archive_write_close(out), ARCHIVE_OK);
    archive_write_free(out);
    uselocale(before);
    freelocale(utf8);
}
void write_zip(const std::filesystem::path& path, const Tree& tree, const char* options = "") {
    write_archive(path, tree, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, options);
}
void write_tar(const std::filesystem::path& path, const Tree& tree, int filter = ARCHIVE_FILTER_NONE) {
    write_archive(path, tree, ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, filter);
}

Ref<Images> folder(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    settings["path"] = path.string();
    return open_dataset(library(), "dataset.folder", settings, context);
}
Ref<Images> opened(const std::filesystem::path& path, TestContext& context, Settings settings = {}) {
    settings["path"] = path.string();
    return open_dataset(library(), "dataset.archive", settings, context);
}

void expect_equal(const Images& left, const Images& right) {
    ASSERT_EQ(ids_of(left), ids_of(right));
    for (std::size_t i = 0; i < left.size(); ++i) {
        const Sample a = sample_at(left, i), b = sample_at(right, i);
        EXPECT_EQ(a.image, b.image) << a.info.id;
        EXPECT_EQ(a.mask, b.mask) << a.info.id;
        EXPECT_EQ(a.info.label, b.info.label) << a.info.id;
        EXPECT_EQ(a.info.category, b.info.category) << a.info.id;
        EXPECT_EQ(a.info.published, b.info.published) << a.info.id;
    }
}

TEST(Dataset, TypesDescribeThemselves) { expect_conforms(library()); }

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

TEST(Archive, GivesTheSamplesOfTheFolder) {
    const TemporaryFolder here;
    Tree tree = class_folders();
    tree["set/train/OK/ä.png"] = png(7);
    tree["set/train/" + std::string(120, 'n') + "/long.png"] = png(8);  // longer than a tar header's field
    write_folder(here / "folder", tree);
    write_zip(here / "stored.zip", tree, "zip:compression=store");
    write_zip(here / "deflated.zip", tree, "zip:compression=deflate");
    write_tar(here / "plain.tar", tree);
    write_tar(here / "gzip.tar.gz", tree, ARCHIVE_FILTER_GZIP);
    write_tar(here / "xz.tar.xz", tree, ARCHIVE_FILTER_XZ);
    for (const Settings& settings : {Settings{}, Settings{{"size", Setting::List{16, 12}}}}) {
        TestContext context;
        const auto expected = folder(here / "folder", context, settings);
        EXPECT_EQ(expected->size(), 7u);
        for (const char* name : {"stored.zip", "deflated.zip", "plain.tar", "gzip.tar.gz", "xz.tar.xz"}) {
            SCOPED_TRACE(name);
            expect_equal(*expected, *opened(here / name, context, settings));
        }
    }
}

TEST(Archive, ManyThreadsAndAnyOrderGiveTheSame) {
    const TemporaryFolder here;
    Tree tree;
    for (std::uint64_t i = 0; i < 200; ++i) tree["ok/" + std::to_string(i) + ".png"] = png(i);
    write_zip(here / "a.zip", tree);
    write_tar(here / "a.tar", tree);
    TestContext context;
    for (const char* name : {"a.zip", "a.tar"}) {
        const auto images = opened(here / name, context);
        const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, 8);
        const auto order = Random(3).permutation(images->size());
        const auto batch = images->read(order);
        for (std::size_t k = 0; k < order.size(); ++k) {
            const std::string& id = images->info(order[k]).id;
            EXPECT_EQ(batch->sample(k)->image, noise_image(std::stoul(id.substr(3)))) << id;
        }
    }
}

TEST(Archive, NamesThatLeadOutAreLeftOut) {
    const TemporaryFolder here;
    Tree tree;
    for (std::uint64_t i = 0; i < 8; ++i) tree["ok/" + std::to_string(i) + ".png"] = png(i);
    tree["../evil.png"] = png(50);
    tree["/absolute.png"] = png(51);
    std::filesystem::create_directories(here / "in");
    write_zip(here / "in/a.zip", tree);
    write_tar(here / "in/a.tar", tree);
    for (const char* name : {"a.zip", "a.tar"}) {
        SCOPED_TRACE(name);
        TestContext context;
        EXPECT_EQ(opened(here / "in" / name, context, {{"tolerate", 0.2}})->size(), 8u);
        ASSERT_EQ(context.warnings().size(), 1u);
        EXPECT_THAT(context.warnings()[0], HasSubstr("2 of 10 files"));
        EXPECT_THAT(context.warnings()[0], HasSubstr("`../evil.png`"));
        EXPECT_FALSE(std::filesystem::exists(here / "evil.png"));
    }
}

TEST(Archive, EncryptedAndDamagedEntriesAreNamed) {
    const TemporaryFolder here;
    const Tree tree{{"ok/secret.png", png(1)}};
    write_archive(here / "locked.zip", tree, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "zip:encryption=zipcrypt",
                  "word");
    TestContext context;
    const Error locked = error_of([&] { opened(here / "locked.zip", context); });
    EXPECT_THAT(locked.what(), HasSubstr("ok/secret.png"));
    EXPECT_THAT(locked.what(), HasSubstr("encrypted"));

    write_zip(here / "damaged.zip", tree, "zip:compression=store");
    Bytes bytes = read_bytes(here / "damaged.zip");
    bytes[bytes.size() / 2] ^= 0xFF;  // in the entry's data: the checksum no longer fits
    write_file(here / "damaged.zip", bytes);
    const Error damaged = error_of([&] { opened(here / "damaged.zip", context); });
    EXPECT_THAT(damaged.what(), HasSubstr("ok/secret.png"));
}

TEST(Archive, OneCutShortIsSaidToBe) {
    const TemporaryFolder here;
    const Tree tree{{"ok/a.png", png(1, 80, 80)}, {"ok/b.png", png(2, 80, 80)}};
    write_zip(here / "a.zip", tree);
    write_tar(here / "a.tar", tree);
    write_tar(here / "a.tar.gz", tree, ARCHIVE_FILTER_GZIP);
    for (const char* name : {"a.zip", "a.tar", "a.tar.gz"}) {
        SCOPED_TRACE(name);
        Bytes bytes = read_bytes(here / name);
        bytes.resize(bytes.size() * 6 / 10);
        write_file(here / name, bytes);
        TestContext context;
        const Error error = error_of([&] { opened(here / name, context); });
        EXPECT_THAT(error.what(), HasSubstr("damaged or cut short"));
        EXPECT_EQ(error.parameter(), "path");
    }
}

TEST(Archive, WhatIsNoArchiveIsSaidToBeNone) {
    const TemporaryFolder here;
    write_file(here / "a.zip", png(1));
    TestContext context;
    EXPECT_THAT(error_of([&] { opened(here / "a.zip", context); }).help(), HasSubstr("zip archives and tar archives"));
    EXPECT_THAT(error_of([&] { opened(here.path(), context); }).help(), HasSubstr("dataset.folder"));
    EXPECT_THAT(error_of([&] { folder(here / "a.zip", context); }).help(), HasSubstr("dataset.archive"));
}

TEST(Archive, ACompressedTarLargerThanMemoryAllowsIsRefused) {
    const TemporaryFolder here;
    Tree tree;
    for (int i = 0; i < 3; ++i) tree["ok/" + std::to_string(i) + ".bmp"] = Bytes(1 << 19, 7);
    write_tar(here / "a.tar.gz", tree, ARCHIVE_FILTER_GZIP);
    TestContext context;
    const Error error = error_of([&] { opened(here / "a.tar.gz", context, {{"memory", 1}}); });
    EXPECT_EQ(error.fault(), Fault::memory);
    EXPECT_EQ(error.parameter(), "memory");
}

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

TEST(Masks, OfAnotherSizeOrNowhereAreSaid) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"crack/a.jpg", jpeg(1)}, {"crack/a.png", mask_png(5, 30, 30)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"masks", "beside"}});
    EXPECT_THAT(error_of([&] { sample_at(*images, 0); }).what(), HasSubstr("30x30"));
    EXPECT_EQ(error_of([&] { folder(here.path(), context, {{"masks", "parallel"}}); }).parameter(), "masks");
    folder(here.path(), context);
    EXPECT_THAT(context.warnings().back(), HasSubstr("masks = \"beside\""));
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

TEST(Folder, UnreadableFilesAreNamedCountedAndLeftOut) {
    const TemporaryFolder here;
    Tree tree;
    for (std::uint64_t i = 0; i < 97; ++i) tree["ok/" + std::to_string(i) + ".jpg"] = jpeg(i);
    tree["ok/empty.jpg"] = {};
    tree["ok/text.png"] = {'n', 'o', ' ', 'i', 'm', 'a', 'g', 'e'};
    Bytes cut = jpeg(500);
    cut.resize(cut.size() / 2);
    tree["ok/cut.jpg"] = cut;
    write_folder(here / "set", tree);
    write_zip(here / "set.zip", tree);
    for (const bool zipped : {false, true}) {
        SCOPED_TRACE(zipped);
        TestContext context;
        const auto open = [&](Setting tolerate) {
            return zipped ? opened(here / "set.zip", context, {{"tolerate", tolerate}})
                          : folder(here / "set", context, {{"tolerate", tolerate}});
        };
        const auto images = open(0.03);
        EXPECT_EQ(images->size(), 97u);
        for (std::size_t i = 0; i < images->size(); ++i) sample_at(*images, i);
        ASSERT_EQ(context.warnings().size(), 1u);
        for (const char* part :
             {"3 of 100 files", "`ok/empty.jpg` is empty", "`ok/text.png` is no JPEG", "`ok/cut.jpg` is cut short"})
            EXPECT_THAT(context.warnings()[0], HasSubstr(part));
        const Error error = error_of([&] { open(0.02); });
        EXPECT_THAT(error.what(), HasSubstr("3 of 100 files"));
        EXPECT_EQ(error.parameter(), "tolerate");
    }
}

TEST(Folder, AFileThatIsFoundBadOnlyWhenDecodedIsNamed) {
    const TemporaryFolder here;
    Bytes bytes = png(1);
    for (std::size_t i = 40; i + 20 < bytes.size(); ++i) bytes[i] = 0;
    write_file(here / "ok/hollow.png", bytes);
    TestContext context;
    const auto images = folder(here.path(), context);
    EXPECT_THAT(error_of([&] { sample_at(*images, 0); }).what(), HasSubstr("ok/hollow.png"));
}

TEST(Folder, AThumbnailsEndIsNotThePicturesEnd) {
    // An APP1 segment that holds a whole small JPEG, as cameras write them, before a picture that is cut short.
    const Bytes thumbnail = jpeg(1), whole = jpeg(2);
    const auto length = static_cast<std::uint16_t>(thumbnail.size() + 2);
    Bytes segment{0xFF, 0xE1, static_cast<std::uint8_t>(length >> 8), static_cast<std::uint8_t>(length)};
    segment.insert(segment.end(), thumbnail.begin(), thumbnail.end());
    Bytes bytes = whole;
    bytes.insert(bytes.begin() + 2, segment.begin(), segment.end());
    EXPECT_EQ(image_trouble(bytes), "");
    bytes.resize(bytes.size() - 40);
    EXPECT_THAT(image_trouble(bytes), HasSubstr("cut short"));
}

/// `jpeg` with an EXIF segment that says how to turn the picture (1: not at all; 6: a quarter turn).
Bytes with_exif(const Bytes& jpeg, std::uint8_t orientation) {
    Bytes exif{0xFF, 0xE1, 0,    34,   'E', 'x', 'i', 'f', 0, 0, 'I',         'I', '*', 0, 8, 0, 0, 0,
               1,    0,    0x12, 0x01, 3,   0,   1,   0,   0, 0, orientation, 0,   0,   0, 0, 0, 0, 0};
    Bytes out = jpeg;
    out.insert(out.begin() + 2, exif.begin(), exif.end());
    return out;
}

TEST(DecodeImage, BothWaysOfReadingJpegAgreeAndExifTurns) {
    for (const auto& [width, height, channels] :
         {std::tuple{24, 20, 3}, std::tuple{61, 47, 3}, std::tuple{40, 33, 1}}) {
        const Bytes plain = encode_image(noise_image(9, width, height, channels), ".jpg");
        const Image image = decode_image(plain, "plain").image;
        EXPECT_EQ(image,
                  decode_image(with_exif(plain, 1), "exif").image);  // read by OpenCV, the other by libjpeg-turbo
        const Image turned = decode_image(with_exif(plain, 6), "turned").image;
        ASSERT_EQ(turned.width, height);
        EXPECT_TRUE(std::equal(image.at(0, 0), image.at(0, 0) + 3, turned.at(height - 1, 0)));
    }
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
