// Wherever it runs: without a home, in a folder that can't be written to, under any name, with an empty environment.
#include "faults/trouble.hpp"

namespace {

using namespace testing_fettle;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

class Places : public Troubled {
   protected:
    /// Nobody says where anything is kept.
    static Launch homeless(Launch launch) {
        for (const char* name : {"HOME", "XDG_CACHE_HOME", "FETTLE_CACHE", "DISPLAY", "WAYLAND_DISPLAY"})
            launch.environment[name] = "";
        return launch;
    }
    /// The same run by a user who may write to no folder of this test that isn't open to all; none where that can't be.
    std::optional<Launch> as_nobody(Launch launch) {
        if (geteuid() != 0) return launch;
        const Launch tried{"setpriv",
                           {"--reuid=65534", "--regid=65534", "--clear-groups", "--", FETTLE_PROGRAM, "--version"},
                           folder(),
                           {},
                           {}};
        if (call(tried).status != 0) return {};
        launch.arguments.insert(launch.arguments.begin(),
                                {"--reuid=65534", "--regid=65534", "--clear-groups", "--", launch.program.string()});
        launch.program = "setpriv";
        return launch;
    }
    static void allow(const fs::path& folder, unsigned rights) { fs::permissions(folder, fs::perms(rights)); }
};

TEST_F(Places, WithoutAHomeResultsAreKeptBesideTheRuns) {
    const fs::path file = small();
    const Outcome outcome = call(homeless(run_of(file)));
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_FALSE(files_of(folder() / "runs/.cache/entries").empty());
    EXPECT_THAT(call(homeless(fettle({"plan", file, "--plugin", TEST_TROUBLE}))).out, HasSubstr("0 to run"));
    EXPECT_THAT(call(homeless(fettle({"cache"}))).out, HasSubstr("2 results"));
}

TEST_F(Places, AFolderThatCantBeWrittenToIsLookedAtAndRunFrom) {
    const fs::path file = small();
    fs::create_directory(folder() / "open");
    allow(folder(), 0555);
    allow(folder() / "open", 0777);
    const auto in_it = [&](Arguments arguments) {
        auto launch = as_nobody(homeless(fettle(std::move(arguments))));
        if (launch) launch->folder = folder();
        return launch;
    };
    const auto plan = in_it({"plan", file, "--plugin", TEST_TROUBLE});
    if (!plan) {
        allow(folder(), 0755);
        GTEST_SKIP() << "root may write everywhere, and setpriv gives nobody the program";
    }
    const Outcome planned = call(*plan);
    EXPECT_EQ(planned.status, 0) << planned.err;
    EXPECT_THAT(planned.out, HasSubstr("2 to run"));
    const Outcome listed = call(*in_it({"cache"}));
    EXPECT_EQ(listed.status, 0) << listed.err;
    EXPECT_THAT(listed.out, HasSubstr("0 results"));
    for (const Arguments& cache : {Arguments{}, Arguments{"--cache", folder() / "open/cache"}}) {
        Arguments arguments{"run", file, "--plugin", TEST_TROUBLE};
        arguments.insert(arguments.end(), cache.begin(), cache.end());
        const Outcome refused = call(*in_it(arguments));
        EXPECT_EQ(refused.status, 1);
        EXPECT_THAT(refused.err,
                    AllOf(HasSubstr(cache.empty() ? "error[C602]" : "error[R506]"), HasSubstr("--output DIR")));
    }
    const Outcome outcome = call(*in_it({"run", file, "--plugin", TEST_TROUBLE, "--output", folder() / "open"}));
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(run_folder(outcome).parent_path(), folder() / "open/small");
    allow(folder(), 0755);
}

TEST_F(Places, NamesMayHoldSpacesAndAnyLetters) {
    const std::string place = "wörk ünd 'platz' & \"größe\" 検査";
    write_text(folder() / place / "bilder 1/good/a b.png", png(1));
    write_text(folder() / place / "bilder 1/good/ß.png", png(2));
    const fs::path file =
        graph(place + "/mein graph.toml",
              begin("named") + stage("parts", "dataset.folder", "path = \"bilder 1\"\nsplit = \"test\"\n") +
                  sums("sums") + hash("hash", 8));
    const Arguments in{"--cache", folder() / place / "der cache", "--output", folder() / place / "die läufe"};
    const auto with = [&](Arguments arguments) {
        arguments.insert(arguments.end(), in.begin(), in.end());
        return call(arguments);
    };
    const Outcome outcome = with({"run", file, "--plugin", TEST_TROUBLE});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(text_of(run_folder(outcome) / "scores.csv"), AllOf(HasSubstr("a b.png"), HasSubstr("ß.png")));
    EXPECT_THAT(with({"verify", file, "--plugin", TEST_TROUBLE}).out, HasSubstr("2 stored results, all the same"));
    EXPECT_THAT(with({"cache"}).out, AllOf(HasSubstr("2 results"), HasSubstr("der cache")));
    const Outcome again = with({"run", run_folder(outcome) / "graph.toml", "--plugin", TEST_TROUBLE});
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(stages_with("cached", run_folder(again)), testing::UnorderedElementsAre("hash", "sums"));
}

TEST_F(Places, PathsMayBeRelative) {
    write_text(folder() / "project/photos/good/a.png", png(1));
    graph("project/graph.toml", begin("small") + photos() + sums("sums") + hash("hash", 8));
    fs::create_directories(folder() / "elsewhere/deeper");
    Launch launch = run_of("../../project/graph.toml", {"--cache", "../cache here", "--output", "runs"});
    launch.folder = folder() / "elsewhere/deeper";
    const Outcome outcome = call(launch);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_TRUE(fs::exists(folder() / "elsewhere/deeper/runs/small/latest/scores.csv"));
    EXPECT_FALSE(files_of(folder() / "elsewhere/cache here/entries").empty());
    launch.folder = folder() / "elsewhere";  // the same pictures, from another folder
    launch.arguments[1] = "../project/graph.toml";
    launch.arguments[launch.arguments.size() - 3] = "cache here";
    const Outcome again = call(launch);
    ASSERT_EQ(again.status, 0) << again.err;
    EXPECT_THAT(again.err, HasSubstr("0 stages to run, 2 from the cache"));
}

TEST_F(Places, AnEmptyEnvironmentWillDo) {
    if (testing_fettle::has_shadow_memory) GTEST_SKIP() << "a sanitizer takes its options from there";
    const Launch launch{"env", {"-i", FETTLE_PROGRAM, "run", small(), "--plugin", TEST_TROUBLE}, folder(), {}, {}};
    const Outcome outcome = call(launch);
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, Not(HasSubstr("warning")));
    const Outcome usual = call(run_of(small(), {"--output", "usual"}, "usual-cache"));
    ASSERT_EQ(usual.status, 0) << usual.err;
    EXPECT_EQ(files_of(folder() / "runs/.cache/entries"), entries("usual-cache"));
    EXPECT_EQ(findings_of(run_folder(outcome)), findings_of(run_folder(usual)));
}

}  // namespace
