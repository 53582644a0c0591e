// Pictures of samples, out of the report that a run left behind.
#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace comparison {

/// Of one sample, as data URIs; empty where the report has none.
struct Pictures {
    std::string original, reconstruction;
    std::string map;  ///< grey levels
};

/// The pictures of these samples in `report.html` of a run, by id: a page keeps them as JSON, in parts. Of several
/// sets of maps the one that `column` was made from, by its name, else the first. A run without such a page, or one of
/// another make, gives none.
std::map<std::string, Pictures> pictures_in(const std::filesystem::path& run, const std::set<std::string>& ids,
                                            const std::string& column);

}  // namespace comparison
