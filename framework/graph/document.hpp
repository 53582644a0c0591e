// Between the steps of reading a document; not part of the folder's interface.
#pragma once

#include "graph/graph.hpp"

namespace fettle::runtime {

/// A text as it stands, without parents, overrides and references; empty, and an error, where it is no TOML.
std::optional<Node> parse_document(const std::string& name, std::string_view text, const std::filesystem::path& base,
                                   Diagnostics& diagnostics);

/// A graph with what it extends and `overrides` over it, before stages are dropped and references replaced: what a
/// sweep varies. From a file, or from a text.
std::optional<Node> read_unfinished(const std::filesystem::path& file, const std::vector<std::string>& overrides,
                                    Diagnostics& diagnostics);
std::optional<Node> read_unfinished_text(const std::string& name, std::string_view text,
                                         const std::filesystem::path& base, const std::vector<std::string>& overrides,
                                         Diagnostics& diagnostics);
/// The rest of reading: drops stages and replaces references.
void finish_document(Node& document, const std::string& default_name, Diagnostics& diagnostics);

/// "train.epochs=5" (--set): the value over what the document says.
void apply_override(Node& document, const std::string& text, Diagnostics& diagnostics);

/// "stage.train.epochs" and "train.epochs": {"train", "epochs"}.
std::vector<std::string> steps_of(const std::string& path);

/// The step of a path that isn't there, and what is.
struct Nowhere {
    std::string step;
    std::vector<std::string> known;
};
/// Puts a value at "train.model.width", "parameters.side", "graph.seed" or "train.loss.0.weight", replacing what is
/// there. A path that ends in `use` makes the tables on its way. Nothing where it went well.
std::optional<Nowhere> put(Node& document, const std::string& path, Node value);

/// The names of a table's members; of none where there is no table.
std::vector<std::string> names_of(const Node* table);

/// Replaces ${name}, ${graph.name}, ${env:NAME} and ${env:NAME:-text} in every string below [graph], [parameters],
/// [stage] and [sweep]. A string that is one reference takes its value's type. A string whose beginning comes from the
/// environment has its relative paths start in the current folder; from a parameter, where that one was written.
void replace_references(Node& document, const std::string& default_name, Diagnostics& diagnostics);

/// Says which parameters of the graph's own file nothing refers to. What a parent sets may stay unread: the stages that
/// used it may have gone.
void find_unread_parameters(const Node& document, Diagnostics& diagnostics);

/// Reports what is wrong with [sweep] by itself: its form, paths that lead nowhere, too many cells.
void check_sweep(const Node& document, Diagnostics& diagnostics);

/// A value as TOML in one line.
std::string toml_text(const Node& node);

/// What a value is, in words: "a list", "the text \"abc\"", "true".
std::string described(const Node& node);

}  // namespace fettle::runtime
