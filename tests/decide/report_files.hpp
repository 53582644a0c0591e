// What tests of reports for other programs share: a folder of their own, a run whose names and numbers are as bad as
// they come, and Python to read what was written.
#pragma once

#include "python.hpp"
#include "report_material.hpp"

#include <gmock/gmock.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>

namespace written {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using fettle::Label;
using fettle::Split;

constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN(),
                 infinity = std::numeric_limits<double>::infinity();

/// What one report left.
struct Output {
    fs::path folder;
    std::vector<std::string> records, warnings;
    std::vector<fettle::Gate> gates;
};

inline fettle::GraphText graph() {
    return {"cast <ing>",
            "Denoising | \"quoted\"",
            "format = 1\n\n[stage.train]\nepochs = 3\nnote = \"```\"\n",
            {{"graph.seed", "7"},
             {"train.use", "\"train.reconstruction\""},
             {"train.epochs", "3"},
             {"train.rate", "1e-05"},
             {"train.sides", "[1, 2]"},
             {"train.far", "inf"},
             {"train.words", "\"two\\nlines \\\"quoted\\\"\""},
             {"train.long", "\"" + std::string(7000, 'x') + "\""}}};
}

inline std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

/// Every file below the folder with its content, by its name there.
inline std::map<std::string, std::string> files_of(const fs::path& folder) {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::recursive_directory_iterator(folder))
        if (entry.is_regular_file()) out[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
    return out;
}

/// Time stands still: 2023-11-14 22:13:20.
constexpr const char* fixed_time = "1700000000";

class Written : public ::testing::Test {
   protected:
    void SetUp() override {
        setenv("SOURCE_DATE_EPOCH", fixed_time, /*overwrite=*/1);
        const char* keep = std::getenv("FETTLE_KEEP");
        const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
        kept_ = keep != nullptr;
        folder_ = (kept_ ? fs::path(keep) : fs::temp_directory_path()) /
                  ("fettle-written-" + std::string(test->test_suite_name()) + "-" + test->name());
        fs::remove_all(folder_);
        fs::create_directories(folder_);
    }
    void TearDown() override {
        if (!kept_) fs::remove_all(folder_);
        unsetenv("SOURCE_DATE_EPOCH");
    }

    Output write(const std::string& id, const material::Run& run, const fettle::testing::Settings& settings = {},
                 const fettle::GraphText& graph = written::graph(), const std::string& name = "out") {
        fettle::testing::TestContext context(folder_ / name);
        context.set_graph(graph);
        auto& plugin = material::plugin("report");
        const auto out =
            plugin.run(id, *plugin.make(id, settings),
                       {{"measures", {run.measures}}, {"examples", run.examples}, {"networks", run.networks}}, context);
        const auto& files = dynamic_cast<const fettle::Files&>(*out.at("files"));
        return {files.folder, files.records, context.warnings(), files.gates};
    }

    fs::path folder_;
    bool kept_ = false;
};

/// A column's name that every format has trouble with.
inline std::string bad_name() {
    return "a \"quoted\", |gr\xC3\xB6\xC3\x9F"
           "e|\n<b>/../*";
}
inline std::string long_name() { return std::string(300, 'l') + " mean"; }

/// Two judgements on bad names, figures that aren't finite, no anomalous sample, a loss that diverged.
inline material::Run awkward() {
    auto measures = std::make_shared<fettle::Measures>();
    measures->scores.rows = {{"quo\"ted,\r\nline", Label::normal, Split::test, "good", ""},
                             {"gr\xC3\xB6\xC3\x9F"
                              "e/\xE9\x9B\xB6.png",
                              Label::normal, Split::test, "good", ""},
                             {std::string(300, 'i'), Label::unknown, Split::test, "<script>", ""},
                             {"bytes \xFF\xFE", Label::normal, Split::calibrate,
                              "a\x01"
                              "b",
                              ""}};
    measures->scores.columns = {{bad_name(), {0.1, not_a_number, infinity, 1.0 / 3}}, {long_name(), {1, 1, 1, 1}}};
    fettle::Judgement first;
    first.cut = {bad_name(), -infinity, "quantile(at=0.95)", 1, false, "too few"};
    first.figures = {{"accuracy", 1.0 / 3, 0.1, infinity}, {"auroc", not_a_number, not_a_number, not_a_number}};
    first.confusion = {0, 2, 0, 0};
    first.remarks = {"no anomalous test sample: AUROC is undefined", "| a | b |\n# heading"};
    fettle::Judgement second = first;
    second.cut.method = "sigma";
    fettle::Judgement third = first;
    third.cut.column = long_name();
    measures->judgements = {first, second, third};
    measures->tables = {
        {"Trivial | scores",
         "a note",
         {{"mean grey", {{"auroc_high", 0.75, 0.5, 1}, {"pairs", 116, not_a_number, not_a_number}}, "higher"},
          {"mean grey", {}, "undefined"}}}};
    material::Run run;
    run.measures = measures;
    auto network = std::make_shared<fettle::Network>();
    network->history = {{"loss", {1, 2, 3}, {0.5, infinity, not_a_number}}, {"calibration loss", {2}, {0.25}}};
    run.networks = {network, network};
    return run;
}

}  // namespace written
