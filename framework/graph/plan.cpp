// What must run, and why: every piece of work gets a key from all that can change its result, and nothing else.
#include "graph/graph.hpp"

#include "graph/digest.hpp"

#include "graph/keys.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace fettle::runtime {
namespace {

/// Raised when the framework itself changes what it stores or how it computes.
constexpr int cache_version = 3;

/// The digest of what a parameter names, or an error that points at it.
std::string digest_of(const Given& given, const PlanWorld& world) {
    try {
        return world.digest(given.path);
    } catch (const std::filesystem::filesystem_error& error) {
        throw Failure(errors::unreadable_path(given.span, error.path1().string(), error.code().message()));
    }
}

void describe_use(std::string& out, const Use& use, const std::string& prefix, const PlanWorld& world) {
    out += fmt::format("{}use {} revision {}\n", prefix, use.type->id, use.type->revision);
    out += fmt::format("{}source {}\n", prefix, use.plugin->banner.source);
    out += fmt::format("{}abi {}\n", prefix, use.plugin->banner.hard);
    for (std::size_t i = 0; i < use.parameters.size(); ++i) {
        const Given& given = use.parameters[i];
        const ParameterInfo& parameter = use.type->parameters[i];
        if (given.value.empty()) continue;
        if (given.path.empty())
            out += fmt::format("{}set {} = {}\n", prefix, parameter.name, given.value.text());
        else
            out += fmt::format("{}read {} = {}\n", prefix, parameter.name, digest_of(given, world));
    }
    for (std::size_t c = 0; c < use.components.size(); ++c)
        for (std::size_t k = 0; k < use.components[c].size(); ++k)
            describe_use(out, use.components[c][k], fmt::format("{}{}[{}] ", prefix, use.type->components[c].name, k),
                         world);
}

bool on_device(const Use& use) {
    bool any = use.type->device;
    for (const auto& parts : use.components)
        for (const Use& part : parts) any |= on_device(part);
    return any;
}

/// The stage's node as a key knows it; `node_of` holds those of the stages before it.
PlanNode node_for(const Graph& graph, const StageUse& stage, const std::vector<std::size_t>& node_of, const Plan& plan,
                  const PlanWorld& world) {
    PlanNode node;
    node.key_text = fmt::format("fettle {} sdk {}\n", cache_version, sdk_digest());
    describe_use(node.key_text, stage.use, "", world);
    for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
        node.inputs.emplace_back();
        for (const Edge& edge : stage.inputs[p]) {
            const std::size_t from = node_of[edge.stage];
            node.inputs.back().push_back({from, edge.port});
            node.key_text +=
                fmt::format("in {} = {} {}\n", stage.use.type->inputs[p].name, plan.nodes[from].key, edge.port);
        }
    }
    if (stage.use.type->random) node.key_text += fmt::format("seed {:016x}\n", stage.seed);
    if (on_device(stage.use)) node.key_text += "device " + world.device_class + "\n";
    if (stage.use.type->reads_graph) node.key_text += "graph " + sha256(resolved_toml(graph)) + "\n";
    node.key = sha256(node.key_text);
    for (const PortInfo& port : stage.use.type->outputs)
        if (stage.keep || is_stored_type(port.type)) node.stored.insert(port.name);
    return node;
}

/// Names for people: a stage that is different work in different cells is told apart by the first cell of each.
void name_nodes(Plan& plan, const std::vector<const Graph*>& variants) {
    std::map<std::string, std::size_t> pieces;
    const auto name = [&](const PlanNode& node) { return variants[node.graph]->stages[node.stage].name; };
    for (const PlanNode& node : plan.nodes) ++pieces[name(node)];
    for (PlanNode& node : plan.nodes)
        node.label = pieces[name(node)] > 1 ? fmt::format("{} #{}", name(node), node.graph + 1) : name(node);
}

/// Why a node runs, but for what was left of it.
std::string why_missing(const PlanNode& node, const Graph& graph, const std::string& stage, const PlanWorld& world) {
    if (!world.use_cache) return "--no-cache";
    if (!node.why.empty()) return node.why;
    const std::string before = last_key_text(graph, stage, world);
    if (before.empty()) return node.halfway.empty() ? "it never ran" : "";
    if (before == node.key_text) return "its result is no longer in the cache";
    const auto changes = differences(before, node.key_text);
    return changes.empty() ? "its settings stand in another order" : changes.front();
}

void find_stored(PlanNode& node, const Graph& graph, bool read_lazily, const PlanWorld& world) {
    const StageUse& stage = graph.stages[node.stage];
    // A lazy output that isn't kept can't come from the cache, whatever else of the stage does.
    const bool there = world.use_cache && !read_lazily && world.stored(node.key, node.stored, node.why);
    node.state = there ? PlanNode::State::cached : PlanNode::State::run;
    if (there) return;
    if (world.seconds) node.expected = world.seconds(memory_name(graph), stage.name, stage.use.type->id);
    if (world.use_cache && world.halfway)
        if (const auto left = world.halfway(node.key)) {
            node.halfway = left->words;
            if (node.expected) node.expected = std::max(0.0, *node.expected - left->seconds);
            if (left->left) node.expected = left->left;
        }
    node.why = why_missing(node, graph, stage.name, world);
    if (!node.halfway.empty()) node.why += (node.why.empty() ? "" : "; ") + node.halfway;
}

}  // namespace

std::string memory_name(const Graph& graph) {
    if (graph.cell.empty()) return graph.name;
    std::string values;
    for (const auto& [path, value] : graph.cell) values += path + " = " + value + "\n";
    return graph.name + ".sweep-" + sha256(values).substr(0, 16);
}

std::string last_key_text(const Graph& graph, const std::string& stage, const PlanWorld& world) {
    const std::string own = world.last_key_text(memory_name(graph), stage);
    return own.empty() && !graph.cell.empty() ? world.last_key_text(graph.name, stage) : own;
}

Plan make_plan(const std::vector<const Graph*>& variants, const PlanWorld& world) {
    Plan plan;
    std::map<std::string, std::size_t> node_of_key;
    for (std::size_t g = 0; g < variants.size(); ++g) {
        const Graph& graph = *variants[g];
        plan.node_of.emplace_back();
        for (std::size_t s = 0; s < graph.stages.size(); ++s) {
            PlanNode node = node_for(graph, graph.stages[s], plan.node_of[g], plan, world);
            node.graph = g;
            node.stage = s;
            const auto [known, fresh] = node_of_key.try_emplace(node.key, plan.nodes.size());
            plan.node_of[g].push_back(known->second);
            if (fresh)
                plan.nodes.push_back(std::move(node));
            else
                plan.nodes[known->second].stored.merge(node.stored);
            auto& graphs = plan.nodes[known->second].graphs;
            if (graphs.empty() || graphs.back() != g) graphs.push_back(g);
        }
    }
    name_nodes(plan, variants);
    // Backwards: what is stored and missing runs, and what it reads must be there, from the cache or opened.
    std::vector<bool> read(plan.nodes.size()), read_lazily(plan.nodes.size());
    for (std::size_t n = plan.nodes.size(); n-- > 0;) {
        PlanNode& node = plan.nodes[n];
        if (!node.stored.empty())
            find_stored(node, *variants[node.graph], read_lazily[n], world);
        else
            node.state = read[n] ? PlanNode::State::open : PlanNode::State::idle;
        if (node.state == PlanNode::State::run || node.state == PlanNode::State::open)
            for (const auto& port : node.inputs)
                for (const auto& input : port) {
                    read[input.node] = true;
                    const PlanNode& from = plan.nodes[input.node];
                    const auto& outputs = variants[from.graph]->stages[from.stage].use.type->outputs;
                    if (from.stored.count(outputs[input.port].name) == 0) read_lazily[input.node] = true;
                }
    }
    return plan;
}

}  // namespace fettle::runtime
