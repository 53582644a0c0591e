// `--set` and the values of a sweep: one value put over what the files say.
#include "graph/document.hpp"

#include <algorithm>

namespace fettle::runtime {
namespace {

/// Brings the places in a value that was read as "value = ..." to where it stands in an override.
void shift(Node& node, const Source& source, std::size_t begin) {
    constexpr std::size_t before = std::string_view("value = ").size();
    for (Node& element : node.elements) {
        element.span = {source, 1, element.span.column - before + begin, element.span.length};
        shift(element, source, begin);
    }
}

/// The names that a path may begin with: the stages, and the tables of the graph.
Node* target_of(Node& document, const std::string& first) {
    Node* stages = document.find("stage");
    if (first == "graph" || first == "parameters") return document.find(first);
    if (Node* stage = stages == nullptr ? nullptr : stages->find(first)) return stage;
    return first == "sweep" ? document.find(first) : nullptr;
}

/// A member of a table, or an element of a list, counted from 0.
Node* member_of(Node& node, const std::string& step) {
    if (node.type == Node::Type::table) return node.find(step);
    if (node.type != Node::Type::array || step.empty() || step.size() > 6) return nullptr;
    if (step.find_first_not_of("0123456789") != std::string::npos) return nullptr;
    const std::size_t index = std::stoul(step);
    return index < node.elements.size() ? &node.elements[index] : nullptr;
}

std::vector<std::string> members_of(const Node& node) {
    std::vector<std::string> names = names_of(&node);
    for (std::size_t i = 0; i < node.elements.size(); ++i) names.push_back(std::to_string(i));
    return names;
}

}  // namespace

std::vector<std::string> steps_of(const std::string& path) {
    std::vector<std::string> steps;
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t dot = std::min(path.find('.', begin), path.size());
        steps.push_back(path.substr(begin, dot - begin));
        begin = dot + 1;
    }
    if (steps.size() > 2 && steps.front() == "stage") steps.erase(steps.begin());
    return steps;
}

std::vector<std::string> names_of(const Node* table) {
    std::vector<std::string> names;
    if (table != nullptr)
        for (const auto& [name, member] : table->members) names.push_back(name);
    return names;
}

std::optional<Nowhere> put(Node& document, const std::string& path, Node value) {
    const auto steps = steps_of(path);
    if (steps.front() == "graph" && document.find("graph") == nullptr)  // it may be left out where nothing is said
        document.members.emplace_back("graph", Node{});
    Node* at = target_of(document, steps.front());
    if (at == nullptr || steps.size() < 2) {
        auto known = names_of(document.find("stage"));
        for (const char* table : {"graph", "parameters"})
            if (document.find(table) != nullptr) known.emplace_back(table);
        return Nowhere{steps.front(), known};
    }
    for (std::size_t i = 1; i + 1 < steps.size(); ++i) {
        Node* next = member_of(*at, steps[i]);
        if (next == nullptr && at->type == Node::Type::table && steps.back() == "use") {
            Node table;
            table.key = value.key;
            table.span = value.span;
            table.base = value.base;
            at->members.emplace_back(steps[i], std::move(table));
            next = &at->members.back().second;
        }
        if (next == nullptr || next->type == Node::Type::scalar) return Nowhere{steps[i], members_of(*at)};
        at = next;
    }
    Node* known = member_of(*at, steps.back());
    if (known == nullptr && (steps.front() == "parameters" || at->type != Node::Type::table))
        return Nowhere{steps.back(), members_of(*at)};
    if (known != nullptr)
        *known = std::move(value);
    else
        at->members.emplace_back(steps.back(), std::move(value));
    return {};
}

void apply_override(Node& document, const std::string& text, Diagnostics& diagnostics) {
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0)
        return diagnostics.add(errors::bad_override(text, "there is no `=`"));
    const std::string path = text.substr(0, equals);
    if (steps_of(path).size() < 2)
        return diagnostics.add(errors::bad_override(text, "there is no `.` in `" + path + "`"));

    const std::string value_text = text.substr(equals + 1);
    const auto base = std::filesystem::current_path();
    Diagnostics tried;
    auto parsed = parse_document("--set", "value = " + value_text, base, tried);
    // A word that isn't TOML is taken as a text, so that --set photos.path=a.zip needs no quotes within quotes.
    const bool word = !value_text.empty() && value_text.find_first_of("\"'[]{}\n") == std::string::npos;
    const bool bare = !parsed && word;
    if (bare) parsed = parse_document("--set", "value = '" + value_text + "'", base, diagnostics);
    if (!parsed) return diagnostics.add(errors::bad_override(text, tried.all().front().message));
    Node value = std::move(parsed->members.front().second);
    const Source source = make_source("--set", text);
    value.key = {source, 1, 1, path.size()};
    value.bare = bare;
    shift(value, source, path.size() + 1);
    value.span = {source, 1, path.size() + 2, std::max<std::size_t>(1, value_text.size())};
    if (const auto nowhere = put(document, path, std::move(value)))
        diagnostics.add(errors::override_nowhere(path, nowhere->step, nowhere->known));
}

}  // namespace fettle::runtime
