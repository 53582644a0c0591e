#include "figures.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace report {
namespace {

void add(std::vector<NamedFigure>& out, const std::vector<fettle::Figure>& figures) {
    for (const fettle::Figure& figure : figures) {
        out.push_back({figure.name, figure.value});
        if (!std::isnan(figure.low)) out.push_back({figure.name + "_lower", figure.low});
        if (!std::isnan(figure.high)) out.push_back({figure.name + "_upper", figure.high});
    }
}

Group group_of(const fettle::Judgement& judged, bool alone, const fettle::Scores& scores) {
    Group out{judged.cut.column, judged.cut.column, true, {}, judged.remarks, ""};
    if (!alone) out.name += ", " + judged.cut.method;
    if (!judged.cut.caution.empty()) out.remarks.push_back(judged.cut.caution);
    add(out.figures, judged.figures);
    const fettle::Confusion& c = judged.confusion;
    const auto count = [&](const char* name, std::size_t value) {
        out.figures.push_back({name, static_cast<double>(value)});
    };
    out.figures.push_back({"threshold", judged.cut.threshold});
    count("true_positive", c.true_positive);
    count("false_positive", c.false_positive);
    count("true_negative", c.true_negative);
    count("false_negative", c.false_negative);
    const fettle::Missing missing = missing_of(judged, scores);
    count("missing_scores", missing.count());
    const bool all = std::none_of(scores.rows.begin(), scores.rows.end(), [](const fettle::SampleInfo& row) {
        return row.split == fettle::Split::test && row.label == fettle::Label::unknown;
    });
    out.missing = missing.words(all ? "test samples" : "test samples with a label");
    return out;
}

}  // namespace

fettle::Missing missing_of(const fettle::Judgement& judged, const fettle::Scores& scores) {
    fettle::Missing out;
    for (const auto& column : scores.columns) {
        if (column.name != judged.cut.column) continue;
        for (std::size_t i = 0; i < scores.rows.size(); ++i)
            if (scores.rows[i].split == fettle::Split::test && scores.rows[i].label != fettle::Label::unknown)
                out.holds(column.values[i], scores.rows[i].id);
    }
    return out;
}

std::vector<Group> groups_of(const fettle::Measures& measures) {
    std::map<std::string, int> of_column;
    for (const auto& judged : measures.judgements) ++of_column[judged.cut.column];
    std::vector<Group> out;
    for (const auto& judged : measures.judgements)
        out.push_back(group_of(judged, of_column[judged.cut.column] == 1, measures.scores));
    for (const auto& table : measures.tables)
        for (const auto& row : table.rows) {
            Group group{table.title + ": " + row.name, row.name, false, {}, {}, ""};
            if (!row.verdict.empty()) group.remarks.push_back(row.verdict);
            add(group.figures, row.figures);
            out.push_back(std::move(group));
        }
    std::set<std::string> given;
    for (Group& group : out) {
        const std::string name = group.name;
        for (int number = 2; !given.insert(group.name).second; ++number)
            group.name = name + " (" + std::to_string(number) + ")";
    }
    return out;
}

std::vector<NamedCurve> curves_of(const std::vector<fettle::Ref<fettle::Network>>& networks) {
    std::vector<NamedCurve> out;
    for (std::size_t i = 0; i < networks.size(); ++i)
        for (const auto& curve : networks[i]->history)
            out.push_back({i == 0 ? "training" : "training " + std::to_string(i + 1), &curve});
    return out;
}

}  // namespace report
