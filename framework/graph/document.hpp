// Between the steps of reading a document; not part of the folder's interface.
#pragma once

#include "graph/graph.hpp"

namespace fettle::runtime {

/// Replaces ${name}, ${graph.name}, ${env:NAME} and ${env:NAME:-text} in every string below [graph], [parameters] and
/// [stage]. A string that is one reference takes its value's type. A string whose beginning comes from the
/// environment has its relative paths start in the current folder; from a parameter, where that one was written.
void replace_references(Node& document, const std::string& default_name, Diagnostics& diagnostics);

/// Says which parameters of the graph's own file nothing refers to. What a parent sets may stay unread: the stages that
/// used it may have gone.
void find_unread_parameters(const Node& document, Diagnostics& diagnostics);

/// What a value is, in words: "a list", "the text \"abc\"", "true".
std::string described(const Node& node);

}  // namespace fettle::runtime
