#include "graph/check.hpp"
#include "graph/document.hpp"

#include "graph/digest.hpp"

#include <fettle/random.hpp>

#include <algorithm>
#include <limits>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> top_keys{"format", "extends", "graph", "parameters", "stage", "sweep"};
const std::vector<std::string> graph_keys{"name", "summary", "seed", "device", "plugins"};
const std::vector<std::string> reserved{"use", "in", "drop", "keep", "note"};

void refuse_unknown(const Node& table, const std::vector<std::string>& known, const std::string& where,
                    Diagnostics& diagnostics) {
    for (const auto& [name, member] : table.members)
        if (std::find(known.begin(), known.end(), name) == known.end())
            diagnostics.add(errors::unknown_key(member.key, name, where, known));
}

template <class T>
std::optional<T> member(const Node& table, const char* name, const char* wanted, const std::string& where,
                        Diagnostics& diagnostics) {
    const Node* node = table.find(name);
    if (node == nullptr || node->unknown) return {};
    if (!node->scalar.is<T>()) {
        diagnostics.add(errors::wrong_type(node->span, where, name, wanted, described(*node)));
        return {};
    }
    return node->scalar.as<T>();
}

constexpr auto refused_in_names = ". \t/\\\"'";

bool is_name(const std::string& text) {
    return !text.empty() && text.find_first_of(refused_in_names) == std::string::npos;
}

void check_head(const Node& document, Graph& graph, Diagnostics& diagnostics) {
    refuse_unknown(document, top_keys, "a graph", diagnostics);
    for (const char* name : {"graph", "parameters", "stage"})
        if (const Node* table = document.find(name); table != nullptr && table->type != Node::Type::table)
            diagnostics.add(errors::wrong_type(table->span, "of a graph", name, "a table", described(*table)));
    const Node* format = document.find("format");
    if (format == nullptr || !format->scalar.is<std::int64_t>() || format->scalar.as<std::int64_t>() != 1) {
        Span at = format != nullptr ? format->span : document.span;
        if (!at.file && !document.members.empty()) at = document.members.front().second.key;
        if (format == nullptr && at.file) at.line = at.column = at.length = 1;
        diagnostics.add(errors::other_format(at, format != nullptr ? format->scalar.text() : ""));
    }
    graph.name = default_name(graph.file);
    const Node* head = document.find("graph");
    if (head == nullptr) return;
    refuse_unknown(*head, graph_keys, "[graph]", diagnostics);
    if (auto name = member<std::string>(*head, "name", "a text", "[graph]", diagnostics)) {
        if (is_name(*name))
            graph.name = *name;
        else
            diagnostics.add(errors::bad_name(head->find("name")->span, "a graph", *name, "it names the run's folder"));
    }
    graph.summary = member<std::string>(*head, "summary", "a text", "[graph]", diagnostics).value_or("");
    graph.seed = static_cast<std::uint64_t>(
        member<std::int64_t>(*head, "seed", "an integer", "[graph]", diagnostics).value_or(0));
    if (auto device = member<std::string>(*head, "device", "a text", "[graph]", diagnostics)) {
        graph.device = *device;
        graph.device_span = head->find("device")->span;
        if (!is_device(*device))
            diagnostics.add(errors::out_of_range(graph.device_span, "[graph]", "device", "be \"" + *device + "\"",
                                                 device_words, did_you_mean(*device, {"auto", "cpu", "cuda"})));
    }
}

/// The first parameter in back quotes in what is wrong that the graph sets, else its `use`.
Span blamed(const Use& use, std::string_view wrong) {
    for (auto at = wrong.find('`'); at != std::string_view::npos;) {
        const auto end = wrong.find('`', at + 1);
        if (end == std::string_view::npos) break;
        const auto quoted = wrong.substr(at + 1, end - at - 1);
        const auto name = quoted.substr(0, quoted.find(' '));  // "size" of "size = 12"
        for (std::size_t i = 0; i < use.parameters.size(); ++i)
            if (use.type->parameters[i].name == name && !use.parameters[i].is_default) return use.parameters[i].span;
        at = wrong.find('`', end + 1);
    }
    return use.span;
}

/// A type's own check, across its parameters. Its plugin is loaded for it, once per settings.
void own_check(const Use& use, Registry& registry, Diagnostics& diagnostics) {
    const std::string settings = sha256(use.plugin->banner.source + "\n" + component_toml(use));
    if (use.type->checks && !registry.passed(settings)) {
        const TypeEntry& entry = registry.load(use.type->id);
        const auto object = entry.create();
        for (std::size_t i = 0; i < use.parameters.size(); ++i) {
            const Given& given = use.parameters[i];
            if (!given.value.empty())
                entry.set[i](*object, given.path.empty() ? given.value : Setting(given.path.string()));
        }
        const std::string wrong = entry.check(*object);
        if (wrong.empty())
            registry.remember_passed(settings);
        else
            diagnostics.add(errors::check_failed(blamed(use, wrong), use.type->id, wrong));
    }
    for (const auto& parts : use.components)
        for (const Use& part : parts) own_check(part, registry, diagnostics);
}

}  // namespace

bool is_device(std::string_view text) {
    if (text == "auto" || text == "cpu" || text == "cuda") return true;
    if (!text.starts_with("cuda:")) return false;
    text.remove_prefix(5);
    return !text.empty() && text.size() <= 3 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::string default_name(const std::filesystem::path& file) {
    std::string name = file.stem().string();
    for (auto at = name.find_first_of(refused_in_names); at != std::string::npos;
         at = name.find_first_of(refused_in_names, at))
        name[at] = '-';
    return name;
}

std::vector<std::filesystem::path> plugin_places(const Node& document, Diagnostics& diagnostics) {
    const Node* head = document.find("graph");
    const Node* plugins = head == nullptr ? nullptr : head->find("plugins");
    std::vector<std::filesystem::path> places;
    if (plugins == nullptr) return places;
    for (const Node& element : plugins->elements) {
        if (element.scalar.is<std::string>())
            places.push_back((element.base / element.scalar.as<std::string>()).lexically_normal());
        else
            diagnostics.add(errors::wrong_type(element.span, "[graph]", "plugins", "a list of paths",
                                               "one with " + described(element)));
    }
    if (plugins->type != Node::Type::array)
        diagnostics.add(
            errors::wrong_type(plugins->span, "[graph]", "plugins", "a list of paths", described(*plugins)));
    return places;
}

std::optional<Graph> check(const Node& document, const std::filesystem::path& file, Registry& registry,
                           Diagnostics& diagnostics) {
    Graph graph;
    graph.file = file;
    check_head(document, graph, diagnostics);
    check_sweep(document, diagnostics);
    Diagnostics told_before;
    for (const auto& place : plugin_places(document, told_before)) graph.plugins.push_back(fs::absolute(place));

    std::vector<const Node*> tables;
    std::vector<std::string> broken;
    if (const Node* stages = document.find("stage")) {
        for (const auto& [name, table] : stages->members) {
            if (table.type != Node::Type::table) {
                diagnostics.add(
                    errors::wrong_type(table.span, "[stage]", name, "a table with a `use`", described(table)));
                continue;
            }
            if (!is_name(name))
                diagnostics.add(errors::bad_name(table.key, "a stage", name, "edges are written \"stage.port\""));
            auto use = check_use(table, "stage." + name, "stage", reserved, registry, diagnostics);
            if (!use) {
                broken.push_back(name);
                continue;
            }
            StageUse stage;
            stage.name = name;
            stage.use = std::move(*use);
            stage.span = table.key.file ? table.key : stage.use.span;
            stage.note = member<std::string>(table, "note", "a text", "[stage." + name + "]", diagnostics).value_or("");
            stage.keep =
                member<bool>(table, "keep", "true or false", "[stage." + name + "]", diagnostics).value_or(false);
            if (stage.keep)
                for (const PortInfo& port : stage.use.type->outputs)
                    if (port.type == Maps::type_name)
                        diagnostics.add(errors::cannot_keep(table.find("keep")->key, stage.use.type->id, port.type));
            stage.seed = derive_seed(graph.seed, name);
            graph.stages.push_back(std::move(stage));
            tables.push_back(&table);
        }
    }
    check_edges(graph, tables, broken, diagnostics);
    if (graph.stages.empty() && !diagnostics.has_errors()) diagnostics.add(errors::no_stages({}, graph.name));
    if (diagnostics.has_errors()) return {};
    for (const StageUse& stage : graph.stages) own_check(stage.use, registry, diagnostics);
    if (diagnostics.has_errors()) return {};
    return graph;
}

}  // namespace fettle::runtime
