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
    virtual void run_started(const Graph&, const Plan&) {}
    virtual void stage_started(const std::string& /*stage*/) {}
    virtual void stage_progress(const std::string& /*stage*/, std::size_t /*done*/, std::size_t /*total*/,
                                const std::string& /*note*/) {}
    virtual void stage_finished(const std::string& /*stage*/, double /*seconds*/) {}
    virtual void stage_failed(const std::string& /*stage*/) {}
    virtual void warning(const std::string& /*stage*/, const std::string& /*text*/) {}
};

struct RunOptions {
    int threads = 0;     ///< 0: what the machine has
    std::string device;  ///< empty: the graph's
    std::filesystem::path output = "runs";
    std::filesystem::path cache;  ///< empty: default_cache_folder
    bool use_cache = true;
    std::size_t memo_bytes = std::size_t{512} << 20;
    std::string command;                       ///< for the record
    const std::atomic<int>* signal = nullptr;  ///< not 0: stop; the number is the signal's
};

enum class Status { done, failed, interrupted };

struct RunResult {
    Status status = Status::done;
    std::filesystem::path folder;               ///< the run's; empty where it was stopped before there was one
    std::vector<std::vector<ValueRef>> values;  ///< per stage of the graph, per output; null where not made
    std::vector<Diagnostic> diagnostics;
    double seconds = 0;
};

/// Where `auto`, `cuda` and the like lead on this machine; LibTorch isn't loaded for it. Throws Failure (R505) where
/// the device isn't there.
Device resolve_device(const std::string& text);
std::string to_string(const Device& device);

/// What the planner asks, answered by a cache and digests. The three must outlive it.
PlanWorld plan_world(const Cache& cache, DigestStore& digests, Diagnostics& diagnostics, const Device& device,
                     bool use_cache);

/// Runs a checked graph. Stages that don't depend on a failed one finish; all failures are in the result.
RunResult run_graph(const Graph& graph, Registry& registry, const RunOptions& options, Observer& observer);

}  // namespace fettle::runtime
