// What a terminal is told: widths, cuts, and nothing but what changed.
#include "show/terminal.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(Cells, CountsWhatLettersTake) {
    EXPECT_EQ(cells_of(""), 0u);
    EXPECT_EQ(cells_of("loss 0.5"), 8u);
    EXPECT_EQ(cells_of("Grüße"), 5u);
    EXPECT_EQ(cells_of("検査"), 4u);       // wide
    EXPECT_EQ(cells_of("e\xcc\x81"), 1u);  // an accent of its own
    EXPECT_EQ(cells_of("\033[31m"), 5u);   // ESC can't be shown and counts as its `?`
    EXPECT_EQ(cells_of("\xff\xfe"), 2u);
}

TEST(Fitted, CutsWithAnEllipsisAndShowsNothingHarmful) {
    EXPECT_EQ(fitted("abc", 3), "abc");
    EXPECT_EQ(fitted("abcd", 3), "ab…");
    EXPECT_EQ(fitted("検査室", 5), "検査…");
    EXPECT_EQ(fitted("検査室", 4), "検…");
    EXPECT_EQ(fitted("abc", 1), "…");
    EXPECT_EQ(fitted("abc", 0), "");
    EXPECT_EQ(fitted("a\nb\033[2Jc\xff", 20), "a?b?[2Jc?");
    EXPECT_EQ(padded("検", 4), "検  ");
    EXPECT_EQ(padded("abcdef", 4), "abc…");
}

TEST(Fitted, NeverTakesMoreThanThereIs) {
    const std::string text = "a検e\xcc\x81\xff\tß検検 the end of it";
    for (std::size_t cells = 0; cells < 40; ++cells) {
        EXPECT_LE(cells_of(fitted(text, cells)), cells);
        EXPECT_EQ(cells_of(padded(text, cells)), cells);
    }
}

constexpr TerminalSize size{40, 10};

std::vector<Line> lines(std::initializer_list<const char*> texts) {
    std::vector<Line> out;
    for (const char* text : texts) out.push_back({"*", "32", text});
    return out;
}

TEST(Painter, WritesWhatChangedAndNothingElse) {
    Painter painter(false, false);
    const std::string first = painter.paint(lines({"one", "two", "three"}), "", size);
    EXPECT_THAT(first, HasSubstr("*one\n*two\n*three\n"));
    EXPECT_EQ(painter.paint(lines({"one", "two", "three"}), "", size), "");
    EXPECT_EQ(painter.paint(lines({"one", "TWO", "three"}), "", size),
              "\033[?2026h\033[2A\r*TWO\033[K\033[2B\r\033[?2026l");
}

TEST(Painter, PutsTextsAboveOnce) {
    Painter painter(false, false);
    painter.paint(lines({"one", "two"}), "", size);
    EXPECT_EQ(painter.paint(lines({"one", "two"}), "warning\n", size),
              "\033[?2026h\033[2A\r\033[Jwarning\n*one\n*two\n\033[?2026l");
    EXPECT_EQ(painter.paint(lines({"one", "two"}), "", size), "");
}

TEST(Painter, ColoursTheMarkAloneAndOnlyWhereAsked) {
    EXPECT_THAT(Painter(true, false).paint(lines({"one"}), "", size), HasSubstr("\033[32m*\033[0mone"));
    EXPECT_THAT(Painter(false, false).paint(lines({"one"}), "", size), Not(HasSubstr("\033[32m")));
}

TEST(Painter, FindsItsTopAgainWhereATerminalBreaksLinesAnew) {
    const std::string wide(29, 'x');  // 30 cells with its mark: three rows of ten
    for (const bool reflows : {false, true}) {
        Painter painter(false, reflows);
        painter.paint(lines({wide.c_str(), "two"}), "", {40, 10});
        const std::string narrow = painter.paint(lines({"one", "two"}), "", {10, 10});
        EXPECT_THAT(narrow, HasSubstr(reflows ? "\033[4A" : "\033[2A"));
        EXPECT_THAT(narrow, HasSubstr("*one\n*two\n"));
    }
}

TEST(Painter, NeverGoesAboveTheScreen) {
    Painter painter(false, true);
    painter.paint(lines({"1", "2", "3", "4", "5", "6", "7", "8"}), "", {40, 10});
    EXPECT_THAT(painter.paint(lines({"1"}), "", {40, 4}), HasSubstr("\033[3A\r\033[J*1\n"));
}

}  // namespace
