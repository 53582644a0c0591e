// A table of scores as text.
#pragma once

#include <fettle/ports.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace score {

struct Table {
    struct Row {
        fettle::SampleInfo info;
        std::vector<double> values;  ///< per name
    };
    std::vector<std::string> names;  ///< of the columns that are metrics
    std::vector<Row> rows;
};

/// Reads a comma-separated table by RFC 4180: `sample`, `label`, perhaps `split` (`test` where there is none) and
/// `category`; every other column is a metric. Numbers as text in any of C's ways, whatever the locale, NaN and
/// infinities included. Throws Error(Fault::data) naming the row, counted from 1 without the names, where one doesn't
/// fit, and the column.                                                               [any thread, concurrent]
Table read_table(const std::filesystem::path& file);

}  // namespace score
