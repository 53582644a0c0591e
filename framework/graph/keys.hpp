// Key texts of a plan's work; not part of the folder's interface.
#pragma once

#include "graph/graph.hpp"

namespace fettle::runtime {

/// What a stage's key was made of last time: of a cell that never ran, what it was in the graph as it stands. Empty: it
/// never ran.
std::string last_key_text(const Graph& graph, const std::string& stage, const PlanWorld& world);

/// Everything in which two key texts differ, in words: "window = 9 (was window = 7)".
std::vector<std::string> differences(const std::string& before, const std::string& now);

}  // namespace fettle::runtime
