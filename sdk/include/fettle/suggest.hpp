// "Did you mean": what a misspelt word or path most likely stands for.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fettle {

/// The candidate nearest to a misspelt word, the first of equally near ones; none where more than a third of its
/// letters (one at least) differ. Distance: optimal string alignment, that is insertions, deletions, changes, and
/// neighbours swapped (Damerau, "A technique for computer detection and correction of spelling errors", 1964).
std::optional<std::string> nearest(std::string_view word, const std::vector<std::string>& candidates);

/// For a path that doesn't exist: the name nearest to its first missing part, among those that are beside it.
std::optional<std::string> nearest_path(const std::filesystem::path& missing);

}  // namespace fettle
