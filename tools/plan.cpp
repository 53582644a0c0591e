// `plan`: what would run, and why; of a sweep's cells together, or of one stage to the last difference.
#include "command.hpp"
#include "show/show.hpp"

#include <algorithm>
#include <iostream>

namespace command {
namespace {

struct Place {
    std::size_t graph, stage;
};

/// Where a stage is: by its name in the first graph, or as the plan of a sweep names it ("judge #3"). Reports and
/// returns nothing where there is none.
std::optional<Place> place_of(const std::vector<const Graph*>& graphs, const Plan& plan, const std::string& stage,
                              bool json) {
    std::vector<std::string> known;
    for (std::size_t s = 0; s < graphs.front()->stages.size(); ++s) {
        known.push_back(graphs.front()->stages[s].name);
        if (known.back() == stage) return Place{0, s};
    }
    for (const PlanNode& node : plan.nodes) {
        if (node.label == stage) return Place{node.graph, node.stage};
        if (std::find(known.begin(), known.end(), node.label) == known.end()) known.push_back(node.label);
    }
    report({errors::unknown_stage({}, stage, known)}, json);
    return {};
}

}  // namespace

int plan(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0, whole = options.count("sweep") > 0, why = options.count("why") > 0;
    Diagnostics diagnostics;
    Checked alone;
    CheckedSweep cells;
    std::vector<const Graph*> graphs;
    if (whole) {
        cells = check_sweep_file(options, arguments[0], diagnostics);
        for (const Graph& cell : cells.cells) graphs.push_back(&cell);
    } else {
        alone = check_file(options, arguments[0], diagnostics);
        if (alone.graph) graphs.push_back(&*alone.graph);
    }
    if (report(diagnostics.all(), json) || graphs.empty()) return 1;
    const RunOptions settings = run_options(options);
    const Cache cache =
        Cache::to_look_at(settings.cache.empty() ? default_cache_folder(settings.output / ".cache") : settings.cache);
    DigestStore digests(cache.folder() / "digests.json");
    const auto device = resolve_device(*graphs.front(), settings.device);
    Diagnostics damaged;
    const PlanWorld world = plan_world(cache, digests, damaged, device, settings.use_cache);
    const Plan plan = make_plan(graphs, world);
    report(damaged.all(), json);
    if (why) {
        const auto at = place_of(graphs, plan, options["why"].as<std::string>(), json);
        if (!at) return 1;
        const auto stages = why_stale(*graphs[at->graph], plan.node_of[at->graph], plan, at->stage, world);
        std::cout << (json ? why_json(stages) : why_text(stages));
    } else if (whole) {
        std::cout << (json ? sweep_plan_json(cells.cells, plan) : sweep_plan_text(cells.cells, plan));
    } else {
        std::cout << (json ? plan_json(*graphs.front(), plan) : plan_text(*graphs.front(), plan));
        if (!json && has_sweep(options, arguments[0]))
            std::cerr << "the graph has a [sweep]: --sweep plans its cells\n";
    }
    return 0;
}

}  // namespace command
