// `fettle runs`: what has been run, what changed, what came of it.
#include "show/comparing.hpp"

namespace {

using namespace comparing;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

TEST_F(Runs, TellWhatEachOneChanged) {
    run("a", scored(60, 2, 1), 0.8);
    run("a", scored(60, 2, 1), 1.25);
    run("a", scored(60, 2, 1), 1.25);
    run("a", scored(60, 1, 2), 1.25);  // other scores in the same file
    const Outcome said = call(Arguments{"runs"});
    EXPECT_EQ(said.status, 0);
    EXPECT_EQ(said.err, "");
    std::vector<std::string> lines;
    std::istringstream text(said.out);
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    ASSERT_EQ(lines.size(), 6u) << said.out;
    EXPECT_EQ(lines[0], "judged");
    EXPECT_THAT(lines[1], AllOf(HasSubstr("auroc"), HasSubstr("differs from the one before")));
    EXPECT_THAT(lines[2], AllOf(HasSubstr(" done "), HasSubstr(" to 0."), HasSubstr("  the first")));
    EXPECT_THAT(lines[3], ::testing::EndsWith("  scores.thresholds [0.8] -> [1.25]"));
    EXPECT_THAT(lines[4], ::testing::EndsWith("  nothing"));
    EXPECT_THAT(lines[5], AllOf(HasSubstr("  data: scores: "), ::testing::EndsWith("a.csv")));
}

TEST_F(Runs, AreListedForPrograms) {
    const fs::path folder = run("a", scored(60, 2, 1), 0.8);
    run("a", scored(60, 2, 1), 1.25);
    const Json all = Json::parse(call({"runs", "judged", "--json"}).out);
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0]["folder"], folder.string());
    EXPECT_EQ(all[0]["run"], "judged/" + folder.filename().string());
    EXPECT_EQ(all[0]["status"], "done");
    EXPECT_EQ(all[0]["differs"], nullptr);
    EXPECT_EQ(all[1]["differs"][0], "scores.thresholds [0.8] -> [1.25]");
    EXPECT_EQ(all[0]["judged"], "ssim");
    const Json measures = Json::parse(testing_fettle::text_of(folder / "measures.json"));
    for (const Json& figure : measures["judgements"][0]["figures"])
        EXPECT_EQ(all[0]["figures"][figure["name"].get<std::string>()]["value"], figure["value"]);
}

TEST_F(Runs, AreGroupedByGraph) {
    run("a", scored(60, 2, 1), 0.8, "ssim", "first");
    run("b", scored(60, 2, 1), 0.8, "ssim", "second");
    run("a", scored(60, 2, 1), 0.9, "ssim", "first");
    const std::string all = call(Arguments{"runs"}).out;
    EXPECT_THAT(all, HasSubstr("\n\nsecond\n"));
    EXPECT_THAT(all, HasSubstr("scores.thresholds [0.8] -> [0.9]"));
    EXPECT_THAT(call({"runs", "second"}).out, Not(HasSubstr("first\n ")));
}

TEST_F(Runs, TolerateWhatIsDamagedUnfinishedOrForeign) {
    const fs::path damaged = run("a", scored(60, 2, 1), 0.8);
    const fs::path killed = run("a", scored(60, 2, 1), 0.9);
    const fs::path unread = run("a", scored(60, 2, 1), 1.0);
    testing_fettle::write_text(damaged / "run.json", "{\"graph\": ");
    fs::remove(killed / "run.json");
    testing_fettle::write_text(unread / "measures.json", "[1, 2]");
    testing_fettle::write_text(folder() / "runs/judged/notes/todo.txt", "no run");
    testing_fettle::write_text(folder() / "runs/elsewhere/picture.png", "no run");
    testing_fettle::write_text(folder() / "runs/notes.txt", "no run");
    const Outcome said = call(Arguments{"runs"});
    EXPECT_EQ(said.status, 0);
    EXPECT_THAT(said.out, HasSubstr("its run.json is damaged"));
    EXPECT_THAT(said.out, HasSubstr(" unfinished "));
    EXPECT_THAT(said.out, HasSubstr("it was killed, or it still runs"));
    EXPECT_THAT(said.out, HasSubstr("its measures.json is damaged"));
    EXPECT_EQ(said.err,
              "fettle: `runs/elsewhere` holds no run and was passed over\n"
              "fettle: `runs/judged/notes` holds no run and was passed over\n");
}

TEST_F(Runs, SayWhereThereAreNone) {
    const Outcome none = call(Arguments{"runs"});
    EXPECT_EQ(none.status, 0);
    EXPECT_EQ(none.err, "fettle: there are no runs in `runs`; --output DIR names another place\n");
    EXPECT_EQ(none.out, "");
    EXPECT_EQ(call({"runs", "--json"}).out, "[]\n");
    run("a", scored(60, 2, 1));
    const Outcome misspelt = call({"runs", "jugded"});
    EXPECT_EQ(misspelt.status, 1);
    EXPECT_EQ(misspelt.err,
              "fettle: there are no runs of `jugded` in `runs`; did you mean `judged`?\n"
              "there are runs of judged\n");
}

TEST_F(Runs, OfASweepAreAmongThem) {
    const fs::path cell = run("a", scored(60, 2, 1));
    fs::create_directories(folder() / "runs/judged/20261123-120000-sweep");
    fs::rename(cell, folder() / "runs/judged/20261123-120000-sweep/cell-1");
    const Outcome said = call(Arguments{"runs"});
    EXPECT_EQ(said.err, "");
    EXPECT_THAT(said.out, HasSubstr("judged\n"));
    EXPECT_THAT(said.out, HasSubstr("  cell-1  done"));
    testing_fettle::write_text(folder() / "runs/judged/20261123-120000-sweep/sweep.json", "{}");
    testing_fettle::write_text(folder() / "runs/judged/20261123-120000-sweep/run.json", "{}");
    EXPECT_EQ(call(Arguments{"runs"}).out, said.out);
    fs::remove(folder() / "runs/judged/20261123-120000-sweep/cell-1/run.json");  // it was killed
    const std::string killed = call(Arguments{"runs"}).out;
    EXPECT_THAT(killed, AllOf(::testing::StartsWith("judged\n"), HasSubstr(" unfinished ")));
}

}  // namespace
