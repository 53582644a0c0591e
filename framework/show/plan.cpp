// What a plan says to a person: what runs, why, how long it may take; and what a sweep found.
#include "show/show.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace fettle::runtime {
namespace {

using State = PlanNode::State;
constexpr const char* states[] = {"cached", "run", "open", "idle"};

std::string about(double seconds) {
    if (seconds < 10) return fmt::format("{:.1f} s", seconds);
    if (seconds < 120) return fmt::format("{:.0f} s", seconds);
    if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
    return fmt::format("{:.1f} h", seconds / 3600);
}

std::string reason(const PlanNode& node) {
    switch (node.state) {
        case State::run:
            return node.why;
        case State::open:
            return "lazy: read by a stage that runs";
        case State::idle:
            return "lazy: nobody needs it this time";
        case State::cached:
            break;
    }
    return {};
}

/// How long what runs is expected to take: a sentence, empty where nothing runs.
std::string expectation(const Plan& plan) {
    double seconds = 0;
    std::size_t known = 0, runs = 0;
    for (const PlanNode& node : plan.nodes) {
        if (node.state != State::run) continue;
        ++runs;
        known += node.expected.has_value();
        seconds += node.expected.value_or(0);
    }
    if (runs == 0) return {};
    if (known == 0) return "no past run says how long it takes\n";
    return fmt::format("about {} by past runs{}\n", about(seconds),
                       known == runs ? "" : fmt::format(", and {} that never ran", runs - known));
}

std::size_t count(const Plan& plan, State state) {
    return static_cast<std::size_t>(
        std::count_if(plan.nodes.begin(), plan.nodes.end(), [&](const PlanNode& node) { return node.state == state; }));
}

std::string line(const std::string& name, std::size_t width, const PlanNode& node, const std::string& more) {
    return fmt::format("{:<{}}  {:<6}  {}  {:>8}  {}{}\n", name, width,
                       node.state == State::idle ? "-" : states[static_cast<int>(node.state)], node.key.substr(0, 8),
                       node.state == State::run && node.expected ? about(*node.expected) : "", more, reason(node));
}

nlohmann::ordered_json node_json(const std::string& name, const TypeInfo& type, const PlanNode& node) {
    nlohmann::ordered_json out{{"stage", name},
                               {"use", type.id},
                               {"state", states[static_cast<int>(node.state)]},
                               {"key", node.key},
                               {"why", node.why}};
    if (node.expected) out["expected_seconds"] = *node.expected;
    return out;
}

}  // namespace

std::string plan_text(const Graph& graph, const Plan& plan) {
    std::size_t width = 0, cached = 0, runs = 0;
    for (const StageUse& stage : graph.stages) width = std::max(width, stage.name.size());
    std::string out;
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        const PlanNode& node = plan.nodes[plan.node_of[0][s]];
        cached += node.state == State::cached;
        runs += node.state == State::run;
        out += line(graph.stages[s].name, width, node, "");
    }
    return out + fmt::format("{} to run, {} from the cache\n", runs, cached) + expectation(plan);
}

std::string plan_json(const Graph& graph, const Plan& plan) {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (std::size_t s = 0; s < graph.stages.size(); ++s)
        out.push_back(node_json(graph.stages[s].name, *graph.stages[s].use.type, plan.nodes[plan.node_of[0][s]]));
    return out.dump(1) + "\n";
}

std::string sweep_plan_text(const std::vector<Graph>& cells, const Plan& plan) {
    std::size_t width = 0, stages = 0;
    for (const PlanNode& node : plan.nodes) width = std::max(width, node.label.size());
    for (const Graph& cell : cells) stages += cell.stages.size();
    std::string out;
    for (const PlanNode& node : plan.nodes)
        out += line(node.label, width, node,
                    fmt::format("{:>12}  ", node.graphs.size() == cells.size()
                                                ? "all cells"
                                                : fmt::format("{} cell{}", node.graphs.size(),
                                                              node.graphs.size() == 1 ? "" : "s")));
    for (std::size_t c = 0; c < cells.size(); ++c) {
        std::string values;
        for (const auto& [path, value] : cells[c].cell)
            values += fmt::format("{}{} = {}", values.empty() ? "" : ", ", path, value);
        out += fmt::format("#{}: {}\n", c + 1, values);
    }
    return out +
           fmt::format("{} cells with {} stages in all are {} distinct ones: {} to run, {} from the cache, {} lazy\n",
                       cells.size(), stages, plan.nodes.size(), count(plan, State::run), count(plan, State::cached),
                       count(plan, State::open) + count(plan, State::idle)) +
           expectation(plan);
}

std::string sweep_plan_json(const std::vector<Graph>& cells, const Plan& plan) {
    nlohmann::ordered_json stages = nlohmann::ordered_json::array(), values = nlohmann::ordered_json::array();
    double seconds = 0;
    for (const PlanNode& node : plan.nodes) {
        auto entry = node_json(node.label, *cells[node.graph].stages[node.stage].use.type, node);
        for (const std::size_t g : node.graphs) entry["cells"].push_back(g + 1);
        stages.push_back(std::move(entry));
        if (node.state == State::run) seconds += node.expected.value_or(0);
    }
    for (const Graph& cell : cells) {
        auto entry = nlohmann::ordered_json::object();
        for (const auto& [path, value] : cell.cell) entry[path] = value;
        values.push_back(std::move(entry));
    }
    const nlohmann::ordered_json out{{"cells", std::move(values)},        {"distinct", plan.nodes.size()},
                                     {"to_run", count(plan, State::run)}, {"cached", count(plan, State::cached)},
                                     {"expected_seconds", seconds},       {"stages", std::move(stages)}};
    return out.dump(1) + "\n";
}

std::string why_text(const std::vector<StaleStage>& stages) {
    std::string out;
    for (const StaleStage& each : stages) {
        out += fmt::format("{} ({})\n", each.stage, states[static_cast<int>(each.state)]);
        for (const std::string& reason : each.reasons) out += "  " + reason + "\n";
    }
    return out;
}

std::string why_json(const std::vector<StaleStage>& stages) {
    nlohmann::ordered_json out = nlohmann::ordered_json::array();
    for (const StaleStage& each : stages)
        out.push_back(
            {{"stage", each.stage}, {"state", states[static_cast<int>(each.state)]}, {"reasons", each.reasons}});
    return out.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace fettle::runtime
