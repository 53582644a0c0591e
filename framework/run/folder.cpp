#include "run/folder.hpp"

#include "run/journal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <fstream>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

void write_text(const fs::path& file, const std::string& text) {
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (!stream) throw Error(Fault::storage, "`" + file.string() + "` could not be written").help("is the disk full?");
}

std::string field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

/// The widest table there is: what was judged, else what was decided, else what was scored.
const Scores* final_scores(const std::vector<std::vector<ValueRef>>& values) {
    const Scores *judged = nullptr, *decided = nullptr, *scored = nullptr;
    for (const auto& outputs : values)
        for (const ValueRef& value : outputs) {
            if (const auto* measures = dynamic_cast<const Measures*>(value.get())) judged = &measures->scores;
            if (const auto* decisions = dynamic_cast<const Decisions*>(value.get())) decided = &decisions->scores;
            if (const auto* scores = dynamic_cast<const Scores*>(value.get())) scored = scores;
        }
    return judged != nullptr ? judged : decided != nullptr ? decided : scored;
}

}  // namespace

std::string timestamp() {
    const auto now = std::chrono::system_clock::now();
    const auto milliseconds =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count() % 1000;
    return fmt::format("{:%Y-%m-%dT%H:%M:%S}.{:03}Z", fmt::gmtime(std::chrono::system_clock::to_time_t(now)),
                       milliseconds);
}

void Journal::write(const std::string& event, nlohmann::ordered_json fields) {
    nlohmann::ordered_json line{{"time", timestamp()}, {"event", event}};
    line.update(fields);
    const std::lock_guard lock(mutex_);
    // A file's name may hold any bytes; those that are no UTF-8 must not end the run.
    stream_ << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n" << std::flush;
}

fs::path make_run_folder(const fs::path& output, const Graph& graph, const std::string& key) {
    const std::string stem = fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::localtime(std::time(nullptr)), key.substr(0, 8));
    const fs::path place = fs::absolute(output) / graph.name;
    fs::path folder = place / stem;
    try {
        fs::create_directories(place);
        for (int attempt = 2; !fs::create_directory(folder); ++attempt)
            folder = place / fmt::format("{}-{}", stem, attempt);
        write_text(folder / "graph.toml", resolved_toml(graph));
    } catch (const std::exception& error) {
        Diagnostic diagnostic = errors::storage_failed({}, "", "");
        diagnostic.message = fmt::format("the run's folder `{}` can't be made: {}", folder.string(), error.what());
        diagnostic.help = {"name another place with --output DIR"};
        throw Failure(std::move(diagnostic));
    }
    return folder;
}

std::string to_csv(const Scores& scores) {
    std::string out = "sample,label,split,category";
    for (const auto& column : scores.columns) out += "," + field(column.name);
    out += "\r\n";
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
        const SampleInfo& row = scores.rows[i];
        out += fmt::format("{},{},{},{}", field(row.id), fettle::to_string(row.label), fettle::to_string(row.split),
                           field(row.category));
        for (const auto& column : scores.columns) out += fmt::format(",{}", column.values[i]);
        out += "\r\n";
    }
    return out;
}

void write_results(const fs::path& folder, const Graph& graph, const std::vector<std::vector<ValueRef>>& values) {
    if (const Scores* scores = final_scores(values)) write_text(folder / "scores.csv", to_csv(*scores));
    for (std::size_t s = 0; s < values.size(); ++s)
        for (const ValueRef& value : values[s]) {
            const std::string& stage = graph.stages[s].name;
            if (dynamic_cast<const Measures*>(value.get()) != nullptr) {
                const fs::path draft = folder / ("." + stage);
                fs::create_directories(draft);
                save_value(*value, draft);
                const bool first = !fs::exists(folder / "measures.json");
                fs::rename(draft / "value.json", folder / (first ? "measures.json" : "measures-" + stage + ".json"));
                fs::remove_all(draft);
            } else if (dynamic_cast<const Network*>(value.get()) != nullptr) {
                const fs::path place = folder / "network" / stage;
                fs::create_directories(place);
                save_value(*value, place);
                fs::rename(place / "value.json", place / "network.json");
            } else if (const auto* files = dynamic_cast<const Files*>(value.get())) {
                // Two reporters of one kind must not overwrite each other.
                bool taken = false;
                for (const auto& file : fs::directory_iterator(files->folder))
                    taken |= fs::exists(folder / file.path().filename());
                fs::copy(files->folder, taken ? folder / stage : folder, fs::copy_options::recursive);
            }
        }
}

void finish_run_folder(const fs::path& folder, const nlohmann::ordered_json& record) {
    write_text(folder / "run.json.part",
               record.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    fs::rename(folder / "run.json.part", folder / "run.json");
    std::error_code error;
    const fs::path latest = folder.parent_path() / "latest",
                   beside = folder.parent_path() / (".latest." + folder.filename().string());
    fs::create_symlink(folder.filename(), beside, error);
    if (!error) fs::rename(beside, latest, error);
}

}  // namespace fettle::runtime
