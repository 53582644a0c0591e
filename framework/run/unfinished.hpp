// What is known of work that a process began and didn't end: kept in its checkpoint folder, beside what the stage
// writes there, so that it comes and goes with that.
#pragma once

#include "graph/graph.hpp"
#include "run/cache.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace fettle::runtime {

struct Unfinished {
    std::string graph, stage, use;  ///< who asked for it, and the stage's type
    std::string reached;            ///< what was told of its last checkpoint: "after step 20 of 40"; empty: none yet
    std::uint64_t done = 0, total = 0;  ///< items at that checkpoint; 0: not told
    double seconds = 0;                 ///< of the stage's own code until then, in all processes
};

/// Best effort: what can't be kept is no fault of the run. Nothing where there is no checkpoint folder.  [any thread]
void remember_unfinished(const Cache& cache, const std::string& key, const Unfinished& work) noexcept;
/// Empty where nothing is known: there is no such work, or an earlier version began it.
std::optional<Unfinished> unfinished(const Cache& cache, const std::string& key);
/// Where a run of the work would carry on, for a plan; empty: it would begin anew. Of checkpoints that nobody told of
/// it says since when they lie there.
std::optional<Halfway> halfway(const Cache& cache, const std::string& key);

}  // namespace fettle::runtime
