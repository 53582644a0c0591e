// The command line. Results on standard output, everything else on standard error.
// Exit status: 0 done, 1 the user's fault, 2 ours, 129, 130 or 143 interrupted (128 and the signal's number).
#include "command.hpp"
#include "figures.hpp"
#include "gates.hpp"
#include "memory.hpp"
#include "show/show.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/program_options.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <sstream>
#include <thread>

namespace {

using namespace command;
using fettle::TypeInfo;

void on_signal(int number) {
    if (received_signal.exchange(number) != 0) _exit(128 + number);  // asked twice: now
}

struct Command {
    const char* name;
    const char* arguments;
    const char* summary;
    int (*run)(const po::variables_map&, const Arguments& arguments);
    std::size_t least, most;  ///< number of arguments
    const char* options;      ///< those it takes; of `plan` those of `run` too, so that one word makes one the other
};

int run(const po::variables_map& options, const Arguments& arguments) {
    if (options.count("sweep")) return sweep(options, arguments);
    const bool json = options.count("json") > 0;
    Diagnostics diagnostics;
    const Checked checked = check_file(options, arguments[0], diagnostics);
    if (report(diagnostics.all(), json) || !checked.graph) return 1;

    if (!json && has_sweep(options, arguments[0]))
        std::cerr << "the graph has a [sweep]; it runs as it stands: --sweep runs every cell\n";

    RunOptions settings = run_options(options);
    settings.command = command_line;
    RunResult result;
    {
        auto observer = make_observer(json);
        settings.abandon = [&](const auto& results) { end_around_a_stage(observer, results, json); };
        result = run_graph(*checked.graph, *checked.registry, settings, *observer);
    }
    report(result.diagnostics, json);
    if (result.folder.empty()) {
        // stopped while planning
    } else if (json) {
        nlohmann::ordered_json said{{"status", static_cast<int>(result.status)},
                                    {"folder", result.folder.string()},
                                    {"seconds", result.seconds},
                                    {"gates", gates_json(result)}};
        said.update(figures_json(result));
        std::cout << said.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    } else {
        std::cout << figures_text(result) << gates_text(result);
        for (const char* name : {"report.html", "report.json"})
            if (fs::exists(result.folder / name)) std::cout << "report: " << (result.folder / name).string() << "\n";
        std::cout << fmt::format("run:    {} ({:.1f} s)\n", result.folder.string(), result.seconds);
    }
    if (result.status == Status::interrupted) {
        std::cerr << (settings.use_cache ? "interrupted; the same command carries on\n"
                                         : "interrupted; the same command carries on without --no-cache\n");
        return 128 + (received_signal != 0 ? received_signal.load() : SIGINT);
    }
    if (result.status != Status::done) return 1;
    return options.count("fail-on-gate") > 0 && fails_on_gates({&result, 1}) ? 1 : 0;
}

int check_command(const po::variables_map& options, const Arguments& arguments) {
    Diagnostics diagnostics;
    const Checked checked = check_file(options, arguments[0], diagnostics);
    std::size_t cells = 0;
    if (has_sweep(options, arguments[0])) cells = check_sweep_file(options, arguments[0], diagnostics).cells.size();
    if (report(diagnostics.all(), options.count("json") > 0) || !checked.graph) return 1;
    if (options.count("resolved"))
        std::cout << resolved_toml(*checked.graph);
    else if (options.count("json"))
        std::cout << nlohmann::ordered_json{{"graph", arguments[0]},
                                            {"stages", checked.graph->stages.size()},
                                            {"cells", cells},
                                            {"errors", 0}}
                         .dump()
                  << "\n";
    else
        std::cout << fmt::format("{}: {} stages{}, no errors\n", arguments[0], checked.graph->stages.size(),
                                 cells > 0 ? fmt::format(", a sweep of {} cells", cells) : "");
    return 0;
}

int draw(const po::variables_map& options, const Arguments& arguments) {
    Diagnostics diagnostics;
    const Checked checked = check_file(options, arguments[0], diagnostics);
    if (report(diagnostics.all(), options.count("json") > 0) || !checked.graph) return 1;
    const std::string format = options["format"].as<std::string>();
    if (format != "mermaid" && format != "dot") {
        std::cerr << "fettle: --format is mermaid or dot, not " << format << "\n";
        return 1;
    }
    std::cout << (format == "dot" ? draw_dot(*checked.graph) : draw_mermaid(*checked.graph));
    return 0;
}

int list(const po::variables_map& options, const Arguments&) {
    Diagnostics diagnostics;
    const auto registry = make_registry(options, {}, diagnostics);
    const bool json = options.count("json") > 0;
    const bool error = report(diagnostics.all(), json);
    std::cout << (json ? list_json(*registry) : list_text(*registry));
    return error ? 1 : 0;
}

int inspect(const po::variables_map& options, const Arguments& arguments) {
    Diagnostics diagnostics;
    const auto registry = make_registry(options, {}, diagnostics);
    const bool json = options.count("json") > 0;
    const TypeInfo* type = registry->find(arguments[0]);
    if (type == nullptr) {
        std::vector<std::string> known = registry->stages();
        for (const PluginInfo& plugin : registry->plugins())
            for (const TypeInfo& each : plugin.types)
                if (!each.stage) known.push_back(each.id);
        diagnostics.add(errors::unknown_use({}, arguments[0], known));
    }
    if (report(diagnostics.all(), json)) return 1;
    const PluginInfo& plugin = registry->plugin_of(type->id);
    std::cout << (json ? inspect_json(*type, plugin) : inspect_text(*type, plugin));
    return 0;
}

int explain(const po::variables_map&, const Arguments& arguments) {
    std::vector<std::string> codes;
    for (const CatalogueEntry& entry : catalogue()) {
        if (arguments.empty()) std::cout << fmt::format("{}  {}\n", entry.code, entry.title);
        if (!arguments.empty() && arguments[0] == entry.code) {
            std::cout << fmt::format("{}: {}\n\n{}\n", entry.code, entry.title, entry.explanation);
            return 0;
        }
        codes.emplace_back(entry.code);
    }
    if (arguments.empty()) return 0;
    std::cerr << fmt::format("fettle: there is no error {}; {}\n", arguments[0], did_you_mean(arguments[0], codes));
    return 1;
}

constexpr Command commands[] = {
    {"run", "GRAPH", "run a graph (--sweep: every cell of it); what is done already comes from the cache", run, 1, 1,
     "set threads device output cache no-cache plugin memory stage-timeout sweep fail-fast fail-on-gate json"},
    {"check", "GRAPH", "find every error, run nothing (--resolved prints the graph with all defaults)", check_command,
     1, 1, "set cache plugin resolved json"},
    {"plan", "GRAPH", "say what would run, and why (--sweep of all cells, --why STAGE in full)", plan, 1, 1,
     "set threads device output cache no-cache plugin memory stage-timeout sweep fail-fast fail-on-gate why json"},
    {"draw", "GRAPH", "print the graph as a picture's source (--format mermaid or dot)", draw, 1, 1,
     "set cache plugin format json"},
    {"list", "", "list every stage and component", list, 0, 0, "cache plugin json"},
    {"inspect", "ID", "show all there is to know of one of them", inspect, 1, 1, "cache plugin json"},
    {"synth", "GRAPH STAGE", "make samples of a stage again: --sample N alone, or --sheet N in one picture", synth, 2,
     2, "set threads device output cache no-cache plugin memory sample sheet json"},
    {"metric", "ID A B", "compare two image files (or hashes) by any similarity or distance; --set window=7", metric, 3,
     3, "set threads device cache plugin json"},
    {"runs", "[GRAPH]", "list what has been run, what each run changed, and its main figures", runs, 0, 1,
     "output json"},
    {"compare", "RUN RUN...", "show runs side by side, with paired tests, and write a page (--html FILE)", compare, 1,
     1000, "set threads device output cache no-cache plugin memory html json"},
    {"verify", "GRAPH|RUN", "run a graph (--sweep: every cell) again from nothing and compare every stored result",
     verify, 1, 1, "set threads device output cache plugin memory stage-timeout sweep json"},
    {"cache", "", "show what is kept of earlier runs; --older-than 30d and --to 20G remove some of it", cache, 0, 0,
     "output cache older-than to dry-run json"},
    {"explain", "[CODE]", "explain an error, or list them all", explain, 0, 1, ""},
};

int usage(const po::options_description& options, std::ostream& out) {
    out << "fettle " FETTLE_VERSION
           ": visual anomaly detection from declarative graphs\n\nusage: fettle COMMAND ... [options]\n\n";
    for (const Command& command : commands)
        out << fmt::format("  {:<18}{}\n", fmt::format("{} {}", command.name, command.arguments), command.summary);
    out << "\n" << options;
    return &out == &std::cout ? 0 : 1;
}

/// Says which of the options given a command doesn't take; false: none.
bool takes_not(const Command& command, const po::parsed_options& given) {
    std::vector<std::string> taken;
    std::istringstream words(command.options);
    for (std::string word; words >> word;) taken.push_back(word);
    for (const po::option& option : given.options) {
        if (option.position_key >= 0 || std::find(taken.begin(), taken.end(), option.string_key) != taken.end())
            continue;
        std::cerr << fmt::format("fettle: `{}` takes no --{}; it takes {}{}\n", command.name, option.string_key,
                                 taken.empty() ? "no option" : "--", fmt::join(taken, ", --"));
        return true;
    }
    return false;
}

int dispatch(int argc, char** argv) {
    po::options_description options("options");
    options.add_options()("help,h", "print this")("version", "print the version")(
        "set", po::value<std::vector<std::string>>()->default_value({}, "")->composing()->value_name("K=V"),
        "change a value of the graph: --set train.epochs=5")(
        "threads", po::value<int>()->default_value(0, "all")->value_name("N"), "how many threads to use")(
        "device", po::value<std::string>()->value_name("D"), "cpu, cuda:0 or auto, whatever the graph says")(
        "output", po::value<std::string>()->default_value("runs")->value_name("DIR"),
        "where runs leave their folders: runs in the current folder where nothing is said")(
        "cache", po::value<std::string>()->value_name("DIR"),
        "where results are kept (default FETTLE_CACHE or ~/.cache/fettle)")(
        "no-cache", "compute everything again: from nothing, not from results or checkpoints of earlier runs")(
        "plugin", po::value<std::vector<std::string>>()->default_value({}, "")->composing()->value_name("PATH"),
        "a plugin, or a folder of plugins, to load as well")("sweep",
                                                             "with run and plan: every cell of the graph's [sweep]")(
        "fail-fast", "with run --sweep: one cell that fails stops the others")(
        "stage-timeout", po::value<double>()->value_name("SECONDS"),
        "with run: ask a stage to stop that told of no progress for so long, then end around it")(
        "why", po::value<std::string>()->value_name("STAGE"), "with plan: everything that made the stage stale")(
        "memory", po::value<std::string>()->value_name("SIZE"),
        "how much memory remembered samples may take: 512M (the default), 2G; a quarter of it more is read ahead")(
        "resolved", "with check: print the graph with every default filled in")(
        "sample", po::value<int>()->value_name("N"),
        "with synth: write sample N, counted from 0, with its mask and passport")(
        "sheet", po::value<int>()->value_name("N"), "with synth: show the first N samples in one picture")(
        "format", po::value<std::string>()->default_value("mermaid")->value_name("F"), "with draw: mermaid or dot")(
        "html", po::value<std::string>()->value_name("FILE"), "with compare: where to write the page")(
        "older-than", po::value<std::string>()->value_name("AGE"),
        "with cache: remove what no run has used for so long: 30d, 12h")(
        "to", po::value<std::string>()->value_name("SIZE"),
        "with cache: remove what was used longest ago, until the rest is no more than 20G")(
        "dry-run", "with cache: tell what would be removed, and leave it")(
        "fail-on-gate", "with run: end with status 1 where a gate of a report was not held")(
        "json", "events and results as JSON");
    po::options_description all;
    all.add(options).add_options()("arguments", po::value<std::vector<std::string>>()->default_value({}, ""));
    po::positional_options_description positions;
    positions.add("arguments", -1);
    po::variables_map values;
    std::optional<po::parsed_options> given;
    try {
        given = po::command_line_parser(argc, argv).options(all).positional(positions).run();
        po::store(*given, values);
        po::notify(values);
    } catch (const po::error& error) {
        std::cerr << "fettle: " << error.what() << "; `fettle --help` lists the options\n";
        return 1;
    }
    if (values.count("version")) {
        std::cout << "fettle " FETTLE_VERSION "\n";
        return 0;
    }
    auto arguments = values["arguments"].as<std::vector<std::string>>();
    if (values.count("help")) return usage(options, std::cout);
    if (arguments.empty()) return usage(options, std::cerr);
    wants_json = values.count("json") > 0;
    const int most = 4 * std::max(16, static_cast<int>(std::thread::hardware_concurrency()));
    if (values["threads"].as<int>() < 0 || values["threads"].as<int>() > most) {
        std::cerr << fmt::format("fettle: --threads is a number of threads, 1 to {} here\n", most);
        return 1;
    }
    if (values.count("memory"))
        if (const auto size = size_of(values["memory"].as<std::string>()); !size || *size < (1 << 20)) {
            std::cerr << fmt::format("fettle: --memory is a size, 1M or more, as in 512M or 2G, not {}\n",
                                     values["memory"].as<std::string>());
            return 1;
        }
    if (values.count("stage-timeout") &&
        !(values["stage-timeout"].as<double>() > 0 && values["stage-timeout"].as<double>() <= 1e6)) {
        std::cerr << fmt::format("fettle: --stage-timeout is a number of seconds, above 0, not {}\n",
                                 values["stage-timeout"].as<double>());
        return 1;
    }
    for (const char* folder : {"output", "cache"})
        if (values.count(folder) && values[folder].as<std::string>().empty()) {
            std::cerr << fmt::format("fettle: --{} names a folder, and is empty\n", folder);
            return 1;
        }
    std::vector<std::string> names;
    for (const Command& command : commands) {
        names.emplace_back(command.name);
        if (arguments[0] != command.name) continue;
        arguments.erase(arguments.begin());
        if (arguments.size() < command.least || arguments.size() > command.most) {
            std::cerr << fmt::format("usage: fettle {} {}\n", command.name, command.arguments);
            return 1;
        }
        if (takes_not(command, *given)) return 1;
        return command.run(values, arguments);
    }
    std::cerr << fmt::format("fettle: there is no command `{}`; {}\n", arguments[0], did_you_mean(arguments[0], names));
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();
    struct sigaction action {};
    action.sa_handler = on_signal;
    for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction before {};
        sigaction(number, nullptr, &before);
        if (before.sa_handler != SIG_IGN) sigaction(number, &action, nullptr);  // nohup means what it says
    }
    for (int i = 0; i < argc; ++i) command_line += (i == 0 ? "" : " ") + std::string(argv[i]);
    try {
        return dispatch(argc, argv);
    } catch (const Failure& failure) {
        std::cerr << (wants_json ? render_json(failure.diagnostic) + "\n" : render(failure.diagnostic, colour()));
        return 1;
    } catch (const std::exception& error) {
        std::cerr << "fettle: an error of its own: " << error.what() << "\n";
        return 2;
    }
}
