// What must run, and why: every piece of work gets a key from all that can change its result, and nothing else.
#include "graph/graph.hpp"

#include "graph/digest.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <sstream>

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

/// The first line of `now` that `before` doesn't have in its place.
std::string first_difference(const std::string& before, const std::string& now) {
    std::istringstream old_lines(before), new_lines(now);
    std::string old_line, new_line;
    while (std::getline(new_lines, new_line)) {
        if (!std::getline(old_lines, old_line)) return "new: " + new_line;
        if (old_line == new_line) continue;
        if (new_line.starts_with("fettle ")) return "fettle itself changed";
        if (new_line.starts_with("graph ")) return "it tells of the whole graph, and that changed";
        if (new_line.starts_with("in "))
            return "its input " + new_line.substr(3, new_line.find(' ', 3) - 3) + " changed";
        if (new_line.find("source ") != std::string::npos) return "its plugin's source changed";
        if (new_line.find("read ") != std::string::npos) {
            const auto at = new_line.find("read ") + 5;
            return "the files of " + new_line.substr(at, new_line.find(' ', at) - at) + " changed";
        }
        const auto value = [](const std::string& line) {
            return line.substr(std::min(line.size(), line.find("set ") + 4));
        };
        if (new_line.find("set ") != std::string::npos && old_line.find("set ") != std::string::npos)
            return value(new_line) + " (was " + value(old_line) + ")";
        return new_line + " (was " + old_line + ")";
    }
    return "something in it was removed";
}

}  // namespace

Plan make_plan(const std::vector<const Graph*>& variants, const PlanWorld& world) {
    Plan plan;
    std::map<std::string, std::size_t> node_of_key;
    for (std::size_t g = 0; g < variants.size(); ++g) {
        const Graph& graph = *variants[g];
        plan.node_of.emplace_back();
        for (std::size_t s = 0; s < graph.stages.size(); ++s) {
            const StageUse& stage = graph.stages[s];
            PlanNode node;
            node.graph = g;
            node.stage = s;
            node.key_text = fmt::format("fettle {} sdk {}\n", cache_version, sdk_digest());
            describe_use(node.key_text, stage.use, "", world);
            for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
                node.inputs.emplace_back();
                for (const Edge& edge : stage.inputs[p]) {
                    const std::size_t from = plan.node_of[g][edge.stage];
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
            const auto [known, fresh] = node_of_key.try_emplace(node.key, plan.nodes.size());
            plan.node_of[g].push_back(known->second);
            if (fresh)
                plan.nodes.push_back(std::move(node));
            else
                plan.nodes[known->second].stored.merge(node.stored);
        }
    }
    // Backwards: what is stored and missing runs, and what it reads must be there, from the cache or opened.
    std::vector<bool> read(plan.nodes.size()), read_lazily(plan.nodes.size());
    for (std::size_t n = plan.nodes.size(); n-- > 0;) {
        PlanNode& node = plan.nodes[n];
        const Graph& graph = *variants[node.graph];
        if (!node.stored.empty()) {
            // A lazy output that isn't kept can't come from the cache, whatever else of the stage does.
            const bool there = world.use_cache && !read_lazily[n] && world.stored(node.key, node.stored, node.why);
            node.state = there ? PlanNode::State::cached : PlanNode::State::run;
            if (!world.use_cache) node.why = "--no-cache";
            if (!there && node.why.empty()) {
                const std::string before = world.last_key_text(graph.name, graph.stages[node.stage].name);
                node.why = before.empty()            ? "it never ran"
                           : before == node.key_text ? "its result is no longer in the cache"
                                                     : first_difference(before, node.key_text);
            }
        } else {
            node.state = read[n] ? PlanNode::State::open : PlanNode::State::idle;
        }
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
