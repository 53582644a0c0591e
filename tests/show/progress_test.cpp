// A run as a terminal shows it, by a terminal that somebody else wrote (Python's pyte), behind a real pseudo-terminal.
#include "process.hpp"
#include "python.hpp"

#include <gmock/gmock.h>

namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using testing_fettle::Json;

class Shown : public testing_fettle::Workshop {
   protected:
    /// Runs pretend_run with `stages` on a terminal that changes its size on the way, and returns what was on it.
    Json watch(int stages, const std::string& sizes, const std::string& environment) {
        support::run_python(folder(),
                            R"(
import fcntl, json, os, pty, select, struct, subprocess, sys, termios, time
import pyte
folder, stages, sizes = sys.argv[1], ')" +
                                std::to_string(stages) + "', " + sizes + R"(
master, slave = pty.openpty()
screen = pyte.HistoryScreen(*sizes[0][1:], history=1000)
stream = pyte.ByteStream(screen)
def resize(columns, rows):
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
    screen.resize(lines=rows, columns=columns)
resize(*sizes[0][1:])
environment = {**os.environ, 'TERM': 'linux', 'LC_ALL': 'C.UTF-8', **)" +
                                environment +
                                R"(}
for name in ('TMUX', 'NO_COLOR'):
    if name not in )" + environment +
                                R"(: environment.pop(name, None)
process = subprocess.Popen([')" PRETEND_RUN R"(', stages], stderr=slave, env=environment)
raw, frames, begin, resized = b'', [], time.monotonic(), 0
while True:
    for after, columns, rows in [each for each in sizes if 0 < each[0] < time.monotonic() - begin]:
        resize(columns, rows)
        resized = time.monotonic()
        sizes = [each for each in sizes if each[0] != after]
    if select.select([master], [], [], 0.01)[0]:
        data = os.read(master, 1 << 20)
        raw += data
        stream.feed(data)
        # a frame may be on its way when the size changes
        if data.endswith(b'\x1b[?2026l') and time.monotonic() - resized > 0.3: frames.append([line.rstrip() for line in screen.display])
    elif process.poll() is not None:
        break
shown = [''.join(line[c].data for c in range(screen.columns)).rstrip() for line in screen.history.top] + [line.rstrip() for line in screen.display]
json.dump({'raw': raw.decode(), 'frames': frames, 'shown': shown, 'columns': screen.columns}, open(folder + '/watched.json', 'w'))
)",
                            "pyte");
        return Json::parse(testing_fettle::text_of(folder() / "watched.json"));
    }
};

#define NEEDS_PYTE() \
    if (!support::has_python("pyte")) GTEST_SKIP() << "no Python has pyte, the terminal that the run is shown on"

std::string joined(const Json& lines) {
    std::string out;
    for (const Json& line : lines) out += line.get<std::string>() + "\n";
    return out;
}

TEST_F(Shown, EndsWithEveryStageAndItsState) {
    NEEDS_PYTE();
    const Json seen = watch(6, "[(0, 80, 24)]", "{}");
    const std::string end = joined(seen["shown"]);
    EXPECT_THAT(end, HasSubstr("warning: stage2: something to know: `a?b`\n"
                               "pretended: 4 of 5 stages done, 1 failed, 1 from the cache,"));
    EXPECT_THAT(end,
                HasSubstr("✓ stage1  0.5 s\n✓ stage2  0.5 s\n✗ stage3  failed\n✓ stage4  0.5 s\n✓ stage5  0.5 s\n"));
    EXPECT_EQ(testing_fettle::count_of("stages done", end), 1u);
    EXPECT_GT(seen["frames"].size(), 5u);
    const std::string raw = seen["raw"];
    EXPECT_EQ(testing_fettle::count_of("\033[?2026h", raw), testing_fettle::count_of("\033[?2026l", raw));
    EXPECT_EQ(testing_fettle::count_of("\033[J", raw), 3u);  // at first, under the warning, at last: else lines change
    EXPECT_THAT(raw, HasSubstr("\033[32m✓\033[0m"));
}

TEST_F(Shown, NeverBreaksAFrame) {
    NEEDS_PYTE();
    const Json seen = watch(6, "[(0, 80, 24)]", "{}");
    for (const Json& frame : seen["frames"]) {
        const std::string text = joined(frame);
        EXPECT_EQ(testing_fettle::count_of("stages done", text), 1u) << text;
        for (const char* stage : {"stage0", "stage1", "stage4", "stage5"})
            EXPECT_LE(testing_fettle::count_of(stage, text), 1u) << text;
    }
}

TEST_F(Shown, FollowsTheTerminalsSize) {
    NEEDS_PYTE();
    const Json seen = watch(30, "[(0, 100, 30), (0.8, 38, 9), (1.6, 70, 12)]", "{}");
    bool narrow = false;
    for (const Json& frame : seen["frames"]) {
        const std::string text = joined(frame);
        if (frame.size() != 9) continue;
        narrow |= text.find(" more: ") != text.npos;
        EXPECT_EQ(testing_fettle::count_of("pretended", text), 1u) << text;
        EXPECT_EQ(frame.back(), "") << text;  // the cursor's row
    }
    EXPECT_TRUE(narrow);
    const std::string end = joined(seen["shown"]);
    EXPECT_THAT(end, HasSubstr("25 of 26 stages done, 1 failed, 4 from the cache"));
    for (int s = 1; s < 30; ++s) EXPECT_EQ(end.find("stage" + std::to_string(s) + " ") != end.npos, s % 8 != 0) << s;
    for (const Json& line : seen["shown"]) EXPECT_LT(line.get<std::string>().size(), 100u);
}

TEST_F(Shown, HasNoColourWhereNobodyWantsIt) {
    NEEDS_PYTE();
    const std::string raw = watch(4, "[(0, 80, 24)]", "{'NO_COLOR': '1'}")["raw"];
    for (std::size_t at = raw.find("\033["); at != raw.npos; at = raw.find("\033[", at + 1))
        EXPECT_NE(raw[raw.find_first_not_of("0123456789;?", at + 2)], 'm');
    EXPECT_THAT(raw, HasSubstr("✓ stage1"));
}

TEST_F(Shown, IsDatedLinesWithoutATerminal) {
    const auto said = start({PRETEND_RUN, {"4"}, folder(), {}, {}})->wait();
    EXPECT_EQ(said.out, "");
    EXPECT_THAT(said.err,
                ::testing::ContainsRegex("^[0-9-]+ [0-9:]+ graph pretended: 3 stages to run, 1 from the cache\n"));
    EXPECT_THAT(said.err, AllOf(HasSubstr(" stage1 started\n"), HasSubstr(" stage1 done in 0.5 s\n"),
                                HasSubstr(" stage3 failed\n"), Not(HasSubstr("\033[?"))));
}

TEST_F(Shown, IsEventsForPrograms) {
    const auto said = start({PRETEND_RUN, {"4", "--json"}, folder(), {}, {}})->wait();
    std::vector<Json> events;
    std::istringstream lines(said.err);
    for (std::string line; std::getline(lines, line);) events.push_back(Json::parse(line));
    EXPECT_THAT(
        events,
        Each(::testing::Truly([](const Json& event) { return event.contains("event") && event.contains("time"); })));
    ASSERT_GT(events.size(), 10u);
    EXPECT_EQ(events[0]["event"], "run");
    EXPECT_EQ(events[0]["graph"], "pretended");
    EXPECT_EQ(events[0]["to_run"], 3);
    EXPECT_EQ(events[0]["stages"][0].dump(), R"({"stage":"stage0","use":"pretend.stage","state":"cached"})");
    EXPECT_EQ(events[1]["event"], "started");
    EXPECT_EQ(events[2]["event"], "progress");
    EXPECT_EQ(events[2]["done"], 1);
    EXPECT_EQ(events[2]["total"], 12);
    EXPECT_EQ(events.back()["event"], "failed");
    EXPECT_EQ(events.back()["stage"], "stage3");
}

}  // namespace
