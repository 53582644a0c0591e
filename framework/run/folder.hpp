// The folder of one run: what a person or another program reads afterwards.
#pragma once

#include "run/batches.hpp"
#include "run/run.hpp"

#include <nlohmann/json.hpp>

#include <optional>

namespace fettle::runtime {

/// Makes <output>/<graph>/<time>-<short key> with graph.toml, the resolved graph. Throws Failure (R506) where it can't.
std::filesystem::path make_run_folder(const std::filesystem::path& output, const Graph& graph, const std::string& key);
/// Makes <output>/<graph>/sweep-<time>-<short key> with a folder for each cell in it, named by its number and values.
/// Throws Failure (R506) where it can't.
std::filesystem::path make_sweep_folder(const std::filesystem::path& output, const std::vector<const Graph*>& cells,
                                        const std::string& key, std::vector<std::filesystem::path>& cell_folders);

/// Writes what the values hold that people want: scores.csv, measures.json, network/, and files of reporters. Returns
/// the files that want the run's record (Files::records).
std::vector<std::filesystem::path> write_results(const std::filesystem::path& folder, const Graph& graph,
                                                 const std::vector<std::vector<ValueRef>>& values);

/// Seconds of a stage's own code, on all threads together, and the items it worked on in them.
struct Spent {
    double seconds = 0;
    std::uint64_t items = 0;
    Batches batches{};
};

/// What one stage cost.
struct StageCost {
    bool failed = false;  ///< itself, or something it needs
    double seconds = 0;   ///< of its own code, on all threads together
    double waiting = 0;   ///< seconds that a training waited for images
    std::uint64_t items = 0;
    std::size_t peak_memory = 0;     ///< bytes of the process when it ended
    std::optional<Spent> earlier{};  ///< when what came from the cache was made, where that is known
    double carried_on = 0;           ///< those of `seconds` that earlier processes spent, before a checkpoint
    Batches batches{};
};

/// What run.json says: everything that made the run what it was, and what it cost.
struct RunRecord {
    const Graph& graph;
    const Plan& plan;
    std::size_t place;  ///< of the graph in the plan
    Status status;
    std::string command, started;  ///< as typed; a timestamp
    double seconds;                ///< wall time
    std::string device;
    int threads;
    std::size_t peak_memory;                                    ///< bytes
    std::vector<StageCost> costs;                               ///< one per stage of the graph
    std::vector<std::pair<std::string, std::string>> warnings;  ///< stage and text
};
nlohmann::ordered_json to_json(const RunRecord& record);
/// What one new image takes until each stage that judges can tell.
nlohmann::ordered_json latencies(const RunRecord& record);

/// Writes run.json (beside and renamed) and puts the record into each file of `telling` that asks for it.
void finish_run_folder(const std::filesystem::path& folder, const nlohmann::ordered_json& record,
                       const std::vector<std::filesystem::path>& telling);

/// Points `name` beside the folder ("latest") to it.
void point_to(const std::filesystem::path& folder, const std::string& name);
/// Writes a text; throws Error(Fault::storage).
void write_text(const std::filesystem::path& file, const std::string& text);
/// A field of CSV (RFC 4180), quoted where it must be.
std::string csv_field(const std::string& text);

/// A table of scores as CSV (RFC 4180), full precision.
std::string to_csv(const Scores& scores);

}  // namespace fettle::runtime
