// How the stages hang together: edges, types, order, and what samples reach whom.
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

    /// How a sample was chosen: the split stages it went through and the part it was put in, from the first on.
    using Origin = std::vector<std::pair<std::size_t, std::string>>;

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

    void spread_splits() {
        for (StageUse& stage : graph.stages) {
            std::set<std::string> inherited;
            for (std::size_t p = 0; p < stage.inputs.size(); ++p)
                if (stage.use.type->inputs[p].carries_split)
                    for (const Edge& edge : stage.inputs[p])
                        inherited.merge(std::set(graph.stages[edge.stage].splits[edge.port]));
            spread_origins(stage);
            for (const PortInfo& port : stage.use.type->outputs) {
                std::string split = port.split;
                if (split.starts_with("@")) {
                    for (std::size_t i = 0; i < stage.use.type->parameters.size(); ++i)
                        if (stage.use.type->parameters[i].name == split.substr(1))
                            split = stage.use.parameters[i].value.as<std::string>();
                }
                stage.splits.push_back(split.empty() ? inherited : std::set{split});
            }
            whole.push_back(is_whole(stage));
            refuse_leaks(stage);
            refuse_mixed_splits(stage);
        }
    }

    void spread_origins(const StageUse& stage) {
        const std::size_t self = static_cast<std::size_t>(&stage - graph.stages.data());
        std::set<std::size_t> reached;
        std::set<Origin> inherited;
        for (std::size_t p = 0; p < stage.inputs.size(); ++p)
            for (const Edge& edge : stage.inputs[p]) {
                const PortInfo& port = stage.use.type->inputs[p];
                if (port.carries_split) reached.merge(std::set(sources[edge.stage]));
                if (carries_origin(port)) inherited.merge(std::set(origins[edge.stage][edge.port]));
            }
        if (reached.empty()) reached = {source_of(stage, self)};
        if (inherited.empty()) inherited = {Origin{}};
        sources.push_back(std::move(reached));
        origins.emplace_back();
        for (const PortInfo& port : stage.use.type->outputs) {
            std::set<Origin> out;
            const std::string part = port.split.starts_with("@") ? declared_split(stage) : port.split;
            for (Origin origin : inherited) {
                if (divides(stage) || (port.split.starts_with("@") && part != "none")) origin.emplace_back(self, part);
                out.insert(std::move(origin));
            }
            origins.back().push_back(std::move(out));
        }
    }

    /// What was learned from travels on with a network, though its samples don't.
    static bool carries_origin(const PortInfo& port) { return port.carries_split || port.type == Network::type_name; }

    static std::string declared_split(const StageUse& stage) {
        for (std::size_t i = 0; i < stage.use.type->parameters.size(); ++i)
            if (stage.use.type->parameters[i].name == "split") return stage.use.parameters[i].value.as<std::string>();
        return "none";
    }

    /// The first stage that reads the same files in the same way, whatever it calls them; most often itself.
    std::size_t source_of(const StageUse& stage, std::size_t self) const {
        for (std::size_t other = 0; other < self; ++other)
            if (reads_the_same(graph.stages[other].use, stage.use)) return other;
        return self;
    }

    static bool reads_the_same(const Use& one, const Use& other) {
        const auto paths = [](const Use& use) {
            std::set<std::string> found;
            for (const Given& given : use.parameters)
                if (!given.path.empty()) found.insert(given.path.string());
            return found;
        };
        if (paths(one).empty() || paths(one) != paths(other)) return false;
        if (one.type != other.type) return true;
        for (std::size_t i = 0; i < one.parameters.size(); ++i) {  // another product, or another table, of one archive
            const ParameterInfo& parameter = one.type->parameters[i];
            if (parameter.kind == Kind::text && parameter.name != "split" && parameter.name != "verify" &&
                one.parameters[i].value != other.parameters[i].value)
                return false;
        }
        return true;
    }

    static bool divides(const StageUse& stage) { return stage.use.type->role == "split"; }

    /// Whether some sample may be in both. Parts of one division are disjoint; two divisions of the same samples know
    /// nothing of each other.
    bool may_overlap(const Origin& left, const Origin& right) const {
        for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
            const auto& [one, its_part] = left[i];
            const auto& [other, others_part] = right[i];
            if (one == other && its_part != others_part) return false;
            if (one != other)
                return std::any_of(sources[one].begin(), sources[one].end(),
                                   [&](std::size_t source) { return sources[other].count(source) > 0; });
        }
        return !left.empty() && !right.empty();
    }

    static bool ends_in(const Origin& origin, const char* part) {
        return !origin.empty() && origin.back().second == part;
    }

    /// What was learned or calibrated on meets test samples of another division, among which it may be. Where results
    /// only stand side by side (measures, reports), nothing meets.
    void refuse_mixed_splits(const StageUse& stage) const {
        const auto& outputs = stage.use.type->outputs;
        const bool side_by_side = std::all_of(outputs.begin(), outputs.end(), [](const PortInfo& port) {
            return port.type == Measures::type_name || port.type == Files::type_name;
        });
        std::vector<Edge> edges;
        for (std::size_t p = 0; p < stage.inputs.size(); ++p)
            if (carries_origin(stage.use.type->inputs[p]) && !side_by_side)
                edges.insert(edges.end(), stage.inputs[p].begin(), stage.inputs[p].end());
        for (const Edge& learned : edges)
            for (const Edge& tested : edges) {
                if (&learned == &tested) continue;
                for (const Origin& seen : origins[learned.stage][learned.port])
                    for (const Origin& test : origins[tested.stage][tested.port])
                        if (!ends_in(seen, "test") && ends_in(test, "test") && may_overlap(seen, test))
                            return diagnostics.add(
                                errors::mixed_splits(tested.span, stage.name, named(test.back()), named(seen.back())));
            }
    }

    std::string named(const std::pair<std::size_t, std::string>& part) const {
        return graph.stages[part.first].name + "." + part.second;
    }

    /// "split.test -> rebuilt.images": how samples of `split` come to an edge.
    std::string chain(Edge edge, const std::string& split) const {
        std::string out;
        while (true) {
            const StageUse& from = graph.stages[edge.stage];
            out = from.name + "." + from.use.type->outputs[edge.port].name + (out.empty() ? "" : " -> " + out);
            if (!from.use.type->outputs[edge.port].split.empty()) return out;
            bool found = false;
            for (std::size_t p = 0; p < from.inputs.size() && !found; ++p)
                if (from.use.type->inputs[p].carries_split)
                    for (const Edge& before : from.inputs[p])
                        if (!found && graph.stages[before.stage].splits[before.port].count(split) > 0) {
                            edge = before;
                            found = true;
                        }
            if (!found) return out;
        }
    }

    void refuse_leaks(const StageUse& stage) const {
        for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
            const PortInfo& port = stage.use.type->inputs[p];
            bool calibrates = false;
            for (const Edge& edge : stage.inputs[p]) {
                const auto& splits = graph.stages[edge.stage].splits[edge.port];
                calibrates |= splits.count("calibrate") > 0;
                // Outside material may be anything but what is judged; what is divided may be anything but `test`.
                const bool takes_any_but_test = !port.carries_split || divides(stage);
                for (const char* refused : {"test", "none"})
                    if ((port.learns || (takes_any_but_test && refused == std::string_view("test"))) &&
                        splits.count(refused) > 0)
                        diagnostics.add(
                            errors::leak(edge.span, stage.name + "." + port.name, refused, chain(edge, refused)));
            }
            // Where an edge before it is wrong, nobody knows what would come; that edge was reported.
            if (port.needs_calibration && !calibrates && !stage.inputs[p].empty() && whole.back())
                diagnostics.add(errors::no_calibration(stage.inputs[p].front().span, stage.name + "." + port.name));
        }
    }

    /// Whether every input of a stage is connected, and of those before it. Stages come in order.
    bool is_whole(const StageUse& stage) const {
        for (std::size_t p = 0; p < stage.inputs.size(); ++p) {
            if (stage.inputs[p].empty() && !stage.use.type->inputs[p].optional) return false;
            for (const Edge& edge : stage.inputs[p])
                if (!whole[edge.stage]) return false;
        }
        return true;
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

    std::vector<std::set<std::size_t>> sources;          ///< per stage in order: the stages its samples begin at
    std::vector<std::vector<std::set<Origin>>> origins;  ///< per stage and output

    std::vector<bool> whole;          ///< per stage that splits were spread to
    std::vector<std::string> broken;  ///< stages that are declared, but whose `use` is wrong
};

}  // namespace

void check_edges(Graph& graph, const std::vector<const Node*>& tables, const std::vector<std::string>& broken,
                 Diagnostics& diagnostics) {
    EdgeChecker checker{graph, tables, diagnostics, {}, {}, {}, broken};
    for (std::size_t i = 0; i < graph.stages.size(); ++i) checker.connect(i);
    if (!checker.order()) return;
    checker.spread_splits();
    if (!diagnostics.has_errors()) checker.find_unused();  // a reader may be missing only because of an error
}

bool is_stored_type(std::string_view port_type) {
    return port_type != Images::type_name && port_type != Maps::type_name;
}

}  // namespace fettle::runtime
