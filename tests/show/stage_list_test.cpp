// Stages as lines: how far, how fast, how long still; in any size of terminal.
#include "show/stage_list.hpp"

#include <gmock/gmock.h>

namespace {

using namespace fettle::runtime;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using State = StageList::State;

const StageList::Clock::time_point begin{1h};

TEST(Duration, IsReadAtAGlance) {
    EXPECT_EQ(duration_text(0.04), "0.0 s");
    EXPECT_EQ(duration_text(47.2), "47 s");
    EXPECT_EQ(duration_text(125), "2:05 min");
    EXPECT_EQ(duration_text(3725), "1:02:05 h");
}

TEST(Pace, CountsFromWhatWasThereAlready) {
    Pace pace(begin);
    pace.report(100, 200, begin + 5s);  // a checkpoint
    EXPECT_EQ(pace.rate_text(), "");
    EXPECT_EQ(pace.left_text(begin + 5s), "");
    pace.report(110, 200, begin + 10s);
    EXPECT_DOUBLE_EQ(pace.rate(), 2);
    EXPECT_EQ(pace.rate_text(), "2.0/s");
    EXPECT_EQ(pace.left_text(begin + 10s), "45 s left");
    EXPECT_EQ(pace.left_text(begin + 15s), "40 s left");  // time goes on between reports
    EXPECT_EQ(pace.left_text(begin + 90s), "0.0 s left");
}

TEST(Pace, BeginsAnewWhereTheCountDoes) {
    Pace pace(begin);
    pace.report(1, 10, begin + 1s);
    pace.report(9, 10, begin + 2s);
    pace.report(1, 10, begin + 3s);
    EXPECT_EQ(pace.rate(), 0);
    pace.report(2, 10, begin + 7s);
    EXPECT_EQ(pace.rate_text(), "4.0 s each");
    pace.report(10, 10, begin + 8s);
    EXPECT_EQ(pace.left_text(begin + 8s), "");
}

std::string text(const std::vector<Line>& lines) {
    std::string out;
    for (const Line& line : lines) out += line.mark + line.text + "\n";
    return out;
}

StageList five() {
    StageList list("demo", true, begin);
    for (const char* name : {"photos", "train", "score", "cut"}) list.add(name, State::waiting);
    list.add("kept", State::cached);
    list.started("photos", begin);
    list.finished("photos", 3.25);
    list.started("train", begin + 4s);
    list.progress("train", 10, 40, "loss 0.5", begin + 6s);
    list.progress("train", 20, 40, "loss 0.5", begin + 8s);
    return list;
}

TEST(Stages, TellEachState) {
    StageList list = five();
    list.failed("cut");
    EXPECT_EQ(text(list.lines({80, 24}, begin + 8s)),
              "demo: 1 of 4 stages done, 1 failed, 1 from the cache, 8.0 s\n"
              "✓ photos  3.2 s\n"
              "▸ train   ━━━━━━━━━━━━············ 20/40  4.0 s left  5.0/s  loss 0.5\n"
              "· score   waiting\n"
              "✗ cut     failed\n"
              "≡ kept    from the cache\n");
}

TEST(Stages, LeaveOutWhatANarrowTerminalHasNoRoomFor) {
    EXPECT_THAT(text(five().lines({50, 24}, begin + 8s)), HasSubstr("▸ train   ━━━━━····· 20/40  4.0 s left  5.0/s"));
    EXPECT_THAT(text(five().lines({30, 24}, begin + 8s)),
                AllOf(HasSubstr("▸ train   20/40  4.0 s left"), Not(HasSubstr("━"))));
}

TEST(Stages, FitEveryTerminal) {
    StageList list("a graph with 検査 in its name", true, begin);
    for (int s = 0; s < 60; ++s) {
        const std::string name = "stage_" + std::string(static_cast<std::size_t>(s % 30), 'x') + std::to_string(s);
        list.add(name, s % 5 == 0 ? State::cached : State::waiting);
        if (s % 5 == 1) list.finished(name, s);
        if (s % 5 == 2) list.failed(name);
        if (s % 5 == 3) {
            list.progress(name, 3, 7, "", begin + 1s);
            list.progress(name, 5, 7, "検査 of very many things, which takes its time", begin + 9s);
        }
    }
    for (std::size_t columns = 1; columns < 140; columns += 1 + columns / 20)
        for (std::size_t rows = 1; rows < 70; rows += 3) {
            const auto lines = list.lines({columns, rows}, begin + 20s);
            EXPECT_LE(lines.size(), std::max<std::size_t>(2, rows - 1));
            for (const Line& line : lines) EXPECT_LT(cells_of(line.mark) + cells_of(line.text), columns);
        }
}

TEST(Stages, ShowWhatMattersWhereThereAreMoreThanRows) {
    StageList list("many", true, begin);
    for (int s = 0; s < 40; ++s) list.add("s" + std::to_string(s), s < 5 ? State::cached : State::waiting);
    for (int s = 5; s < 20; ++s) list.finished("s" + std::to_string(s), 1);
    list.failed("s20");
    list.started("s21", begin);
    const std::string shown = text(list.lines({60, 10}, begin + 1s));
    EXPECT_EQ(std::count(shown.begin(), shown.end(), '\n'), 9);
    EXPECT_THAT(shown, AllOf(HasSubstr("▸ s21"), HasSubstr("✗ s20"), HasSubstr("· s22"), HasSubstr("✓ s19"),
                             HasSubstr("  33 more: 15 waiting, 5 from the cache, 13 done\n")));
}

TEST(Stages, SayWhatBecameOfThemAtTheEnd) {
    const std::string closing = text(five().closing_lines({80, 3}, begin + 9s));
    EXPECT_THAT(closing, AllOf(HasSubstr("✓ photos  3.2 s"), HasSubstr("▸ train   stopped"),
                               HasSubstr("· score   not run"), Not(HasSubstr("kept"))));
}

TEST(Stages, DoWithoutUnicode) {
    StageList list("demo", false, begin);
    list.progress("train", 1, 2, "", begin + 1s);
    for (const unsigned char c : text(list.lines({80, 24}, begin + 1s))) EXPECT_LT(c, 128);
}

TEST(Stages, CountsTheCellsOfASweep) {
    StageList list = five();
    EXPECT_THAT(text(list.lines({100, 20}, begin + 1s)), Not(HasSubstr("cells")));
    for (const bool failed : {false, true, false}) list.cell_finished(12, failed);
    EXPECT_THAT(text(list.lines({100, 20}, begin + 1s)), HasSubstr(", 2 of 12 cells, 1 not done, "));
}

}  // namespace
