// The rows of a table that figures are made of.
#pragma once

#include "ranking.hpp"

#include <fettle/error.hpp>
#include <fettle/ports.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace evaluate {

/// The rows of `test` whose label is known.
struct Labelled {
    std::vector<std::size_t> rows;  ///< in the table
    std::vector<bool> anomalous;    ///< of each of them
    Counts counts;
    std::size_t unlabelled = 0;  ///< test rows whose label isn't known

    explicit Labelled(const std::vector<fettle::SampleInfo>& table) {
        for (std::size_t i = 0; i < table.size(); ++i) {
            if (table[i].split != fettle::Split::test) continue;
            if (table[i].label == fettle::Label::unknown) {
                ++unlabelled;
                continue;
            }
            rows.push_back(i);
            anomalous.push_back(table[i].label == fettle::Label::anomalous);
            ++(anomalous.back() ? counts.anomalous : counts.normal);
        }
    }

    /// Their scores in a column, NaN where one is missing. Throws Error(Fault::numeric) naming the first where all are.
    std::vector<double> scores(const fettle::Scores::Column& column,
                               const std::vector<fettle::SampleInfo>& table) const {
        fettle::Missing missing;
        std::vector<double> out;
        for (const std::size_t row : rows)
            out.push_back(missing.holds(column.values[row], table[row].id) ? column.values[row]
                                                                           : std::numeric_limits<double>::quiet_NaN());
        missing.require_any("the score `" + column.name + "`", words());
        return out;
    }

    /// Which of them have no such score: of `scores`, as scores() gives them.
    fettle::Missing missing(const std::vector<double>& scores, const std::vector<fettle::SampleInfo>& table) const {
        fettle::Missing out;
        for (std::size_t k = 0; k < rows.size(); ++k) out.holds(scores[k], table[rows[k]].id);
        return out;
    }

    /// Some of them, by their places among these.
    Labelled only(const std::vector<std::size_t>& places) const {
        Labelled out({});
        for (const std::size_t k : places) {
            out.rows.push_back(rows[k]);
            out.anomalous.push_back(anomalous[k]);
            ++(anomalous[k] ? out.counts.anomalous : out.counts.normal);
        }
        return out;
    }

    /// What they are called where they are counted.
    const char* words() const { return unlabelled > 0 ? "test samples with a label" : "test samples"; }
};

/// The values at some places.
template <class T>
std::vector<T> chosen(const std::vector<T>& values, const std::vector<std::size_t>& places) {
    std::vector<T> out;
    for (const std::size_t place : places) out.push_back(values[place]);
    return out;
}

/// The places at which neither is NaN.
inline std::vector<std::size_t> known_in_both(const std::vector<double>& first, const std::vector<double>& second) {
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < first.size(); ++i)
        if (!std::isnan(first[i]) && !std::isnan(second[i])) out.push_back(i);
    return out;
}

/// The names of the figures that have no interval, with commas between.
inline std::string without_interval(const std::vector<fettle::Figure>& figures) {
    std::string names;
    for (const fettle::Figure& each : figures)
        if (std::isnan(each.low)) names += (names.empty() ? "" : ", ") + each.name;
    return names;
}

/// Every column and cut of several tables of scores and of decisions, as one. Throws Error(Fault::data) where they
/// don't hold the same samples, or a column differs from its namesake.
inline fettle::Decisions gathered(const std::vector<fettle::Ref<fettle::Scores>>& scores,
                                  const std::vector<fettle::Ref<fettle::Decisions>>& decisions) {
    fettle::Decisions out;
    std::vector<fettle::Ref<fettle::Measures>> parts;
    const auto add = [&parts](const fettle::Scores& table) {
        auto part = std::make_shared<fettle::Measures>();
        part->scores = table;
        parts.push_back(std::move(part));
    };
    for (const auto& each : scores) add(*each);
    for (const auto& each : decisions) {
        add(each->scores);
        out.cuts.insert(out.cuts.end(), each->cuts.begin(), each->cuts.end());
    }
    if (!parts.empty()) out.scores = fettle::join_measures(parts).scores;
    return out;
}

}  // namespace evaluate
