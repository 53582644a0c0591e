// `cache`: what is kept of earlier runs, and taking some of it away.
#include "command.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace command {
namespace {

using std::chrono::system_clock;

/// "30d" and the like; empty where it is none.
std::optional<system_clock::duration> age_of(const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const std::string_view unit(end);
    constexpr std::pair<std::string_view, double> units[] = {
        {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}, {"w", 604800}};
    for (const auto& [name, seconds] : units)
        if (unit == name && end != text.c_str() && number >= 0 && number * seconds < 1e10)
            return std::chrono::duration_cast<system_clock::duration>(std::chrono::duration<double>(number * seconds));
    return {};
}

std::string size_text(std::uintmax_t bytes) {
    constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < std::size(units); ++unit) value /= 1024;
    return unit == 0 ? fmt::format("{} B", bytes) : fmt::format("{:.1f} {}", value, units[unit]);
}

std::string time_text(system_clock::time_point time, const char* format) {
    return fmt::format(fmt::runtime(format), fmt::gmtime(system_clock::to_time_t(time)));
}

std::string of_stages(const CacheItem& item) {
    if (item.stages.empty())
        return item.kind == CacheItem::Kind::entry || item.kind == CacheItem::Kind::note ? "" : "an unfinished stage";
    const std::size_t more = item.stages.size() - 1;
    return item.stages.front() + (more > 0 ? fmt::format(" and {} more", more) : "") +
           (item.reached.empty() ? "" : ", " + item.reached);
}

std::string made_by(const CacheItem& item) {
    return item.kind == CacheItem::Kind::checkpoint ? "(checkpoint)"
           : item.kind == CacheItem::Kind::draft    ? "(not finished)"
           : item.kind == CacheItem::Kind::note     ? "(left over)"
                                                    : item.use;
}

nlohmann::ordered_json json_of(const CacheItem& item) {
    return {{"key", item.key},
            {"use", item.use},
            {"stages", item.stages},
            {"checkpoint", item.kind == CacheItem::Kind::checkpoint},
            {"draft", item.kind == CacheItem::Kind::draft},
            {"left_over", item.kind == CacheItem::Kind::note},
            {"memory", item.kind == CacheItem::Kind::memory},
            {"reached", item.reached},
            {"bytes", item.bytes},
            {"used", time_text(item.used, "{:%Y-%m-%dT%H:%M:%SZ}")},
            {"in_use", item.in_use}};
}

bool is_memory(const CacheItem& item) { return item.kind == CacheItem::Kind::memory; }

std::uintmax_t bytes_of(const std::vector<CacheItem>& items) {
    std::uintmax_t bytes = 0;
    for (const CacheItem& item : items) bytes += item.bytes;
    return bytes;
}

/// "5 results, 12.0 KiB with what is remembered of 3 graphs and cells".
std::string summary(const std::vector<CacheItem>& items, const char* unit) {
    const auto memories = static_cast<std::size_t>(std::count_if(items.begin(), items.end(), is_memory));
    return fmt::format("{}{}, {}{}", items.size() - memories, unit, size_text(bytes_of(items)),
                       memories == 0   ? ""
                       : memories == 1 ? " with what is remembered of 1 graph or cell"
                                       : fmt::format(" with what is remembered of {} graphs and cells", memories));
}

void print(const std::vector<CacheItem>& items, const std::string& last_line) {
    if (!std::all_of(items.begin(), items.end(), is_memory))
        std::cout << fmt::format("{:<17}{:>11}  {:<28}{}\n", "last used (UTC)", "size", "made by", "last result of");
    for (const CacheItem& item : items)
        if (!is_memory(item))
            std::cout << fmt::format("{:<17}{:>11}  {:<28}{}{}\n", time_text(item.used, "{:%Y-%m-%d %H:%M}"),
                                     size_text(item.bytes), made_by(item), of_stages(item),
                                     item.in_use ? "  (in use)" : "");
    std::cout << last_line;
}

int refuse(const char* option, const std::string& wanted, const std::string& given) {
    std::cerr << fmt::format("fettle: --{} is {}, not {}\n", option, wanted, given);
    return 1;
}

}  // namespace

int cache(const po::variables_map& options, const Arguments&) {
    PruneLimits limits;
    limits.dry_run = options.count("dry-run") > 0;
    if (options.count("older-than")) {
        const auto& text = options["older-than"].as<std::string>();
        limits.older_than = age_of(text);
        if (!limits.older_than) return refuse("older-than", "an age, as in 30d, 12h or 90m", text);
    }
    if (options.count("to")) {
        const auto& text = options["to"].as<std::string>();
        const auto size = size_of(text);
        if (!size) return refuse("to", "a size, as in 20G or 512M", text);
        limits.to = *size;
    }
    const bool prunes = limits.older_than || limits.to, json = options.count("json") > 0;
    if (limits.dry_run && !prunes) {
        std::cerr << "fettle: --dry-run goes with --older-than or --to\n";
        return 1;
    }
    const RunOptions settings = run_options(options);
    const fs::path folder = settings.cache.empty() ? default_cache_folder(settings.output / ".cache") : settings.cache;
    const Cache cache = prunes && !limits.dry_run ? Cache(folder) : Cache::to_look_at(folder);
    std::vector<CacheItem> gone;
    try {
        if (prunes) gone = prune(cache, limits, [] { return received_signal != 0; });
    } catch (const fettle::Interrupted&) {
        return 128 + received_signal;
    }
    const auto there = contents_of(cache);
    if (json) {
        nlohmann::ordered_json out{{"folder", cache.folder().string()}, {"bytes", bytes_of(there)}};
        out["items"] = nlohmann::ordered_json::array();
        for (const CacheItem& item : there) out["items"].push_back(json_of(item));
        if (prunes) {
            out[limits.dry_run ? "would_remove" : "removed"] = nlohmann::ordered_json::array();
            for (const CacheItem& item : gone)
                out[limits.dry_run ? "would_remove" : "removed"].push_back(json_of(item));
        }
        std::cout << out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
        return 0;
    }
    const auto used = std::count_if(there.begin(), there.end(), [](const CacheItem& item) { return item.in_use; });
    const std::string whole = fmt::format("{}, in {}{}\n", summary(there, " results"), cache.folder().string(),
                                          used > 0 ? fmt::format("; {} in use", used) : "");
    if (prunes)
        print(gone, fmt::format("{} {}; {}", limits.dry_run ? "would remove" : "removed", summary(gone, ""),
                                (limits.dry_run ? "now there are " : "left: ") + whole));
    else
        print(there, whole);
    return 0;
}

}  // namespace command
