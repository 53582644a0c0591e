// Which runs there are, and which of them is meant.
#include "show/past.hpp"

#include <fettle/error.hpp>
#include <fettle/suggest.hpp>

#include <algorithm>
#include <tuple>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

void add_runs(PastRuns& out, const fs::path& folder, const fs::path& output, bool deeper) {
    std::error_code error;
    std::vector<fs::path> folders;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (entry.is_directory() && !entry.is_symlink() && !entry.path().filename().string().starts_with('.'))
            folders.push_back(entry.path());
    std::sort(folders.begin(), folders.end());
    for (const fs::path& each : folders) {
        const std::size_t before = out.runs.size() + out.foreign.size();
        if (is_run_folder(each))
            out.runs.push_back(read_past_run(each, output));
        else if (deeper)
            add_runs(out, each, output, false);
        if (out.runs.size() + out.foreign.size() == before)
            out.foreign.push_back(each.lexically_relative(output).string());
    }
}

bool is_sweep(const fs::path& folder) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error))
        if (!entry.is_symlink() && entry.is_directory() && is_run_folder(entry.path())) return true;
    return false;
}

/// Folders that stand for a path: itself, or the runs of a sweep; of a graph's folder its latest.
std::vector<fs::path> runs_at(const fs::path& path) {
    std::error_code error;
    if (!fs::is_directory(path, error)) return {};
    if (is_run_folder(path)) return {fs::canonical(path)};
    if (fs::is_directory(path / "latest", error)) return runs_at(path / "latest");
    std::vector<fs::path> out;
    if (is_sweep(path))
        for (const auto& entry : fs::directory_iterator(path))
            if (!entry.is_symlink() && is_run_folder(entry.path())) out.push_back(fs::canonical(entry.path()));
    std::sort(out.begin(), out.end());
    return out;
}

}  // namespace

PastRuns find_past_runs(const fs::path& output, const std::string& graph) {
    PastRuns out;
    std::error_code error;
    std::vector<fs::path> graphs;
    for (const auto& entry : fs::directory_iterator(output, error))
        if (entry.is_directory() && !entry.path().filename().string().starts_with('.')) graphs.push_back(entry.path());
    std::sort(graphs.begin(), graphs.end());
    for (const fs::path& each : graphs) {
        if (!graph.empty() && each.filename() != graph) continue;
        const std::size_t before = out.runs.size() + out.foreign.size();
        add_runs(out, each, output, true);
        if (out.runs.size() + out.foreign.size() == before) out.foreign.push_back(each.filename().string());
    }
    // The record is finer than a folder's name, which holds whole seconds; not every run has one.
    const auto place = [](const PastRun& run) {
        const std::string name = run.folder.filename().string();
        return std::tuple(run.folder.parent_path().string(), name.substr(0, 15), run.started, name);
    };
    std::stable_sort(out.runs.begin(), out.runs.end(),
                     [&](const PastRun& a, const PastRun& b) { return place(a) < place(b); });
    return out;
}

std::vector<fs::path> folders_meant(const std::string& word, const fs::path& output) {
    for (const fs::path& place : {fs::path(word), output / word})
        if (auto found = runs_at(place); !found.empty()) return found;
    std::error_code error;
    if (fs::is_directory(word, error) || fs::is_directory(output / word, error))
        throw Error(Fault::data, "`" + word + "` is a folder, and holds no run")
            .help("a run's folder holds run.json; `fettle runs` lists them");

    const PastRuns all = find_past_runs(output);
    std::vector<std::string> known;
    std::map<std::string, const PastRun*> keys;  // by key: the newest
    for (const PastRun& run : all.runs) {
        known.push_back(run.name);
        known.push_back(run.key);
        known.push_back(run.graph + "/latest");
        const bool meant = run.key.starts_with(word) || run.folder.filename().string().starts_with(word);
        if (word.size() < 4 || !meant) continue;
        const PastRun*& newest = keys[run.key];
        if (newest == nullptr || newest->folder.filename() < run.folder.filename()) newest = &run;
    }
    if (keys.size() == 1) return {keys.begin()->second->folder};
    if (keys.size() > 1) {
        std::string names;
        for (const auto& [key, run] : keys) names += (names.empty() ? "" : ", ") + run->name;
        throw Error(Fault::data, "`" + word + "` may be any of " + std::to_string(keys.size()) + " runs")
            .help("they are " + names + "; type more of the name");
    }
    const auto close = nearest(word, known);
    throw Error(Fault::data, "there is no run `" + word + "`" + (close ? "; did you mean `" + *close + "`?" : ""))
        .help(all.runs.empty() ? "there are no runs in `" + output.string() + "`; --output DIR names another place"
                               : "`fettle runs` lists them; --output DIR names another place");
}

}  // namespace fettle::runtime
