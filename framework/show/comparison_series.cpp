// Which runs differ in the seed alone, and their figures' spread over seeds.
#include "show/comparison_series.hpp"

#include <algorithm>

namespace fettle::runtime {
namespace {

const std::string seed_path = "graph.seed";

std::string seed_of(const PastRun& run) {
    for (const auto& [path, value] : run.settings)
        if (path == seed_path) return value;
    return {};
}

bool cells_of_one_sweep(const PastRun& a, const PastRun& b) {
    return !a.cell.empty() && !b.cell.empty() && a.folder.parent_path() == b.folder.parent_path();
}

SettingTexts without_seed(SettingTexts cell) {
    std::erase_if(cell, [](const auto& each) { return each.first == seed_path; });
    return cell;
}

/// A sweep's record says it of its cells; else nothing may differ but the seed, not even data or plugins.
bool differ_by_seed_alone(const PastRun& a, const PastRun& b) {
    if (cells_of_one_sweep(a, b)) return without_seed(a.cell) == without_seed(b.cell);
    const auto found = changes(a, b);
    return a.graph == b.graph && found.size() == 1 && found.front().starts_with(seed_path + " ");
}

/// "A" to "Z", then "AA" and so on.
std::string letter_of(std::size_t place) {
    std::string out;
    for (std::size_t left = place + 1; left > 0; left = (left - 1) / 26)
        out.insert(out.begin(), static_cast<char>('A' + (left - 1) % 26));
    return out;
}

bool takes(const Comparison& all, const Series& series, std::size_t run) {
    // The same seed again is no sample more of what seeds do.
    return differ_by_seed_alone(all.runs[series.runs.front()], all.runs[run]) &&
           std::none_of(series.runs.begin(), series.runs.end(),
                        [&](std::size_t other) { return seed_of(all.runs[other]) == seed_of(all.runs[run]); });
}

void find_values(Comparison& out) {
    if (out.of_one_sweep) {
        for (const auto& [path, value] : without_seed(out.runs.front().cell)) out.varied.push_back(path);
        for (Series& series : out.series)
            for (const auto& [path, value] : without_seed(out.runs[series.runs.front()].cell))
                series.values.emplace_back(value);
        return;
    }
    std::vector<const PastRun*> first;
    for (const Series& series : out.series) first.push_back(&out.runs[series.runs.front()]);
    for (const DifferingSetting& each : differing_settings(first)) {
        if (each.path == seed_path) continue;
        out.varied.push_back(each.path);
        for (std::size_t s = 0; s < out.series.size(); ++s) out.series[s].values.push_back(each.values[s]);
    }
}

}  // namespace

void find_series(Comparison& out) {
    out.of_one_sweep = std::all_of(out.runs.begin(), out.runs.end(),
                                   [&](const PastRun& run) { return cells_of_one_sweep(out.runs.front(), run); });
    for (std::size_t r = 0; r < out.runs.size(); ++r) {
        const auto known = std::find_if(out.series.begin(), out.series.end(),
                                        [&](const Series& series) { return takes(out, series, r); });
        if (known != out.series.end())
            known->runs.push_back(r);
        else
            out.series.push_back({letter_of(out.series.size()), {r}, {}});
    }
    out.letters.resize(out.runs.size());
    for (const Series& series : out.series)
        for (std::size_t n = 0; n < series.runs.size(); ++n)
            out.letters[series.runs[n]] = series.letter + (series.runs.size() > 1 ? std::to_string(n + 1) : "");
    find_values(out);
}

bool Comparison::repeated() const {
    return std::any_of(series.begin(), series.end(), [](const Series& each) { return each.runs.size() > 1; });
}

bool Comparison::left_out(std::size_t run) const { return of_one_sweep && runs[run].status != "done"; }

std::vector<Spread::Figure> spread_of(const Comparison& comparison, const ComparedMetric& metric,
                                      const Series& series) {
    std::vector<Spread::Figure> out;
    for (std::size_t k = 0; k < metric.runs.size(); ++k)
        if (!comparison.left_out(metric.runs[k]) &&
            std::find(series.runs.begin(), series.runs.end(), metric.runs[k]) != series.runs.end())
            gather(out, comparison.runs[metric.runs[k]].judgements[metric.judgements[k]].figures);
    return out;
}

}  // namespace fettle::runtime
