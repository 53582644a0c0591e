// The rows of a table that figures are made of.
#pragma once

#include "ranking.hpp"

#include <fettle/error.hpp>
#include <fettle/ports.hpp>

#include <cmath>
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

    /// Their scores in a column. Throws Error(Fault::numeric) naming the first sample whose score isn't finite.
    std::vector<double> scores(const fettle::Scores::Column& column,
                               const std::vector<fettle::SampleInfo>& table) const {
        std::vector<double> out;
        for (const std::size_t row : rows) {
            out.push_back(column.values[row]);
            if (!std::isfinite(out.back()))
                throw fettle::Error(fettle::Fault::numeric,
                                    "the score `" + column.name + "` of `" + table[row].id + "` is not finite")
                    .help("look at the image and at what was made of it; a training that diverged gives such scores");
        }
        return out;
    }
};

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
