// Which cases a report shows, and their pictures.
#pragma once

#include "tables.hpp"

#include <fettle/context.hpp>
#include <fettle/roles/decide.hpp>

#include <vector>

namespace report {

/// The cases of one cut worth looking at, as rows of the table of scores, the most telling first; of each kind at most
/// as many as asked for. The counts are those of all.
struct Cases {
    struct Group {
        std::size_t count = 0;
        std::vector<std::size_t> rows;
    };
    Group missed;           ///< anomalous and not found; the lowest score first
    Group false_alarms;     ///< normal and called anomalous; the highest score first
    Group clear_anomalous;  ///< anomalous and found; the highest score first
    Group clear_normal;     ///< normal and let pass; the lowest score first
};

/// The cases of `cut` among the test samples with a label; equal scores in the table's order. [any thread, concurrent]
Cases choose_cases(const fettle::Scores& scores, const fettle::Cut& cut, std::size_t examples);

/// For every judgement its cases, and for every case its pictures (original, reconstruction, map, mask if known), each
/// picture once:
///     {"sets":     [{"label", "high"}],                  what was connected; `high` is where the colours end
///      "cases":    [{"sets": [0], "missed": {"count", "rows"}, ...}],       one per judgement
///      "shown":    {"17": [{"set", "original", "reconstruction", "map", "mask"}]},    by row; pictures by number
///      "pictures": ["data:image/jpeg;..."]}
/// A cut is shown with the maps its column was made from, found by the column's name; where there are none (a combined
/// score), with all that are connected.
Json gallery(const fettle::Report::Found& found, std::size_t examples, int side, const fettle::Context& context);

}  // namespace report
