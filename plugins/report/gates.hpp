// Demands on figures: "auroc >= 0.95".
#pragma once

#include "figures.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace report {

/// One demand, read.
struct Demand {
    std::string text;    ///< as the graph says it
    std::string where;   ///< "ssim mean" of "ssim mean: auroc >= 0.95": a column, or a row of a table; empty: anywhere
    std::string figure;  ///< "auroc"
    std::string relation;
    double bound = 0;

    bool holds(double value) const;  ///< false for NaN, whatever is demanded
};

/// Reads "[NAME:] FIGURE RELATION NUMBER". Throws std::invalid_argument with what is wrong, in words. `further` are
/// names of figures that measures of other plugins bring.                             [any thread, concurrent]
Demand read_demand(const std::string& text, const std::vector<std::string>& further);

/// A demand where it was looked for.
struct Finding {
    std::size_t demand = 0;  ///< its place in the list
    std::string place;       ///< the group's name; empty where the demand is about nothing that was judged
    fettle::Gate gate;
};

/// Every demand on every judgement; on rows of tables where the figure is one that only tables have, or where the
/// demand names the row. A figure that is nowhere, or isn't there because it is undefined, isn't held.
///                                                                                    [any thread, concurrent]
std::vector<Finding> findings(const std::vector<Demand>& demands, const std::vector<Group>& groups);

}  // namespace report
