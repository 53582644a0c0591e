// What run.json says of a run, and reporters' files with it.
#include "run/folder.hpp"

#include "run/journal.hpp"

#include <algorithm>
#include <set>
#include <sstream>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;

/// What a stage reads: per input the outputs of others, and per path the digest of what lay there.
void add_sources(nlohmann::ordered_json& entry, const Graph& graph, const StageUse& stage, const PlanNode& node) {
    auto inputs = nlohmann::ordered_json::object(), files = nlohmann::ordered_json::object();
    for (std::size_t p = 0; p < stage.inputs.size(); ++p)
        for (const Edge& edge : stage.inputs[p]) {
            const StageUse& from = graph.stages[edge.stage];
            inputs[stage.use.type->inputs[p].name].push_back(from.name + "." + from.use.type->outputs[edge.port].name);
        }
    std::istringstream lines(node.key_text);
    for (std::string line; std::getline(lines, line);)
        if (line.starts_with("read "))
            for (std::size_t i = 0; i < stage.use.parameters.size(); ++i) {
                const std::string name = "read " + stage.use.type->parameters[i].name + " = ";
                if (line.starts_with(name) && !stage.use.parameters[i].path.empty())
                    files[stage.use.parameters[i].path.string()] = line.substr(name.size());
            }
    if (!inputs.empty()) entry["inputs"] = std::move(inputs);
    if (!files.empty()) entry["reads"] = std::move(files);
}

/// A stage's settings with every default, each as TOML: {"at": "0.95", "model.width": "32"}.
Json settings_of(const std::string& stage, const std::vector<std::pair<std::string, std::string>>& settings) {
    Json out = Json::object();
    for (const auto& [path, value] : settings)
        if (path.starts_with(stage + ".") && path != stage + ".use") out[path.substr(stage.size() + 1)] = value;
    return out;
}

}  // namespace

nlohmann::ordered_json to_json(const RunRecord& record) {
    constexpr const char* status[] = {"done", "failed", "interrupted"};
    constexpr const char* states[] = {"cached", "run", "open", "idle"};
    const auto settings = graph_text(record.graph).settings;
    nlohmann::ordered_json stages = nlohmann::ordered_json::array();
    for (std::size_t s = 0; s < record.graph.stages.size(); ++s) {
        const StageUse& stage = record.graph.stages[s];
        const StageCost& cost = record.costs[s];
        const PlanNode& node = record.plan.nodes[record.plan.node_of[record.place][s]];
        nlohmann::ordered_json entry{{"name", stage.name},
                                     {"use", stage.use.type->id},
                                     {"role", stage.use.type->role},
                                     {"key", node.key},
                                     {"state", cost.failed ? "failed" : states[static_cast<int>(node.state)]},
                                     {"why", node.why},
                                     {"seed", stage.seed},
                                     {"seconds", cost.seconds},
                                     {"items", cost.items}};
        if (cost.earlier) entry["earlier"] = {{"seconds", cost.earlier->seconds}, {"items", cost.earlier->items}};
        if (Json own = settings_of(stage.name, settings); !own.empty()) entry["settings"] = std::move(own);
        if (cost.carried_on > 0) entry["carried_on_seconds"] = cost.carried_on;
        if (cost.waiting > 0) entry["waiting_seconds"] = cost.waiting;
        if (cost.seconds > 0) entry["items_per_second"] = static_cast<double>(cost.items) / cost.seconds;
        entry["peak_memory_bytes"] = cost.peak_memory;
        add_sources(entry, record.graph, stage, node);
        stages.push_back(std::move(entry));
    }
    nlohmann::ordered_json plugins = nlohmann::ordered_json::array();
    std::set<const PluginInfo*> used;
    for (const StageUse& stage : record.graph.stages)
        if (used.insert(stage.use.plugin).second)
            plugins.push_back({{"name", stage.use.plugin->name},
                               {"version", stage.use.plugin->version},
                               {"abi", stage.use.plugin->banner.hard},
                               {"built", stage.use.plugin->banner.soft}});
    auto warnings = nlohmann::ordered_json::array();
    for (const auto& [stage, text] : record.warnings) warnings.push_back({{"stage", stage}, {"text", text}});
    auto cell = nlohmann::ordered_json::object();
    for (const auto& [path, value] : record.graph.cell) cell[path] = value;
    nlohmann::ordered_json out{{"fettle", FETTLE_VERSION},
                               {"graph", record.graph.name},
                               {"summary", record.graph.summary},
                               {"file", record.graph.file.string()},
                               {"command", record.command},
                               {"status", status[static_cast<int>(record.status)]},
                               {"started", record.started},
                               {"finished", timestamp()},
                               {"seconds", record.seconds},
                               {"seed", record.graph.seed},
                               {"device", record.device},
                               {"threads", record.threads},
                               {"peak_memory_bytes", record.peak_memory},
                               {"latency", latencies(record)},
                               {"warnings", std::move(warnings)},
                               {"stages", std::move(stages)},
                               {"plugins", std::move(plugins)},
                               {"resolved", resolved_toml(record.graph)}};
    if (!cell.empty()) out["cell"] = std::move(cell);
    return out;
}

}  // namespace fettle::runtime
