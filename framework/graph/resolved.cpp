// A checked graph as TOML again, with nothing left to look up.
#include "graph/graph.hpp"

#include <fmt/format.h>

namespace fettle::runtime {
namespace {

std::string value_text(const Given& given) {
    return given.path.empty() ? given.value.text() : Setting(given.path.string()).text();
}

/// A key, quoted where TOML asks for it.
std::string key_text(const std::string& key) {
    constexpr auto bare = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    return !key.empty() && key.find_first_not_of(bare) == std::string::npos ? key : Setting(key).text();
}

std::string own_lines(const Use& use) {
    std::string out = fmt::format("use = {}\n", Setting(use.type->id).text());
    for (std::size_t i = 0; i < use.parameters.size(); ++i)
        if (!use.parameters[i].value.empty())
            out += fmt::format("{} = {}\n", use.type->parameters[i].name, value_text(use.parameters[i]));
    return out;
}

std::string component_tables(const Use& use, const std::string& path) {
    std::string out;
    for (std::size_t c = 0; c < use.components.size(); ++c)
        for (const Use& part : use.components[c]) {
            const std::string name = (path.empty() ? "" : path + ".") + use.type->components[c].name;
            out += use.type->components[c].many ? "\n[[" + name + "]]\n" : "\n[" + name + "]\n";
            out += own_lines(part) + component_tables(part, name);
        }
    return out;
}

std::string edge_text(const Graph& graph, const Edge& edge) {
    const StageUse& from = graph.stages[edge.stage];
    return Setting(from.name + "." + from.use.type->outputs[edge.port].name).text();
}

}  // namespace

std::string component_toml(const Use& use) { return own_lines(use) + component_tables(use, ""); }

Graph needed_for(const Graph& graph, std::size_t stage) {
    std::vector<bool> needed(graph.stages.size());
    needed[stage] = true;
    for (std::size_t s = graph.stages.size(); s-- > 0;)  // each stands after those it reads
        if (needed[s])
            for (const auto& port : graph.stages[s].inputs)
                for (const Edge& edge : port) needed[edge.stage] = true;
    Graph out = graph;
    out.stages.clear();
    std::vector<std::size_t> place(graph.stages.size());
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        if (!needed[s]) continue;
        place[s] = out.stages.size();
        out.stages.push_back(graph.stages[s]);
        for (auto& port : out.stages.back().inputs)
            for (Edge& edge : port) edge.stage = place[edge.stage];
    }
    return out;
}

std::string resolved_toml(const Graph& graph) {
    std::string out = "format = 1\n\n[graph]\n";
    out += fmt::format("name = {}\n", Setting(graph.name).text());
    if (!graph.summary.empty()) out += fmt::format("summary = {}\n", Setting(graph.summary).text());
    out += fmt::format("seed = {}\ndevice = {}\n", static_cast<std::int64_t>(graph.seed), Setting(graph.device).text());
    if (!graph.plugins.empty()) {
        Setting::List places;
        for (const auto& place : graph.plugins) places.emplace_back(place.string());
        out += fmt::format("plugins = {}\n", Setting(std::move(places)).text());
    }
    for (const StageUse& stage : graph.stages) {
        const std::string path = "stage." + key_text(stage.name);
        out += fmt::format("\n[{}]\n", path) + own_lines(stage.use);
        if (stage.keep) out += "keep = true\n";
        if (!stage.note.empty()) out += fmt::format("note = {}\n", Setting(stage.note).text());
        for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
            if (stage.inputs[p].empty()) continue;
            std::string edges;
            for (const Edge& edge : stage.inputs[p]) edges += (edges.empty() ? "" : ", ") + edge_text(graph, edge);
            const PortInfo& port = stage.use.type->inputs[p];
            out += fmt::format("in.{} = {}\n", port.name, port.many ? "[" + edges + "]" : edges);
        }
        out += component_tables(stage.use, path);
    }
    // Nothing is left to look up: what looks like a reference is meant plainly.
    for (auto at = out.find("${"); at != std::string::npos; at = out.find("${", at + 3)) out.insert(at, 1, '$');
    return out;
}

namespace {

void add_settings(std::vector<std::pair<std::string, std::string>>& out, const std::string& path, const Use& use) {
    out.emplace_back(path + ".use", Setting(use.type->id).text());
    for (std::size_t i = 0; i < use.parameters.size(); ++i)
        if (!use.parameters[i].value.empty())
            out.emplace_back(path + "." + use.type->parameters[i].name, value_text(use.parameters[i]));
    for (std::size_t c = 0; c < use.components.size(); ++c)
        for (std::size_t k = 0; k < use.components[c].size(); ++k) {
            const ComponentInfo& component = use.type->components[c];
            add_settings(out,
                         fmt::format("{}.{}", path, component.name) + (component.many ? fmt::format(".{}", k) : ""),
                         use.components[c][k]);
        }
}

}  // namespace

GraphText graph_text(const Graph& graph) {
    GraphText text{graph.name, graph.summary, resolved_toml(graph), {}};
    text.settings = {{"graph.seed", std::to_string(graph.seed)}, {"graph.device", Setting(graph.device).text()}};
    for (const StageUse& stage : graph.stages) add_settings(text.settings, stage.name, stage.use);
    return text;
}

std::string label_of(const Use& use) {
    std::string changed;
    for (std::size_t i = 0; i < use.parameters.size(); ++i)
        if (!use.parameters[i].is_default && !use.parameters[i].value.empty() && use.parameters[i].path.empty()) {
            const Setting& value = use.parameters[i].value;
            changed += (changed.empty() ? "" : ", ") + use.type->parameters[i].name + "=" +
                       (value.is<std::string>() ? value.as<std::string>() : value.text());
        }
    const std::string name = use.type->id.substr(use.type->id.find('.') + 1);
    return changed.empty() ? name : name + "(" + changed + ")";
}

}  // namespace fettle::runtime
