#include "graph/digest.hpp"

#include "unit/support.hpp"

#include <gtest/gtest.h>

namespace {

using namespace fettle::runtime;
using support::Folder;

// NIST, "Examples with Intermediate Values", SHA-256, and the long one of FIPS 180-2, B.3.
constexpr const char* of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, GivesThePublishedAnswers) {
    EXPECT_EQ(sha256(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256("abc"), of_abc);
    EXPECT_EQ(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(sha256(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, OfAFileIsThatOfItsBytes) {
    const Folder folder;
    EXPECT_EQ(sha256_file(folder.write("abc", "abc")), of_abc);
    const std::string long_text(700001, 'x');  // several buffers, the last one not full
    EXPECT_EQ(sha256_file(folder.write("long", long_text)), sha256(long_text));
    EXPECT_EQ(sha256_file(folder.write("empty", "")), sha256(""));
    EXPECT_THROW(sha256_file(folder.path() / "missing"), std::runtime_error);
}

TEST(DigestStore, OfAFolderDependsOnNamesAndContents) {
    const Folder one, two;
    for (const Folder* folder : {&one, &two}) {
        folder->write("a/x.png", "1");
        folder->write("b.png", "2");
    }
    const auto of = [](const std::filesystem::path& path) { return DigestStore({}).of(path); };
    EXPECT_EQ(of(one.path()), of(two.path()));  // wherever it lies
    two.write("b.png", "3");
    EXPECT_NE(of(one.path()), of(two.path()));
    two.write("b.png", "2");
    EXPECT_EQ(of(one.path()), of(two.path()));
    std::filesystem::rename(two.path() / "b.png", two.path() / "c.png");
    EXPECT_NE(of(one.path()), of(two.path()));
    EXPECT_EQ(DigestStore({}).of(one.path() / "none"), "missing");
}

TEST(DigestStore, RemembersBySizeAndTimesAndSurvivesDamage) {
    const Folder folder;
    const auto memory = folder.path() / "memory/digests.json";
    const auto file = folder.write("data", "abc");
    { EXPECT_EQ(DigestStore(memory).of(file), std::string("data ") + of_abc); }
    ASSERT_TRUE(std::filesystem::exists(memory));
    // Nothing happened to the file: what was remembered is believed, without reading it.
    std::string text = support::text_of(memory);
    text.replace(text.find(of_abc), std::string(of_abc).size(), "believed");
    std::ofstream(memory) << text;
    EXPECT_EQ(DigestStore(memory).of(file), "data believed");
    // Another content of the same size, and the time of its last write set back to what it was: it is read.
    const auto time = std::filesystem::last_write_time(file);
    folder.write("data", "xyz");
    std::filesystem::last_write_time(file, time);
    EXPECT_EQ(DigestStore(memory).of(file), "data " + sha256("xyz"));
    // A damaged memory is no memory.
    std::ofstream(memory) << "{\"damaged";
    EXPECT_EQ(DigestStore(memory).of(file), "data " + sha256("xyz"));
}

TEST(DigestStore, SaysWhatChangedSinceItWasFirstAsked) {
    const Folder folder;
    folder.write("in/a", "abc");
    const auto place = folder.path() / "in", b = folder.write("in/sub/b", "xyz");
    DigestStore store({});
    const std::string before = store.of(place);
    EXPECT_EQ(store.changed(place), "");
    std::filesystem::last_write_time(b, std::filesystem::last_write_time(b) + std::chrono::hours(1000));
    EXPECT_EQ(store.changed(place), "");  // touched, no more
    folder.write("in/sub/b", "xyw");
    EXPECT_EQ(store.changed(place), "`sub/b` has other content");
    EXPECT_NE(store.of(place), before);
    EXPECT_EQ(store.changed(place), "`sub/b` has other content");  // since the first time
    folder.write("in/sub/b", "xyz");
    folder.write("in/c", "");
    EXPECT_EQ(store.changed(place), "`c` is new");
    std::filesystem::remove(place / "c");
    std::filesystem::remove(b);
    EXPECT_EQ(store.changed(place), "`sub/b` is gone");
}

}  // namespace
