#include "run/folder.hpp"

#include "run/journal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

/// The tables of what was judged, else of what was decided, else of what was scored; each with its stage's place.
std::vector<std::pair<std::size_t, const Scores*>> final_tables(const std::vector<std::vector<ValueRef>>& values) {
    std::vector<std::pair<std::size_t, const Scores*>> judged, decided, scored;
    for (std::size_t s = 0; s < values.size(); ++s)
        for (const ValueRef& value : values[s]) {
            if (const auto* measures = dynamic_cast<const Measures*>(value.get()))
                judged.emplace_back(s, &measures->scores);
            if (const auto* decisions = dynamic_cast<const Decisions*>(value.get()))
                decided.emplace_back(s, &decisions->scores);
            if (const auto* scores = dynamic_cast<const Scores*>(value.get())) scored.emplace_back(s, scores);
        }
    return !judged.empty() ? judged : !decided.empty() ? decided : scored;
}

/// Whether everything in `part` stands in `whole` too.
bool holds(const Scores& whole, const Scores& part) {
    return whole.rows == part.rows &&
           std::all_of(part.columns.begin(), part.columns.end(), [&](const Scores::Column& column) {
               return std::any_of(whole.columns.begin(), whole.columns.end(), [&](const Scores::Column& known) {
                   return known.name == column.name && known.values == column.values;
               });
           });
}

/// scores.csv; where several tables don't stand in one another, the later ones are named after their stages.
void write_scores(const fs::path& folder, const Graph& graph, const std::vector<std::vector<ValueRef>>& values) {
    std::vector<const Scores*> written;
    for (const auto& [stage, table] : final_tables(values)) {
        if (std::any_of(written.begin(), written.end(),
                        [&, t = table](const auto* known) { return holds(*known, *t); }))
            continue;
        write_text(folder / (written.empty() ? "scores.csv" : "scores-" + graph.stages[stage].name + ".csv"),
                   to_csv(*table));
        written.push_back(table);
    }
}

/// "20261123-142731-f1559a5b".
std::string stem_of(const std::string& key) {
    return fmt::format("{:%Y%m%d-%H%M%S}-{}", fmt::localtime(std::time(nullptr)), key.substr(0, 8));
}

/// Makes a folder that wasn't there, `stem` with a number behind where one was.
fs::path make_new(const fs::path& place, const std::string& stem) {
    fs::path folder = place / stem;
    fs::create_directories(place);
    for (int attempt = 2; !fs::create_directory(folder); ++attempt)
        folder = place / fmt::format("{}-{}", stem, attempt);
    return folder;
}

Failure no_folder(const fs::path& folder, const std::exception& error) {
    Diagnostic diagnostic = errors::storage_failed({}, "", error.what());
    diagnostic.message = fmt::format("the run's folder `{}` can't be made: {}", folder.string(), error.what());
    diagnostic.help.emplace_back("name another place with --output DIR");
    return Failure(std::move(diagnostic));
}

/// "03-epochs=5-seed=8": a name for any file system, and for a shell without quotes.
std::string cell_name(const Graph& graph, std::size_t place, std::size_t cells) {
    std::string name = fmt::format("{:0{}}", place + 1, std::max<std::size_t>(2, std::to_string(cells).size()));
    for (const auto& [path, value] : graph.cell) {
        name += "-" + path.substr(path.rfind('.') + 1) + "=";
        for (const char c : value)
            if (std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '_' || c == '-')
                name += c;
            else if (c == ',')
                name += '+';
    }
    return name.substr(0, 100);
}

}  // namespace

void write_text(const fs::path& file, const std::string& text) {
    errno = 0;
    std::ofstream stream(file, std::ios::binary);
    stream << text;
    stream.close();
    if (stream) return;
    const std::string why = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
    throw Error(Fault::storage, "`" + file.string() + "` could not be written" + why).help("is the disk full?");
}

std::string csv_field(const std::string& text) {
    if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
    std::string out = "\"";
    for (const char c : text) out += c == '"' ? "\"\"" : std::string(1, c);
    return out + '"';
}

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
    std::ofstream(file_, std::ios::app) << line.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
                                               "\n";
}

fs::path make_run_folder(const fs::path& output, const Graph& graph, const std::string& key) {
    const fs::path place = fs::absolute(output) / graph.name;
    try {
        const fs::path folder = make_new(place, stem_of(key));
        write_text(folder / "graph.toml", resolved_toml(graph));
        return folder;
    } catch (const std::exception& error) {
        throw no_folder(place, error);
    }
}

fs::path make_sweep_folder(const fs::path& output, const std::vector<const Graph*>& cells, const std::string& key,
                           std::vector<fs::path>& cell_folders) {
    const fs::path place = fs::absolute(output) / cells.front()->name;
    try {
        const fs::path folder = make_new(place, "sweep-" + stem_of(key));
        for (std::size_t c = 0; c < cells.size(); ++c) {
            cell_folders.push_back(make_new(folder, cell_name(*cells[c], c, cells.size())));
            write_text(cell_folders.back() / "graph.toml", resolved_toml(*cells[c]));
        }
        return folder;
    } catch (const std::exception& error) {
        throw no_folder(place, error);
    }
}

std::string to_csv(const Scores& scores) {
    std::string out = "sample,label,split,category";
    for (const auto& column : scores.columns) out += "," + csv_field(column.name);
    out += "\r\n";
    for (std::size_t i = 0; i < scores.rows.size(); ++i) {
        const SampleInfo& row = scores.rows[i];
        out += fmt::format("{},{},{},{}", csv_field(row.id), fettle::to_string(row.label), fettle::to_string(row.split),
                           csv_field(row.category));
        for (const auto& column : scores.columns) out += fmt::format(",{}", column.values[i]);
        out += "\r\n";
    }
    return out;
}

std::vector<fs::path> write_results(const fs::path& folder, const Graph& graph,
                                    const std::vector<std::vector<ValueRef>>& values) {
    std::vector<fs::path> telling;
    write_scores(folder, graph, values);
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
                const fs::path place = taken ? folder / stage : folder;
                fs::copy(files->folder, place, fs::copy_options::recursive);
                for (const std::string& file : files->records) telling.push_back(place / file);
            }
        }
    return telling;
}

namespace {

/// The record put in place of the mark. `<` is written as an escape, so it can't end an HTML script element.
void tell(const fs::path& file, const std::string& record) {
    std::ifstream in(file, std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto at = text.find(run_record_mark);
    if (!in || at == std::string::npos) return;
    std::string inert;
    for (const char c : record) c == '<' ? inert += "\\u003c" : inert += c;
    text.replace(at, run_record_mark.size(), inert);
    const fs::path draft = file.string() + ".part";
    write_text(draft, text);
    fs::rename(draft, file);
}

}  // namespace

void finish_run_folder(const fs::path& folder, const nlohmann::ordered_json& record,
                       const std::vector<fs::path>& telling) {
    write_text(folder / "run.json.part",
               record.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
    fs::rename(folder / "run.json.part", folder / "run.json");
    const std::string line = record.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
    for (const fs::path& file : telling) tell(file, line);
}

void point_to(const fs::path& folder, const std::string& name) {
    std::error_code error;
    const fs::path beside = folder.parent_path() / ("." + name + "." + folder.filename().string());
    fs::create_symlink(folder.filename(), beside, error);
    if (!error) fs::rename(beside, folder.parent_path() / name, error);
}

}  // namespace fettle::runtime
