#include "graph/document.hpp"

#include <algorithm>
#include <cstdlib>
#include <set>

namespace fettle::runtime {
namespace {

struct Replacer {
    Node& document;
    const std::string& default_name;
    Diagnostics& diagnostics;
    std::vector<std::string> open{};  ///< parameters being replaced, against circles
    std::set<std::string> done{};     ///< parameters that were: each is replaced once, and its errors are told once
    std::set<std::string> wrong{};    ///< those of them with an error

    std::vector<std::string> known() const {
        std::vector<std::string> names;
        if (const Node* parameters = document.find("parameters"))
            for (const auto& [name, node] : parameters->members) names.push_back(name);
        return names;
    }

    std::optional<Node> variable(const std::string& name, const Node& at) {
        Node found;
        found.type = Node::Type::scalar;
        found.base = at.base;
        found.bare = true;
        const auto separator = name.find(":-", 4);
        const std::string its_name = name.substr(4, separator == std::string::npos ? separator : separator - 4);
        if (const char* value = std::getenv(its_name.c_str()); value != nullptr && *value != '\0') {
            found.scalar = std::string(value);
            found.base = std::filesystem::current_path();
        } else if (separator != std::string::npos) {
            found.scalar = name.substr(separator + 2);
        } else {
            diagnostics.add(errors::undefined_reference(narrowed(at.span, "${" + name + "}"), name, {}));
            return {};
        }
        return found;
    }

    /// The value of one reference, or nothing (and an error, now or before).
    std::optional<Node> value_of(const std::string& name, const Node& at) {
        if (name.starts_with("env:")) return variable(name, at);
        if (name == "graph.name") {
            const Node* graph = document.find("graph");
            const Node* graph_name = graph == nullptr ? nullptr : graph->find("name");
            if (graph_name != nullptr) return *graph_name;
            Node named = at;
            named.scalar = default_name;
            return named;
        }
        Node* parameters = document.find("parameters");
        Node* parameter = parameters == nullptr ? nullptr : parameters->find(name);
        const Span here = narrowed(at.span, "${" + name + "}");
        if (parameter == nullptr) {
            diagnostics.add(errors::undefined_reference(here, name, known()));
            return {};
        }
        if (const auto first = std::find(open.begin(), open.end(), name); first != open.end()) {
            std::vector<std::string> chain(first, open.end());
            wrong.insert(chain.begin(), chain.end());
            chain.push_back(name);
            diagnostics.add(errors::circular_reference(here, chain));
            return {};
        }
        replace_parameter(name, *parameter);
        return wrong.count(name) > 0 ? std::nullopt : std::optional(*parameter);
    }

    void replace_parameter(const std::string& name, Node& parameter) {
        if (!done.insert(name).second) return;
        open.push_back(name);
        if (!replace(parameter)) wrong.insert(name);
        open.pop_back();
    }

    /// The references in everything below a node; false where one of them is wrong.
    bool replace(Node& node) {
        bool right = true;
        for (auto& [name, member] : node.members) right &= replace(member);
        for (Node& element : node.elements) right &= replace(element);
        const bool refers = node.type == Node::Type::scalar && node.scalar.is<std::string>() &&
                            node.scalar.as<std::string>().find("${") != std::string::npos;
        if (refers) node.unknown = !(right = replace_text(node));
        return right;
    }

    bool replace_text(Node& node) {
        const std::string text = node.scalar.as<std::string>();
        std::string out;
        std::filesystem::path base = node.base;
        for (std::size_t i = 0; i < text.size();) {
            if (text.compare(i, 3, "$${") == 0) {
                out += "${";
                i += 3;
                continue;
            }
            if (text.compare(i, 2, "${") != 0) {
                out += text[i++];
                continue;
            }
            const std::size_t end = text.find('}', i);
            if (end == std::string::npos) {
                diagnostics.add(errors::unclosed_reference(narrowed(node.span, text.substr(i)), text.substr(i)));
                return false;
            }
            auto value = value_of(text.substr(i + 2, end - i - 2), node);
            if (!value) return false;
            if (i == 0) base = value->base;
            if (i == 0 && end + 1 == text.size()) {  // the whole text: the value as it is
                value->span = node.span;
                value->key = node.key;
                node = std::move(*value);
                return true;
            }
            const std::string reference = text.substr(i, end - i + 1);
            if (value->type != Node::Type::scalar) {
                diagnostics.add(errors::wrong_type(narrowed(node.span, reference), "inside a text", reference,
                                                   "one value", described(*value)));
                return false;
            }
            out += value->scalar.is<std::string>() ? value->scalar.as<std::string>() : value->scalar.text();
            i = end + 1;
        }
        node.scalar = std::move(out);
        node.base = std::move(base);
        return true;
    }
};

}  // namespace

void replace_references(Node& document, const std::string& default_name, Diagnostics& diagnostics) {
    Replacer replacer{document, default_name, diagnostics};
    if (Node* graph = document.find("graph")) replacer.replace(*graph);
    if (Node* parameters = document.find("parameters"))
        for (auto& [name, parameter] : parameters->members) replacer.replace_parameter(name, parameter);
    for (const char* table : {"stage", "sweep"})
        if (Node* node = document.find(table)) replacer.replace(*node);
}

namespace {

/// Every name between `${` and `}` below a node.
void collect_references(const Node& node, std::set<std::string>& names) {
    for (const auto& [name, member] : node.members) collect_references(member, names);
    for (const Node& element : node.elements) collect_references(element, names);
    if (!node.scalar.is<std::string>()) return;
    const std::string& text = node.scalar.as<std::string>();
    for (auto at = text.find("${"); at != std::string::npos; at = text.find("${", at + 2))
        names.insert(text.substr(at + 2, text.find_first_of("}/ ", at) - at - 2));  // even where the end is missing
}

}  // namespace

void find_unread_parameters(const Node& document, Diagnostics& diagnostics) {
    const Node* parameters = document.find("parameters");
    if (parameters == nullptr) return;
    std::set<std::string> read;
    collect_references(document, read);
    std::vector<std::string> others;  // what a misspelt one may have been meant for
    for (const auto& [name, parameter] : parameters->members)
        if (read.count(name) > 0 || parameter.key.file != parameters->span.file) others.push_back(name);
    for (const auto& [name, parameter] : parameters->members)
        if (read.count(name) == 0 && parameter.key.file == parameters->span.file)
            diagnostics.add(errors::unused_parameter(parameter.key, name, others));
}

}  // namespace fettle::runtime
