// Between the steps of the check; not part of the folder's interface.
#pragma once

#include "graph/graph.hpp"

namespace fettle::runtime {

/// The parameters and components of one `use`, from its table: unknown keys, types, ranges, paths, roles.
/// `path` is the table's, "stage.train.loss", for messages; `reserved` are keys that belong to somebody else. Empty
/// where `use` itself is wrong.
std::optional<Use> check_use(const Node& table, const std::string& path, const std::string& wanted_role,
                             const std::vector<std::string>& reserved, const Registry& registry,
                             Diagnostics& diagnostics);

/// The edges of all stages, their order, splits and leaks (by check_splits), and unused stages. `tables[i]` is stage
/// i's table; `broken` are stages that are declared but whose `use` is wrong: their readers are not reported again.
void check_edges(Graph& graph, const std::vector<const Node*>& tables, const std::vector<std::string>& broken,
                 Diagnostics& diagnostics);

/// Which splits every output carries, into StageUse::splits; errors where a port would learn from what it is judged by.
/// The stages are in order and connected.
void check_splits(Graph& graph, Diagnostics& diagnostics);

}  // namespace fettle::runtime
