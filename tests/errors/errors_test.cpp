// Each graph of this folder, what fettle says of it, word by word: see README.md.
#include "diagnose/diagnose.hpp"
#include "errors/program.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <sstream>
#include <vector>

namespace {

namespace fs = std::filesystem;
using program::Stream;

const fs::path folder = FETTLE_SOURCE_FOLDER "/tests/errors";

std::vector<std::string> names() {
    std::vector<std::string> out;
    for (const auto& entry : fs::directory_iterator(folder))
        if (entry.path().extension() == ".toml") out.push_back(entry.path().stem().string());
    std::sort(out.begin(), out.end());
    return out;
}

/// What the comments of a graph ask for: "# args: --set a.b=1".
std::string asked(const std::string& graph, const std::string& what) {
    std::istringstream lines(graph);
    const std::string before = "# " + what + ": ";
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with(before)) return line.substr(before.size());
    return {};
}

std::string without_machine(std::string text) {
    for (auto at = text.find(folder.string()); at != std::string::npos; at = text.find(folder.string(), at))
        text.replace(at, folder.string().size(), "<folder>");
    return text;
}

class Report : public ::testing::TestWithParam<std::string> {};

TEST_P(Report, IsWhatTheFileExpects) {
    const std::string graph = program::text_of(folder / (GetParam() + ".toml"));
    const std::string variable = asked(graph, "env"), status = asked(graph, "status");
    const auto result = program::run("check " + GetParam() + ".toml " + asked(graph, "args"), Stream::error, folder,
                                     variable.empty() ? "" : "-u " + variable);
    EXPECT_EQ(result.status, status.empty() ? 1 : std::stoi(status));
    const std::string actual = without_machine(result.text);

    const fs::path expected = folder / (GetParam() + ".expected");
    if (std::getenv("FETTLE_UPDATE") != nullptr) std::ofstream(expected, std::ios::binary) << actual;
    if (program::text_of(expected) == actual) return;
    const fs::path beside = fs::path(FETTLE_TEST_FOLDER) / (GetParam() + ".actual");
    std::ofstream(beside, std::ios::binary) << actual;
    FAIL() << "the report of " << GetParam() << ".toml is another one:\n"
           << actual << "\nit lies in " << beside.string() << "; where it is better than " << expected.string()
           << ", take it over: FETTLE_UPDATE=1 " << FETTLE_TEST_FOLDER "/../test_errors";
}

INSTANTIATE_TEST_SUITE_P(Errors, Report, ::testing::ValuesIn(names()),
                         [](const auto& info) { return std::string(info.param); });

TEST(Catalogue, EveryCodeOfAGraphIsShown) {
    const std::map<std::string, std::string> exceptions{
        {"G208", "what stages read is read while planning; `check` only sees that it is there"},
        {"G406", "shapes are tried by a forward pass while running; `check` runs nothing"},
    };
    std::string all;
    for (const std::string& name : names()) all += program::text_of(folder / (name + ".expected"));
    for (const auto& entry : fettle::runtime::catalogue()) {
        const std::string code = entry.code;
        if (!code.starts_with("G")) continue;
        const bool shown = all.find("[" + code + "]") != std::string::npos;
        EXPECT_NE(shown, exceptions.count(code) > 0)
            << code << (shown ? " is shown, and is an exception here" : " is shown by no file of tests/errors");
    }
}

TEST(Catalogue, EveryExpectationBelongsToAGraph) {
    for (const auto& entry : fs::directory_iterator(folder)) {
        if (entry.path().extension() != ".expected") continue;
        EXPECT_TRUE(fs::exists(fs::path(entry.path()).replace_extension(".toml"))) << entry.path();
    }
}

TEST(Catalogue, EveryCodeIsExplainedOnce) {
    const auto listed = program::run("explain", Stream::out, folder);
    EXPECT_EQ(listed.status, 0);
    std::vector<std::string> codes;
    for (const auto& entry : fettle::runtime::catalogue()) {
        codes.emplace_back(entry.code);
        EXPECT_THAT(listed.text, ::testing::HasSubstr(std::string(entry.code) + "  " + entry.title + "\n"));
        const auto explained = program::run("explain " + std::string(entry.code), Stream::out, folder);
        EXPECT_EQ(explained.status, 0) << entry.code;
        EXPECT_EQ(explained.text, std::string(entry.code) + ": " + entry.title + "\n\n" + entry.explanation + "\n");
        EXPECT_GT(std::string(entry.explanation).size(), 20u) << entry.code << " explains nothing";
    }
    EXPECT_TRUE(std::is_sorted(codes.begin(), codes.end(), [](const auto& a, const auto& b) {
        const auto place = [](const std::string& code) { return std::string("PGRC").find(code[0]); };
        return std::pair(place(a), a) < std::pair(place(b), b);
    }));
    EXPECT_EQ(std::adjacent_find(codes.begin(), codes.end()), codes.end());
}

TEST(Catalogue, AnUnknownCodeIsSaid) {
    const auto result = program::run("explain G30", Stream::error, folder);
    EXPECT_EQ(result.status, 1);
    EXPECT_THAT(result.text, ::testing::HasSubstr("there is no error G30"));
}

TEST(Catalogue, AReportAsJsonHoldsTheSameErrors) {
    const auto result = program::run("check many_at_once.toml --json", Stream::error, folder);
    EXPECT_EQ(result.status, 1);
    std::istringstream lines(result.text);
    std::size_t count = 0;
    for (std::string line; std::getline(lines, line); ++count) {
        const auto json = nlohmann::json::parse(line);
        EXPECT_EQ(json.at("severity"), "error");
        EXPECT_EQ(json.at("file"), "many_at_once.toml");
        EXPECT_GT(json.at("line").get<int>(), 0);
        EXPECT_GT(json.at("column").get<int>(), 0);
        EXPECT_FALSE(json.at("message").get<std::string>().empty());
    }
    EXPECT_THAT(program::text_of(folder / "many_at_once.expected"),
                ::testing::EndsWith("\n" + std::to_string(count) + " errors\n"));
}

}  // namespace
