// What the host does with plugins that aren't what they should be: it says so, runs nothing of one that doesn't match,
// and lives.
#include "process.hpp"

#include <gmock/gmock.h>

namespace {

using namespace testing_fettle;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

struct Bad {
    const char* file;
    const char* code;
    const char* says;
    bool runs;  ///< whether any code of it may run
};

const Bad bad_plugins[] = {
    {"other_sdk", "P102", "was built for another runtime; nothing of it was run", false},
    {"other_headers", "P102", "was built against other headers of the SDK; nothing of it was run", false},
    {"other_torch", "P102", "torch=0.4", false},
    {"no_banner", "P101", "it carries no fettle banner", false},
    {"text", "P101", "it is no shared library", false},
    {"empty", "P101", "the file is too short", false},
    {"no_entry", "P104", "fettle_plugin_entry", true},
    {"crashes_at_once", "P105", "signal 11", true},
    {"leaves_at_once", "P105", "exit status 0", true},
    {"crashes_on_entry", "P105", "signal 6", true},
    {"throws_on_entry", "P106", "no licence for this machine", true},
    {"throws_a_number", "P106", "something that is no std::exception", true},
    {"needs_stub", "P104", "stub.so", true},
};

/// Two branches from one data set: `hash` by way of `failing`, and `other` that has nothing to do with it.
const char* const graph_text = R"(format = 1
[graph]
name = "small"
seed = 7
[stage.parts]
use   = "dataset.procedural"
count = 12
size  = [32, 32]
split = "test"
[stage.failing]
use       = "test.failing"
in.images = ["parts"]
how       = "nothing"
[stage.hash]
use          = "hash.perceptual"
in.reference = "parts"
in.candidate = "failing"
[stage.second]
use       = "test.failing"
in.images = ["parts"]
how       = "nothing"
[stage.nothing]
use          = "test.nothing"
in.reference = "parts"
in.candidate = "second"
[stage.other]
use          = "hash.perceptual"
in.reference = "parts"
in.candidate = "parts"
)";

class Misbehaving : public Workshop {
   protected:
    /// Where a plugin of this name lies: what is built, or a file that is made here.
    fs::path plugin(const std::string& name) const {
        const fs::path built = fs::path(TEST_PLUGINS) / (name + ".so");
        if (fs::exists(built)) return built;
        const fs::path made = folder() / (name + ".so");
        write_text(made, name == "text" ? "@fettle-abi:no library at all\n" : "");
        return made;
    }
    /// The same as fettle(), with a file that receives the names of plugins as they are loaded.
    Launch watched(Arguments arguments) const {
        Launch launch = fettle(std::move(arguments));
        launch.environment["FETTLE_TEST_LOADED"] = (folder() / "loaded").string();
        return launch;
    }
    std::size_t times_loaded(const std::string& name) const {
        return count_of(name + "\n", text_of(folder() / "loaded"));
    }
};

class BadPlugin : public Misbehaving, public testing::WithParamInterface<Bad> {};

TEST_P(BadPlugin, ThatWasAskedForIsAnError) {
    const fs::path file = plugin(GetParam().file);
    for (const Arguments& command : {Arguments{"list"}, {"inspect", "hash.perceptual"}}) {
        Arguments arguments = command;
        arguments.insert(arguments.end(), {"--plugin", file.string()});
        const Outcome outcome = call(watched(arguments));
        EXPECT_EQ(outcome.status, 1);
        EXPECT_THAT(outcome.err, HasSubstr("error[" + std::string(GetParam().code) + "]: `" + file.string() + "`"));
        EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
        EXPECT_EQ(count_of("error[", outcome.err), 1) << outcome.err;
    }
    if (!GetParam().runs) {
        EXPECT_EQ(times_loaded(GetParam().file), 0);
    }
}

TEST_P(BadPlugin, ThatAGraphNamesEndsTheRunBeforeItBegins) {
    std::string text = graph_text;
    text.replace(text.find("seed"), 4, "plugins = [\"" + plugin(GetParam().file).string() + "\"]\nseed");
    const Outcome outcome = call(watched({"run", graph("small.toml", text), "--plugin", plugin("good")}));
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[" + std::string(GetParam().code) + "]"));
    EXPECT_FALSE(fs::exists(folder() / "runs"));
}

TEST_P(BadPlugin, ThatLiesInAFolderIsSetAside) {
    fs::create_directories(folder() / "more");
    for (const std::string& name : {std::string(GetParam().file), std::string("good")})
        fs::copy_file(plugin(name), folder() / "more" / (name + ".so"));
    Launch launch = watched({"run", graph("small.toml", graph_text)});
    launch.environment["FETTLE_PLUGIN_PATH"] = (folder() / "more").string();
    const Outcome outcome = call(launch);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("warning[" + std::string(GetParam().code) + "]"));
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
    EXPECT_EQ(count_of("error[", outcome.err), 0) << outcome.err;
    EXPECT_GT(times_loaded("good"), 0);  // the watch works
    if (!GetParam().runs) {
        EXPECT_EQ(times_loaded(GetParam().file), 0);
    }
}

INSTANTIATE_TEST_SUITE_P(All, BadPlugin, testing::ValuesIn(bad_plugins),
                         [](const auto& test) { return std::string(test.param.file); });

TEST_F(Misbehaving, AllOfThemInOneFolderLeaveTheOthersUsable) {
    fs::create_directories(folder() / "more");
    for (const Bad& bad : bad_plugins)
        fs::copy_file(plugin(bad.file), folder() / "more" / (std::string(bad.file) + ".so"));
    fs::copy_file(plugin("good"), folder() / "more/good.so");
    Launch launch = watched({"list"});
    launch.environment["FETTLE_PLUGIN_PATH"] = (folder() / "more").string();
    const Outcome outcome = call(launch);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(count_of("warning[P", outcome.err), std::size(bad_plugins)) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("test.nothing"));
    EXPECT_THAT(outcome.out, HasSubstr("hash.perceptual"));
    for (const Bad& bad : bad_plugins) EXPECT_THAT(outcome.out, Not(HasSubstr("test." + std::string(bad.file))));
}

TEST_F(Misbehaving, APluginThatIsntThereIsAnError) {
    const Outcome outcome = call({"list", "--plugin", "nowhere.so"});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[P101]: `nowhere.so` is not a fettle plugin: there is no such file"));
}

TEST_F(Misbehaving, TwoThatOfferOneIdAreAnErrorWhereOneWasAskedFor) {
    const Outcome outcome = call({"list", "--plugin", plugin("good"), "--plugin", plugin("rival")});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[P103]: two plugins offer `test.nothing`"));
    for (const char* name : {"good", "rival"}) EXPECT_THAT(outcome.err, HasSubstr(plugin(name).string()));
}

TEST_F(Misbehaving, TwoInAFolderThatOfferOneIdAreAWarningAndTheFirstIsUsed) {
    fs::create_directories(folder() / "more");
    for (const char* name : {"good", "rival"})
        fs::copy_file(plugin(name), folder() / "more" / (std::string(name) + ".so"));
    Launch launch = fettle({"inspect", "test.nothing"});
    launch.environment["FETTLE_PLUGIN_PATH"] = (folder() / "more").string();
    const Outcome outcome = call(launch);
    EXPECT_EQ(outcome.status, 0);
    EXPECT_THAT(outcome.err, HasSubstr("warning[P103]: two plugins offer `test.nothing`"));
    EXPECT_THAT(outcome.err, HasSubstr("the first is used"));
    EXPECT_THAT(outcome.out, HasSubstr("good.so"));
}

TEST_F(Misbehaving, WhatAPluginOffersIsRememberedUntilItsFileChanges) {
    const fs::path mine = folder() / "mine.so";
    fs::copy_file(plugin("good"), mine);
    const Arguments command{"inspect", "test.failing", "--plugin", mine};
    const Outcome first = call(watched(command));
    EXPECT_EQ(first.status, 0) << first.err;
    EXPECT_EQ(times_loaded("good"), 1);  // in a process of its own
    const Outcome second = call(watched(command));
    EXPECT_EQ(second.out, first.out);
    EXPECT_EQ(times_loaded("good"), 1);  // not at all

    fs::last_write_time(mine, fs::last_write_time(mine) + std::chrono::seconds(10));
    EXPECT_EQ(call(watched(command)).out, first.out);
    EXPECT_EQ(times_loaded("good"), 2);
    fs::remove(mine);
    fs::copy_file(plugin("rival"), mine);
    EXPECT_EQ(call(watched(command)).status, 1);  // it offers this no longer
    EXPECT_EQ(times_loaded("rival"), 1);
}

TEST_F(Misbehaving, AMendedPluginIsTriedAgain) {
    const fs::path mine = folder() / "mine.so";
    fs::copy_file(plugin("crashes_at_once"), mine);
    const Arguments command{"inspect", "test.nothing", "--plugin", mine};
    EXPECT_EQ(call(command).status, 1);
    fs::copy_file(plugin("good"), mine, fs::copy_options::overwrite_existing);
    EXPECT_EQ(call(command).status, 0);
}

TEST_F(Misbehaving, ADamagedMemoryOfPluginsIsNoMemory) {
    const Arguments command{"inspect", "test.nothing", "--plugin", plugin("good")};
    const Outcome first = call(watched(command));
    const std::string memory = text_of(folder() / "cache/registry.json");
    ASSERT_FALSE(memory.empty());
    for (const std::string& damaged : {std::string("{"), memory.substr(0, memory.size() / 2), std::string("[1, 2]")}) {
        write_text(folder() / "cache/registry.json", damaged);
        const Outcome again = call(watched(command));
        EXPECT_EQ(again.status, 0) << again.err;
        EXPECT_EQ(again.out, first.out);
    }
    EXPECT_EQ(times_loaded("good"), 4);
}

// ---- Stages that fail while they run ------------------------------------------------------------------------------

struct Failure {
    const char* how;
    const char* code;
    const char* says;
};

class FailingStage : public Misbehaving, public testing::WithParamInterface<Failure> {};

TEST_P(FailingStage, IsNamedWithItsPlaceAndTheOthersFinish) {
    const fs::path file = graph("small.toml", graph_text);
    const Outcome outcome =
        call({"run", file, "--plugin", plugin("good"), "--set", "failing.how=\"" + std::string(GetParam().how) + "\""});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("error[" + std::string(GetParam().code) + "]: stage `failing`"));
    EXPECT_THAT(outcome.err, HasSubstr(GetParam().says));
    EXPECT_EQ(count_of("error[", outcome.err), 1) << outcome.err;
    const fs::path run = run_folder(outcome);
    EXPECT_THAT(stages_with("finished", run), Contains("other"));
    EXPECT_THAT(stages_with("finished", run), Contains("nothing"));
    EXPECT_THAT(stages_with("finished", run), Not(Contains("hash")));
    EXPECT_EQ(Json::parse(text_of(run / "run.json")).at("status"), "failed");

    // What finished is kept; what failed left nothing that is believed.
    const Outcome mended = call({"run", file, "--plugin", plugin("good")});
    EXPECT_EQ(mended.status, 0) << mended.err;
    EXPECT_THAT(stages_with("cached", run_folder(mended)), Contains("other"));
    EXPECT_THAT(stages_with("finished", run_folder(mended)), Contains("hash"));
}

INSTANTIATE_TEST_SUITE_P(All, FailingStage,
                         testing::Values(Failure{"error", "R502", "is not to its liking"},
                                         Failure{"exception", "R501", "position 7 of 3"},
                                         Failure{"number", "R501", "something that is no std::exception"},
                                         Failure{"memory", "R504", "take a smaller batch or smaller images"}),
                         [](const auto& test) { return std::string(test.param.how); });

TEST_F(Misbehaving, TwoFailingBranchesAreBothShown) {
    const Outcome outcome = call({"run", graph("small.toml", graph_text), "--plugin", plugin("good"), "--set",
                                  "failing.how=\"exception\"", "--set", "second.how=\"number\""});
    EXPECT_EQ(outcome.status, 1);
    EXPECT_THAT(outcome.err, HasSubstr("stage `failing` failed: position 7 of 3"));
    EXPECT_THAT(outcome.err, HasSubstr("stage `second` failed: it threw something that is no std::exception"));
    EXPECT_THAT(outcome.err, HasSubstr("2 errors"));
    EXPECT_THAT(stages_with("finished", run_folder(outcome)), Contains("other"));
}

TEST_F(Misbehaving, AnErrorPointsAtTheParameterItNames) {
    std::string text = graph_text;
    text.replace(text.find("\"nothing\""), 9, "\"error\"");
    const fs::path file = graph("small.toml", text);
    const Outcome outcome = call({"run", file, "--plugin", plugin("good")});
    EXPECT_THAT(outcome.err, HasSubstr(file.string() + ":13:"));
    EXPECT_THAT(outcome.err, HasSubstr("13 | how       = \"error\""));
    EXPECT_THAT(outcome.err, HasSubstr("help: say nothing"));
}

TEST_F(Misbehaving, AStageThatKillsTheProgramLeavesACacheThatCarriesOn) {
    const fs::path file = graph("small.toml", graph_text);
    const Outcome crashed = call({"run", file, "--plugin", plugin("good"), "--set", "failing.how=\"crash\""});
    EXPECT_EQ(crashed.status, 1000 + SIGSEGV);
    const Outcome mended = call({"run", file, "--plugin", plugin("good")});
    EXPECT_EQ(mended.status, 0) << mended.err;
    const Outcome fresh = call({"run", file, "--plugin", plugin("good")}, "fresh");
    EXPECT_EQ(findings_of(run_folder(mended)), findings_of(run_folder(fresh)));
}

}  // namespace
