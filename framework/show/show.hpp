// What a person sees of plugins, graphs, plans and running stages, as text.
#pragma once

#include "graph/graph.hpp"
#include "plugins/plugins.hpp"
#include "run/run.hpp"

#include <memory>
#include <string>

namespace fettle::runtime {

/// One line per id: id, summary; grouped by family.
std::string list_text(const Registry& registry);
std::string list_json(const Registry& registry);
/// All there is to know of a type: parameters with defaults and bounds, components, ports, a sample to paste.
std::string inspect_text(const TypeInfo& type, const PluginInfo& plugin);
std::string inspect_json(const TypeInfo& type, const PluginInfo& plugin);

/// The graph as a picture's source: Mermaid (GitHub and most editors draw it) or Graphviz.
std::string draw_mermaid(const Graph& graph);
std::string draw_dot(const Graph& graph);

/// What would run and why, one line per stage, and how long that is expected to take.
std::string plan_text(const Graph& graph, const Plan& plan);
std::string plan_json(const Graph& graph, const Plan& plan);
/// The same of a sweep, one line per distinct piece of work.
std::string sweep_plan_text(const std::vector<Graph>& cells, const Plan& plan);
std::string sweep_plan_json(const std::vector<Graph>& cells, const Plan& plan);
/// Everything that made a stage stale.
std::string why_text(const std::vector<StaleStage>& stages);
std::string why_json(const std::vector<StaleStage>& stages);

/// A finished sweep as a table per judgement: a line per combination of values, with mean, half of its interval and
/// range over its seeds; then the cells that failed.
std::string sweep_text(const Sweep& sweep, const SweepResult& result);

/// The figures of a finished run, as a small table; how well pixels were found, what the best trivial score reaches on
/// the same images, and the verdicts about pairs, where the run has them. Empty where nothing was judged.
std::string figures_text(const RunResult& result);

/// Shows a run on standard error: bars that move where it is a terminal (without colour where NO_COLOR is set), plain
/// dated lines where it isn't, JSON lines where `json` asks for them.
std::unique_ptr<Observer> make_observer(bool json);

}  // namespace fettle::runtime
