// tests/interface.snapshot: what users rely on. A change of interface shows as a line in a diff.
#include "errors/program.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <vector>

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string port_line(const char* way, const Json& port) {
    std::string out =
        std::string("    ") + way + " " + port.at("name").get<std::string>() + " " + port.at("type").get<std::string>();
    for (const auto& [key, value] : port.items())
        if (key != "name" && key != "type" && key != "doc") out += " " + key + "=" + value.dump();
    return out + "\n";
}

/// Ids, roles, ports, parameters with defaults and constraints, components; neither words nor places of files.
std::string reduced(const Json& list) {
    std::vector<std::string> types;
    for (const Json& type : list) {
        std::string out = type.at("id").get<std::string>() + " (" + type.at("role").get<std::string>() +
                          (type.at("stage") ? "" : ", component") + (type.at("random") ? ", random" : "") +
                          (type.at("deterministic") ? "" : ", depends on threads") + ")\n";
        for (const Json& port : type.at("inputs")) out += port_line("in", port);
        for (const Json& port : type.at("outputs")) out += port_line("out", port);
        for (const Json& parameter : type.at("parameters")) {
            out += "    " + parameter.at("name").get<std::string>() + ": " + parameter.at("type").get<std::string>();
            for (const auto& [key, value] : parameter.items())
                if (key != "name" && key != "type" && key != "doc") out += " " + key + "=" + value.dump();
            out += "\n";
        }
        for (const Json& part : type.at("components"))
            out += "    component " + part.at("name").get<std::string>() + ": " + part.at("role").get<std::string>() +
                   (part.at("many") ? " many" : "") + (part.at("optional") ? " optional" : "") + "\n";
        types.push_back(std::move(out));
    }
    std::sort(types.begin(), types.end());
    std::string all;
    for (const std::string& type : types) all += (all.empty() ? "" : "\n") + type;
    return all;
}

/// The lines that only one of two texts has, as a diff shows them.
std::string difference(const std::string& before, const std::string& now) {
    const auto lines = [](const std::string& text) {
        std::vector<std::string> out;
        std::istringstream stream(text);
        for (std::string line, type; std::getline(stream, line);) {
            if (!line.starts_with(" ")) type = line.substr(0, line.find(' '));
            if (!line.empty()) out.push_back(line.starts_with(" ") ? type + line : line);
        }
        return out;
    };
    const auto old_lines = lines(before), new_lines = lines(now);
    const auto missing = [](const auto& from, const auto& in, const char* sign) {
        std::string out;
        for (const auto& line : from)
            if (std::find(in.begin(), in.end(), line) == in.end()) out += sign + line + "\n";
        return out;
    };
    return missing(old_lines, new_lines, "- ") + missing(new_lines, old_lines, "+ ");
}

TEST(Interface, IsTheSnapshot) {
    const auto listed = program::run("list --json", program::Stream::out, FETTLE_SOURCE_FOLDER);
    ASSERT_EQ(listed.status, 0);
    const std::string now = reduced(Json::parse(listed.text));
    const fs::path file = FETTLE_SOURCE_FOLDER "/tests/interface.snapshot";
    if (std::getenv("FETTLE_UPDATE") != nullptr) std::ofstream(file, std::ios::binary) << now;
    const std::string before = program::text_of(file);
    EXPECT_TRUE(before == now) << "graphs of users rely on the interface, and it changed:\n"
                               << difference(before, now) << "\nwhere that is meant, take it over: FETTLE_UPDATE=1 "
                               << FETTLE_TEST_FOLDER "/../test_errors --gtest_filter=Interface.*";
}

TEST(Interface, InspectSaysTheSameAsTheList) {
    const auto listed = program::run("list --json", program::Stream::out, FETTLE_SOURCE_FOLDER);
    for (const Json& type : Json::parse(listed.text)) {
        const std::string id = type.at("id");
        const auto one = program::run("inspect " + id + " --json", program::Stream::out, FETTLE_SOURCE_FOLDER);
        EXPECT_EQ(one.status, 0) << id;
        EXPECT_EQ(Json::parse(one.text), type) << id;
    }
}

TEST(Resolved, ShippedGraphsResolveToThemselves) {
    const fs::path graphs = FETTLE_SOURCE_FOLDER "/graphs", scratch = FETTLE_TEST_FOLDER;
    for (const std::string name : {"smallest", "demo"}) {
        const auto first = program::run("check " + name + ".toml --resolved", program::Stream::out, graphs);
        ASSERT_EQ(first.status, 0) << name;
        const std::string resolved = name + ".resolved.toml";
        std::ofstream(scratch / resolved, std::ios::binary) << first.text;
        const auto second = program::run("check " + resolved + " --resolved", program::Stream::out, scratch);
        EXPECT_EQ(second.status, 0) << name;
        EXPECT_EQ(second.text, first.text);
        EXPECT_EQ(first.text.find("${"), std::string::npos);
        EXPECT_EQ(first.text.find("[stage.train.model]\n") != std::string::npos, name == "demo");
    }
}

TEST(Graphs, EveryOneThatIsShippedIsRight) {
    const char* given = std::getenv("FETTLE_DATA");
    const bool here =
        fs::exists(fs::path(given != nullptr ? given : FETTLE_SOURCE_FOLDER "/../shared/data") / "casting.zip");
    std::size_t checked = 0, left_out = 0;
    for (const char* folder : {"graphs", "tools/bench"})
        for (const auto& entry : fs::directory_iterator(fs::path(FETTLE_SOURCE_FOLDER) / folder)) {
            if (entry.path().extension() != ".toml") continue;
            const std::string text = program::text_of(entry.path());
            const bool needs_images = text.find("FETTLE_DATA") != std::string::npos;
            if (entry.path().filename() == "pass.toml") continue;  // reads what draw.toml has written
            if (needs_images && !here) {
                ++left_out;
                continue;
            }
            const auto result =
                program::run("check '" + entry.path().string() + "'", program::Stream::error, FETTLE_SOURCE_FOLDER);
            EXPECT_EQ(result.status, 0) << entry.path() << "\n" << result.text;
            EXPECT_EQ(result.text, "") << entry.path();
            ++checked;
        }
    EXPECT_GE(checked, 3u);
    if (left_out > 0) GTEST_SKIP() << left_out << " graphs read real images, which are not in FETTLE_DATA";
}

TEST(Commands, DrawNamesEveryStageAndArrow) {
    const auto drawn = program::run("draw smallest.toml", program::Stream::out, FETTLE_SOURCE_FOLDER "/graphs");
    ASSERT_EQ(drawn.status, 0);
    EXPECT_EQ(drawn.text.rfind("flowchart LR\n", 0), 0u);
    EXPECT_NE(drawn.text.find("s0[\"parts<br/>dataset.procedural\"]"), std::string::npos);
    EXPECT_NE(drawn.text.find("s0 -->|images| s1\n"), std::string::npos);
}

/// The lines that a command prints.
std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) out.push_back(line);
    return out;
}

/// Sample 5 of a stage is made again, alone, to the bit, whatever was made before it.
TEST(Commands, SynthMakesOneSampleAgain) {
    const fs::path graphs = FETTLE_SOURCE_FOLDER "/graphs", scratch = fs::path(FETTLE_TEST_FOLDER) / "synth";
    fs::remove_all(scratch);
    const std::string output = " --output '" + scratch.string() + "'";
    std::vector<std::string> pictures;
    for (const char* threads : {"1", "2"}) {
        const auto made = program::run(
            "synth demo.toml damaged --set damaged.share=1 --sample 5 --threads " + std::string(threads) + output,
            program::Stream::out, graphs);
        ASSERT_EQ(made.status, 0) << made.text;
        const auto files = lines_of(made.text);
        ASSERT_EQ(files.size(), 3u) << made.text;  // the picture, its mask, and the table with its passport
        pictures.push_back(program::text_of(files[0]) + program::text_of(files[1]));
        const std::string table = program::text_of(files[2]);
        EXPECT_NE(table.find("synthesize.paste"), std::string::npos) << table;
        EXPECT_EQ(std::count(table.begin(), table.end(), '\n'), 2) << table;
    }
    EXPECT_EQ(pictures[0], pictures[1]);
    const auto other =
        program::run("synth demo.toml damaged --set damaged.share=1 --sample 6" + output, program::Stream::out, graphs);
    EXPECT_EQ(pictures[0].find(program::text_of(lines_of(other.text).at(0))), std::string::npos);
    EXPECT_FALSE(fs::exists(scratch / "demo-synth/latest/network")) << "the training was run for it";
}

TEST(Commands, SynthShowsSeveralInOnePicture) {
    const fs::path graphs = FETTLE_SOURCE_FOLDER "/graphs", scratch = fs::path(FETTLE_TEST_FOLDER) / "sheet";
    const auto made = program::run("synth demo.toml split.test --sheet 7 --output '" + scratch.string() + "'",
                                   program::Stream::out, graphs);
    ASSERT_EQ(made.status, 0);
    const auto files = lines_of(made.text);
    ASSERT_EQ(files.size(), 2u);
    EXPECT_EQ(lines_of(program::text_of(files[0])).size(), 7u);
    EXPECT_EQ(program::text_of(files[1]).substr(1, 3), "PNG");
}

TEST(Commands, SynthSaysWhatIsWrong) {
    const auto says = [](const std::string& arguments) {
        const auto result = program::run(arguments + " --output '" FETTLE_TEST_FOLDER "/synth'", program::Stream::error,
                                         FETTLE_SOURCE_FOLDER "/graphs");
        EXPECT_EQ(result.status, 1) << arguments;
        return result.text;
    };
    const auto holds = [](const std::string& text, const char* words) { return text.find(words) != std::string::npos; };
    EXPECT_PRED2(holds, says("synth demo.toml damged --sheet 2"), "did you mean `damaged`");
    EXPECT_PRED2(holds, says("synth demo.toml split --sheet 2"), "split.train, split.calibrate or split.test");
    EXPECT_PRED2(holds, says("synth demo.toml train --sheet 2"), "`train` gives no images");
    EXPECT_PRED2(holds, says("synth demo.toml damaged"), "--sample N");
    EXPECT_PRED2(holds, says("synth demo.toml damaged --sample 100000"), "there is no sample 100000");
    EXPECT_PRED2(holds, says("synth demo.toml damaged --sheet 0"), "1 sample or more");
}

// The two hashes are published with imagehash: ba8c84536bd3c366 and 92a71cdc79d980e3 differ in 24 bits.
TEST(Commands, MetricComparesTwoFiles) {
    const char* given = std::getenv("FETTLE_DATA");
    const fs::path vectors = fs::path(given != nullptr ? given : FETTLE_SOURCE_FOLDER "/../shared/data") / "vectors";
    if (!fs::exists(vectors / "peppers.png")) GTEST_SKIP() << "imagehash's test images are not in FETTLE_DATA";
    const auto compared =
        program::run("metric hash.perceptual imagehash.png peppers.png", program::Stream::out, vectors);
    EXPECT_EQ(compared.status, 0);
    EXPECT_EQ(compared.text, "perceptual 24\n");
}

}  // namespace
