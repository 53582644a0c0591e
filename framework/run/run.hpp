// Running a plan: stages on one pool of threads, results through the cache, everything that happened in a folder.
#pragma once

#include "diagnose/diagnose.hpp"
#include "graph/digest.hpp"
#include "graph/graph.hpp"
#include "plugins/plugins.hpp"
#include "run/cache.hpp"

#include <fettle/context.hpp>
#include <fettle/ports.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace fettle::runtime {

/// What happens while a graph runs, for whoever shows it. Called from any thread, one call at a time.
class Observer {
   public:
    virtual ~Observer() = default;
    /// The graph, or all cells of a sweep. Stages are named by PlanNode::label in all that follows.
    virtual void run_started(const std::vector<const Graph*>&, const Plan&) {}
    virtual void stage_started(const std::string& /*stage*/) {}
    virtual void stage_progress(const std::string& /*stage*/, std::size_t /*done*/, std::size_t /*total*/,
                                const std::string& /*note*/) {}
    virtual void stage_finished(const std::string& /*stage*/, double /*seconds*/) {}
    virtual void stage_failed(const std::string& /*stage*/) {}
    virtual void warning(const std::string& /*stage*/, const std::string& /*text*/) {}
    /// Of a sweep: one cell, counted from 1, is done, or failed or was stopped.
    virtual void cell_finished(std::size_t /*cell*/, std::size_t /*cells*/, bool /*failed*/) {}
};

struct RunOptions {
    int threads = 0;     ///< 0: what the machine has
    std::string device;  ///< empty: the graph's
    std::filesystem::path output = "runs";
    std::filesystem::path cache;  ///< empty: default_cache_folder
    bool use_cache = true;
    /// Of remembered samples, of all cells of a sweep together; a quarter of it more for what each stage reads ahead.
    std::size_t memo_bytes = std::size_t{512} << 20;
    bool fail_fast = false;                    ///< of a sweep: one cell that fails stops the others
    std::string command;                       ///< for the record
    const std::atomic<int>* signal = nullptr;  ///< not 0: stop; the number is the signal's
    /// Seconds that a stage may be silent (no progress told, no sample made) before it is asked to stop; 0: for ever.
    double stage_timeout = 0;
    /// Called, from a thread of its own, where a stage didn't stop when it was asked and no other gets on: everything
    /// is written, a sweep's files too. A run that is no sweep is the only one of `cells`, and there is no `folder`. It
    /// must end the process, since a thread can't be taken out of one. Empty: the run waits on.
    std::function<void(const struct SweepResult&)> abandon;
};

enum class Status { done, failed, interrupted };

struct RunResult {
    Status status = Status::done;
    std::filesystem::path folder;               ///< the run's; empty where it was stopped before there was one
    std::vector<std::vector<ValueRef>> values;  ///< per stage of the graph, per output; null where not made
    std::vector<Diagnostic> diagnostics;
    double seconds = 0;
};

/// What became of a sweep. The values of its cells are their measures and files alone.
struct SweepResult {
    Status status = Status::done;  ///< failed where any cell did
    /// runs/<graph>/sweep-<time>-<short key>: sweep.json, sweep.csv, tables.csv, trace.json, and a folder for each
    /// cell.
    std::filesystem::path folder;
    std::vector<RunResult> cells;
    std::vector<Diagnostic> diagnostics;  ///< of all, each once
    double seconds = 0;
};

/// Where `auto`, `cuda` and the like lead on this machine: what was `asked` for, or the graph's own where that is
/// empty. LibTorch isn't loaded for it. Throws Failure (R505) where the device isn't there.
Device resolve_device(const Graph& graph, const std::string& asked);
std::string to_string(const Device& device);

/// What the planner asks, answered by a cache and digests. The three must outlive it. [any thread]
PlanWorld plan_world(const Cache& cache, DigestStore& digests, Diagnostics& diagnostics, const Device& device,
                     bool use_cache);

/// Runs a checked graph. Stages that don't depend on a failed one finish; all failures are in the result.
RunResult run_graph(const Graph& graph, Registry& registry, const RunOptions& options, Observer& observer);

/// Runs the cells of a sweep, `graphs`, as one plan: work that is equal is done once. A cell that fails doesn't stop
/// the others, unless the options say so.
SweepResult run_sweep(const Sweep& sweep, const std::vector<Graph>& graphs, Registry& registry,
                      const RunOptions& options, Observer& observer);

/// The figures of cells that differ by their seeds alone, of one judgement. Cells that failed are left out.
struct Spread {
    std::size_t group;           ///< index in Sweep::groups
    std::size_t judgement;       ///< which of a cell's, counted from 0
    std::string column, method;  ///< of the group's first cell
    struct Figure {
        std::string name;
        std::vector<double> values;  ///< per seed; those that are defined
        double mean() const;         ///< NaN where there is none
        double deviation() const;    ///< the sample's (n - 1); NaN where there are less than two
        double half_width() const;   ///< of Student's 95 % interval of the mean; NaN where there are less than two
    };
    std::vector<Figure> figures;
};
std::vector<Spread> spreads_of(const Sweep& sweep, const SweepResult& result);
/// Adds a cell's figures to those of the seeds before it.
void gather(std::vector<Spread::Figure>& gathered, const std::vector<Figure>& figures);
/// The same of a row of a table: what a trivial score reaches, how well one class of defects is found.
struct TableSpread {
    std::size_t group;
    std::string table, row;
    std::vector<Spread::Figure> figures;
};
std::vector<TableSpread> table_spreads_of(const Sweep& sweep, const SweepResult& result);

/// What a sweep found, as sweep.json holds it: every cell's figures, and their spread over seeds.
std::string sweep_json(const Sweep& sweep, const std::vector<Graph>& graphs, const SweepResult& result,
                       const std::string& command);
/// One line per cell and judgement, as sweep.csv holds it (RFC 4180).
std::string sweep_csv(const Sweep& sweep, const SweepResult& result);
/// One line per cell and figure of a table, as tables.csv holds it (RFC 4180); empty where no cell has a table.
std::string sweep_tables_csv(const Sweep& sweep, const SweepResult& result);

}  // namespace fettle::runtime
