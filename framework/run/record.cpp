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

/// The stages that a new image would go through before a judge: those that feed it, but not what only networks and what
/// is usual were learned from, and no outside material.
std::set<std::size_t> path_to(const Graph& graph, std::size_t judge) {
    std::set<std::size_t> path, left{judge};
    while (!left.empty()) {
        const StageUse& stage = graph.stages[*left.begin()];
        left.erase(left.begin());
        for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
            const PortInfo& port = stage.use.type->inputs[p];
            if (port.type == Network::type_name || port.learns || !port.carries_split) continue;
            for (const Edge& edge : stage.inputs[p])
                if (path.insert(edge.stage).second) left.insert(edge.stage);
        }
    }
    return path;
}

/// What one new image takes until each judge can tell, in seconds of processor time: summed over the stages on its way
/// that worked on images, in this run or, where they came from the cache, when they ran.
Json latencies(const RunRecord& record) {
    Json out = Json::array();
    for (std::size_t judge = 0; judge < record.graph.stages.size(); ++judge) {
        if (record.graph.stages[judge].use.type->role != "measure") continue;
        Json stages = Json::object(), unknown = Json::array();
        double sum = 0;
        for (const std::size_t s : path_to(record.graph, judge)) {
            const StageCost& cost = record.costs[s];
            const Spent spent = cost.items == 0 && cost.earlier ? *cost.earlier : Spent{cost.seconds, cost.items};
            const auto state = record.plan.nodes[record.plan.node_of[record.place][s]].state;
            const bool ran = state == PlanNode::State::run || state == PlanNode::State::open;
            const std::string& name = record.graph.stages[s].name;
            if (spent.items > 0) {
                const double each = spent.seconds / static_cast<double>(spent.items);
                stages[name] = each;
                sum += each;
            } else if (!ran && !cost.earlier) {
                unknown.push_back(name);
            }
        }
        out.push_back({{"judge", record.graph.stages[judge].name},
                       {"seconds_per_image", stages.empty() ? Json() : Json(sum)},
                       {"stages", std::move(stages)},
                       {"unknown", std::move(unknown)}});
    }
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
