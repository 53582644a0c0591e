#include "page.hpp"

#include "pictures.hpp"

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

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

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

/// A run's own scores of labelled test samples, by kind.
Json own_scores(const PastRun& run, std::size_t judgement) {
    const fettle::Scores& scores = run.tables[run.table_of[judgement]];
    Json normal = Json::array(), anomalous = Json::array();
    for (const auto& column : scores.columns) {
        if (column.name != run.judgements[judgement].cut.column) continue;
        for (std::size_t i = 0; i < scores.rows.size(); ++i)
            if (scores.rows[i].split == fettle::Split::test && std::isfinite(column.values[i])) {
                if (scores.rows[i].label == fettle::Label::normal) normal.push_back(column.values[i]);
                if (scores.rows[i].label == fettle::Label::anomalous) anomalous.push_back(column.values[i]);
            }
    }
    return {{"normal", std::move(normal)}, {"anomalous", std::move(anomalous)}};
}

Json judged_run(const Comparison& compared, const ComparedMetric& metric, std::size_t k) {
    const PastRun& run = compared.runs[metric.runs[k]];
    const fettle::Judgement& judgement = run.judgements[metric.judgements[k]];
    const fettle::Confusion& c = judgement.confusion;
    Json roc = Json::array(), precision = Json();
    for (const auto& [x, y] : judgement.roc) roc.push_back({number(x), number(y)});
    for (const fettle::Plot& plot : judgement.plots)
        if (plot.x_name == "recall" && plot.y_name == "precision")
            precision = {{"x", numbers(plot.x)}, {"y", numbers(plot.y)}};
    return {{"run", metric.runs[k]},
            {"column", judgement.cut.column},
            {"threshold", number(judgement.cut.threshold)},
            {"method", judgement.cut.method},
            {"figures", figures(judgement.figures)},
            {"confusion", {c.true_positive, c.false_positive, c.true_negative, c.false_negative}},
            {"roc", std::move(roc)},
            {"precision_recall", std::move(precision)},
            {"scores", own_scores(run, metric.judgements[k])},
            {"remarks", judgement.remarks}};
}

/// The shared samples, the most disputed first; the first of them with pictures of every run.
Json samples(const Comparison& compared, const ComparedMetric& metric, std::size_t pictured) {
    const Dispute dispute = dispute_of(metric.shared);
    const std::size_t count = std::min(most_samples, dispute.order.size());
    std::set<std::string> wanted;
    for (std::size_t n = 0; n < std::min(pictured, count); ++n) wanted.insert(metric.shared.rows[dispute.order[n]].id);
    std::vector<std::map<std::string, Pictures>> pictures;
    for (std::size_t k = 0; k < metric.runs.size(); ++k) {
        const PastRun& run = compared.runs[metric.runs[k]];
        pictures.push_back(pictures_in(run.folder, wanted, run.judgements[metric.judgements[k]].cut.column));
    }
    Json out = Json::array();
    for (std::size_t n = 0; n < count; ++n) {
        const std::size_t row = dispute.order[n];
        const fettle::SampleInfo& info = metric.shared.rows[row];
        Json scores = Json::array(), ranks = Json::array(), shown = Json::array();
        for (std::size_t k = 0; k < metric.runs.size(); ++k) {
            scores.push_back(number(metric.shared.columns[k].values[row]));
            ranks.push_back(number(dispute.ranks[k][row]));
            const auto found = wanted.contains(info.id) ? pictures[k].find(info.id) : pictures[k].end();
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

Json data_of(const Comparison& compared) {
    Json runs = Json::array(), settings = Json::array(), metrics = Json::array();
    for (std::size_t r = 0; r < compared.runs.size(); ++r) {
        const PastRun& run = compared.runs[r];
        runs.push_back({{"letter", compared.letters[r]},
                        {"name", run.name},
                        {"folder", run.folder.string()},
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
    for (std::size_t m = 0; m < compared.metrics.size(); ++m) {
        const ComparedMetric& metric = compared.metrics[m];
        Json judged = Json::array(), tests = Json::array();
        for (std::size_t k = 0; k < metric.runs.size(); ++k) judged.push_back(judged_run(compared, metric, k));
        for (const fettle::Table& each : metric.tests) tests.push_back(table(each));
        metrics.push_back({{"title", metric.title},
                           {"one_unit", metric.one_unit},
                           {"runs", std::move(judged)},
                           {"shared", metric.shared.rows.size()},
                           {"samples", samples(compared, metric, m == 0 ? most_pictures / compared.runs.size() : 0)},
                           {"remarks", metric.remarks},
                           {"tests", std::move(tests)},
                           {"trouble", metric.trouble}});
    }
    return {{"runs", std::move(runs)},
            {"settings", std::move(settings)},
            {"remarks", compared.remarks},
            {"metrics", std::move(metrics)}};
}

/// JSON in which nothing can end the script element it stands in: `<` occurs inside strings only.
std::string inert(const std::string& json) {
    std::string out;
    for (const char c : json) c == '<' ? out += "\\u003c" : out += c;
    return out;
}

}  // namespace

std::string page(const Comparison& compared) {
    const std::string data = inert(data_of(compared).dump(-1, ' ', false, Json::error_handler_t::replace));
    const std::map<std::string_view, std::string_view> parts{
        {"style", page_css}, {"charts", charts_js}, {"script", page_js}, {"data", data}};
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
