// dataset.archive: zip and tar, whole and damaged.
#include "trees.hpp"

#include <tbb/global_control.h>
#include <zip.h>

#include <algorithm>

namespace {

using namespace support;
using ::testing::HasSubstr;

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
        EXPECT_FALSE(std::filesystem::exists("/absolute.png"));
    }
}

/// 30 pictures in an archive, of which the one that is named was written otherwise or spoilt.
Tree thirty() {
    Tree tree;
    for (std::uint64_t i = 0; i < 30; ++i) tree["ok/" + std::to_string(i) + ".png"] = png(i);
    return tree;
}

TEST(Archive, DamagedEntriesAreNamedAndTheRestGoesOn) {
    const TemporaryFolder here;
    write_zip(here / "a.zip", thirty(), "zip:compression=store");
    Bytes bytes = read_bytes(here / "a.zip");
    const Bytes one = png(17);
    const auto at = std::search(bytes.begin(), bytes.end(), one.begin(), one.end());
    ASSERT_NE(at, bytes.end());
    at[static_cast<std::ptrdiff_t>(one.size() / 2)] ^= 0xFF;  // the checksum no longer fits
    write_file(here / "a.zip", bytes);
    TestContext context;
    const auto images = opened(here / "a.zip", context, {{"tolerate", 0.1}});
    EXPECT_EQ(images->size(), 29u);
    for (std::size_t i = 0; i < images->size(); ++i)
        EXPECT_EQ(sample_at(*images, i).image, noise_image(std::stoul(images->info(i).id.substr(3))));
    ASSERT_EQ(images->left_out().size(), 1u);
    EXPECT_THAT(images->left_out()[0], HasSubstr("`ok/17.png` in `"));
    EXPECT_THAT(error_of([&] { opened(here / "a.zip", context); }).what(), HasSubstr("1 of 30 files"));
}

TEST(Archive, EveryKindOfZipIsRead) {
    const TemporaryFolder here;
    const Tree tree = thirty();
    write_zip(here / "64.zip", tree, "zip:zip64");
    write_zip(here / "plain.zip", tree);
    zip_t* archive = zip_open((here / "plain.zip").c_str(), 0, nullptr);
    ASSERT_NE(archive, nullptr);
    const zip_int32_t methods[] = {ZIP_CM_STORE, ZIP_CM_DEFLATE, ZIP_CM_BZIP2};
    for (zip_uint64_t i = 0; i < tree.size(); ++i)
        ASSERT_EQ(zip_set_file_compression(archive, i, methods[i % 3], 0), 0) << zip_strerror(archive);
    ASSERT_EQ(zip_set_archive_comment(archive, "PK is no end", 12), 0);
    ASSERT_EQ(zip_close(archive), 0);
    for (const char* name : {"64.zip", "plain.zip"}) {
        SCOPED_TRACE(name);
        TestContext context;
        const auto images = opened(here / name, context);
        ASSERT_EQ(images->size(), 30u);
        for (std::size_t i = 0; i < images->size(); ++i)
            EXPECT_EQ(sample_at(*images, i).image, noise_image(std::stoul(images->info(i).id.substr(3))));
    }
}

TEST(Archive, AnEncryptedEntryAmongOthersIsLeftOut) {
    const TemporaryFolder here;
    write_zip(here / "a.zip", thirty());
    zip_t* archive = zip_open((here / "a.zip").c_str(), 0, nullptr);
    ASSERT_NE(archive, nullptr);
    const auto entry = static_cast<zip_uint64_t>(zip_name_locate(archive, "ok/8.png", 0));
    ASSERT_EQ(zip_file_set_encryption(archive, entry, ZIP_EM_AES_256, "word"), 0);
    ASSERT_EQ(zip_close(archive), 0);
    TestContext context;
    const auto images = opened(here / "a.zip", context, {{"tolerate", 0.1}});
    EXPECT_EQ(images->size(), 29u);
    for (std::size_t i = 0; i < images->size(); ++i) sample_at(*images, i);
    EXPECT_THAT(images->left_out(),
                ::testing::ElementsAre(::testing::AllOf(HasSubstr("`ok/8.png`"), HasSubstr("it is encrypted"))));
}

TEST(Archive, EncryptedEntriesAreNamed) {
    const TemporaryFolder here;
    write_archive(here / "locked.zip", {{"ok/secret.png", png(1)}}, ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE,
                  "zip:encryption=zipcrypt", "word");
    TestContext context;
    const Error locked = error_of([&] { opened(here / "locked.zip", context); });
    EXPECT_THAT(locked.what(), HasSubstr("ok/secret.png"));
    EXPECT_THAT(locked.what(), HasSubstr("encrypted"));
}

TEST(Archive, OneInsideAnotherIsSaidToBe) {
    const TemporaryFolder here;
    write_zip(here / "inner.zip", thirty());
    const Bytes inner = read_bytes(here / "inner.zip");
    write_zip(here / "outer.zip", {{"set/inner.zip", inner}});
    write_zip(here / "both.zip", {{"set/inner.zip", inner}, {"set/ok/a.png", png(1)}});
    TestContext context;
    const Error error = error_of([&] { opened(here / "outer.zip", context); });
    EXPECT_THAT(error.help(), HasSubstr("archives inside aren't opened (`set/inner.zip`)"));
    EXPECT_EQ(opened(here / "both.zip", context)->size(), 1u);
    EXPECT_THAT(context.warnings().back(), HasSubstr("`set/inner.zip` is an archive inside"));
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

/// An archive gives pictures or errors in words; nothing else is thrown, and nothing crashes.
void expect_sound_or_said(const std::filesystem::path& path) {
    TestContext context;
    try {
        const auto images = opened(path, context, {{"tolerate", 1}});
        for (std::size_t i = 0; i < images->size(); ++i) {
            try {
                sample_at(*images, i);
            } catch (const Error&) {
            }
        }
    } catch (const Error& error) {
        EXPECT_NE(std::string(error.what()), "");
    }
}

TEST(Archive, SpoiltOnesAreReadOrRefusedInWords) {
    const TemporaryFolder here;
    const Tree tree{
        {"ok/a.png", png(1)}, {"ok/b.jpg", jpeg(2)}, {"crack/c.webp", encode_image(noise_image(3), ".webp")}};
    write_zip(here / "a.zip", tree, "zip:compression=deflate");
    write_tar(here / "a.tar", tree);
    write_tar(here / "a.tar.gz", tree, ARCHIVE_FILTER_GZIP);
    Random random(21);
    for (const char* name : {"a.zip", "a.tar", "a.tar.gz"}) {
        const Bytes whole = read_bytes(here / name);
        for (int trial = 0; trial < 150; ++trial) {
            SCOPED_TRACE(std::string(name) + " " + std::to_string(trial));
            Bytes spoilt = whole;
            for (int n = random.integer(1, 6); n > 0; --n)
                spoilt[static_cast<std::size_t>(random.integer(0, static_cast<int>(whole.size()) - 1))] =
                    static_cast<std::uint8_t>(random.integer(0, 255));
            if (random.chance(0.2)) spoilt.resize(spoilt.size() * static_cast<std::size_t>(random.integer(1, 9)) / 10);
            write_file(here / "spoilt", spoilt);
            expect_sound_or_said(here / "spoilt");
        }
    }
}

}  // namespace
