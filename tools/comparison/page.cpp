#include "page.hpp"

#include "pictures.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace comparison {
namespace {

using namespace fettle::runtime;
using Json = nlohmann::ordered_json;

/// Pictures of all runs together, so that the page stays a few megabytes.
constexpr std::size_t most_pictures = 240;
/// Samples whose scores are listed, the most disputed first.
constexpr std::size_t most_samples = 2000;
/// Of all runs together, so that a page of many runs stays as light: scores of samples; points of all curves of a kind,
/// and scores that histograms are made of.
constexpr std::size_t most_scores = 40'000, most_points = 40'000;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

/// As exactly as a chart shows it.
Json drawn(double value) { return std::isfinite(value) ? Json(std::stod(fmt::format("{:.5g}", value))) : Json(); }

/// At most `most` of the places 0 to count - 1, evenly, the first and the last among them.
std::vector<std::size_t> thinned(std::size_t count, std::size_t most) {
    std::vector<std::size_t> out;
    const std::size_t kept = std::min(count, std::max<std::size_t>(2, most));
    for (std::size_t i = 0; i < kept; ++i) out.push_back(kept < 2 ? 0 : i * (count - 1) / (kept - 1));
    return out;
}

Json numbers(const std::vector<double>& values) {
    Json out = Json::array();
    for (const double value : values) out.push_back(number(value));
    return out;
}

Json figures(const std::vector<fettle::Figure>& all) {
    Json out = Json::array();
    for (const fettle::Figure& each : all)
        out.push_back({each.name, number(each.value), number(each.low), number(each.high)});
    return out;
}

Json table(const fettle::Table& table) {
    Json rows = Json::array();
    for (const auto& row : table.rows)
        rows.push_back({{"name", row.name}, {"figures", figures(row.figures)}, {"verdict", row.verdict}});
    return {{"title", table.title}, {"note", table.note}, {"rows", std::move(rows)}};
}

/// In ascending order; of more than `most` evenly spaced ones, which have the same histogram but for a rounding.
Json sorted_scores(std::vector<double> all, std::size_t most) {
    std::sort(all.begin(), all.end());
    Json out = Json::array();
    for (const std::size_t i : thinned(all.size(), most)) out.push_back(drawn(all[i]));
    return out;
}

/// A run's own scores of labelled test samples, by kind.
Json own_scores(const PastRun& run, std::size_t judgement, std::size_t most) {
    const fettle::Scores& scores = run.tables[run.table_of[judgement]];
    std::vector<double> normal, anomalous;
    for (const auto& column : scores.columns) {
        if (column.name != run.judgements[judgement].cut.column) continue;
        for (std::size_t i = 0; i < scores.rows.size(); ++i)
            if (scores.rows[i].split == fettle::Split::test && std::isfinite(column.values[i])) {
                if (scores.rows[i].label == fettle::Label::normal) normal.push_back(column.values[i]);
                if (scores.rows[i].label == fettle::Label::anomalous) anomalous.push_back(column.values[i]);
            }
    }
    return {{"normal", sorted_scores(std::move(normal), most)},
            {"anomalous", sorted_scores(std::move(anomalous), most)}};
}

Json points(const std::vector<double>& values, std::size_t most) {
    Json out = Json::array();
    for (const std::size_t i : thinned(values.size(), most)) out.push_back(drawn(values[i]));
    return out;
}

Json judged_run(const Comparison& compared, const ComparedMetric& metric, std::size_t k) {
    const std::size_t most = std::max<std::size_t>(40, most_points / compared.runs.size() / compared.metrics.size());
    const PastRun& run = compared.runs[metric.runs[k]];
    const fettle::Judgement& judgement = run.judgements[metric.judgements[k]];
    const fettle::Confusion& c = judgement.confusion;
    Json roc = Json::array(), precision = Json();
    for (const std::size_t i : thinned(judgement.roc.size(), most))
        roc.push_back({drawn(judgement.roc[i].first), drawn(judgement.roc[i].second)});
    for (const fettle::Plot& plot : judgement.plots)
        if (plot.x_name == "recall" && plot.y_name == "precision")
            precision = {{"x", points(plot.x, most)}, {"y", points(plot.y, most)}};
    return {{"run", metric.runs[k]},
            {"column", judgement.cut.column},
            {"threshold", number(judgement.cut.threshold)},
            {"method", judgement.cut.method},
            {"figures", figures(judgement.figures)},
            {"confusion", {c.true_positive, c.false_positive, c.true_negative, c.false_negative}},
            {"roc", std::move(roc)},
            {"precision_recall", std::move(precision)},
            {"scores", own_scores(run, metric.judgements[k], most)},
            {"remarks", judgement.remarks}};
}

/// The shared samples, the most disputed first; the first of them with pictures of every run.
Json samples(const Comparison& compared, const ComparedMetric& metric, std::size_t pictured) {
    const Dispute dispute = dispute_of(metric.shared);
    const std::size_t count = std::min({most_samples, most_scores / metric.runs.size(), dispute.order.size()});
    std::set<std::string> wanted;
    for (std::size_t n = 0; n < std::min(pictured, count); ++n) wanted.insert(metric.shared.rows[dispute.order[n]].id);
    std::vector<std::map<std::string, Pictures>> pictures(metric.runs.size());
    for (std::size_t k = 0; k < metric.runs.size() && !wanted.empty(); ++k) {
        const PastRun& run = compared.runs[metric.runs[k]];
        pictures[k] = pictures_in(run.folder, wanted, run.judgements[metric.judgements[k]].cut.column);
    }
    Json out = Json::array();
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t row = dispute.order[n];
        const fettle::SampleInfo& info = metric.shared.rows[row];
        Json scores = Json::array(), ranks = Json::array(), shown = Json::array();
        for (std::size_t k = 0; k < metric.runs.size(); ++k) {
            scores.push_back(number(metric.shared.columns[k].values[row]));
            ranks.push_back(drawn(dispute.ranks[k][row]));
            if (wanted.empty()) continue;
            const auto found = pictures[k].find(info.id);
            shown.push_back(found == pictures[k].end() ? Json()
                                                       : Json{{"original", found->second.original},
                                                              {"reconstruction", found->second.reconstruction},
                                                              {"map", found->second.map}});
        }
        out.push_back({{"id", info.id},
                       {"anomalous", info.label == fettle::Label::anomalous},
                       {"category", info.category},
                       {"spread", dispute.spread[row]},
                       {"scores", std::move(scores)},
                       {"ranks", std::move(ranks)},
                       {"pictures", std::move(shown)}});
    }
    return out;
}

/// Per series: name, mean, half width of the mean's interval, and the value of each seed.
Json spreads(const Comparison& compared, const ComparedMetric& metric) {
    Json out = Json::array();
    for (const Series& series : compared.series) {
        Json figures = Json::array();
        for (const Spread::Figure& each : spread_of(compared, metric, series))
            figures.push_back({each.name, number(each.mean()), number(each.half_width()), numbers(each.values)});
        out.push_back(std::move(figures));
    }
    return out;
}

Json data_of(const Comparison& compared, bool pictures) {
    Json runs = Json::array(), series = Json::array(), settings = Json::array(), metrics = Json::array();
    const std::size_t pictured = pictures ? most_pictures / compared.runs.size() : 0;
    for (const Series& each : compared.series) {
        Json values = Json::array();
        for (const auto& value : each.values) values.push_back(value ? Json(*value) : Json());
        series.push_back({{"letter", each.letter}, {"runs", each.runs}, {"values", std::move(values)}});
    }
    for (std::size_t r = 0; r < compared.runs.size(); ++r) {
        const PastRun& run = compared.runs[r];
        runs.push_back({{"letter", compared.letters[r]},
                        {"name", run.name},
                        {"status", run.status},
                        {"started", run.started},
                        {"seconds", number(run.seconds)},
                        {"command", run.command}});
    }
    for (const DifferingSetting& each : compared.settings) {
        Json values = Json::array();
        for (const auto& value : each.values) values.push_back(value ? Json(*value) : Json());
        settings.push_back({{"path", each.path}, {"values", std::move(values)}});
    }
    for (const ComparedMetric& metric : compared.metrics) {
        const bool first = &metric == &compared.metrics.front();  // its samples alone are listed
        Json judged = Json::array(), tests = Json::array();
        for (std::size_t k = 0; k < metric.runs.size(); ++k) judged.push_back(judged_run(compared, metric, k));
        for (const fettle::Table& each : metric.tests) tests.push_back(table(each));
        metrics.push_back({{"title", metric.title},
                           {"one_unit", metric.one_unit},
                           {"runs", std::move(judged)},
                           {"shared", metric.shared.rows.size()},
                           {"series", spreads(compared, metric)},
                           {"samples", first ? samples(compared, metric, pictured) : Json::array()},
                           {"remarks", metric.remarks},
                           {"tests", std::move(tests)},
                           {"trouble", metric.trouble}});
    }
    return {
        {"runs", std::move(runs)},           {"series", std::move(series)},           {"varied", compared.varied},
        {"by_series", compared.by_series()}, {"of_one_sweep", compared.of_one_sweep}, {"pictured", pictures},
        {"settings", std::move(settings)},   {"remarks", compared.remarks},           {"metrics", std::move(metrics)}};
}

/// JSON in which nothing can end the script element it stands in: `<` occurs inside strings only.
std::string inert(const std::string& json) {
    std::string out;
    for (const char c : json) c == '<' ? out += "\\u003c" : out += c;
    return out;
}

}  // namespace

std::string page(const Comparison& compared, bool pictures) {
    const std::string data = inert(data_of(compared, pictures).dump(-1, ' ', false, Json::error_handler_t::replace));
    const std::map<std::string_view, std::string_view> parts{
        {"style", page_css}, {"charts", charts_js}, {"script", page_js}, {"series", series_js}, {"data", data}};
    std::string out;
    for (std::string_view rest = page_html;;) {  // in one pass: what is put in is not looked at again
        const auto open = rest.find("{{"), close = rest.find("}}");
        out += rest.substr(0, open);
        if (open == rest.npos) return out;
        out += parts.at(rest.substr(open + 2, close - open - 2));
        rest.remove_prefix(close + 2);
    }
}

}  // namespace comparison
