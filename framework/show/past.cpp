#include "show/past.hpp"

#include "graph/graph.hpp"

#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <fstream>
#include <limits>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

std::string text_of(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

/// A value as TOML in one line.
std::string value_text(const Node& node) {
    if (node.type == Node::Type::scalar) return node.scalar.text();
    std::string out;
    if (node.type == Node::Type::array) {
        for (const Node& each : node.elements) out += (out.empty() ? "" : ", ") + value_text(each);
        return "[" + out + "]";
    }
    for (const auto& [name, each] : node.members) out += (out.empty() ? "" : ", ") + name + " = " + value_text(each);
    return "{" + out + "}";
}

void add_settings(SettingTexts& out, const std::string& path, const Node& node) {
    const bool tables =
        node.type == Node::Type::array && !node.elements.empty() && node.elements.front().type == Node::Type::table;
    if (node.type == Node::Type::table)
        for (const auto& [name, member] : node.members) add_settings(out, path + "." + name, member);
    else if (tables)
        for (std::size_t i = 0; i < node.elements.size(); ++i)
            add_settings(out, path + "." + std::to_string(i), node.elements[i]);
    else
        out.emplace_back(path, value_text(node));
}

/// The name of a resolved graph and its settings; names and summaries aren't among them, since they change nothing.
void read_graph(PastRun& run) {
    Diagnostics diagnostics;
    const auto document = read_document_text("graph.toml", text_of(run.folder / "graph.toml"), {}, {}, diagnostics);
    if (!document || diagnostics.has_errors()) {
        run.trouble.emplace_back("its graph can't be read");
        return;
    }
    if (const Node* graph = document->find("graph"))
        for (const auto& [name, value] : graph->members) {
            if (name == "seed" || name == "device") add_settings(run.settings, "graph." + name, value);
            if (name == "name" && value.scalar.is<std::string>()) run.graph = value.scalar.as<std::string>();
        }
    if (const Node* stages = document->find("stage"))
        for (const auto& [name, stage] : stages->members) add_settings(run.settings, name, stage);
}

/// Which is everything but the key behind its last hyphen; a hyphen and a number may follow it.
std::string key_in(const std::string& folder) {
    const auto first = folder.find('-'), second = folder.find('-', first + 1);
    if (first == folder.npos || second == folder.npos) return folder;
    return folder.substr(second + 1, folder.find('-', second + 1) - second - 1);
}

template <class T>
T value_or(const Json& json, const char* name, T otherwise) {
    const auto found = json.find(name);
    if (found == json.end()) return otherwise;
    try {
        return found->get<T>();
    } catch (const Json::exception&) {
        return otherwise;
    }
}

std::string source_of(const std::string& built) {
    const auto at = built.find("source=");
    return at == built.npos ? built : built.substr(at + 7);
}

void read_record(PastRun& run) {
    const Json record = Json::parse(text_of(run.folder / "run.json"), nullptr, /*allow_exceptions=*/false);
    if (!record.is_object()) {
        const bool there = fs::exists(run.folder / "run.json");
        run.status = there ? "damaged" : "unfinished";
        run.trouble.emplace_back(there ? "its run.json is damaged"
                                       : "it has no run.json: it was killed, or it still runs");
        return;
    }
    run.graph = value_or(record, "graph", run.graph);
    run.status = value_or<std::string>(record, "status", "damaged");
    run.started = value_or<std::string>(record, "started", "");
    run.seconds = value_or(record, "seconds", run.seconds);
    run.command = value_or<std::string>(record, "command", "");
    const Json cell = value_or(record, "cell", Json::object());
    for (const auto& [path, value] : cell.items())
        if (value.is_string()) run.cell.emplace_back(path, value.get<std::string>());
    for (const Json& plugin : value_or(record, "plugins", Json::array()))
        run.plugins[value_or<std::string>(plugin, "name", "?")] =
            value_or<std::string>(plugin, "version", "") + " " + source_of(value_or<std::string>(plugin, "built", ""));
    for (const Json& stage : value_or(record, "stages", Json::array())) {
        const std::string name = value_or<std::string>(stage, "name", "?");
        for (const auto& [path, digest] : value_or(stage, "reads", std::map<std::string, std::string>()))
            run.reads[name + ": " + path] = digest;
    }
}

/// Values are read from folders of their own; the run's folder holds them as files beside one another.
Ref<Measures> load_measures(const fs::path& file) {
    std::string name = (fs::temp_directory_path() / "fettle-past-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) return {};
    const fs::path folder = name;
    Ref<Measures> out;
    try {
        fs::create_symlink(fs::absolute(file), folder / "value.json");
        out = std::dynamic_pointer_cast<const Measures>(load_value(Measures::type_name, folder));
    } catch (const std::exception&) {
    }
    std::error_code error;
    fs::remove_all(folder, error);
    return out;
}

/// measures.json goes first, then those that other stages of the graph left.
void read_measures(PastRun& run) {
    std::vector<fs::path> files;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(run.folder, error)) {
        const std::string name = entry.path().filename().string();
        if (name.starts_with("measures") && name.ends_with(".json")) files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end(), [](const fs::path& a, const fs::path& b) { return a.stem() < b.stem(); });
    for (const fs::path& file : files) {
        const auto measures = load_measures(file);
        if (!measures) {
            run.trouble.push_back("its " + file.filename().string() + " is damaged");
            continue;
        }
        if (measures->judgements.empty()) continue;
        run.tables.push_back(measures->scores);
        for (const Judgement& judgement : measures->judgements) {
            run.judgements.push_back(judgement);
            run.table_of.push_back(run.tables.size() - 1);
        }
    }
}

}  // namespace

bool is_run_folder(const fs::path& folder) {
    std::error_code error;
    const auto has = [&](const char* name) { return fs::exists(folder / name, error); };
    return !has("sweep.json") && (has("run.json") || (has("graph.toml") && has("journal.jsonl")));
}

PastRun read_past_run(const fs::path& folder, const fs::path& output) {
    PastRun run;
    std::error_code error;
    const fs::path whole = fs::weakly_canonical(folder, error), home = fs::weakly_canonical(output, error);
    run.folder = whole;
    run.name = whole.lexically_relative(home).string();
    if (run.name.empty() || run.name.starts_with("..")) run.name = whole.parent_path().filename() / whole.filename();
    run.key = key_in(whole.filename().string());
    run.graph = whole.parent_path().filename().string();
    run.seconds = std::numeric_limits<double>::quiet_NaN();
    if (fs::exists(folder / "graph.toml"))
        read_graph(run);
    else
        run.trouble.emplace_back("it has no graph.toml, so nothing is known of its settings");
    read_record(run);
    read_measures(run);
    return run;
}

const Figure* figure_of(const Judgement& judgement, std::string_view name) {
    const auto found = std::find_if(judgement.figures.begin(), judgement.figures.end(),
                                    [&](const Figure& each) { return each.name == name; });
    return found == judgement.figures.end() ? nullptr : &*found;
}

}  // namespace fettle::runtime
