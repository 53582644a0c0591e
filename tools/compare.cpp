// Runs that are over, side by side: a table, paired tests, and a page.
#include "compare.hpp"

#include "comparison/page.hpp"
#include "graph/digest.hpp"
#include "run/folder.hpp"

#include <fettle/error.hpp>

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <iostream>

namespace command {
namespace {

/// With more runs than this, each is compared with the first, not with every other: what is tested often enough shows
/// a difference somewhere.
constexpr std::size_t most_in_pairs = 5;

std::vector<PastRun> runs_named(const Arguments& words, const fs::path& output) {
    std::vector<fs::path> folders;
    for (const std::string& word : words)
        for (const fs::path& folder : folders_meant(word, output)) {
            const auto known = std::find(folders.begin(), folders.end(), fs::canonical(folder));
            if (known != folders.end() && words.size() <= 2)
                throw fettle::Error(fettle::Fault::data,
                                    fmt::format("`{}` is the run `{}` again", word, known->filename().string()))
                    .help("compare takes two runs or more; `fettle runs` lists them");
            if (known == folders.end()) folders.push_back(fs::canonical(folder));
        }
    if (folders.size() < 2)
        throw fettle::Error(fettle::Fault::data, "there is one run, and nothing to compare it with")
            .help("compare takes two runs or more; `fettle runs` lists them");
    std::vector<PastRun> out;
    for (const fs::path& folder : folders) out.push_back(read_past_run(folder, output));
    return out;
}

/// The places of the runs that have a finite score on any shared sample: the others are in no pair.
std::vector<std::size_t> with_scores(const ComparedMetric& metric) {
    std::vector<std::size_t> out;
    for (std::size_t k = 0; k < metric.runs.size(); ++k)
        if (const auto& values = metric.shared.columns[k].values;
            std::any_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); }))
            out.push_back(k);
    return out;
}

/// The shared scores of the runs at these places, read and tested by stages: the statistics of graphs, not others of
/// its own.
std::string graph_text(const Comparison& comparison, const ComparedMetric& metric,
                       const std::vector<std::size_t>& places, const fs::path& table) {
    fettle::Setting::List columns, thresholds;
    bool known = true;
    for (const std::size_t k : places) {
        columns.emplace_back(metric.shared.columns[k].name);
        const double level = comparison.runs[metric.runs[k]].judgements[metric.judgements[k]].cut.threshold;
        known &= !std::isnan(level);
        thresholds.emplace_back(level);
    }
    std::string text = fmt::format(
        "format = 1\n[graph]\nname = \"compare\"\n[stage.scores]\nuse = \"score.read\"\npath = {}\n"
        "columns = {}\nthresholds = {}\n[stage.compared]\nuse = \"evaluate.compare\"\nin.decisions = "
        "[\"scores.decisions\"]\n",
        fettle::Setting(table.string()).text(), fettle::Setting(columns).text(),
        known ? fettle::Setting(thresholds).text() : "[]");
    if (places.size() > most_in_pairs) text += fmt::format("against = {}\n", columns.front().text());
    return text;
}

/// Fills in the tests of a metric, or why there are none. Returns the exit status where the user asked to stop, else 0.
int test(const Comparison& comparison, ComparedMetric& metric, const po::variables_map& options,
         const std::vector<std::string>& overrides, const fs::path& scratch) {
    if (metric.shared.rows.empty()) return 0;
    const std::vector<std::size_t> places = with_scores(metric);
    if (places.size() < 2) {
        metric.trouble = "fewer than two of the runs have a finite score on any shared test sample";
        return 0;
    }
    const fs::path table = scratch / "shared.csv";
    std::ofstream(table, std::ios::binary) << to_csv(metric.shared);
    Diagnostics found;
    const auto document = read_document_text("compare", graph_text(comparison, metric, places, table),
                                             fs::current_path(), overrides, found);
    const Checked checked = check_document(document, "compare", options, found);
    RunResult result;
    if (checked.graph) {
        RunOptions settings = run_options(options);
        settings.output = scratch / "runs";
        settings.cache = scratch / "cache";
        Observer quiet;
        result = run_graph(*checked.graph, *checked.registry, settings, quiet);
        if (result.status == Status::interrupted) return 128 + received_signal.load();
    } else {
        result.diagnostics = found.all();
    }
    for (const auto& outputs : result.values)
        for (const auto& value : outputs)
            if (const auto* measures = dynamic_cast<const fettle::Measures*>(value.get()))
                metric.tests = measures->tables;
    for (const Diagnostic& each : result.diagnostics)
        if (each.severity == Severity::error) metric.trouble += (metric.trouble.empty() ? "" : "; ") + each.message;
    return 0;
}

/// A folder that goes with this object.
class Scratch {
   public:
    Scratch() : folder_(fs::temp_directory_path() / fmt::format("fettle-compare-{}", getpid())) {
        fs::create_directories(folder_);
    }
    ~Scratch() {
        std::error_code error;
        fs::remove_all(folder_, error);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const fs::path& folder() const { return folder_; }

   private:
    fs::path folder_;
};

fs::path page_file(const po::variables_map& options, const Comparison& comparison, const fs::path& output) {
    if (options.count("html")) return options["html"].as<std::string>();
    std::string name = "compare";
    constexpr std::size_t most = 4;
    for (std::size_t r = 0; r < std::min(most, comparison.runs.size()); ++r) name += "-" + comparison.runs[r].key;
    if (comparison.runs.size() > most) name += fmt::format("-and-{}-more", comparison.runs.size() - most);
    constexpr std::size_t longest = 60;  // a sweep's cells are named by what they set
    if (name.size() > longest) {
        std::string all;
        for (const auto& run : comparison.runs) all += run.name + '\n';
        name = fmt::format("compare-{}-runs-{}", comparison.runs.size(), sha256(all).substr(0, 8));
    }
    std::error_code refused;  // then writing the page fails, too
    fs::create_directories(output, refused);
    return output / (name + ".html");
}

int compared(const po::variables_map& options, const Arguments& arguments) {
    const fs::path output = options["output"].as<std::string>();
    Comparison comparison = compare_past_runs(runs_named(arguments, output));
    if (const int status = add_tests(comparison, options, options["set"].as<std::vector<std::string>>())) return status;
    const fs::path file = page_file(options, comparison, output);
    write_page(file, comparison::page(comparison, !comparison.by_series()), "name another place with --html FILE");
    if (options.count("json"))
        std::cout << comparison_json(comparison, file.string());
    else
        std::cout << comparison_text(comparison) << "\npage: " << file.string() << "\n";
    return 0;
}

}  // namespace

int add_tests(Comparison& comparison, const po::variables_map& options, const std::vector<std::string>& overrides) {
    if (comparison.repeated() && comparison.runs.size() > most_in_pairs) {
        comparison.remarks.emplace_back(
            "no run is tested against another: a paired test is of two runs, and here runs that differ in the seed "
            "alone stand together; name one run of each to test them, as `fettle compare SWEEP/*seed=1/` does");
        return 0;
    }
    const Scratch scratch;
    for (ComparedMetric& metric : comparison.metrics)
        if (const int status = test(comparison, metric, options, overrides, scratch.folder())) return status;
    return 0;
}

void write_page(const fs::path& file, const std::string& page, const std::string& help) {
    std::ofstream stream(file, std::ios::binary);
    stream << page;
    stream.close();
    if (!stream) throw fettle::Error(fettle::Fault::storage, "`" + file.string() + "` can't be written").help(help);
}

int compare(const po::variables_map& options, const Arguments& arguments) {
    try {
        return compared(options, arguments);
    } catch (const fettle::Error& error) {
        std::cerr << "fettle: " << error.what() << "\n" << (error.help().empty() ? "" : "  " + error.help() + "\n");
        return 1;
    }
}

}  // namespace command
