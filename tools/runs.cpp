// What has been run, as a table.
#include "command.hpp"
#include "show/past.hpp"

#include <fettle/suggest.hpp>

#include <fmt/format.h>

#include <iostream>
#include <set>

namespace command {

int runs(const po::variables_map& options, const Arguments& arguments) {
    const fs::path output = options["output"].as<std::string>();
    const std::string graph = arguments.empty() ? "" : arguments[0];
    const PastRuns found = find_past_runs(output, graph);
    const bool json = options.count("json") > 0;
    for (const std::string& name : found.foreign)
        std::cerr << fmt::format("fettle: `{}` holds no run and was passed over\n", (output / name).string());
    if (found.runs.empty() && !graph.empty()) {
        std::set<std::string> graphs;
        for (const PastRun& run : find_past_runs(output).runs) graphs.insert(run.graph);
        const std::vector<std::string> known(graphs.begin(), graphs.end());
        const std::string meant = did_you_mean(graph, known);
        std::cerr << fmt::format("fettle: there are no runs of `{}` in `{}`{}{}\n", graph, output.string(),
                                 meant.empty() ? "" : "; ", meant);
        if (!known.empty()) std::cerr << "there are runs of " << listed(known) << "\n";
        return 1;
    }
    if (found.runs.empty() && !json)
        std::cerr << fmt::format("fettle: there are no runs in `{}`; --output DIR names another place\n",
                                 output.string());
    std::cout << (json ? runs_json(found) : runs_text(found));
    return 0;
}

}  // namespace command
