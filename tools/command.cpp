#include "command.hpp"

#include <unistd.h>

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

RunOptions run_options(const po::variables_map& options) {
    RunOptions out;
    out.threads = options["threads"].as<int>();
    if (options.count("device")) out.device = options["device"].as<std::string>();
    out.output = options["output"].as<std::string>();
    if (options.count("cache")) out.cache = options["cache"].as<std::string>();
    out.use_cache = options.count("no-cache") == 0;
    out.signal = &received_signal;
    return out;
}

}  // namespace command
