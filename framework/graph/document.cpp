// TOML to Node trees: reading and `extends`. `--set` is in overrides.cpp, references are replaced in references.cpp.
#include "graph/document.hpp"

#include <toml++/toml.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

/// toml++ counts columns in code points; spans count bytes.
std::size_t byte_column(const SourceFile& file, std::size_t line, std::size_t column) {
    if (line == 0 || line > file.lines.size()) return column;
    const std::string& text = file.lines[line - 1];
    std::size_t points = 0;
    for (std::size_t i = 0; i < text.size(); ++i)
        if ((text[i] & 0xC0) != 0x80 && ++points == column) return i + 1;
    return text.size() + 1;
}

Span span_of(const toml::source_region& region, const Source& file) {
    Span span{file, region.begin.line, byte_column(*file, region.begin.line, region.begin.column), 1};
    if (region.begin.line == 0) return {};
    const std::size_t line_length =
        region.begin.line <= file->lines.size() ? file->lines[region.begin.line - 1].size() : 0;
    const std::size_t end =
        region.end.line == region.begin.line ? byte_column(*file, region.end.line, region.end.column) : line_length + 1;
    span.length = end > span.column ? end - span.column : 1;
    return span;
}

/// Position of a value, for putting members back into file order (toml++ iterates alphabetically).
std::pair<std::size_t, std::size_t> position(const toml::key& key, const toml::node& value) {
    const auto& at = key.source().begin ? key.source().begin : value.source().begin;
    return {at.line, at.column};
}

struct Converter {
    Source file;
    fs::path base;

    Node convert(const toml::node& value) const {
        Node node;
        node.span = span_of(value.source(), file);
        node.base = base;
        if (const auto* table = value.as_table()) {
            node.type = Node::Type::table;
            std::vector<std::pair<std::pair<std::size_t, std::size_t>, std::pair<std::string, Node>>> members;
            for (const auto& [key, member] : *table) {
                Node child = convert(member);
                child.key = span_of(key.source(), file);
                if (!child.span.file) child.span = child.key;
                members.push_back({position(key, member), {std::string(key.str()), std::move(child)}});
            }
            std::stable_sort(members.begin(), members.end(),
                             [](const auto& a, const auto& b) { return a.first < b.first; });
            for (auto& member : members) node.members.push_back(std::move(member.second));
        } else if (const auto* array = value.as_array()) {
            node.type = Node::Type::array;
            for (const auto& element : *array) node.elements.push_back(convert(element));
        } else {
            node.type = Node::Type::scalar;
            if (const auto* text = value.as_string()) node.scalar = text->get();
            if (const auto* integer = value.as_integer()) node.scalar = integer->get();
            if (const auto* number = value.as_floating_point()) node.scalar = number->get();
            if (const auto* truth = value.as_boolean()) node.scalar = truth->get();
        }
        return node;
    }
};

std::optional<std::string> text_of(const fs::path& file, std::string& why) {
    std::error_code error;
    if (!fs::exists(file, error)) {
        why = "there is no such file";
        return {};
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream || fs::is_directory(file)) {
        why = "it is no file that may be read";
        return {};
    }
    return std::string(std::istreambuf_iterator<char>(stream), {});
}

std::vector<std::string> names_beside(const fs::path& file) {
    std::vector<std::string> names;
    std::error_code error;
    const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
    for (const auto& entry : fs::directory_iterator(folder, error)) names.push_back(entry.path().filename().string());
    return names;
}

/// `child` over `parent`: tables merge, everything else replaces.
void merge(Node& parent, Node child) {
    if (parent.type != Node::Type::table || child.type != Node::Type::table) {
        parent = std::move(child);
        return;
    }
    parent.span = child.span;
    parent.key = child.key;
    for (auto& [name, member] : child.members) {
        if (Node* known = parent.find(name))
            merge(*known, std::move(member));
        else
            parent.members.emplace_back(name, std::move(member));
    }
}

std::optional<Node> read_with_parents(const fs::path& file, Span named_at, std::vector<std::string> chain,
                                      Diagnostics& diagnostics);

std::optional<Node> with_parents(std::optional<Node> node, const fs::path& folder, std::vector<std::string> chain,
                                 Diagnostics& diagnostics) {
    if (!node) return {};
    const Node* extends = node->find("extends");
    if (extends == nullptr) return node;
    if (!extends->scalar.is<std::string>()) {
        diagnostics.add(
            errors::wrong_type(extends->span, "of a graph", "extends", "the name of one file", described(*extends)));
        return {};
    }
    // Named as seen from where the child was named, so that errors in it read like those in the child.
    const fs::path parent_file = (folder / extends->scalar.as<std::string>()).lexically_normal();
    const Span at = extends->span;
    std::erase_if(node->members, [](const auto& member) { return member.first == "extends"; });
    auto parent = read_with_parents(parent_file, at, std::move(chain), diagnostics);
    if (!parent) return {};  // whatever else is missing now would be said wrongly
    merge(*parent, std::move(*node));
    return parent;
}

std::optional<Node> read_with_parents(const fs::path& file, Span named_at, std::vector<std::string> chain,
                                      Diagnostics& diagnostics) {
    std::error_code error;
    const std::string canonical = fs::weakly_canonical(file, error).string();
    const bool seen = std::find(chain.begin(), chain.end(), canonical) != chain.end();
    chain.push_back(canonical);
    if (seen) {
        for (auto& each : chain) each = fs::path(each).filename().string();
        diagnostics.add(errors::extends_itself(named_at, chain));
        return {};
    }
    std::string why;
    const auto text = text_of(file, why);
    if (!text) {
        diagnostics.add(errors::cannot_read(named_at, file.string(), why,
                                            did_you_mean(file.filename().string(), names_beside(file))));
        return {};
    }
    const fs::path folder = fs::absolute(file).parent_path();
    return with_parents(parse_document(file.string(), *text, folder, diagnostics), file.parent_path(), std::move(chain),
                        diagnostics);
}

void drop_stages(Node& document, Diagnostics& diagnostics) {
    Node* stages = document.find("stage");
    if (stages == nullptr) return;
    const std::vector<std::string> known = names_of(stages);
    std::erase_if(stages->members, [&](const auto& member) {
        const Node* drop = member.second.find("drop");
        if (drop == nullptr) return false;
        if (!drop->scalar.template is<bool>()) {
            diagnostics.add(errors::wrong_type(drop->span, "[stage." + member.first + "]", "drop", "true or false",
                                               described(*drop)));
            return false;
        }
        // A stage that holds nothing else was never there to be dropped.
        if (drop->scalar.template as<bool>() && member.second.members.size() == 1) {
            auto others = known;
            std::erase(others, member.first);
            diagnostics.add(errors::drops_nothing(member.second.key, member.first, others));
        }
        return drop->scalar.template as<bool>();
    });
}

/// What the files say, and `overrides` over them.

std::optional<Node> with_overrides(std::optional<Node> document, const std::vector<std::string>& overrides,
                                   Diagnostics& diagnostics) {
    if (!document) return {};
    find_unread_parameters(*document, diagnostics);
    for (const std::string& text : overrides) apply_override(*document, text, diagnostics);
    return document;
}

std::optional<Node> finished(std::optional<Node> document, const std::string& name, Diagnostics& diagnostics) {
    if (document) finish_document(*document, name, diagnostics);
    return document;
}

}  // namespace

void finish_document(Node& document, const std::string& default_name, Diagnostics& diagnostics) {
    drop_stages(document, diagnostics);
    replace_references(document, default_name, diagnostics);
}

std::optional<Node> parse_document(const std::string& name, std::string_view text, const fs::path& base,
                                   Diagnostics& diagnostics) {
    const Source source = make_source(name, text);
    try {
        const toml::table table = toml::parse(text, name);
        return Converter{source, base}.convert(table);
    } catch (const toml::parse_error& error) {
        const auto at = error.source().begin;
        diagnostics.add(errors::not_toml({source, at.line, byte_column(*source, at.line, at.column), 1},
                                         std::string(error.description())));
        return {};
    }
}

std::string described(const Node& node) {
    if (node.type == Node::Type::table) return "a table";
    if (node.type == Node::Type::array) return "a list";
    const Setting& s = node.scalar;
    if (s.is<std::string>()) return "the text " + s.text();
    if (s.is<std::int64_t>()) return "the integer " + s.text();
    if (s.is<double>()) return "the number " + s.text();
    if (s.is<bool>()) return s.text();
    return "a date";
}

const Node* Node::find(std::string_view member) const {
    for (const auto& [name, node] : members)
        if (name == member) return &node;
    return nullptr;
}
Node* Node::find(std::string_view member) { return const_cast<Node*>(std::as_const(*this).find(member)); }

std::optional<Node> read_document(const fs::path& file, const std::vector<std::string>& overrides,
                                  Diagnostics& diagnostics) {
    return finished(read_unfinished(file, overrides, diagnostics), default_name(file), diagnostics);
}

std::optional<Node> read_document_text(std::string name, std::string_view text, const fs::path& base,
                                       const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
    return finished(read_unfinished_text(name, text, base, overrides, diagnostics), default_name(name), diagnostics);
}

std::optional<Node> read_unfinished(const fs::path& file, const std::vector<std::string>& overrides,
                                    Diagnostics& diagnostics) {
    return with_overrides(read_with_parents(file, {}, {}, diagnostics), overrides, diagnostics);
}

std::optional<Node> read_unfinished_text(const std::string& name, std::string_view text, const fs::path& base,
                                         const std::vector<std::string>& overrides, Diagnostics& diagnostics) {
    return with_overrides(with_parents(parse_document(name, text, base, diagnostics), base, {}, diagnostics), overrides,
                          diagnostics);
}

}  // namespace fettle::runtime
