#include "graph/document.hpp"

#include <algorithm>
#include <cstdlib>

namespace fettle::runtime {
namespace {

struct Replacer {
    Node& document;
    Diagnostics& diagnostics;
    std::vector<std::string> open;  ///< parameters being resolved, against circles

    std::vector<std::string> known() const {
        std::vector<std::string> names;
        if (const Node* parameters = document.find("parameters"))
            for (const auto& [name, node] : parameters->members) names.push_back(name);
        return names;
    }

    /// The value of one reference, or nothing (and an error).
    std::optional<Node> value_of(const std::string& name, const Node& at) {
        Node found;
        found.type = Node::Type::scalar;
        found.base = at.base;
        if (name.starts_with("env:")) {
            const auto separator = name.find(":-", 4);
            const std::string variable = name.substr(4, separator == std::string::npos ? separator : separator - 4);
            if (const char* value = std::getenv(variable.c_str()); value != nullptr && *value != '\0') {
                found.scalar = std::string(value);
                found.base = std::filesystem::current_path();
            } else if (separator != std::string::npos) {
                found.scalar = name.substr(separator + 2);
            } else {
                diagnostics.add(errors::undefined_reference(at.span, name, {}));
                return {};
            }
            return found;
        }
        if (name == "graph.name") {
            const Node* graph = document.find("graph");
            const Node* graph_name = graph == nullptr ? nullptr : graph->find("name");
            if (graph_name != nullptr) return *graph_name;
        }
        Node* parameters = document.find("parameters");
        Node* parameter = parameters == nullptr ? nullptr : parameters->find(name);
        if (parameter == nullptr || std::find(open.begin(), open.end(), name) != open.end()) {
            diagnostics.add(errors::undefined_reference(at.span, name, known()));
            return {};
        }
        open.push_back(name);
        replace(*parameter);
        open.pop_back();
        return *parameter;
    }

    void replace(Node& node) {
        for (auto& [name, member] : node.members) replace(member);
        for (Node& element : node.elements) replace(element);
        if (node.type != Node::Type::scalar || !node.scalar.is<std::string>()) return;
        const std::string text = node.scalar.as<std::string>();
        if (text.find("${") == std::string::npos) return;

        std::string out;
        std::filesystem::path base = node.base;
        for (std::size_t i = 0; i < text.size();) {
            if (text.compare(i, 3, "$${") == 0) {
                out += "${";
                i += 3;
                continue;
            }
            const std::size_t end = text.compare(i, 2, "${") == 0 ? text.find('}', i) : std::string::npos;
            if (end == std::string::npos) {
                out += text[i++];
                continue;
            }
            auto value = value_of(text.substr(i + 2, end - i - 2), node);
            if (!value) return;
            const bool whole = i == 0 && end + 1 == text.size();
            if (i == 0) base = value->base;
            if (whole) {
                value->span = node.span;
                value->key = node.key;
                node = std::move(*value);
                return;
            }
            if (value->scalar.is<std::string>())
                out += value->scalar.as<std::string>();
            else if (value->type == Node::Type::scalar)
                out += value->scalar.text();
            else
                diagnostics.add(errors::wrong_type(node.span, "a reference inside a text", text.substr(i, end - i + 1),
                                                   "one value", "a list or table"));
            i = end + 1;
        }
        node.scalar = std::move(out);
        node.base = std::move(base);
    }
};

}  // namespace

void replace_references(Node& document, Diagnostics& diagnostics) {
    Replacer replacer{document, diagnostics, {}};
    for (const char* table : {"graph", "parameters", "stage"})
        if (Node* node = document.find(table)) {
            if (std::string_view(table) != "parameters") {
                replacer.replace(*node);
                continue;
            }
            // Each parameter is open while it is resolved, so that one that leads back to itself is found.
            for (auto& [name, member] : node->members) {
                replacer.open = {name};
                replacer.replace(member);
                replacer.open.clear();
            }
        }
}

}  // namespace fettle::runtime
