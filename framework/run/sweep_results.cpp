// What a sweep found: every cell's figures, and per combination of values their spread over seeds.
#include "run/folder.hpp"

#include <fmt/format.h>
#include <boost/math/statistics/univariate_statistics.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;
constexpr const char* status_words[] = {"done", "failed", "interrupted"};

std::vector<const Judgement*> judgements_of(const RunResult& cell) {
    std::vector<const Judgement*> out;
    for (const auto& outputs : cell.values)
        for (const ValueRef& value : outputs)
            if (const auto* measures = dynamic_cast<const Measures*>(value.get()))
                for (const Judgement& judgement : measures->judgements) out.push_back(&judgement);
    return out;
}

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
            for (const Figure& figure : judgement->figures) {
                auto known = std::find_if(at->figures.begin(), at->figures.end(),
                                          [&](const Spread::Figure& each) { return each.name == figure.name; });
                if (known == at->figures.end()) known = at->figures.insert(at->figures.end(), {figure.name, {}});
                if (std::isfinite(figure.value)) known->values.push_back(figure.value);
            }
        }
    }
    std::stable_sort(out.begin(), out.end(), [](const Spread& a, const Spread& b) { return a.group < b.group; });
    return out;
}

double Spread::Figure::mean() const {
    return values.empty() ? std::nan("") : boost::math::statistics::mean(values.begin(), values.end());
}

double Spread::Figure::deviation() const {
    return values.size() < 2 ? std::nan("")
                             : std::sqrt(boost::math::statistics::sample_variance(values.begin(), values.end()));
}

std::string sweep_json(const Sweep& sweep, const std::vector<Graph>& graphs, const SweepResult& result,
                       const std::string& command) {
    Json cells = Json::array(), spread = Json::array();
    for (std::size_t c = 0; c < result.cells.size(); ++c) cells.push_back(cell_json(sweep, result, c));
    for (const Spread& each : spreads_of(sweep, result)) {
        Json values = Json::object(), figures = Json::object();
        for (const auto& [path, value] : sweep.groups[each.group]) values[path] = value;
        for (const auto& figure : each.figures) {
            const auto [lowest, highest] = std::minmax_element(figure.values.begin(), figure.values.end());
            const bool any = lowest != figure.values.end();
            figures[figure.name] = {{"seeds", figure.values.size()},
                                    {"mean", number(figure.mean())},
                                    {"deviation", number(figure.deviation())},
                                    {"lowest", any ? Json(*lowest) : Json()},
                                    {"highest", any ? Json(*highest) : Json()}};
        }
        spread.push_back({{"values", std::move(values)},
                          {"column", each.column},
                          {"method", each.method},
                          {"figures", std::move(figures)}});
    }
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
                   {"spread", std::move(spread)}};
    return out.dump(1, ' ', false, Json::error_handler_t::replace);
}

std::string sweep_csv(const Sweep& sweep, const SweepResult& result) {
    std::vector<std::string> names;  // every figure that any cell has
    for (const RunResult& cell : result.cells)
        for (const Judgement* judgement : judgements_of(cell))
            for (const Figure& figure : judgement->figures)
                if (std::find(names.begin(), names.end(), figure.name) == names.end()) names.push_back(figure.name);
    std::string out = "cell,folder,status,seed";
    for (const std::string& path : sweep.paths) out += "," + csv_field(path);
    out += ",column,method,threshold";
    for (const std::string& name : names)
        for (const char* what : {"", " low", " high"}) out += "," + csv_field(name + what);
    out += "\r\n";
    for (std::size_t c = 0; c < result.cells.size(); ++c) {
        std::string begin = fmt::format("{},{},{},{}", c + 1, csv_field(result.cells[c].folder.filename().string()),
                                        status_words[static_cast<int>(result.cells[c].status)], sweep.cells[c].seed);
        for (const auto& [path, value] : sweep.cells[c].values) begin += "," + csv_field(value);
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
