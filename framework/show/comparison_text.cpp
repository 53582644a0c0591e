#include "show/comparison.hpp"
#include "show/terminal.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>

namespace fettle::runtime {
namespace {

using Json = nlohmann::ordered_json;
using Rows = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest cell, two blanks between; a cell's text in at most 60.
std::string aligned(const Rows& rows) {
    std::vector<std::size_t> widths;
    for (const auto& row : rows)
        for (std::size_t c = 0; c < row.size(); ++c) {
            widths.resize(std::max(widths.size(), c + 1));
            widths[c] = std::min<std::size_t>(60, std::max(widths[c], cells_of(row[c])));
        }
    std::string out;
    for (const auto& row : rows) {
        std::string line;
        for (std::size_t c = 0; c < row.size(); ++c) line += "  " + padded(row[c], widths[c]);
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

std::string figure_text(const Figure* figure) {
    if (figure == nullptr || std::isnan(figure->value)) return "-";
    if (std::isnan(figure->low) || std::isnan(figure->high)) return fmt::format("{:.4f}", figure->value);
    return fmt::format("{:.4f} ({:.4f} to {:.4f})", figure->value, figure->low, figure->high);
}

/// The mean over seeds and Student's interval of it; of one seed the value alone.
std::string spread_text(const Spread::Figure& figure) {
    const double mean = figure.mean(), half = figure.half_width();
    const Figure shown{figure.name, mean, mean - half, mean + half};
    return figure_text(&shown);
}

std::vector<std::string> figure_names(const Comparison& comparison, const ComparedMetric& metric) {
    std::vector<std::string> names;
    for (std::size_t k = 0; k < metric.runs.size(); ++k)
        for (const Figure& each : comparison.runs[metric.runs[k]].judgements[metric.judgements[k]].figures)
            if (std::find(names.begin(), names.end(), each.name) == names.end()) names.push_back(each.name);
    return names;
}

const Judgement& judgement_in(const Comparison& comparison, const ComparedMetric& metric, std::size_t k) {
    return comparison.runs[metric.runs[k]].judgements[metric.judgements[k]];
}

std::string figures_table(const Comparison& comparison, const ComparedMetric& metric) {
    Rows rows{{"figure"}, {"threshold"}};
    for (std::size_t k = 0; k < metric.runs.size(); ++k) {
        const Cut& cut = judgement_in(comparison, metric, k).cut;
        rows[0].push_back(comparison.letters[metric.runs[k]]);
        rows[1].push_back(fmt::format("{:.6g}, {}", cut.threshold, cut.method));
    }
    if (!metric.one_unit) {
        rows.push_back({"metric"});
        for (std::size_t k = 0; k < metric.runs.size(); ++k)
            rows.back().push_back(judgement_in(comparison, metric, k).cut.column);
    }
    for (const std::string& name : figure_names(comparison, metric)) {
        rows.push_back({name});
        for (std::size_t k = 0; k < metric.runs.size(); ++k)
            rows.back().push_back(figure_text(figure_of(judgement_in(comparison, metric, k), name)));
    }
    return aligned(rows);
}

/// A heading, and what tells each series from the others.
Rows series_rows(const Comparison& comparison) {
    Rows rows{{""}};
    rows[0].insert(rows[0].end(), comparison.varied.begin(), comparison.varied.end());
    for (const Series& series : comparison.series) {
        rows.push_back({series.letter});
        for (const auto& value : series.values) rows.back().push_back(value.value_or("-"));
    }
    return rows;
}

/// A line for each series, of the figures that tell most: `--json` and the page hold all.
std::string series_table(const Comparison& comparison, const ComparedMetric& metric) {
    const auto known = figure_names(comparison, metric);
    std::vector<std::string> names;
    for (const char* name : {"auroc", "average_precision", "accuracy", "f1"})
        if (std::find(known.begin(), known.end(), name) != known.end()) names.emplace_back(name);
    if (names.empty()) names.assign(known.begin(), known.begin() + std::min<std::ptrdiff_t>(4, std::ssize(known)));
    Rows rows = series_rows(comparison);
    rows[0].emplace_back("seeds");
    rows[0].insert(rows[0].end(), names.begin(), names.end());
    for (std::size_t s = 0; s < comparison.series.size(); ++s) {
        const auto figures = spread_of(comparison, metric, comparison.series[s]);
        std::size_t seeds = 0;
        for (const auto& figure : figures) seeds = std::max(seeds, figure.values.size());
        rows[s + 1].push_back(std::to_string(seeds));
        for (const std::string& name : names) {
            const auto found = std::find_if(figures.begin(), figures.end(),
                                            [&](const Spread::Figure& each) { return each.name == name; });
            rows[s + 1].push_back(found == figures.end() ? "-" : spread_text(*found));
        }
    }
    return aligned(rows);
}

/// "auroc_difference" and "auroc_p" of a row, as one cell: "-0.0123 (-0.0300 to 0.0054), p 0.17".
std::string difference_text(const Table::Row& row, const std::string& name) {
    const Figure *difference = nullptr, *p = nullptr;
    for (const Figure& each : row.figures) {
        if (each.name == name + "_difference") difference = &each;
        if (each.name == name + "_p") p = &each;
    }
    if (difference == nullptr) return "-";
    std::string out = fmt::format("{:+.4f}", difference->value);
    if (!std::isnan(difference->low)) out += fmt::format(" ({:+.4f} to {:+.4f})", difference->low, difference->high);
    if (p != nullptr) out += p->value < 0.0001 ? ", p < 0.0001" : fmt::format(", p {:.2g}", p->value);
    return out;
}

/// Without what all the thresholds of a comparison have in common: they were given, by the runs.
std::string plain(std::string text) {
    constexpr std::string_view common = " by the given threshold";
    for (auto at = text.find(common); at != text.npos; at = text.find(common)) text.erase(at, common.size());
    return text;
}

std::string tests_text(const Table& table) {
    constexpr std::string_view ending = "_difference";
    std::string out = "\n  " + table.title + "\n";
    for (const Table::Row& row : table.rows) {
        out += fmt::format("  {}: {}\n", plain(row.name), plain(row.verdict));
        Rows cells;
        for (const Figure& each : row.figures)
            if (each.name.ends_with(ending)) {
                const std::string name = each.name.substr(0, each.name.size() - ending.size());
                cells.push_back({"  " + name, difference_text(row, name)});
            }
        out += aligned(cells);
    }
    return out;
}

Json figures_json(const std::vector<Figure>& figures) {
    Json out = Json::object();
    for (const Figure& each : figures) out[each.name] = {{"value", each.value}, {"low", each.low}, {"high", each.high}};
    return out;
}

Json spreads_json(const std::vector<Spread::Figure>& figures) {
    Json out = Json::object();
    for (const auto& each : figures)
        out[each.name] = {{"seeds", each.values.size()},
                          {"mean", each.mean()},
                          {"low", each.mean() - each.half_width()},
                          {"high", each.mean() + each.half_width()}};
    return out;
}

Json metric_json(const Comparison& comparison, const ComparedMetric& metric) {
    Json runs = Json::array(), tests = Json::array();
    for (std::size_t k = 0; k < metric.runs.size(); ++k) {
        const Judgement& judgement = judgement_in(comparison, metric, k);
        runs.push_back({{"run", comparison.letters[metric.runs[k]]},
                        {"column", judgement.cut.column},
                        {"threshold", judgement.cut.threshold},
                        {"method", judgement.cut.method},
                        {"figures", figures_json(judgement.figures)}});
    }
    for (const Table& table : metric.tests) {
        Json pairs = Json::array();
        for (const Table::Row& row : table.rows)
            pairs.push_back({{"pair", row.name}, {"figures", figures_json(row.figures)}, {"verdict", row.verdict}});
        tests.push_back({{"title", table.title}, {"note", table.note}, {"pairs", std::move(pairs)}});
    }
    Json spread = Json::array();
    for (const Series& series : comparison.series)
        spread.push_back({{"series", series.letter}, {"figures", spreads_json(spread_of(comparison, metric, series))}});
    return {{"title", metric.title},     {"shared_samples", metric.shared.rows.size()},
            {"runs", std::move(runs)},   {"series", std::move(spread)},
            {"remarks", metric.remarks}, {"tests", std::move(tests)},
            {"trouble", metric.trouble}};
}

std::string settings_text(const Comparison& comparison) {
    Rows settings;
    for (const DifferingSetting& each : comparison.settings) {
        settings.push_back({each.path});
        for (const auto& value : each.values) settings.back().push_back(value.value_or("-"));
    }
    return "\nparameters that differ\n" + (settings.empty() ? "  none\n" : aligned(settings));
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
    Rows runs;
    for (std::size_t r = 0; r < comparison.runs.size(); ++r)
        runs.push_back({comparison.letters[r], comparison.runs[r].name, comparison.runs[r].status});
    std::string out = aligned(runs);
    for (const std::string& remark : comparison.remarks) out += "  note: " + remark + "\n";
    if (!comparison.by_series()) out += settings_text(comparison);
    if (comparison.repeated())
        out +=
            "\nruns that differ in the seed alone stand in one line: their mean, and Student's 95 % interval of it\n";
    if (comparison.metrics.empty()) out += "\nfewer than two runs judged anything: there are no figures to compare\n";
    for (const ComparedMetric& metric : comparison.metrics) {
        out += "\n" + metric.title + "\n" +
               (comparison.by_series() ? series_table(comparison, metric) : figures_table(comparison, metric));
        for (const std::string& remark : metric.remarks) out += "  note: " + remark + "\n";
        for (const Table& table : metric.tests) out += tests_text(table);
        if (!metric.trouble.empty()) out += "  no test: " + metric.trouble + "\n";
    }
    return out;
}

std::string comparison_json(const Comparison& comparison, const std::string& page) {
    Json runs = Json::array(), series = Json::array(), settings = Json::array(), metrics = Json::array();
    for (const Series& each : comparison.series) {
        Json letters = Json::array(), values = Json::object();
        for (const std::size_t run : each.runs) letters.push_back(comparison.letters[run]);
        for (std::size_t v = 0; v < each.values.size(); ++v)
            values[comparison.varied[v]] = each.values[v] ? Json(*each.values[v]) : Json();
        series.push_back({{"letter", each.letter}, {"runs", std::move(letters)}, {"values", std::move(values)}});
    }
    for (std::size_t r = 0; r < comparison.runs.size(); ++r)
        runs.push_back({{"letter", comparison.letters[r]},
                        {"run", comparison.runs[r].name},
                        {"folder", comparison.runs[r].folder.string()},
                        {"status", comparison.runs[r].status}});
    for (const DifferingSetting& each : comparison.settings) {
        Json values = Json::array();
        for (const auto& value : each.values) values.push_back(value ? Json(*value) : Json());
        settings.push_back({{"parameter", each.path}, {"values", std::move(values)}});
    }
    for (const ComparedMetric& metric : comparison.metrics) metrics.push_back(metric_json(comparison, metric));
    const Json out{{"runs", std::move(runs)},       {"series", std::move(series)},   {"settings", std::move(settings)},
                   {"remarks", comparison.remarks}, {"metrics", std::move(metrics)}, {"page", page}};
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fettle::runtime
