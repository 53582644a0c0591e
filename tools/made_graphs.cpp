// Samples of a stage made again: a graph made up from the user's own.
#include "command.hpp"
#include "show/show.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>

namespace command {
namespace {

/// "stage" or "stage.port": the place of the stage, and the name of its output of images. Reports and returns nothing
/// where there is none.
std::optional<std::pair<std::size_t, std::string>> images_of(const Graph& graph, const std::string& name, bool json) {
    const std::string stage = name.substr(0, name.find('.')),
                      port = stage.size() < name.size() ? name.substr(stage.size() + 1) : "";
    std::vector<std::string> stages, ports;
    for (std::size_t s = 0; s < graph.stages.size(); ++s) {
        stages.push_back(graph.stages[s].name);
        if (graph.stages[s].name != stage) continue;
        for (const auto& output : graph.stages[s].use.type->outputs)
            if (output.type == fettle::Images::type_name) ports.push_back(output.name);
        if (port.empty() && ports.size() == 1) return std::pair(s, ports.front());
        for (const std::string& known : ports)
            if (known == port) return std::pair(s, known);
        if (ports.empty()) {
            std::cerr << fmt::format("fettle: `{}` gives no images\n", stage);
            return {};
        }
        for (std::string& known : ports) known = stage + "." + known;
        report({errors::unknown_port({}, "stage `" + stage + "`", port, false, ports)}, json);
        return {};
    }
    report({errors::unknown_stage({}, stage, stages)}, json);
    return {};
}

}  // namespace

/// The graph up to the stage, with a stage behind it that writes them down.
int synth(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0;
    if (options.count("sample") == options.count("sheet")) {
        std::cerr << "fettle: synth takes --sample N (that one alone) or --sheet N (so many in one picture)\n";
        return 1;
    }
    const bool alone = options.count("sample") > 0;
    const int number = options[alone ? "sample" : "sheet"].as<int>();
    if (number < (alone ? 0 : 1)) {
        std::cerr << (alone ? "fettle: samples are counted from 0\n" : "fettle: a sheet shows 1 sample or more\n");
        return 1;
    }
    Diagnostics diagnostics;
    const Checked whole = check_file(options, arguments[0], diagnostics);
    if (report(diagnostics.all(), json) || !whole.graph) return 1;
    const auto place = images_of(*whole.graph, arguments[1], json);
    if (!place) return 1;

    Graph part = needed_for(*whole.graph, place->first);
    const std::string stage = part.stages.back().name;
    part.name += "-synth";
    std::string name = "synth";
    while (std::any_of(part.stages.begin(), part.stages.end(), [&](const auto& each) { return each.name == name; }))
        name += "_";
    const std::string text =
        resolved_toml(part) + fmt::format("\n[stage.{}]\nuse = \"{}\"\nin.images = [\"{}.{}\"]\n{}", name,
                                          alone ? "dataset.write" : "dataset.sheet", stage, place->second,
                                          alone ? fmt::format("first = {}\ncount = 1\n", number)
                                                : fmt::format("count = {}\nmarks = \"beside\"\n", number));
    Diagnostics found;
    const Checked checked = check_document(read_document_text(arguments[0], text, fs::current_path(), {}, found),
                                           arguments[0], options, found);
    if (report_plainly(found.all(), json) || !checked.graph) return 1;
    RunOptions settings = run_options(options);
    settings.command = command_line;
    RunResult result;
    {
        const auto observer = make_observer(json);
        result = run_graph(*checked.graph, *checked.registry, settings, *observer);
    }
    if (report_plainly(result.diagnostics, json)) return 1;
    if (result.status == Status::interrupted) return 128 + received_signal.load();
    std::vector<std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(result.folder))
        if (const auto kind = entry.path().extension(); kind == ".png" || kind == ".csv" || kind == ".jsonl")
            if (entry.path().filename() != "journal.jsonl") files.push_back(entry.path().string());
    std::sort(files.begin(), files.end());
    if (json)
        std::cout << nlohmann::ordered_json{{"files", files}}.dump() << "\n";
    else
        for (const std::string& file : files) std::cout << file << "\n";
    return 0;
}

}  // namespace command
