// Every figure on its own, by name: what trackers, tables and gates are about.
#pragma once

#include <fettle/ports.hpp>

#include <string>
#include <vector>

namespace report {

/// One figure of one judgement, or of one row of a table.
struct NamedFigure {
    std::string name;  ///< "auroc", its interval's ends "auroc_lower" and "auroc_upper", "threshold", "false_positive"
    double value = 0;
};
struct Group {
    std::string name;    ///< no two alike: the column of a judgement, the title and the row of a table
    std::string column;  ///< of a judgement; the row's name of a table
    bool judgement = false;
    std::vector<NamedFigure> figures;
    std::vector<std::string> remarks;
};

/// Judgements, then rows of tables, as they come. A judgement is named after its column; where a column is judged more
/// than once, after its column and method: "ssim mean, quantile(at=0.95)". Ends of intervals are there where they are
/// known.                                                                             [any thread, concurrent]
std::vector<Group> groups_of(const fettle::Measures& measures);

/// A curve of training by name: "training/loss", or "training 2/loss" of the second network. As groups and names.
struct NamedCurve {
    std::string group;  ///< "training", "training 2"
    const fettle::Curve* curve = nullptr;
};
std::vector<NamedCurve> curves_of(const std::vector<fettle::Ref<fettle::Network>>& networks);

}  // namespace report
