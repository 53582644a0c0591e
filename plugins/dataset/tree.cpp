#include "tree.hpp"

#include <fettle/error.hpp>

#include <algorithm>
#include <limits>
#include <numeric>
#include <string_view>

namespace fs = std::filesystem;

namespace {

/// Calls use(part) for every part of a path between '/'.
template <class Use>
void for_each_part(std::string_view name, const Use& use) {
    while (!name.empty()) {
        const std::size_t slash = std::min(name.find('/'), name.size());
        use(name.substr(0, slash));
        name.remove_prefix(std::min(slash + 1, name.size()));
    }
}

bool left_behind(const std::string& name) {
    bool found = false;
    for_each_part(name, [&](std::string_view part) {
        found |= part == "__MACOSX" || (part.starts_with('.') && part != "." && part != "..");
    });
    return found;
}

/// Windows programs write '\'; "./" in front says nothing.
std::string tidy(std::string name) {
    std::replace(name.begin(), name.end(), '\\', '/');
    while (name.starts_with("./")) name.erase(0, 2);
    return name;
}

/// Optimal string alignment (Damerau 1964): insertions, deletions, changes, and neighbours swapped.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> d(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) d[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) d[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i)
        for (std::size_t j = 1; j <= b.size(); ++j) {
            d[i][j] = std::min({d[i - 1][j] + 1, d[i][j - 1] + 1, d[i - 1][j - 1] + (a[i - 1] != b[j - 1])});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = std::min(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[a.size()][b.size()];
}

/// The name in `folder` that is most like `wanted`; empty where none is.
std::string nearest(const fs::path& folder, const std::string& wanted) {
    std::string best;
    std::size_t least = std::max<std::size_t>(2, wanted.size() / 3) + 1;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const std::string name = entry.path().filename().string();
        const std::size_t far = distance(name, wanted);
        if (far < least || (far == least && !best.empty() && name < best)) least = far, best = name;
    }
    return best;
}

}  // namespace

std::vector<std::size_t> FileTree::order_of(std::vector<std::string>& names) {
    for (auto& name : names) name = tidy(std::move(name));
    std::vector<std::size_t> order(names.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::erase_if(order, [&](std::size_t i) { return left_behind(names[i]); });
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        const int less = names[a].compare(names[b]);
        return less != 0 ? less < 0 : a > b;
    });
    order.erase(
        std::unique(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return names[a] == names[b]; }),
        order.end());
    return order;
}

bool is_unsafe(const std::string& name) {
    bool found = name.starts_with('/') || (name.size() > 1 && name[1] == ':');
    for_each_part(name, [&](std::string_view part) { found |= part == ".."; });
    return found;
}

void report_missing(const fs::path& path) {
    fs::path folder = path;
    std::string missing;
    std::error_code error;
    do {
        missing = folder.filename().string();
        folder = folder.parent_path();
    } while (!folder.empty() && folder != folder.parent_path() && !fs::is_directory(folder, error));
    const fs::path place = folder.empty() ? fs::path(".") : folder;
    const std::string near = nearest(place, missing);
    const std::string where = folder.empty() ? "the current folder" : "`" + folder.string() + "`";
    throw fettle::Error(fettle::Fault::data, "there is no `" + path.string() + "`")
        .parameter("path")
        .help(where + " has no `" + missing + "`" + (near.empty() ? "" : "; did you mean `" + near + "`?"));
}
