#include "tree.hpp"

#include "layout.hpp"

#include <fettle/error.hpp>
#include <fettle/suggest.hpp>

#include <algorithm>
#include <array>
#include <fstream>
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

bool is_archive_name(const std::string& name) {
    constexpr std::array<std::string_view, 9> endings{".zip",  ".tar",    ".tar.gz",  ".tgz", ".tar.bz2",
                                                      ".tbz2", ".tar.xz", ".tar.zst", ".txz"};
    const std::string small = lower(name);
    return std::any_of(endings.begin(), endings.end(), [&](std::string_view each) { return small.ends_with(each); });
}

std::shared_ptr<const FileTree> open_tree(const fs::path& path, std::size_t memory) {
    if (!fs::exists(path)) report_missing(path);
    if (fs::is_directory(path)) return open_folder(path);
    char signature[2] = {};
    std::ifstream(path, std::ios::binary).read(signature, 2);
    return signature[0] == 'P' && signature[1] == 'K' ? open_zip(path) : open_tar(path, memory);
}

void report_missing(const fs::path& path) {
    fs::path folder = path;
    std::string missing;
    std::error_code error;
    do {
        missing = folder.filename().string();
        folder = folder.parent_path();
    } while (!folder.empty() && folder != folder.parent_path() && !fs::is_directory(folder, error));
    const auto near = fettle::nearest_path(path);
    const std::string where = folder.empty() ? "the current folder" : "`" + folder.string() + "`";
    throw fettle::Error(fettle::Fault::data, "there is no `" + path.string() + "`")
        .parameter("path")
        .help(where + " has no `" + missing + "`" + (near ? "; did you mean `" + *near + "`?" : ""));
}
