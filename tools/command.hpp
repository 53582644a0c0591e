// What the commands share: reading a graph as the options say, and reporting what is wrong.
#pragma once

#include "graph/graph.hpp"
#include "plugins/plugins.hpp"
#include "run/run.hpp"

#include <boost/program_options.hpp>

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace command {

namespace fs = std::filesystem;
namespace po = boost::program_options;
using namespace fettle::runtime;

using Arguments = std::vector<std::string>;

extern std::atomic<int> received_signal;  ///< 0 until there is one
extern std::string command_line;          ///< as typed, for the record
extern bool wants_json;                   ///< for what goes wrong before a command has its options

/// Whether standard error takes colours.
bool colour();

/// Prints what is wrong and says whether there was an error.
bool report(const std::vector<Diagnostic>& diagnostics, bool json);

/// The same without places, where they would lie in a graph that the user never wrote.
bool report_plainly(std::vector<Diagnostic> diagnostics, bool json);

/// Plugins as the options and `more` say, with what is remembered of them.
std::unique_ptr<Registry> make_registry(const po::variables_map& options, const std::vector<fs::path>& more,
                                        Diagnostics& diagnostics);

/// A graph with the registry it was checked against.
struct Checked {
    std::unique_ptr<Registry> registry;
    std::optional<Graph> graph;
};
Checked check_document(const std::optional<Node>& document, const fs::path& file, const po::variables_map& options,
                       Diagnostics& diagnostics);
Checked check_file(const po::variables_map& options, const std::string& file, Diagnostics& diagnostics);

/// A sweep with its cells, checked; no cells where anything was wrong.
struct CheckedSweep {
    std::unique_ptr<Registry> registry;
    std::optional<Sweep> sweep;
    std::vector<Graph> cells;
};
CheckedSweep check_sweep_file(const po::variables_map& options, const std::string& file, Diagnostics& diagnostics);
/// Whether a graph's file, or one that it extends, has a [sweep].
bool has_sweep(const po::variables_map& options, const std::string& file);

RunOptions run_options(const po::variables_map& options);
/// For RunOptions::abandon: says what was wrong, prints what was `found`, else where the folder is, and ends the
/// process with status 1.
[[noreturn]] void end_around_a_stage(std::unique_ptr<Observer>& observer, const SweepResult& result, bool json,
                                     const std::string& found = {});

/// What would run, and why: `plan`, with --sweep of all cells, with --why of one stage.
int plan(const po::variables_map& options, const Arguments& arguments);
/// Every cell of a sweep: `run --sweep`.
int sweep(const po::variables_map& options, const Arguments& arguments);
/// "512M" in bytes; nothing where it is no size.
std::optional<std::size_t> size_of(const std::string& text);

// The commands whose graph isn't the user's own, but made up from it or from nothing. Each returns the exit status.

/// Two image files, or hashes as text, under any similarity or distance.
int metric(const po::variables_map& options, const Arguments& arguments);
/// Samples of one stage made again.
int synth(const po::variables_map& options, const Arguments& arguments);
/// Several runs that are over, side by side.
int compare(const po::variables_map& options, const Arguments& arguments);

/// What has been run, as a table.
int runs(const po::variables_map& options, const Arguments& arguments);
int cache(const po::variables_map& options, const Arguments& arguments);
int verify(const po::variables_map& options, const Arguments& arguments);

}  // namespace command
