// How the stages hang together: edges, types and order.
#include "graph/check.hpp"
#include "graph/document.hpp"

#include <fettle/suggest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace fettle::runtime {
namespace {

struct EdgeChecker {
    Graph& graph;
    const std::vector<const Node*>& tables;
    Diagnostics& diagnostics;

    std::vector<std::string> stage_names() const {
        std::vector<std::string> names;
        for (const StageUse& stage : graph.stages) names.push_back(stage.name);
        names.insert(names.end(), broken.begin(), broken.end());
        return names;
    }

    static std::vector<std::string> port_names(const std::vector<PortInfo>& ports) {
        std::vector<std::string> names;
        for (const PortInfo& port : ports) names.push_back(port.name);
        return names;
    }

    /// "stage.port" of every output with this type, but for the stage's own.
    std::vector<std::string> fitting(const std::string& type, const StageUse& but) const {
        std::vector<std::string> out;
        for (const StageUse& stage : graph.stages)
            for (const PortInfo& port : stage.use.type->outputs)
                if (port.type == type && &stage != &but) out.push_back(stage.name + "." + port.name);
        return out;
    }

    std::optional<Edge> edge(const Node& node, const StageUse& to, const PortInfo& port) const {
        const std::string owner = to.name + "." + port.name;
        if (node.unknown) return {};
        if (!node.scalar.is<std::string>()) {
            diagnostics.add(
                errors::wrong_type(node.span, to.name, "in." + port.name, "an edge, \"stage.port\"", described(node)));
            return {};
        }
        const std::string text = node.scalar.as<std::string>();
        const auto dot = text.find('.');
        const std::string stage_name = text.substr(0, dot),
                          port_name = dot == std::string::npos ? "" : text.substr(dot + 1);
        const auto from = std::find_if(graph.stages.begin(), graph.stages.end(),
                                       [&](const StageUse& s) { return s.name == stage_name; });
        if (from == graph.stages.end()) {
            // A stage whose own `use` is wrong was reported there; don't call its readers wrong as well.
            const auto declared =
                std::any_of(broken.begin(), broken.end(), [&](const auto& name) { return name == stage_name; });
            if (!declared)
                diagnostics.add(errors::unknown_stage(narrowed(node.span, stage_name), stage_name, stage_names()));
            return {};
        }
        const auto& outputs = from->use.type->outputs;
        std::size_t index = 0;
        if (dot == std::string::npos ? outputs.size() != 1
                                     : (index = static_cast<std::size_t>(
                                            std::find_if(outputs.begin(), outputs.end(),
                                                         [&](const PortInfo& p) { return p.name == port_name; }) -
                                            outputs.begin())) == outputs.size()) {
            auto known = port_names(outputs);
            if (dot == std::string::npos)
                for (std::string& name : known) name = stage_name + "." + name;
            diagnostics.add(errors::unknown_port(narrowed(node.span, port_name), "stage `" + stage_name + "`",
                                                 port_name, false, known));
            return {};
        }
        if (outputs[index].type != port.type) {
            diagnostics.add(errors::type_conflict(node.span, stage_name + "." + outputs[index].name,
                                                  outputs[index].type, owner, port.type, fitting(port.type, to)));
            return {};
        }
        return Edge{static_cast<std::size_t>(from - graph.stages.begin()), index, node.span};
    }

    void connect(std::size_t index) {
        StageUse& stage = graph.stages[index];
        const auto& ports = stage.use.type->inputs;
        stage.inputs.resize(ports.size());
        const Node* in = tables[index]->find("in");
        if (in != nullptr && in->type != Node::Type::table)
            return diagnostics.add(
                errors::wrong_type(in->span, "[stage." + stage.name + "]", "in", "a table of inputs", described(*in),
                                   ports.empty() ? "" : "write in." + ports.front().name + " = ..."));
        std::vector<std::string> meant;  // inputs whose names are most likely misspelt: not missing
        if (in != nullptr && in->type == Node::Type::table)
            for (const auto& [name, node] : in->members) {
                const auto known = port_names(ports);
                if (std::find(known.begin(), known.end(), name) != known.end()) continue;
                diagnostics.add(errors::unknown_port(node.key, "`" + stage.use.type->id + "`", name, true, known));
                if (auto near = nearest(name, known)) meant.push_back(std::move(*near));
            }
        for (std::size_t p = 0; p < ports.size(); ++p) {
            const Node* node = in == nullptr ? nullptr : in->find(ports[p].name);
            if (node == nullptr) {
                if (!ports[p].optional && std::find(meant.begin(), meant.end(), ports[p].name) == meant.end())
                    diagnostics.add(errors::not_connected(stage.use.span, stage.name, ports[p].name, ports[p].type,
                                                          fitting(ports[p].type, stage)));
                continue;
            }
            if (node->type != Node::Type::array) {
                if (auto found = edge(*node, stage, ports[p])) stage.inputs[p].push_back(*found);
                continue;
            }
            if (!ports[p].many) {
                std::vector<std::string> edges;
                for (const Node& element : node->elements)
                    if (element.scalar.is<std::string>()) edges.push_back(element.scalar.as<std::string>());
                diagnostics.add(errors::not_a_list(node->span, stage.name + "." + ports[p].name, edges));
                continue;
            }
            for (const Node& element : node->elements)
                if (auto found = edge(element, stage, ports[p])) stage.inputs[p].push_back(*found);
            if (node->elements.empty() && !ports[p].optional)
                diagnostics.add(errors::not_connected(node->span, stage.name, ports[p].name, ports[p].type,
                                                      fitting(ports[p].type, stage)));
        }
    }

    /// Kahn's algorithm, the earliest in the file first; false and an error where a cycle is left.
    bool order() {
        const std::size_t count = graph.stages.size();
        std::vector<std::size_t> sorted;
        std::vector<bool> done(count);
        while (sorted.size() < count) {
            std::size_t next = count;
            for (std::size_t i = 0; i < count && next == count; ++i) {
                if (done[i]) continue;
                bool ready = true;
                for (const auto& port : graph.stages[i].inputs)
                    for (const Edge& edge : port) ready &= done[edge.stage];
                if (ready) next = i;
            }
            if (next == count) {
                report_cycle(done);
                return false;
            }
            done[next] = true;
            sorted.push_back(next);
        }
        std::vector<std::size_t> place(count);
        std::vector<StageUse> stages;
        for (std::size_t i = 0; i < count; ++i) place[sorted[i]] = i;
        for (const std::size_t i : sorted) stages.push_back(std::move(graph.stages[i]));
        for (StageUse& stage : stages)
            for (auto& port : stage.inputs)
                for (Edge& edge : port) edge.stage = place[edge.stage];
        graph.stages = std::move(stages);
        return true;
    }

    void report_cycle(const std::vector<bool>& done) {
        // Walk back along unfinished inputs from the first unfinished stage until one is met again.
        std::vector<std::size_t> walked;
        std::size_t at = static_cast<std::size_t>(std::find(done.begin(), done.end(), false) - done.begin());
        Span span;
        while (std::find(walked.begin(), walked.end(), at) == walked.end()) {
            walked.push_back(at);
            bool moved = false;
            for (const auto& port : graph.stages[at].inputs)
                for (const Edge& edge : port)
                    if (!moved && !done[edge.stage]) {
                        span = edge.span;
                        at = edge.stage;
                        moved = true;
                    }
        }
        std::vector<std::string> path{graph.stages[at].name};
        for (auto it = walked.rbegin(); it != walked.rend(); ++it) {
            path.push_back(graph.stages[*it].name);
            if (*it == at) break;
        }
        diagnostics.add(errors::cycle(span, path));
    }

    /// Said only of a graph that is otherwise right: a reader may be among what is wrong.
    void find_unused() const {
        if (diagnostics.has_errors()) return;
        std::vector<bool> read(graph.stages.size());
        for (const StageUse& stage : graph.stages)
            for (const auto& port : stage.inputs)
                for (const Edge& edge : port) read[edge.stage] = true;
        for (std::size_t i = 0; i < graph.stages.size(); ++i) {
            const StageUse& stage = graph.stages[i];
            const auto& outputs = stage.use.type->outputs;
            const bool stores =
                std::any_of(outputs.begin(), outputs.end(), [](const PortInfo& p) { return is_stored_type(p.type); });
            if (!read[i] && !stores && !stage.keep) diagnostics.add(errors::unused(stage.span, stage.name));
        }
    }

    std::vector<std::string> broken;  ///< stages that are declared, but whose `use` is wrong
};

}  // namespace

void check_edges(Graph& graph, const std::vector<const Node*>& tables, const std::vector<std::string>& broken,
                 Diagnostics& diagnostics) {
    EdgeChecker checker{graph, tables, diagnostics, broken};
    for (std::size_t i = 0; i < graph.stages.size(); ++i) checker.connect(i);
    if (!checker.order()) return;
    check_splits(graph, diagnostics);
    if (!diagnostics.has_errors()) checker.find_unused();  // a reader may be missing only because of an error
}

bool is_stored_type(std::string_view port_type) {
    return port_type != Images::type_name && port_type != Maps::type_name;
}

}  // namespace fettle::runtime
