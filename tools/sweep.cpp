// `run --sweep`: every cell of a graph's [sweep], as one plan.
#include "compare.hpp"
#include "comparison/page.hpp"
#include "gates.hpp"
#include "show/show.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
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

/// Every cell beside the others, in the sweep's folder. Returns false, having said why, where that can't be written.
bool write_comparison(const fs::path& file, const SweepResult& result, const po::variables_map& options, bool json) {
    try {
        std::vector<PastRun> cells;
        for (const RunResult& cell : result.cells)
            if (!cell.folder.empty()) cells.push_back(read_past_run(cell.folder, options["output"].as<std::string>()));
        Comparison comparison = compare_past_runs(std::move(cells));
        if (result.status == Status::interrupted)
            comparison.remarks.emplace_back("the sweep was interrupted: `fettle compare` of its cells tests them");
        else
            add_tests(comparison, options, {});  // --set is the swept graph's; who stops it here has the page anyway
        write_page(file, comparison::page(comparison, false), "");
        return true;
    } catch (const std::exception& error) {
        Diagnostic wrong = errors::storage_failed({}, "", "");
        wrong.message = std::string("the comparison page is missing: ") + error.what();
        wrong.help = {"the cells are whole: `fettle compare` of them writes a page elsewhere (--html FILE)"};
        report({wrong}, json);
        return false;
    }
}

/// What a sweep found that ends around a stage.
std::string found_before(const CheckedSweep& checked, const SweepResult& result, const std::string& command,
                         bool json) {
    if (json) return sweep_json(*checked.sweep, checked.cells, result, command) + "\n";
    return sweep_text(*checked.sweep, result) + failed_gates_text(result.cells) +
           fmt::format("cells:   {}\nsweep:   {} ({:.1f} s)\n", (result.folder / "sweep.csv").string(),
                       result.folder.string(), result.seconds);
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
        settings.abandon = [&](const SweepResult& around) {
            end_around_a_stage(observer, around, json, found_before(checked, around, command_line, json));
        };
        result = run_sweep(*checked.sweep, checked.cells, *checked.registry, settings, *observer);
    }
    report(result.diagnostics, json);
    const bool any = std::any_of(result.cells.begin(), result.cells.end(),
                                 [](const RunResult& cell) { return cell.status == Status::done; });
    const fs::path page = result.folder / "comparison.html";
    const bool paged = any && !result.folder.empty() && write_comparison(page, result, options, json);
    if (!result.folder.empty() && json) {
        auto said = nlohmann::ordered_json::parse(sweep_json(*checked.sweep, checked.cells, result, settings.command));
        if (paged) said["page"] = page.string();
        std::cout << said.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    } else if (!result.folder.empty()) {
        std::cout << sweep_text(*checked.sweep, result) << failed_gates_text(result.cells);
        std::cout << fmt::format("cells:   {}\n", (result.folder / "sweep.csv").string());
        if (paged) std::cout << fmt::format("page:    {}\n", page.string());
        if (any && result.cells.size() > 1)
            std::cout << fmt::format("compare: fettle compare {}/*/\n", quoted(result.folder.string()));
        std::cout << fmt::format("sweep:   {} ({:.1f} s)\n", result.folder.string(), result.seconds);
    }
    if (result.status == Status::interrupted) {
        std::cerr << (settings.use_cache ? "interrupted; the same command carries on\n"
                                         : "interrupted; the same command carries on without --no-cache\n");
        return 128 + (received_signal != 0 ? received_signal.load() : SIGINT);
    }
    if (result.status != Status::done || (any && !paged)) return 1;
    return options.count("fail-on-gate") > 0 && fails_on_gates(result.cells) ? 1 : 0;
}

}  // namespace command
