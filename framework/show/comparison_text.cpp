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
    return {{"title", metric.title},     {"shared_samples", metric.shared.rows.size()},
            {"runs", std::move(runs)},   {"remarks", metric.remarks},
            {"tests", std::move(tests)}, {"trouble", metric.trouble}};
}

}  // namespace

std::string comparison_text(const Comparison& comparison) {
    Rows runs;
    for (std::size_t r = 0; r < comparison.runs.size(); ++r)
        runs.push_back({comparison.letters[r], comparison.runs[r].name, comparison.runs[r].status});
    std::string out = aligned(runs);
    for (const std::string& remark : comparison.remarks) out += "  note: " + remark + "\n";
    out += "\nparameters that differ\n";
    Rows settings;
    for (const DifferingSetting& each : comparison.settings) {
        settings.push_back({each.path});
        for (const auto& value : each.values) settings.back().push_back(value.value_or("-"));
    }
    out += settings.empty() ? "  none\n" : aligned(settings);
    if (comparison.metrics.empty()) out += "\nfewer than two runs judged anything: there are no figures to compare\n";
    for (const ComparedMetric& metric : comparison.metrics) {
        out += "\n" + metric.title + "\n" + figures_table(comparison, metric);
        for (const std::string& remark : metric.remarks) out += "  note: " + remark + "\n";
        for (const Table& table : metric.tests) out += tests_text(table);
        if (!metric.trouble.empty()) out += "  no test: " + metric.trouble + "\n";
    }
    return out;
}

std::string comparison_json(const Comparison& comparison, const std::string& page) {
    Json runs = Json::array(), settings = Json::array(), metrics = Json::array();
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
    const Json out{{"runs", std::move(runs)},
                   {"settings", std::move(settings)},
                   {"remarks", comparison.remarks},
                   {"metrics", std::move(metrics)},
                   {"page", page}};
    return out.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace fettle::runtime
