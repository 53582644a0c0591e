// A disk with no room left.
#include "faults/training.hpp"

namespace {

using namespace testing_fettle;
using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

class FullDisk : public Training {
   protected:
    FullDisk() { threads = "1"; }

    const Arguments brief{"--set", "train.epochs=3", "--set", "train.checkpoint_every=3600"};

    void expect_complaint(const Outcome& full) {
        EXPECT_EQ(full.status, 1) << full.err;
        EXPECT_THAT(full.err, AnyOf(HasSubstr("error[R506]"), HasSubstr("error[C602]")));
        EXPECT_THAT(full.err, AnyOf(HasSubstr("is the disk full"), HasSubstr("No space left on device"),
                                    HasSubstr("File too large")));
        EXPECT_THAT(full.err, Not(HasSubstr("an error of its own")));
    }
};

// Writing beyond a limit fails as it does on a full disk, for every user on every machine.
TEST_F(FullDisk, ThatTheNetworkDoesntFitOnIsSaidAndTheNextRunIsRight) {
    const Findings expected = undisturbed(brief);
    const auto size = static_cast<rlim_t>(expected.networks.at("train/network.pt").size());
    Launch launch = training(brief);
    launch.largest_file = size - 1;
    const Outcome full = call(launch);
    expect_complaint(full);
    EXPECT_THAT(full.err, HasSubstr("stage `train`"));
    EXPECT_THAT(full.err, HasSubstr("network.pt"));
    EXPECT_TRUE(fs::is_empty(folder() / "cache/drafts"));

    const Outcome again = call(training(brief));
    EXPECT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(again.err, Not(HasSubstr("C601")));
    EXPECT_EQ(findings_of(run_folder(again)), expected);
}

TEST_F(FullDisk, AtAnySizeNothingDamagedIsBelieved) {
    const Findings expected = undisturbed(brief);
    for (const rlim_t size : {0, 700, 4000, 9000, 20000}) {
        const std::string cache = "cache" + std::to_string(size);
        Launch launch = training(brief, cache);
        launch.largest_file = size;
        const auto process = start(launch);  // what it says is cut short as well
        const Outcome full = process->wait();
        EXPECT_EQ(full.status, 1) << size << full.err;
        const Outcome again = call(training(brief, cache));
        EXPECT_EQ(again.status, 0) << size << again.err;
        EXPECT_THAT(again.err, Not(HasSubstr("C601")));
        EXPECT_EQ(findings_of(run_folder(again)), expected) << size;
    }
}

/// A file system in which the network has no room, for this test alone; before the second run it grows.
TEST_F(FullDisk, OfATinyFileSystem) {
    const Findings expected = undisturbed(brief);
    fs::create_directories(folder() / "tiny");
    const Outcome allowed =
        call({"unshare", {"-rm", "mount", "-t", "tmpfs", "tmpfs", folder() / "tiny"}, folder(), {}, {}});
    if (allowed.status != 0)
        GTEST_SKIP() << "no file system can be mounted here, even in a name space: " << allowed.err;

    // What else is there takes some room as well.
    const auto room = fs::file_size(known_plugins()) + expected.networks.at("train/network.pt").size();
    Launch shell = training(brief);
    std::string command = "fettle() { \"$FETTLE\"";
    for (const std::string& argument : shell.arguments) command += " '" + argument + "'";
    command += " --cache tiny --output \"$1\"; echo \"$1: $?\"; }\n";
    shell.program = "unshare";
    shell.environment["FETTLE"] = FETTLE_PROGRAM;
    shell.arguments = {"-rm", "sh", "-c",
                       "mount -t tmpfs -o size=" + std::to_string(room) +
                           " tmpfs tiny && cp cache/registry.json tiny\n" + command +
                           "fettle full; echo \"drafts: $(ls tiny/drafts)\"\n"
                           "mount -o remount,size=64m tiny; fettle roomy\n"};
    const Outcome outcome = call(shell);
    EXPECT_THAT(outcome.out, HasSubstr("full: 1\n"));
    EXPECT_THAT(outcome.out, HasSubstr("drafts: \n"));
    EXPECT_THAT(outcome.err, HasSubstr("error[R506]"));
    EXPECT_THAT(outcome.err, Not(HasSubstr("C601")));
    EXPECT_THAT(outcome.out, HasSubstr("roomy: 0\n")) << outcome.err;
    EXPECT_EQ(findings_of(folder() / "roomy/training/latest"), expected);
}

TEST_F(FullDisk, ACacheThatCantBeMadeIsSaid) {
    write_text(folder() / "occupied", "a file");
    const Outcome outcome = call({"run", graph_file(), "--cache", "occupied"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[C602]: the cache `"));
    EXPECT_THAT(outcome.err, HasSubstr("name another with --cache DIR or FETTLE_CACHE"));
}

TEST_F(FullDisk, ARunsFolderThatCantBeMadeIsSaid) {
    write_text(folder() / "occupied", "a file");
    const Outcome outcome = call({"run", graph_file(), "--output", "occupied"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[R506]: the run's folder `"));
    EXPECT_THAT(outcome.err, HasSubstr("name another place with --output DIR"));
}

}  // namespace
