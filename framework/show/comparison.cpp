#include "show/comparison.hpp"
#include "show/comparison_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>
#include <unordered_map>

namespace fettle::runtime {
namespace {

std::string plural(std::size_t count, const std::string& thing) {
    return fmt::format("{} {}{}", count, thing, count == 1 ? "" : "s");
}

/// Which judgement of a run is its first of a column; none where there is none.
std::optional<std::size_t> judgement_of(const PastRun& run, const std::string& column) {
    for (std::size_t j = 0; j < run.judgements.size(); ++j)
        if (run.judgements[j].cut.column == column) return j;
    return {};
}

const std::vector<double>& values_of(const PastRun& run, std::size_t judgement) {
    static const std::vector<double> none;
    for (const auto& column : run.tables[run.table_of[judgement]].columns)
        if (column.name == run.judgements[judgement].cut.column) return column.values;
    return none;
}

/// One run's rows by sample id.
using Places = std::unordered_map<std::string, std::size_t>;
Places places_in(const Scores& table) {
    Places out;
    for (std::size_t i = 0; i < table.rows.size(); ++i) out.emplace(table.rows[i].id, i);
    return out;
}

std::size_t tested(const Scores& table) {
    return static_cast<std::size_t>(std::count_if(table.rows.begin(), table.rows.end(), [](const SampleInfo& row) {
        return row.split == Split::test && row.label != Label::unknown;
    }));
}

/// Joins by sample id; what can't be compared fairly stays out, and is told.
void join(ComparedMetric& metric, const Comparison& all) {
    std::vector<const Scores*> tables;
    std::vector<Places> places;
    std::vector<const std::vector<double>*> values;
    for (std::size_t k = 0; k < metric.runs.size(); ++k) {
        const PastRun& run = all.runs[metric.runs[k]];
        tables.push_back(&run.tables[run.table_of[metric.judgements[k]]]);
        places.push_back(places_in(*tables.back()));
        values.push_back(&values_of(run, metric.judgements[k]));
        metric.shared.columns.push_back({all.letters[metric.runs[k]], {}});
    }
    std::size_t other_split = 0, other_label = 0;
    for (std::size_t i = 0; i < tables[0]->rows.size(); ++i) {
        const SampleInfo& row = tables[0]->rows[i];
        if (row.split != Split::test || row.label == Label::unknown) continue;
        std::vector<std::size_t> rows{i};
        bool test = true, alike = true;
        for (std::size_t k = 1; k < tables.size(); ++k) {
            const auto found = places[k].find(row.id);
            if (found == places[k].end()) break;
            rows.push_back(found->second);
            test &= tables[k]->rows[found->second].split == Split::test;
            alike &= tables[k]->rows[found->second].label == row.label;
        }
        if (rows.size() < tables.size()) continue;
        other_split += !test;
        other_label += test && !alike;
        if (!test || !alike) continue;
        metric.shared.rows.push_back(row);
        for (std::size_t k = 0; k < rows.size(); ++k)
            metric.shared.columns[k].values.push_back(values[k]->empty() ? std::nan("") : (*values[k])[rows[k]]);
    }
    const std::size_t shared = metric.shared.rows.size();
    std::string own;
    std::vector<std::size_t> counts;
    for (std::size_t k = 0; k < tables.size(); ++k) {
        counts.push_back(tested(*tables[k]));
        own += fmt::format("{}{} in {}", k == 0 ? "" : ", ", counts.back(), all.letters[metric.runs[k]]);
    }
    const auto [fewest, most] = std::minmax_element(counts.begin(), counts.end());
    const bool same = *fewest == shared && *most == shared;
    constexpr std::size_t most_listed = 8;
    if (counts.size() > most_listed) own = fmt::format("{} to {} in each", *fewest, *most);
    if (shared == 0)
        metric.remarks.push_back("the runs have no test sample in common (" + own +
                                 "): their figures stand beside one another, and no test can tell them apart");
    else if (!same)
        metric.remarks.push_back(fmt::format(
            "the runs were judged on different test samples ({}); paired tests, if any, use the {} that all "
            "have judged, the figures are each run's own",
            own, shared));
    for (std::size_t k = 0; k < tables.size(); ++k) {
        Missing missing;
        for (std::size_t i = 0; i < shared; ++i)
            missing.holds(metric.shared.columns[k].values[i], metric.shared.rows[i].id);
        if (missing.count() > 0)
            metric.remarks.push_back(fmt::format(
                "{}: {} of the {} shared test samples {} no finite score, {}`{}`; {}", all.letters[metric.runs[k]],
                missing.count(), shared, missing.count() == 1 ? "has" : "have",
                missing.count() == 1 ? "" : "the first ", missing.first(),
                missing.count() == shared ? "it is in no paired test"
                                          : "each of its pairs is compared on the samples that both runs score"));
    }
    if (other_split > 0)
        metric.remarks.push_back(plural(other_split, "sample") +
                                 " of the first run's test set served another purpose in another run and stayed out");
    if (other_label > 0) metric.remarks.push_back(plural(other_label, "sample") + " with different labels stayed out");
}

void add_metric(Comparison& out, std::string title, bool one_unit,
                const std::vector<std::pair<std::size_t, std::size_t>>& judged) {
    if (judged.size() < 2) return;
    ComparedMetric metric{std::move(title), one_unit, {}, {}, {}, {}, {}, {}};
    for (const auto& [run, judgement] : judged) {
        metric.runs.push_back(run);
        metric.judgements.push_back(judgement);
    }
    join(metric, out);
    out.metrics.push_back(std::move(metric));
}

/// Whether something of a stage's makes it into decisions, other than by what was learnt from it.
bool is_judged(const SettingTexts& settings, const std::string& stage) {
    std::vector<std::string> from{stage};
    for (std::size_t k = 0; k < from.size(); ++k)
        for (const auto& [path, value] : settings) {
            const auto port = path.find(".in.");
            if (port == path.npos || value.find('"' + from[k] + '.') == value.npos) continue;
            const std::string name = path.substr(port + 4), reader = path.substr(0, port);
            if (name == "decisions") return true;
            if (name != "network" && name != "train" && std::find(from.begin(), from.end(), reader) == from.end())
                from.push_back(reader);
        }
    return false;
}

/// Data sets that aren't set alike may give other pictures the same names.
void warn_of_data(Comparison& out) {
    std::set<std::string> names;
    const auto is_data_set = [&](const std::string& stage) {
        return std::any_of(out.runs.begin(), out.runs.end(), [&](const PastRun& run) {
            return is_judged(run.settings, stage) &&
                   std::any_of(run.settings.begin(), run.settings.end(), [&](const auto& setting) {
                       return setting.first == stage + ".use" && setting.second.starts_with("\"dataset.");
                   });
        });
    };
    for (const DifferingSetting& each : out.settings)
        if (is_data_set(each.path.substr(0, each.path.find('.')))) names.insert(each.path);
    for (const PastRun& run : out.runs)
        for (const auto& [file, digest] : run.reads)
            if (const auto first = out.runs.front().reads.find(file);
                first != out.runs.front().reads.end() && first->second != digest)
                names.insert(file);
    std::string list;
    for (const std::string& name : names) list += (list.empty() ? "" : ", ") + name;
    if (!list.empty())
        out.remarks.push_back("the data sets aren't the same (" + list +
                              "), and samples are matched by their names alone");
}

}  // namespace

Comparison compare_past_runs(std::vector<PastRun> runs) {
    Comparison out;
    out.runs = std::move(runs);
    find_series(out);
    std::vector<const PastRun*> all;
    std::vector<std::pair<std::size_t, std::size_t>> first;
    std::vector<std::string> columns;  // in the order they are met
    for (std::size_t r = 0; r < out.runs.size(); ++r) {
        const PastRun& run = out.runs[r];
        all.push_back(&run);
        if (!run.judgements.empty()) first.emplace_back(r, 0);
        if (run.judgements.empty())
            out.remarks.push_back(fmt::format("{} {}: only its settings can be compared", out.letters[r],
                                              run.status == "done" ? "judged nothing (it has no `evaluate` stage)"
                                                                   : "is " + run.status + " and judged nothing"));
        else if (out.left_out(r))
            out.remarks.push_back(
                fmt::format("{} is {}: what it judged is in no mean, as in sweep.json", out.letters[r], run.status));
        for (const std::string& each : run.trouble) out.remarks.push_back(out.letters[r] + ": " + each);
        for (const Judgement& judgement : run.judgements)
            if (std::find(columns.begin(), columns.end(), judgement.cut.column) == columns.end())
                columns.push_back(judgement.cut.column);
    }
    out.settings = differing_settings(all);
    warn_of_data(out);
    std::string alike = first.empty() ? "" : out.runs[first.front().first].judgements.front().cut.column;
    for (const auto& [run, judgement] : first)
        if (out.runs[run].judgements.front().cut.column != alike) alike.clear();
    add_metric(out, alike.empty() ? "what each run judged first" : alike, !alike.empty(), first);
    for (const std::string& column : columns) {
        if (column == alike) continue;
        std::vector<std::pair<std::size_t, std::size_t>> judged;
        for (std::size_t r = 0; r < out.runs.size(); ++r)
            if (const auto judgement = judgement_of(out.runs[r], column)) judged.emplace_back(r, *judgement);
        add_metric(out, column, true, judged);
    }
    return out;
}

Dispute dispute_of(const Scores& shared) {
    const std::size_t count = shared.rows.size();
    Dispute out{{}, std::vector<double>(count), std::vector<std::size_t>(count)};
    std::vector<double> lowest(count, 1), highest(count, 0);
    for (const Scores::Column& column : shared.columns) {
        std::vector<double> sorted, ranks;
        std::copy_if(column.values.begin(), column.values.end(), std::back_inserter(sorted),
                     [](double value) { return !std::isnan(value); });
        std::sort(sorted.begin(), sorted.end());
        for (const double value : column.values) {
            if (std::isnan(value)) {
                ranks.push_back(value);
                continue;
            }
            const auto [first, last] = std::equal_range(sorted.begin(), sorted.end(), value);
            const auto below = static_cast<double>(first - sorted.begin()), equal = static_cast<double>(last - first);
            ranks.push_back((below + 0.5 * (equal - 1)) / std::max<double>(1, static_cast<double>(sorted.size()) - 1));
        }
        for (std::size_t i = 0; i < count; ++i) {
            if (std::isnan(ranks[i])) continue;
            lowest[i] = std::min(lowest[i], ranks[i]);
            highest[i] = std::max(highest[i], ranks[i]);
        }
        out.ranks.push_back(std::move(ranks));
    }
    for (std::size_t i = 0; i < count; ++i) out.spread[i] = std::max(highest[i] - lowest[i], 0.0);
    std::iota(out.order.begin(), out.order.end(), std::size_t{0});
    std::stable_sort(out.order.begin(), out.order.end(),
                     [&](std::size_t a, std::size_t b) { return out.spread[a] > out.spread[b]; });
    return out;
}

}  // namespace fettle::runtime
