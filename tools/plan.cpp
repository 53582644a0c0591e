// `plan`: what would run, and why; of a sweep's cells together, or of one stage to the last difference.
#include "command.hpp"
#include "show/show.hpp"

#include <iostream>

namespace command {
namespace {

/// The place of a stage; reports and returns nothing where there is none.
std::optional<std::size_t> place_of(const Graph& graph, const std::string& stage, bool json) {
    std::vector<std::string> known;
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        if (graph.stages[s].name == stage) return s;
        known.push_back(graph.stages[s].name);
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
    const Cache cache(settings.cache.empty() ? default_cache_folder(settings.output / ".cache") : settings.cache);
    DigestStore digests(cache.folder() / "digests.json");
    const auto device = resolve_device(settings.device.empty() ? graphs.front()->device : settings.device);
    Diagnostics damaged;
    const PlanWorld world = plan_world(cache, digests, damaged, device, settings.use_cache);
    const Plan plan = make_plan(graphs, world);
    report(damaged.all(), json);
    if (why) {
        const auto stage = place_of(*graphs.front(), options["why"].as<std::string>(), json);
        if (!stage) return 1;
        const auto stages = why_stale(*graphs.front(), plan.node_of.front(), plan, *stage, world);
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
