// Several runs side by side, joined by sample. For the command line, which adds the tests.
#pragma once

#include "run/run.hpp"
#include "show/past.hpp"

#include <string>
#include <vector>

namespace fettle::runtime {

/// One metric of several runs on the test samples that all of them judged.
struct ComparedMetric {
    std::string title;                    ///< the column; "what each run judged first" where they differ
    bool one_unit = true;                 ///< whether it is one column, so that its scores share a scale
    std::vector<std::size_t> runs;        ///< in Comparison::runs; two or more
    std::vector<std::size_t> judgements;  ///< of each of them
    /// The shared samples: `test` and labelled alike in all; a column for each run, by its letter.
    Scores shared;
    std::vector<std::string> remarks;  ///< what the reader must know of the sets
    std::vector<Table> tests;          ///< paired tests; empty until somebody has made them
    std::string trouble;               ///< why there are none
};

/// Runs that differ in the seed alone; one that no other is like, too.
struct Series {
    std::string letter;                              ///< "A", "B", ... "Z", "AA", ...
    std::vector<std::size_t> runs;                   ///< in Comparison::runs, no seed twice
    std::vector<std::optional<std::string>> values;  ///< per Comparison::varied
};

struct Comparison {
    std::vector<PastRun> runs;
    std::vector<std::string> letters;  ///< that of its series, and with several runs there its number: "A1"
    std::vector<Series> series;
    std::vector<std::string> varied;  ///< what tells the series apart: a sweep's paths, else settings but the seed
    bool of_one_sweep = false;        ///< all are its cells
    std::vector<DifferingSetting> settings;
    std::vector<std::string> remarks;  ///< on all of it
    std::vector<ComparedMetric> metrics;

    /// Whether a run is in no spread: a sweep's cell that didn't finish, though it may have judged.
    bool left_out(std::size_t run) const;
    bool repeated() const;  ///< whether any series has several runs
    /// Whether a line for each series says more than a column for each run.
    bool by_series() const { return repeated() || of_one_sweep; }
};

/// The figures of a series' runs in a metric, but for those left out; empty where none of them judged it.
std::vector<Spread::Figure> spread_of(const Comparison& comparison, const ComparedMetric& metric, const Series& series);

/// Joins runs: first what each of them judged first, then every further column that two or more have judged. Of several
/// thresholds on a column, a run's first counts.
Comparison compare_past_runs(std::vector<PastRun> runs);

/// How far apart the runs place each shared sample, 0 to 1: between its highest and lowest rank among them (equal
/// scores share theirs), whatever the scores' units; a missing score has none. The rows, the most disputed first.
struct Dispute {
    std::vector<std::vector<double>> ranks;  ///< per column and row: the share that scores lower; NaN where missing
    std::vector<double> spread;              ///< per row
    std::vector<std::size_t> order;
};
Dispute dispute_of(const Scores& shared);

/// For people and for programs; `page` is where the same stands as a page.
std::string comparison_text(const Comparison& comparison);
std::string comparison_json(const Comparison& comparison, const std::string& page);

}  // namespace fettle::runtime
