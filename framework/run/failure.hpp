// What a stage threw, in words.
#pragma once

#include "diagnose/diagnose.hpp"
#include "graph/graph.hpp"

#include <exception>
#include <filesystem>
#include <string>

namespace fettle::runtime {

/// An exception as a diagnostic that points into the graph: at the parameter that the error names, else at the
/// stage's `use`.                                                                     [any thread]
Diagnostic explain_exception(const StageUse& stage, std::exception_ptr failure);

/// How much room is left where a folder lies, in words; empty where that can't be told.
std::string free_space(const std::filesystem::path& folder);

}  // namespace fettle::runtime
