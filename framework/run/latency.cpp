// What run.json says of the time that one new image takes, and how sure that is.
#include "run/folder.hpp"

#include <fmt/format.h>

#include <set>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;

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

/// A judge's figure as it comes together, stage by stage.
struct Latency {
    double sum = 0;
    Json stages = Json::object(), intervals = Json::object(), earlier = Json::array(), unknown = Json::array();
    std::vector<Doubt> doubts;
    std::string without;  ///< the stages that no interval is known of, each with why

    void add(const std::string& name, const Spent& spent) {
        const auto items = static_cast<double>(spent.items);
        const double each = spent.seconds / items;
        stages[name] = each;
        sum += each;
        if (const auto doubt = doubt_of(spent.batches, items)) {
            const auto [low, high] = interval(each, *doubt);
            intervals[name] = {{"low", low}, {"high", high}, {"batches", spent.batches.count}};
            return doubts.push_back(*doubt);
        }
        without += fmt::format("{}{} {}", without.empty() ? "" : ", ", name,
                               spent.batches.count == 1 ? "worked in a single batch" : "told of no batches");
    }

    Json json(const std::string& judge) const {
        Json out{{"judge", judge}, {"seconds_per_image", stages.empty() ? Json() : Json(sum)}};
        if (!doubts.empty() && without.empty()) {
            const auto [low, high] = interval(sum, sum_of(doubts));
            out["low"] = low;
            out["high"] = high;
        } else {
            out["no_interval"] = why();
        }
        out["stages"] = stages;
        out["intervals"] = intervals;
        out["earlier"] = earlier;
        out["unknown"] = unknown;
        return out;
    }

    std::string why() const {
        if (!without.empty()) return without;
        return unknown.empty() ? "nothing on its way works on images"
                               : "all of it came from the cache, and nothing is known of when it was made";
    }
};

Latency latency_of(const RunRecord& record, std::size_t judge) {
    Latency latency;
    for (const std::size_t s : path_to(record.graph, judge)) {
        const StageCost& cost = record.costs[s];
        const bool is_earlier = cost.items == 0 && cost.earlier;
        const Spent spent = is_earlier ? *cost.earlier : Spent{cost.seconds, cost.items, cost.batches};
        const auto state = record.plan.nodes[record.plan.node_of[record.place][s]].state;
        const bool ran = state == PlanNode::State::run || state == PlanNode::State::open;
        const std::string& name = record.graph.stages[s].name;
        if (spent.items > 0) {
            latency.add(name, spent);
            if (is_earlier) latency.earlier.push_back(name);
        } else if (!ran && !cost.earlier) {
            latency.unknown.push_back(name);
        }
    }
    return latency;
}

}  // namespace

/// In seconds of processor time: summed over the stages on its way that worked on images, in this run or, where they
/// came from the cache, when they ran.
Json latencies(const RunRecord& record) {
    Json out = Json::array();
    for (std::size_t judge = 0; judge < record.graph.stages.size(); ++judge)
        if (record.graph.stages[judge].use.type->role == "measure")
            out.push_back(latency_of(record, judge).json(record.graph.stages[judge].name));
    return out;
}

}  // namespace fettle::runtime
