// `run --sweep`: every cell of a graph's [sweep], as one plan.
#include "command.hpp"
#include "gates.hpp"
#include "show/show.hpp"

#include <fmt/format.h>

#include <csignal>
#include <iostream>

namespace command {
namespace {

/// A path as a shell takes it.
std::string quoted(const std::string& path) {
    constexpr auto plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+=,:@";
    if (path.find_first_not_of(plain) == std::string::npos) return path;
    std::string out = "'";
    for (const char c : path) out += c == '\'' ? "'\\''" : std::string(1, c);
    return out + "'";
}

}  // namespace

int sweep(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0;
    Diagnostics diagnostics;
    const CheckedSweep checked = check_sweep_file(options, arguments[0], diagnostics);
    if (report(diagnostics.all(), json) || checked.cells.empty()) return 1;

    RunOptions settings = run_options(options);
    settings.command = command_line;
    SweepResult result;
    {
        auto observer = make_observer(json);
        settings.abandon = [&](const auto& results) { end_around_a_stage(observer, results, json); };
        result = run_sweep(*checked.sweep, checked.cells, *checked.registry, settings, *observer);
    }
    report(result.diagnostics, json);
    if (!result.folder.empty() && json) {
        std::cout << sweep_json(*checked.sweep, checked.cells, result, settings.command) << "\n";
    } else if (!result.folder.empty()) {
        std::cout << sweep_text(*checked.sweep, result) << failed_gates_text(result.cells);
        std::cout << fmt::format("cells:   {}\n", (result.folder / "sweep.csv").string());
        std::cout << fmt::format("compare: fettle compare {}/*/\n", quoted(result.folder.string()));
        std::cout << fmt::format("sweep:   {} ({:.1f} s)\n", result.folder.string(), result.seconds);
    }
    if (result.status == Status::interrupted) {
        std::cerr << (settings.use_cache ? "interrupted; the same command carries on\n"
                                         : "interrupted; the same command carries on without --no-cache\n");
        return 128 + (received_signal != 0 ? received_signal.load() : SIGINT);
    }
    if (result.status != Status::done) return 1;
    return options.count("fail-on-gate") > 0 && fails_on_gates(result.cells) ? 1 : 0;
}

}  // namespace command
