#include "memory.hpp"

#include <malloc.h>
#include <sys/resource.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <optional>
#include <sstream>

namespace train {
namespace {

namespace fs = std::filesystem;

/// The number behind a word at the beginning of a line ("MemAvailable:  20151700 kB"), in bytes.
std::optional<std::size_t> line_of(const fs::path& file, const std::string& word) {
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);) {
        std::istringstream words(line);
        std::string first, unit;
        std::size_t number = 0;
        if (!(words >> first >> number) || first != word) continue;
        words >> unit;
        return unit == "kB" ? number * 1024 : number;
    }
    return {};
}

/// The file's number; nothing where it is a word: "max".
std::optional<std::size_t> number_in(const fs::path& file) {
    std::ifstream stream(file);
    std::size_t number = 0;
    return stream >> number ? std::optional(number) : std::nullopt;
}

std::size_t less(std::size_t from, std::size_t what) { return from - std::min(from, what); }

/// The names of a group's files and lines, which the two versions have each their own of.
struct Names {
    const char *limit, *used, *resting, *active;
};

/// What the group in `folder` and those around it, up to `top`, leave. What is kept of files can be let go.
std::size_t left_in(fs::path folder, const fs::path& top, const Names& names) {
    std::size_t left = SIZE_MAX;
    for (;; folder = folder.parent_path()) {
        const auto limit = number_in(folder / names.limit), used = number_in(folder / names.used);
        if (limit && used) {
            const std::size_t files = line_of(folder / "memory.stat", names.resting).value_or(0) +
                                      line_of(folder / "memory.stat", names.active).value_or(0);
            left = std::min(left, less(*limit, less(*used, files)));
        }
        if (folder == top || folder == folder.parent_path()) return left;
    }
}

/// What the groups leave that /proc/self/cgroup names: "4:memory:/job" of version 1, "0::/job" of version 2.
std::size_t left_in_groups(const fs::path& proc, const fs::path& groups) {
    std::size_t left = SIZE_MAX;
    std::ifstream stream(proc / "self/cgroup");
    for (std::string line; std::getline(stream, line);) {
        std::istringstream fields(line);
        std::string number, kinds, path;
        std::getline(fields, number, ':'), std::getline(fields, kinds, ':'), std::getline(fields, path);
        const fs::path inside = fs::path(path).relative_path();
        if (kinds.empty())
            left = std::min(left, left_in(groups / inside, groups,
                                          {"memory.max", "memory.current", "inactive_file", "active_file"}));
        else if (kinds.find("memory") != std::string::npos)
            left = std::min(left, left_in(groups / "memory" / inside, groups / "memory",
                                          {"memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file",
                                           "total_active_file"}));
    }
    return left;
}

/// What a limit of the process leaves, of which so much is taken.
std::size_t left_of(__rlimit_resource kind, const std::optional<std::size_t>& taken) {
    rlimit limit{};
    if (!taken || getrlimit(kind, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return SIZE_MAX;
    return less(limit.rlim_cur, *taken);
}

std::size_t sum(std::size_t a, std::size_t b) { return a > SIZE_MAX - b ? SIZE_MAX : a + b; }

}  // namespace

std::size_t memory_left(const fs::path& proc, const fs::path& groups) {
    const std::size_t swap = line_of(proc / "meminfo", "SwapFree:").value_or(0);
    const std::size_t system = sum(line_of(proc / "meminfo", "MemAvailable:").value_or(SIZE_MAX), swap);
    const fs::path own = proc / "self/status";
    const std::size_t process =
        std::min(left_of(RLIMIT_AS, line_of(own, "VmSize:")), left_of(RLIMIT_DATA, line_of(own, "VmData:")));
    // What was freed and the allocator kept is there to be taken again.
    return sum(std::min({system, left_in_groups(proc, groups), process}), mallinfo2().fordblks);
}

std::string bytes_text(std::size_t bytes) {
    char text[32];
    const auto number = static_cast<double>(bytes);
    if (number >= 1e9)
        std::snprintf(text, sizeof text, "%.1f GB", number / 1e9);
    else
        std::snprintf(text, sizeof text, "%.0f MB", std::max(1.0, number / 1e6));
    return text;
}

}  // namespace train
