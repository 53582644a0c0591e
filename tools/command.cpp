#include "command.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cmath>

#include <cstdlib>
#include <iostream>

namespace command {

std::atomic<int> received_signal{0};
std::string command_line;
bool wants_json = false;

bool colour() {
    const char* no_colour = std::getenv("NO_COLOR");
    return isatty(STDERR_FILENO) != 0 && (no_colour == nullptr || *no_colour == '\0');
}

/// Prints what is wrong and says whether there was an error.
bool report(const std::vector<Diagnostic>& diagnostics, bool json) {
    bool error = false;
    for (const Diagnostic& d : diagnostics) error |= d.severity == Severity::error;
    if (json) {
        for (const Diagnostic& d : diagnostics) std::cerr << render_json(d) << "\n";
    } else {
        std::cerr << render(diagnostics, colour());
    }
    return error;
}

bool report_plainly(std::vector<Diagnostic> diagnostics, bool json) {
    for (Diagnostic& diagnostic : diagnostics) diagnostic.span = {};
    return report(diagnostics, json);
}

/// The folder of what is remembered between calls; empty where there is none to be had.
static fs::path memory_folder(const po::variables_map& options) {
    return options.count("cache") ? fs::path(options["cache"].as<std::string>()) : default_cache_folder({});
}

std::unique_ptr<Registry> make_registry(const po::variables_map& options, const std::vector<fs::path>& more,
                                        Diagnostics& diagnostics) {
    std::vector<fs::path> places;
    for (const auto& place : options["plugin"].as<std::vector<std::string>>()) places.emplace_back(place);
    places.insert(places.end(), more.begin(), more.end());
    for (const auto& place : default_plugin_places()) places.push_back(place);
    const fs::path memory = memory_folder(options);
    return std::make_unique<Registry>(places, memory.empty() ? fs::path() : memory / "registry.json", diagnostics);
}

Checked check_document(const std::optional<Node>& document, const fs::path& file, const po::variables_map& options,
                       Diagnostics& diagnostics) {
    Checked out;
    if (!document) return out;
    const auto places = plugin_places(*document, diagnostics);
    out.registry = make_registry(options, places, diagnostics);
    out.graph = check(*document, file, *out.registry, diagnostics);
    return out;
}

Checked check_file(const po::variables_map& options, const std::string& file, Diagnostics& diagnostics) {
    return check_document(read_document(file, options["set"].as<std::vector<std::string>>(), diagnostics), file,
                          options, diagnostics);
}

CheckedSweep check_sweep_file(const po::variables_map& options, const std::string& file, Diagnostics& diagnostics) {
    CheckedSweep out;
    out.sweep = read_sweep(file, options["set"].as<std::vector<std::string>>(), diagnostics);
    if (!out.sweep) return out;
    const auto places = plugin_places(out.sweep->cells.front().document, diagnostics);
    out.registry = make_registry(options, places, diagnostics);
    out.cells = check_cells(*out.sweep, file, *out.registry, diagnostics);
    return out;
}

bool has_sweep(const po::variables_map& options, const std::string& file) {
    Diagnostics told_elsewhere;
    const auto document = read_document(file, options["set"].as<std::vector<std::string>>(), told_elsewhere);
    return document && document->find("sweep") != nullptr;
}

std::optional<std::size_t> size_of(const std::string& text) {
    char* end = nullptr;
    const double number = std::strtod(text.c_str(), &end);
    const std::string_view unit(end);
    constexpr std::string_view letters = "KMGT";
    const std::size_t power = unit.empty() ? std::string_view::npos : letters.find(unit.front());
    const auto rest = unit.substr(power == std::string_view::npos ? 0 : 1);
    if (end == text.c_str() || !(number >= 0) || (rest != "" && rest != "B" && rest != "iB")) return {};
    const double bytes = std::ldexp(number, power == std::string_view::npos ? 0 : 10 * (static_cast<int>(power) + 1));
    if (bytes > 1e18) return {};
    return static_cast<std::size_t>(bytes);
}

RunOptions run_options(const po::variables_map& options) {
    RunOptions out;
    out.threads = options["threads"].as<int>();
    if (options.count("device")) out.device = options["device"].as<std::string>();
    out.output = options["output"].as<std::string>();
    if (options.count("cache")) out.cache = options["cache"].as<std::string>();
    out.use_cache = options.count("no-cache") == 0;
    out.fail_fast = options.count("fail-fast") > 0;
    if (options.count("memory")) out.memo_bytes = *size_of(options["memory"].as<std::string>());
    out.signal = &received_signal;
    if (options.count("stage-timeout")) out.stage_timeout = options["stage-timeout"].as<double>();
    return out;
}

void end_around_a_stage(std::unique_ptr<Observer>& observer, const SweepResult& result, bool json,
                        const std::string& found) {
    observer.reset();
    const RunResult& run = result.cells.front();
    const bool sweep = !result.folder.empty();
    report(sweep ? result.diagnostics : run.diagnostics, json);
    const std::string folder = (sweep ? result.folder : run.folder).string();
    const double seconds = sweep ? result.seconds : run.seconds;
    if (!found.empty())
        std::cout << found;
    else if (json)
        std::cout << nlohmann::ordered_json{{"status", static_cast<int>(Status::failed)},
                                            {"folder", folder},
                                            {"seconds", seconds}}
                         .dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace)
                  << "\n";
    else
        std::cout << fmt::format("{}{} ({:.1f} s)\n", sweep ? "sweep:  " : "run:    ", folder, seconds);
    std::cout.flush();
    std::cerr.flush();
    _exit(1);
}

}  // namespace command
