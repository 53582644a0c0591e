// What is different between runs, and the table that tells it.
#include "show/past.hpp"
#include "show/stage_list.hpp"
#include "show/terminal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <set>

namespace fettle::runtime {

std::vector<DifferingSetting> differing_settings(const std::vector<const PastRun*>& runs) {
    std::vector<DifferingSetting> all;
    std::map<std::string, std::size_t> place;
    for (std::size_t r = 0; r < runs.size(); ++r)
        for (const auto& [path, value] : runs[r]->settings) {
            const auto [at, added] = place.emplace(path, all.size());
            if (added) all.push_back({path, std::vector<std::optional<std::string>>(runs.size())});
            all[at->second].values[r] = value;
        }
    std::erase_if(all, [](const DifferingSetting& each) {
        return std::all_of(each.values.begin(), each.values.end(),
                           [&](const auto& value) { return value == each.values.front(); });
    });
    return all;
}

std::vector<std::string> changes(const PastRun& before, const PastRun& now) {
    std::vector<std::string> out;
    std::set<std::string> gone;  // stages of which nothing is left; one word is enough for each
    for (const DifferingSetting& each : differing_settings({&before, &now})) {
        const auto& [path, values] = each;
        if (values[0] && values[1])
            out.push_back(fmt::format("{} {} -> {}", path, *values[0], *values[1]));
        else if (path.ends_with(".use"))
            out.push_back((values[0] ? "without " : "with ") + path.substr(0, path.size() - 4));
        else
            gone.insert((values[0] ? "without " : "with ") + path);
    }
    for (const std::string& each : gone)
        if (std::none_of(out.begin(), out.end(), [&](const auto& stage) { return each.starts_with(stage + "."); }))
            out.push_back(each);
    const auto differ = [](const auto& a, const auto& b) {
        std::string names;
        for (const auto& [name, digest] : b)
            if (const auto known = a.find(name); known != a.end() && known->second != digest)
                names += (names.empty() ? "" : ", ") + name;
        return names;
    };
    if (const std::string data = differ(before.reads, now.reads); !data.empty()) out.push_back("data: " + data);
    if (const std::string code = differ(before.plugins, now.plugins); !code.empty()) out.push_back("plugins: " + code);
    return out;
}

namespace {

using Json = nlohmann::ordered_json;

/// The run of the same graph before this one, null for its first.
const PastRun* before(const PastRuns& runs, std::size_t at) {
    for (std::size_t i = at; i-- > 0;)
        if (runs.runs[i].graph == runs.runs[at].graph) return &runs.runs[i];
    return nullptr;
}

/// In local time, "2026-11-23 14:27"; of a run without a record by its folder's name.
std::string when(const PastRun& run) {
    std::tm time{};
    if (strptime(run.started.c_str(), "%Y-%m-%dT%H:%M:%S", &time) != nullptr)
        return fmt::format("{:%Y-%m-%d %H:%M}", fmt::localtime(timegm(&time)));
    if (strptime(run.folder.filename().c_str(), "%Y%m%d-%H%M%S-", &time) != nullptr)
        return fmt::format("{:%Y-%m-%d %H:%M}", time);
    return "-";
}

std::string figure_text(const PastRun& run, const char* name, bool interval) {
    const Figure* figure = run.judgements.empty() ? nullptr : figure_of(run.judgements.front(), name);
    if (figure == nullptr) return "-";
    if (!interval || std::isnan(figure->low)) return fmt::format("{:.3f}", figure->value);
    return fmt::format("{:.3f} ({:.3f} to {:.3f})", figure->value, figure->low, figure->high);
}

/// At most three, so that a line stays one.
std::string few(const std::vector<std::string>& all) {
    std::string out;
    for (std::size_t i = 0; i < std::min<std::size_t>(3, all.size()); ++i) out += (i == 0 ? "" : ", ") + all[i];
    return all.size() > 3 ? fmt::format("{} and {} more", out, all.size() - 3) : out;
}

std::string difference_text(const PastRuns& runs, std::size_t at) {
    const PastRun& run = runs.runs[at];
    const PastRun* const earlier = before(runs, at);
    std::string out;
    if (earlier == nullptr) {
        out = "the first";
    } else {
        const auto found = changes(*earlier, run);
        out = found.empty() ? "nothing" : few(found);
    }
    for (const std::string& each : run.trouble) out += "; " + each;
    return out;
}

}  // namespace

std::string runs_text(const PastRuns& runs) {
    const std::vector<std::string> heads{"when",     "run", "status", "auroc",
                                         "accuracy", "f1",  "time",   "differs from the one before"};
    std::vector<std::vector<std::string>> rows;
    for (std::size_t i = 0; i < runs.runs.size(); ++i) {
        const PastRun& run = runs.runs[i];
        rows.push_back({when(run), run.key, run.status, figure_text(run, "auroc", true),
                        figure_text(run, "accuracy", false), figure_text(run, "f1", false),
                        std::isnan(run.seconds) ? "-" : duration_text(run.seconds), difference_text(runs, i)});
    }
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < heads.size(); ++c) {
        widths.push_back(heads[c].size());
        for (const auto& row : rows) widths[c] = std::max(widths[c], cells_of(row[c]));
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string out = " ";
        for (std::size_t c = 0; c + 1 < cells.size(); ++c) out += " " + padded(cells[c], widths[c]) + " ";
        return out + " " + fitted(cells.back(), cells_of(cells.back())) + "\n";
    };
    std::string out;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const bool first = i == 0 || runs.runs[i].graph != runs.runs[i - 1].graph;
        if (first) out += (i == 0 ? "" : "\n") + runs.runs[i].graph + "\n" + line(heads);
        out += line(rows[i]);
    }
    return out;
}

std::string runs_json(const PastRuns& runs) {
    Json out = Json::array();
    for (std::size_t i = 0; i < runs.runs.size(); ++i) {
        const PastRun& run = runs.runs[i];
        const PastRun* const earlier = before(runs, i);
        Json figures = Json::object();
        if (!run.judgements.empty())
            for (const Figure& each : run.judgements.front().figures)
                figures[each.name] = {{"value", each.value}, {"low", each.low}, {"high", each.high}};
        out.push_back({{"run", run.name},
                       {"folder", run.folder.string()},
                       {"key", run.key},
                       {"graph", run.graph},
                       {"status", run.status},
                       {"started", run.started},
                       {"seconds", run.seconds},
                       {"differs", earlier == nullptr ? Json() : Json(changes(*earlier, run))},
                       {"judged", run.judgements.empty() ? Json() : Json(run.judgements.front().cut.column)},
                       {"figures", std::move(figures)},
                       {"trouble", run.trouble}});
    }
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fettle::runtime
