// One `use`: is there such a type, and do its parameters and components fit.
#include "graph/check.hpp"
#include "graph/document.hpp"

#include <fettle/suggest.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

const char* wanted(Kind kind) {
    switch (kind) {
        case Kind::boolean:
            return "true or false";
        case Kind::integer:
            return "an integer";
        case Kind::number:
            return "a number";
        case Kind::text:
            return "a text";
        case Kind::path:
            return "a path";
        case Kind::integers:
            return "a list of integers";
        case Kind::numbers:
            return "a list of numbers";
        case Kind::texts:
            return "a list of texts";
    }
    return "";
}

/// A text without quotes as what it stands for; nothing where it isn't that.
std::optional<Setting> meant_as(Kind kind, const std::string& text) {
    const auto whole = [&](auto value) -> std::optional<Setting> {
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size()) return {};
        return Setting(value);
    };
    if (kind == Kind::boolean && (text == "true" || text == "false")) return Setting(text == "true");
    if (kind == Kind::integer) return whole(std::int64_t{});
    if (kind == Kind::number) return whole(double{});
    return {};
}

std::optional<Setting> scalar_as(Kind kind, const Node& node) {
    if (node.type != Node::Type::scalar) return {};
    const Setting& s = node.scalar;
    if (node.bare && s.is<std::string>())
        if (auto meant = meant_as(kind, s.as<std::string>())) return meant;
    switch (kind) {
        case Kind::boolean:
            return s.is<bool>() ? std::optional(s) : std::nullopt;
        case Kind::integer:
            return s.is<std::int64_t>() ? std::optional(s) : std::nullopt;
        case Kind::number:
            if (s.is<std::int64_t>()) return Setting(s.number());
            return s.is<double>() ? std::optional(s) : std::nullopt;
        default:
            return s.is<std::string>() ? std::optional(s) : std::nullopt;
    }
}

std::optional<Kind> element_of(Kind kind) {
    switch (kind) {
        case Kind::integers:
            return Kind::integer;
        case Kind::numbers:
            return Kind::number;
        case Kind::texts:
            return Kind::text;
        default:
            return {};
    }
}

std::optional<Setting> value_as(Kind kind, const Node& node) {
    const auto element = element_of(kind);
    if (!element) return scalar_as(kind, node);
    if (node.type != Node::Type::array) {  // a list of one may be written without brackets
        auto single = scalar_as(*element, node);
        return single ? std::optional(Setting(Setting::List{std::move(*single)})) : std::nullopt;
    }
    Setting::List list;
    for (const Node& each : node.elements) {
        auto value = scalar_as(*element, each);
        if (!value) return {};
        list.push_back(std::move(*value));
    }
    return Setting(std::move(list));
}

/// The fix beside the caret where a value is of another type but plainly meant.
std::string rewritten(Kind kind, const Node& node) {
    if (node.type != Node::Type::scalar) return {};
    const Setting& s = node.scalar;
    const bool number = kind == Kind::integer || kind == Kind::number;
    if (s.is<std::string>() && !node.bare && (number || kind == Kind::boolean)) {
        const std::string& text = s.as<std::string>();
        const bool truth = text == "true" || text == "false";
        const bool digits = !text.empty() && text.find_first_not_of("0123456789.-+") == std::string::npos;
        return (number ? digits : truth) ? "write it without quotes: " + text : "";
    }
    if (kind == Kind::integer && s.is<double>() && s.number() == std::floor(s.number()) && std::abs(s.number()) < 1e15)
        return fmt::format("write {:.0f}", s.number());
    if ((kind == Kind::text || kind == Kind::path) && !s.is<std::string>() && !s.empty())
        return fmt::format("write \"{}\"", s.text());
    return {};
}

void report_type(const Node& node, const std::string& id, const ParameterInfo& parameter, Diagnostics& diagnostics) {
    const auto element = element_of(parameter.kind);
    if (element && node.type == Node::Type::array) {  // point at the first element that is wrong
        for (const Node& each : node.elements)
            if (!scalar_as(*element, each))
                return diagnostics.add(errors::wrong_type(each.span, id, parameter.name, wanted(parameter.kind),
                                                          "one with " + described(each), rewritten(*element, each)));
    }
    diagnostics.add(errors::wrong_type(node.span, id, parameter.name, wanted(parameter.kind), described(node),
                                       rewritten(parameter.kind, node)));
}

std::string shown(double bound) {
    return bound == std::floor(bound) && std::abs(bound) < 1e15 ? fmt::format("{:.0f}", bound)
                                                                : fmt::format("{:g}", bound);
}

/// What a value may be, in words: "between 1 and 10", "one of a, b".
std::string allowed(const Constraint& must) {
    if (!must.choices.empty()) return listed(must.choices, "or");
    std::string out = must.odd ? "odd, and " : "";
    if (must.lowest && must.highest)
        out += fmt::format("{} {} and {}", must.above_lowest ? "above" : "between", shown(*must.lowest),
                           (must.above_lowest ? "at most " : "") + shown(*must.highest));
    else if (must.lowest)
        out += (must.above_lowest ? "above " : "at least ") + shown(*must.lowest);
    else if (must.highest)
        out += "at most " + shown(*must.highest);
    else if (must.odd)
        out = "odd";
    return out;
}

bool satisfies(const Setting& value, const Constraint& must) {
    if (value.is<std::string>())
        return must.choices.empty() ||
               std::find(must.choices.begin(), must.choices.end(), value.as<std::string>()) != must.choices.end();
    if (value.is<bool>()) return true;
    const double number = value.number();
    if (!std::isfinite(number)) return false;
    if (must.odd && value.is<std::int64_t>() && value.as<std::int64_t>() % 2 == 0) return false;
    if (must.lowest && (number < *must.lowest || (must.above_lowest && number == *must.lowest))) return false;
    return !must.highest || number <= *must.highest;
}

/// int members hold 32 bits; anything beyond would be cut silently.
constexpr double int_limit = 2147483647;

void check_range(const Setting& value, const Node& node, const std::string& id, const ParameterInfo& parameter,
                 Diagnostics& diagnostics) {
    Constraint must = parameter.constraint;
    if (parameter.kind == Kind::integer || parameter.kind == Kind::integers) {
        if (!must.highest) must.highest = int_limit;
        if (!must.lowest) must.lowest = -int_limit;
    }
    std::vector<Setting> values{value};
    if (value.is<Setting::List>()) {
        values = value.as<Setting::List>();
        const auto values_text = [](std::size_t n) {
            return fmt::format("a list of {} value{}", n, n == 1 ? "" : "s");
        };
        if (must.length && values.size() != *must.length)
            return diagnostics.add(errors::out_of_range(node.span, id, parameter.name,
                                                        "be " + values_text(values.size()),
                                                        "it must be " + values_text(*must.length), ""));
    }
    for (std::size_t i = 0; i < values.size(); ++i) {
        const Setting& each = values[i];
        if (satisfies(each, must)) continue;
        const bool in_list = node.elements.size() == values.size();
        const Node& written = in_list ? node.elements[i] : node;
        std::string words = allowed(must);
        if (!each.is<std::string>() && !std::isfinite(each.number()) && !(must.lowest && must.highest))
            words = words.empty() ? "a finite number" : "finite, and " + words;
        const std::string hint = each.is<std::string>() ? did_you_mean(each.as<std::string>(), must.choices) : "";
        diagnostics.add(errors::out_of_range(written.span, id, parameter.name,
                                             (in_list ? "hold " : "be ") + written.scalar.text(),
                                             (in_list ? "each value must be " : "it must be ") + words, hint));
    }
}

void check_path(Given& given, const Node& node, const ParameterInfo& parameter, Diagnostics& diagnostics) {
    const std::string& text = given.value.as<std::string>();
    if (text.empty() && given.value == parameter.initial)
        return;  // a path that may be left out, as resolved graphs say it
    given.path = (node.base / text).lexically_normal();
    std::error_code error;
    if (text.empty() || (!parameter.constraint.may_be_missing && !fs::exists(given.path, error))) {
        const auto near = nearest_path(given.path);
        diagnostics.add(
            errors::missing_path(node.span, text, near ? "did you mean `" + *near + "`?" : "", given.path.string()));
    }
}

std::vector<std::string> keys_of(const TypeInfo& type) {
    std::vector<std::string> names;
    for (const auto& parameter : type.parameters) names.push_back(parameter.name);
    for (const auto& component : type.components) names.push_back(component.name);
    return names;
}

/// Whether the value can't be judged, for a reference in it that was reported.
bool is_unknown(const Node& node) {
    return node.unknown || std::any_of(node.elements.begin(), node.elements.end(), is_unknown);
}

Given check_parameter(const Node* node, const ParameterInfo& parameter, const std::string& id, const Span& use,
                      Diagnostics& diagnostics) {
    Given given;
    given.value = parameter.initial;
    given.span = use;
    if (node == nullptr) {
        if (parameter.constraint.required)
            diagnostics.add(errors::missing_parameter(use, id, parameter.name, parameter.doc));
        return given;
    }
    given.is_default = false;
    given.span = node->span;
    if (is_unknown(*node)) return given;
    const auto value = value_as(parameter.kind, *node);
    if (!value) {
        report_type(*node, id, parameter, diagnostics);
        return given;
    }
    given.value = *value;
    given.is_default = given.value == parameter.initial;
    check_range(given.value, *node, id, parameter, diagnostics);
    if (parameter.kind == Kind::path) check_path(given, *node, parameter, diagnostics);
    return given;
}

std::vector<Use> check_component(const Node* node, const ComponentInfo& component, const TypeInfo& type,
                                 const Span& use, const std::string& path, const Registry& registry,
                                 Diagnostics& diagnostics) {
    std::vector<Use> out;
    if (node == nullptr) {
        if (!component.optional)
            diagnostics.add(
                errors::missing_component(use, type.id, path, component.doc, registry.of_role(component.role)));
        return out;
    }
    if (is_unknown(*node)) return out;
    const bool is_list = node->type == Node::Type::array;
    if ((is_list && !component.many) || node->type == Node::Type::scalar) {
        diagnostics.add(errors::wrong_type(
            node->span, type.id, component.name,
            component.many ? "a list of tables, each with a `use`" : "a table with a `use`", described(*node)));
        return out;
    }
    std::vector<const Node*> tables;
    if (is_list)
        for (const Node& element : node->elements) tables.push_back(&element);
    else
        tables.push_back(node);
    for (const Node* table : tables)
        if (auto part = check_use(*table, path, component.role, {}, registry, diagnostics))
            out.push_back(std::move(*part));
    return out;
}

}  // namespace

std::optional<Use> check_use(const Node& table, const std::string& path, const std::string& wanted_role,
                             const std::vector<std::string>& reserved, const Registry& registry,
                             Diagnostics& diagnostics) {
    const bool as_stage = wanted_role == "stage";
    const auto known = as_stage ? std::vector<std::string>{} : registry.of_role(wanted_role);
    const Node* use = table.find("use");
    if (use != nullptr && use->unknown) return {};
    if (use != nullptr && !use->scalar.is<std::string>()) {
        diagnostics.add(
            errors::wrong_type(use->span, "[" + path + "]", "use", "the id of a stage or component", described(*use)));
        return {};
    }
    if (use == nullptr) {
        diagnostics.add(errors::missing_use(table.key.file ? table.key : table.span, path, known));
        return {};
    }
    const std::string& id = use->scalar.as<std::string>();
    const TypeInfo* type = registry.find(id);
    if (type == nullptr) {
        diagnostics.add(errors::unknown_use(use->span, id, as_stage ? registry.stages() : known));
        return {};
    }
    if (as_stage ? !type->stage : type->role != wanted_role) {
        diagnostics.add(errors::wrong_role(use->span, id, type->role, wanted_role, known));
        return {};
    }
    Use out{type, &registry.plugin_of(id), use->span, {}, {}};
    for (const auto& [name, member] : table.members) {
        const auto keys = keys_of(*type);
        if (name == "use" || std::find(reserved.begin(), reserved.end(), name) != reserved.end()) continue;
        if (std::find(keys.begin(), keys.end(), name) == keys.end())
            diagnostics.add(errors::unknown_parameter(member.key, id, name, keys));
    }
    for (const ParameterInfo& parameter : type->parameters)
        out.parameters.push_back(check_parameter(table.find(parameter.name), parameter, id, use->span, diagnostics));
    for (const ComponentInfo& component : type->components)
        out.components.push_back(check_component(table.find(component.name), component, *type, use->span,
                                                 path + "." + component.name, registry, diagnostics));
    return out;
}

}  // namespace fettle::runtime
