// Runs that are over: what their folders tell, how they differ, and what they have in common. For the command line.
#pragma once

#include <fettle/ports.hpp>

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fettle::runtime {

using SettingTexts =
    std::vector<std::pair<std::string, std::string>>;  ///< path and value as TOML, in the graph's order

/// What the folder of one run says. Nothing in it can make reading fail: what is missing or damaged is told in
/// `trouble`.
struct PastRun {
    std::filesystem::path folder;
    std::string name;     ///< below the folder of all runs: "casting/20261123-142731-f1559a5b"
    std::string key;      ///< the folder's short key: "f1559a5b"; else the folder's name
    std::string graph;    ///< its name
    std::string status;   ///< "done", "failed", "interrupted"; "unfinished" where it was killed or still runs
    std::string started;  ///< UTC, "2026-11-23T12:29:13.042Z"; empty where unknown
    double seconds = 0;   ///< it took; NaN where unknown
    std::string command;
    SettingTexts cell;                           ///< of a sweep's: path and value as TOML, "graph.seed" too; else empty
    std::vector<std::string> trouble;            ///< sentences
    SettingTexts settings;                       ///< of the resolved graph, inputs too: "train.epochs" and "25"
    std::map<std::string, std::string> plugins;  ///< name -> version and what it was built of
    std::map<std::string, std::string> reads;    ///< "photos: /data/casting.zip" -> digest of what lay there
    std::vector<Judgement> judgements;           ///< the first is the one that counts, in the graph's order
    std::vector<std::size_t> table_of;           ///< per judgement: which of `tables` it was judged on
    std::vector<Scores> tables;
};

/// Whether a folder looks like a run's: it holds a record, or a resolved graph with a journal; a sweep's own folder is
/// none.
bool is_run_folder(const std::filesystem::path& folder);
/// Reads it; `output` is the folder of all runs, for its name.
PastRun read_past_run(const std::filesystem::path& folder, const std::filesystem::path& output);

/// All runs below a folder (of one graph, where one is named), by graph, then oldest first; those of a sweep, one
/// folder deeper, among them.
struct PastRuns {
    std::vector<PastRun> runs;
    std::vector<std::string> foreign;  ///< folders that hold no run, by their names below `output`
};
PastRuns find_past_runs(const std::filesystem::path& output, const std::string& graph = {});

/// The folders that a word means: a path, a name below `output` ("casting/latest", "casting" for its latest, a sweep's
/// folder for all its runs), or the beginning of a run's short key or time (four letters or more; of equal keys the
/// newest). Throws Error(Fault::data) saying what there is instead.
std::vector<std::filesystem::path> folders_meant(const std::string& word, const std::filesystem::path& output);

/// One setting in several runs; empty where a run hasn't got it.
struct DifferingSetting {
    std::string path;
    std::vector<std::optional<std::string>> values;  ///< per run
};
/// The settings that aren't the same in all of them, in the order of the graphs.
std::vector<DifferingSetting> differing_settings(const std::vector<const PastRun*>& runs);
/// What is different in `now`, in words: "train.epochs 5 -> 25", "with hash", "data: ...", "plugins: ..."; empty where
/// nothing is.
std::vector<std::string> changes(const PastRun& before, const PastRun& now);

/// Every figure by its name in a judgement; null where it has none.
const Figure* figure_of(const Judgement& judgement, std::string_view name);

/// A table for people, and the same for programs.
std::string runs_text(const PastRuns& runs);
std::string runs_json(const PastRuns& runs);

}  // namespace fettle::runtime
