// Every figure on its own, by name: what trackers, tables and gates are about.
#pragma once

#include <fettle/ports.hpp>

#include <string>
#include <vector>

namespace report {

/// One figure of one judgement, or of one row of a table.
struct NamedFigure {
    /// "auroc", its interval's ends "auroc_lower" and "auroc_upper", "threshold", "false_positive"; "missing_scores":
    /// how many labelled test samples were not judged for want of a finite score
    std::string name;
    double value = 0;
};
struct Group {
    std::string name;    ///< no two alike: the column of a judgement, the title and the row of a table
    std::string column;  ///< of a judgement; the row's name of a table
    bool judgement = false;
    std::vector<NamedFigure> figures;
    std::vector<std::string> remarks;
    std::string missing;  ///< of a judgement with missing scores: how many of how many, and the first; else empty
};

/// Which labelled test samples have no finite score in the column that was judged.  [any thread, concurrent]
fettle::Missing missing_of(const fettle::Judgement& judged, const fettle::Scores& scores);

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
