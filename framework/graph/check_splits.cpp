// What samples reach whom: the splits that every edge carries, where its samples were divided, and the leaks.
#include "graph/check.hpp"

#include <algorithm>

namespace fettle::runtime {
namespace {

struct SplitChecker {
    Graph& graph;
    Diagnostics& diagnostics;

    /// How a sample was chosen: the split stages it went through and the part it was put in, from the first on.
    using Origin = std::vector<std::pair<std::size_t, std::string>>;

    void check() {
        for (StageUse& stage : graph.stages) {
            std::set<std::string> inherited;
            for (std::size_t p = 0; p < stage.inputs.size(); ++p)
                if (stage.use.type->inputs[p].carries_split)
                    for (const Edge& edge : stage.inputs[p])
                        inherited.merge(std::set(graph.stages[edge.stage].splits[edge.port]));
            spread_origins(stage);
            spread_anomalies(stage);
            for (const PortInfo& port : stage.use.type->outputs) {
                const std::string split = split_of(stage, port);
                stage.splits.push_back(split.empty() ? inherited : std::set{split});
            }
            whole.push_back(is_whole(stage));
            refuse_leaks(stage);
            refuse_mixed_splits(stage);
        }
    }

    /// Whether calibration samples of its outputs may be anomalous. What is yet to be divided may become one.
    void spread_anomalies(const StageUse& stage) {
        bool inherited = false;
        for (std::size_t p = 0; p < stage.inputs.size(); ++p)
            if (stage.use.type->inputs[p].carries_split)
                for (const Edge& edge : stage.inputs[p])
                    inherited |= (divides(stage) || may_calibrate(edge)) && anomalies[edge.stage][edge.port];
        anomalies.emplace_back();
        for (const PortInfo& port : stage.use.type->outputs)
            anomalies.back().push_back(port.labels == Labels::any || (port.labels == Labels::kept && inherited));
    }

    const std::set<std::string>& splits_of(const Edge& edge) const {
        return graph.stages[edge.stage].splits[edge.port];
    }

    bool may_calibrate(const Edge& edge) const {
        const auto& splits = splits_of(edge);
        return splits.empty() || splits.count("calibrate") > 0 || splits.count("none") > 0;
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
            const std::string part = split_of(stage, port);
            const bool declares = port.split.starts_with("@") && part != "none";
            for (Origin origin : inherited) {
                if (divides(stage) || declares) origin.emplace_back(self, part);
                out.insert(std::move(origin));
            }
            origins.back().push_back(std::move(out));
        }
    }

    /// What was learned from travels on with a network, though its samples don't.
    static bool carries_origin(const PortInfo& port) { return port.carries_split || port.type == Network::type_name; }

    /// What an output says of its samples: "train", or what the parameter it names says; empty where it says nothing.
    static std::string split_of(const StageUse& stage, const PortInfo& port) {
        if (!port.split.starts_with("@")) return port.split;
        const auto& parameters = stage.use.type->parameters;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (parameters[i].name == port.split.substr(1)) return stage.use.parameters[i].value.as<std::string>();
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
            else if (calibrates && needs_anomalies(stage, port) && whole.back())
                refuse_normal_only(stage, p);
        }
    }

    static bool needs_anomalies(const StageUse& stage, const PortInfo& port) {
        if (!port.needs_anomalies.starts_with("@")) return !port.needs_anomalies.empty();
        const auto& parameters = stage.use.type->parameters;
        for (std::size_t i = 0; i < parameters.size(); ++i)
            if (parameters[i].name == port.needs_anomalies.substr(1)) return stage.use.parameters[i].value.as<bool>();
        return false;
    }

    void refuse_normal_only(const StageUse& stage, std::size_t input) const {
        const PortInfo& port = stage.use.type->inputs[input];
        const Edge* normal = nullptr;
        for (const Edge& edge : stage.inputs[input]) {
            if (splits_of(edge).count("calibrate") == 0) continue;
            if (anomalies[edge.stage][edge.port]) return;
            if (normal == nullptr) normal = &edge;
        }
        diagnostics.add(errors::no_anomalies(normal->span, stage.name + "." + port.name, chain(*normal, "calibrate")));
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

    std::vector<std::set<std::size_t>> sources;          ///< per stage in order: the stages its samples begin at
    std::vector<std::vector<std::set<Origin>>> origins;  ///< per stage and output
    std::vector<std::vector<bool>> anomalies;            ///< per stage and output: whether `calibrate` may hold some
    std::vector<bool> whole;                             ///< per stage that splits were spread to
};

}  // namespace

void check_splits(Graph& graph, Diagnostics& diagnostics) { SplitChecker{graph, diagnostics, {}, {}, {}, {}}.check(); }

}  // namespace fettle::runtime
