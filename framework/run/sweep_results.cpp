// What a sweep found: every cell's figures, and per combination of values their spread over seeds.
#include "run/folder.hpp"

#include <fmt/format.h>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/statistics/univariate_statistics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* status_words[] = {"done", "failed", "interrupted"};

/// All that `part` (judgements, tables) of a cell's measures hold.
template <class Part>
std::vector<const Part*> parts_of(const RunResult& cell, std::vector<Part> Measures::*part) {
    std::vector<const Part*> out;
    for (const auto& outputs : cell.values)
        for (const ValueRef& value : outputs)
            if (const auto* measures = dynamic_cast<const Measures*>(value.get()))
                for (const Part& each : measures->*part) out.push_back(&each);
    return out;
}
std::vector<const Judgement*> judgements_of(const RunResult& cell) { return parts_of(cell, &Measures::judgements); }
std::vector<const Table*> tables_of(const RunResult& cell) { return parts_of(cell, &Measures::tables); }

/// JSON knows no NaN and no infinity: null.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json cell_json(const Sweep& sweep, const SweepResult& result, std::size_t c) {
    const RunResult& cell = result.cells[c];
    Json out{{"cell", c + 1},
             {"folder", cell.folder.filename().string()},
             {"status", status_words[static_cast<int>(cell.status)]},
             {"seed", sweep.cells[c].seed},
             {"values", Json::object()}};
    for (const auto& [path, value] : sweep.cells[c].values) out["values"][path] = value;
    out["judgements"] = Json::array();
    for (const Judgement* judgement : judgements_of(cell)) {
        Json figures = Json::object();
        for (const Figure& figure : judgement->figures)
            figures[figure.name] = {
                {"value", number(figure.value)}, {"low", number(figure.low)}, {"high", number(figure.high)}};
        out["judgements"].push_back({{"column", judgement->cut.column},
                                     {"method", judgement->cut.method},
                                     {"threshold", number(judgement->cut.threshold)},
                                     {"figures", std::move(figures)}});
    }
    for (const Diagnostic& each : cell.diagnostics)
        if (each.severity == Severity::error) out["errors"].push_back(each.message);
    return out;
}

}  // namespace

void gather(std::vector<Spread::Figure>& gathered, const std::vector<Figure>& figures) {
    for (const Figure& figure : figures) {
        auto known = std::find_if(gathered.begin(), gathered.end(),
                                  [&](const Spread::Figure& each) { return each.name == figure.name; });
        if (known == gathered.end()) known = gathered.insert(gathered.end(), {figure.name, {}});
        if (std::isfinite(figure.value)) known->values.push_back(figure.value);
    }
}

std::vector<Spread> spreads_of(const Sweep& sweep, const SweepResult& result) {
    std::vector<Spread> out;
    for (std::size_t c = 0; c < result.cells.size(); ++c) {
        if (result.cells[c].status != Status::done) continue;
        const auto judgements = judgements_of(result.cells[c]);
        for (std::size_t j = 0; j < judgements.size(); ++j) {
            const Judgement* judgement = judgements[j];
            const std::size_t group = sweep.cells[c].group;
            auto at = std::find_if(out.begin(), out.end(),
                                   [&](const Spread& each) { return each.group == group && each.judgement == j; });
            if (at == out.end())
                at = out.insert(out.end(), {group, j, judgement->cut.column, judgement->cut.method, {}});
            gather(at->figures, judgement->figures);
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Spread& a, const Spread& b) { return a.group < b.group; });
    return out;
}

std::vector<TableSpread> table_spreads_of(const Sweep& sweep, const SweepResult& result) {
    std::vector<TableSpread> out;
    for (std::size_t c = 0; c < result.cells.size(); ++c) {
        if (result.cells[c].status != Status::done) continue;
        const std::size_t group = sweep.cells[c].group;
        for (const Table* table : tables_of(result.cells[c]))
            for (const Table::Row& row : table->rows) {
                auto at = std::find_if(out.begin(), out.end(), [&](const TableSpread& each) {
                    return each.group == group && each.table == table->title && each.row == row.name;
                });
                if (at == out.end()) at = out.insert(out.end(), {group, table->title, row.name, {}});
                gather(at->figures, row.figures);
            }
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const TableSpread& a, const TableSpread& b) { return a.group < b.group; });
    return out;
}

double Spread::Figure::mean() const {
    return values.empty() ? std::nan("") : boost::math::statistics::mean(values.begin(), values.end());
}

double Spread::Figure::deviation() const {
    return values.size() < 2 ? std::nan("")
                             : std::sqrt(boost::math::statistics::sample_variance(values.begin(), values.end()));
}

double Spread::Figure::half_width() const {
    if (values.size() < 2) return std::nan("");
    const auto seeds = static_cast<double>(values.size());
    return boost::math::quantile(boost::math::students_t(seeds - 1), 0.975) * deviation() / std::sqrt(seeds);
}

static Json values_json(const Sweep& sweep, std::size_t group) {
    Json values = Json::object();
    for (const auto& [path, value] : sweep.groups[group]) values[path] = value;
    return values;
}

static Json spread_json(const std::vector<Spread::Figure>& figures) {
    Json out = Json::object();
    for (const auto& figure : figures) {
        const auto [lowest, highest] = std::minmax_element(figure.values.begin(), figure.values.end());
        const bool any = lowest != figure.values.end();
        out[figure.name] = {{"seeds", figure.values.size()},
                            {"mean", number(figure.mean())},
                            {"low", number(figure.mean() - figure.half_width())},
                            {"high", number(figure.mean() + figure.half_width())},
                            {"deviation", number(figure.deviation())},
                            {"lowest", any ? Json(*lowest) : Json()},
                            {"highest", any ? Json(*highest) : Json()}};
    }
    return out;
}

std::string sweep_json(const Sweep& sweep, const std::vector<Graph>& graphs, const SweepResult& result,
                       const std::string& command) {
    Json cells = Json::array(), spread = Json::array(), tables = Json::array();
    for (std::size_t c = 0; c < result.cells.size(); ++c) cells.push_back(cell_json(sweep, result, c));
    for (const Spread& each : spreads_of(sweep, result)) {
        spread.push_back({{"values", values_json(sweep, each.group)},
                          {"column", each.column},
                          {"method", each.method},
                          {"figures", spread_json(each.figures)}});
    }
    for (const TableSpread& each : table_spreads_of(sweep, result))
        tables.push_back({{"values", values_json(sweep, each.group)},
                          {"table", each.table},
                          {"row", each.row},
                          {"figures", spread_json(each.figures)}});
    const Json out{{"fettle", FETTLE_VERSION},
                   {"graph", graphs.empty() ? "" : graphs.front().name},
                   {"file", graphs.empty() ? "" : graphs.front().file.string()},
                   {"command", command},
                   {"status", status_words[static_cast<int>(result.status)]},
                   {"folder", result.folder.string()},
                   {"seconds", result.seconds},
                   {"mode", sweep.zip ? "zip" : "grid"},
                   {"over", sweep.paths},
                   {"cells", std::move(cells)},
                   {"spread", std::move(spread)},
                   {"table_spread", std::move(tables)}};
    return out.dump(1, ' ', false, Json::error_handler_t::replace);
}

/// What every line about a cell begins with, and the names of that.
static std::string head_csv(const Sweep& sweep) {
    std::string out = "cell,folder,status,seed";
    for (const std::string& path : sweep.paths) out += "," + csv_field(path);
    return out;
}
static std::string cell_csv(const Sweep& sweep, const SweepResult& result, std::size_t c) {
    std::string out = fmt::format("{},{},{},{}", c + 1, csv_field(result.cells[c].folder.filename().string()),
                                  status_words[static_cast<int>(result.cells[c].status)], sweep.cells[c].seed);
    for (const auto& [path, value] : sweep.cells[c].values) out += "," + csv_field(value);
    return out;
}

std::string sweep_tables_csv(const Sweep& sweep, const SweepResult& result) {
    std::string lines;
    for (std::size_t c = 0; c < result.cells.size(); ++c)
        for (const Table* table : tables_of(result.cells[c]))
            for (const Table::Row& row : table->rows)
                for (const Figure& figure : row.figures)
                    lines +=
                        fmt::format("{},{},{},{},{},{},{}\r\n", cell_csv(sweep, result, c), csv_field(table->title),
                                    csv_field(row.name), csv_field(figure.name), figure.value, figure.low, figure.high);
    return lines.empty() ? lines : head_csv(sweep) + ",table,row,figure,value,low,high\r\n" + lines;
}

std::string sweep_csv(const Sweep& sweep, const SweepResult& result) {
    std::vector<std::string> names;  // every figure that any cell has
    for (const RunResult& cell : result.cells)
        for (const Judgement* judgement : judgements_of(cell))
            for (const Figure& figure : judgement->figures)
                if (std::find(names.begin(), names.end(), figure.name) == names.end()) names.push_back(figure.name);
    std::string out = head_csv(sweep);
    out += ",column,method,threshold";
    for (const std::string& name : names)
        for (const char* what : {"", " low", " high"}) out += "," + csv_field(name + what);
    out += "\r\n";
    for (std::size_t c = 0; c < result.cells.size(); ++c) {
        const std::string begin = cell_csv(sweep, result, c);
        const auto judgements = judgements_of(result.cells[c]);
        if (judgements.empty()) out += begin + std::string(3 + 3 * names.size(), ',') + "\r\n";
        for (const Judgement* judgement : judgements) {
            out += fmt::format("{},{},{},{}", begin, csv_field(judgement->cut.column), csv_field(judgement->cut.method),
                               judgement->cut.threshold);
            for (const std::string& name : names) {
                const auto figure = std::find_if(judgement->figures.begin(), judgement->figures.end(),
                                                 [&](const Figure& each) { return each.name == name; });
                out += figure == judgement->figures.end()
                           ? ",,,"
                           : fmt::format(",{},{},{}", figure->value, figure->low, figure->high);
            }
            out += "\r\n";
        }
    }
    return out;
}

}  // namespace fettle::runtime
