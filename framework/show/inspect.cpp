#include "show/show.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;

const char* kind_text(Kind kind) {
    constexpr const char* words[] = {"boolean", "integer",          "number",          "text",
                                     "path",    "list of integers", "list of numbers", "list of texts"};
    return words[static_cast<int>(kind)];
}

std::string bounds_text(const Constraint& must) {
    if (!must.choices.empty()) {
        std::string out;
        for (const auto& choice : must.choices) out += (out.empty() ? "" : " | ") + choice;
        return out;
    }
    std::string out;
    if (must.lowest) out += fmt::format("{} {:g}", must.above_lowest ? ">" : ">=", *must.lowest);
    if (must.highest) out += fmt::format("{}<= {:g}", out.empty() ? "" : ", ", *must.highest);
    if (must.odd) out += out.empty() ? "odd" : ", odd";
    if (must.length) out += fmt::format("{}{} values", out.empty() ? "" : ", ", *must.length);
    return out;
}

std::string default_text(const ParameterInfo& p) {
    return p.constraint.required ? "required" : "= " + p.initial.text();
}

/// "@anomalies": " while `anomalies = true`".
std::string while_words(const std::string& needs) {
    return needs.starts_with("@") ? " while `" + needs.substr(1) + " = true`" : "";
}

std::string port_lines(const char* way, const std::vector<PortInfo>& ports) {
    std::string out;
    for (const PortInfo& port : ports) {
        std::string notes;
        if (port.many) notes += ", one or more";
        if (port.optional) notes += ", optional";
        if (port.learns) notes += ", refuses `test`";
        if (port.needs_calibration) notes += ", needs `calibrate`";
        if (!port.needs_anomalies.empty()) notes += ", anomalous ones among them" + while_words(port.needs_anomalies);
        if (!port.split.empty() && port.split.front() != '@') notes += ", split `" + port.split + "`";
        out += fmt::format("  {:<16} {:<13} {}{}\n", way + port.name, port.type, port.doc,
                           notes.empty() ? "" : " (" + notes.substr(2) + ")");
    }
    return out;
}

std::string sample(const TypeInfo& type) {
    std::string out = fmt::format("  [stage.name]\n  use = \"{}\"\n", type.id);
    for (const PortInfo& port : type.inputs)
        if (!port.optional)
            out += fmt::format("  in.{} = {}\n", port.name, port.many ? "[\"stage.port\"]" : "\"stage.port\"");
    for (const ParameterInfo& p : type.parameters)
        if (p.constraint.required) out += fmt::format("  {} = ...\n", p.name);
    for (const ComponentInfo& c : type.components)
        if (!c.optional) out += fmt::format("  [stage.name.{}]\n  use = \"...\"  # a {}\n", c.name, c.role);
    return out;
}

Json port_json(const PortInfo& port) {
    Json out{{"name", port.name}, {"type", port.type}, {"doc", port.doc}};
    if (port.many) out["many"] = true;
    if (port.optional) out["optional"] = true;
    if (port.learns) out["refuses"] = Json::array({"test", "none"});
    if (port.needs_calibration) out["needs"] = "calibrate";
    if (!port.needs_anomalies.empty()) out["needs_anomalies"] = port.needs_anomalies;
    if (!port.split.empty()) out["split"] = port.split;
    if (port.labels != Labels::any) out["labels"] = port.labels == Labels::kept ? "kept" : "normal";
    return out;
}

Json setting_json(const Setting& s) {
    return s.empty() ? Json() : s.is<std::string>() ? Json(s.as<std::string>()) : Json::parse(s.text());
}

Json type_json(const TypeInfo& type, const PluginInfo& plugin) {
    Json parameters = Json::array(), components = Json::array(), inputs = Json::array(), outputs = Json::array();
    for (const ParameterInfo& p : type.parameters) {
        Json entry{{"name", p.name}, {"type", kind_text(p.kind)}, {"doc", p.doc}};
        if (p.constraint.required)
            entry["required"] = true;
        else
            entry["default"] = setting_json(p.initial);
        if (p.constraint.lowest) entry[p.constraint.above_lowest ? "above" : "lowest"] = *p.constraint.lowest;
        if (p.constraint.highest) entry["highest"] = *p.constraint.highest;
        if (!p.constraint.choices.empty()) entry["choices"] = p.constraint.choices;
        if (p.constraint.length) entry["length"] = *p.constraint.length;
        if (p.constraint.odd) entry["odd"] = true;
        parameters.push_back(std::move(entry));
    }
    for (const ComponentInfo& c : type.components)
        components.push_back(
            {{"name", c.name}, {"role", c.role}, {"doc", c.doc}, {"many", c.many}, {"optional", c.optional}});
    for (const PortInfo& port : type.inputs) inputs.push_back(port_json(port));
    for (const PortInfo& port : type.outputs) outputs.push_back(port_json(port));
    return {{"id", type.id},
            {"role", type.role},
            {"summary", type.summary},
            {"stage", type.stage},
            {"inputs", inputs},
            {"outputs", outputs},
            {"parameters", parameters},
            {"components", components},
            {"random", type.random},
            {"deterministic", type.deterministic},
            {"revision", type.revision},
            {"plugin", plugin.name},
            {"version", plugin.version}};
}

}  // namespace

std::string list_text(const Registry& registry) {
    std::size_t width = 0;
    std::vector<std::pair<const TypeInfo*, const PluginInfo*>> all;
    for (const PluginInfo& plugin : registry.plugins())
        for (const TypeInfo& type : plugin.types) {
            all.emplace_back(&type, &plugin);
            width = std::max(width, type.id.size());
        }
    std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.first->id < b.first->id; });
    std::string out, family;
    for (const auto& [type, plugin] : all) {
        const std::string its = type->id.substr(0, type->id.find('.'));
        if (its != family)
            out += fmt::format("{}{}  ({} {}, {})\n", family.empty() ? "" : "\n", its, plugin->name, plugin->version,
                               plugin->summary);
        family = its;
        out += fmt::format("  {:<{}}  {}{}\n", type->id, width, type->summary, type->stage ? "" : "  (component)");
    }
    return out;
}

std::string list_json(const Registry& registry) {
    Json out = Json::array();
    for (const PluginInfo& plugin : registry.plugins())
        for (const TypeInfo& type : plugin.types) out.push_back(type_json(type, plugin));
    return out.dump(1) + "\n";
}

std::string inspect_text(const TypeInfo& type, const PluginInfo& plugin) {
    std::string out = fmt::format("{}  ({})\n  {}\n", type.id, type.role, type.summary);
    if (!type.inputs.empty()) out += "\ninputs\n" + port_lines("in.", type.inputs);
    if (!type.outputs.empty()) out += "\noutputs\n" + port_lines("", type.outputs);
    if (!type.parameters.empty()) {
        out += "\nparameters\n";
        std::size_t name = 0, kind = 0, initial = 0;
        for (const ParameterInfo& p : type.parameters) {
            name = std::max(name, p.name.size());
            kind = std::max(kind, std::string_view(kind_text(p.kind)).size());
            initial = std::max(initial, default_text(p).size());
        }
        for (const ParameterInfo& p : type.parameters) {
            const std::string bounds = bounds_text(p.constraint);
            out += fmt::format("  {:<{}}  {:<{}}  {:<{}}  {}{}\n", p.name, name, kind_text(p.kind), kind,
                               default_text(p), initial, p.doc, bounds.empty() ? "" : "  [" + bounds + "]");
        }
    }
    if (!type.components.empty()) {
        out += "\ncomponents\n";
        for (const ComponentInfo& c : type.components)
            out += fmt::format("  {:<12} a {}{}{}  {}\n", c.name, c.role, c.many ? ", one or more" : "",
                               c.optional ? ", optional" : "", c.doc);
    }
    if (type.stage) out += "\nin a graph\n" + sample(type);
    out += fmt::format("\nplugin {} {}, {}\n", plugin.name, plugin.version, plugin.file.string());
    if (!type.deterministic) out += "its last bits may depend on the number of threads\n";
    return out;
}

std::string inspect_json(const TypeInfo& type, const PluginInfo& plugin) {
    return type_json(type, plugin).dump(1) + "\n";
}

}  // namespace fettle::runtime
