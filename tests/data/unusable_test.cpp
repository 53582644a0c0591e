// Files that can't be used are named and left out; the rest of the set goes on.
#include "trees.hpp"

namespace {

using namespace support;
using ::testing::HasSubstr;

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

/// A set of 20 good files and one more, opened; what is said of the one that is left out.
std::string said_of(const std::string& name, const Bytes& bytes, Settings settings = {}) {
    const TemporaryFolder here;
    Tree tree{{name, bytes}};
    for (std::uint64_t i = 0; i < 20; ++i) tree["ok/" + std::to_string(i) + ".png"] = png(i);
    write_folder(here.path(), tree);
    settings["tolerate"] = 0.2;
    TestContext context;
    const auto images = folder(here.path(), context, settings);
    if (images->size() == 21) return "";
    EXPECT_EQ(images->size(), 20u);
    for (std::size_t i = 0; i < images->size(); ++i) sample_at(*images, i);  // the rest of the set goes on
    const auto left_out = images->left_out();
    EXPECT_EQ(left_out.size(), 1u);
    if (context.warnings().size() != 1 || left_out.size() != 1) return "warned otherwise";
    EXPECT_THAT(context.warnings()[0], HasSubstr(left_out[0]));
    return left_out[0];
}

/// The PNG with a chunk put in after its header. Its checksum is wrong; nothing that looks at headers minds.
Bytes with_chunk(Bytes png, const std::string& name, const Bytes& data) {
    Bytes chunk{0, 0, 0, static_cast<std::uint8_t>(data.size())};
    chunk.insert(chunk.end(), name.begin(), name.end());
    chunk.insert(chunk.end(), data.begin(), data.end());
    chunk.insert(chunk.end(), 4, 0);
    png.insert(png.begin() + 33, chunk.begin(), chunk.end());
    return png;
}

TEST(Unusable, OneThatIsTooLargeIsLeftOutByItsHeader) {
    Bytes bomb = png(1);
    for (const std::size_t at : {16, 20}) bomb[at] = 0, bomb[at + 1] = 1;  // 65,560 by 65,556, in a few hundred bytes
    EXPECT_EQ(said_of("ok/bomb.png", bomb),
              "`ok/bomb.png` is 65560x65556, more pixels than the 100000000 of `pixel_limit`");
    EXPECT_EQ(said_of("ok/a.png", png(2, 40, 40), {{"pixel_limit", 1600}}), "");
    EXPECT_THAT(said_of("ok/a.png", png(2, 40, 41), {{"pixel_limit", 1600}}), HasSubstr("40x41, more pixels"));
}

TEST(Unusable, AnimatedOnesAreLeftOut) {
    EXPECT_EQ(said_of("ok/a.png", with_chunk(png(1), "acTL", {0, 0, 0, 2, 0, 0, 0, 0})),
              "`ok/a.png` is animated, and a sample is one picture");
}

TEST(Unusable, AWrongExtensionIsNoMatter) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"ok/jpeg.png", jpeg(1)}, {"ok/png.jpg", png(2)}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"size", Setting::List{12, 10}}});
    ASSERT_EQ(images->size(), 2u);
    EXPECT_EQ(sample_at(*images, 1).image, resize_image(noise_image(2), 12, 10));
    EXPECT_THAT(context.warnings(), ::testing::IsEmpty());
}

TEST(Unusable, DamageInsideIsFoundWhereEverythingIsDecoded) {
    Bytes hollow = png(1);
    for (std::size_t i = 40; i + 20 < hollow.size(); ++i) hollow[i] = 0;
    EXPECT_EQ(said_of("ok/hollow.png", hollow), "");
    EXPECT_THAT(said_of("ok/hollow.png", hollow, {{"verify", "decode"}}), HasSubstr("`ok/hollow.png` "));
    Bytes garbled = jpeg(7, 64, 64);  // the picture's data, not its headers or its end
    for (std::size_t i = garbled.size() / 2; i < garbled.size() / 2 + 200; ++i) garbled[i] = 0;
    EXPECT_EQ(said_of("ok/garbled.jpg", garbled), "");
    EXPECT_THAT(said_of("ok/garbled.jpg", garbled, {{"verify", "decode"}}), HasSubstr("`ok/garbled.jpg` "));
}

TEST(Unusable, WhatIsPassedOverIsSaid) {
    const TemporaryFolder here;
    write_folder(here.path(), {{"ok/a.png", png(1)}, {"ok/b.gif", bytes_of("GIF89a")}, {"more.zip", bytes_of("PK")}});
    TestContext context;
    const auto images = folder(here.path(), context, {{"tolerate", 0}});
    EXPECT_EQ(images->size(), 1u);
    ASSERT_EQ(context.warnings().size(), 1u);
    EXPECT_THAT(context.warnings()[0], HasSubstr("`more.zip` is an archive inside"));
    EXPECT_THAT(context.warnings()[0], HasSubstr("`ok/b.gif` is of a kind that isn't read"));
    EXPECT_EQ(images->left_out().size(), 2u);
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
    EXPECT_EQ(read_image_header(bytes).trouble, "");
    bytes.resize(bytes.size() - 40);
    EXPECT_THAT(read_image_header(bytes).trouble, HasSubstr("cut short"));
}

}  // namespace
