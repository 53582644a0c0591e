// The figures of a finished run, as text: what a reader of a terminal needs to judge them by.
#include "show/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace fettle::runtime {
namespace {

const Figure* figure_of(const Table::Row& row, std::string_view name) {
    const auto found =
        std::find_if(row.figures.begin(), row.figures.end(), [&](const Figure& each) { return each.name == name; });
    return found == row.figures.end() ? nullptr : &*found;
}

std::string value_text(const Figure& figure) {
    const bool interval = figure.low == figure.low && figure.high == figure.high;
    return fmt::format("{:.4f}{}", figure.value,
                       interval ? fmt::format("  ({:.4f} to {:.4f})", figure.low, figure.high) : "");
}

std::string lines_of(const std::vector<Figure>& figures) {
    std::string out;
    for (const Figure& figure : figures) out += fmt::format("  {:<18} {}\n", figure.name, value_text(figure));
    return out;
}

std::string judgement_text(const Judgement& judgement) {
    const Confusion& c = judgement.confusion;
    std::string out =
        fmt::format("{}, {} = {:.6g}\n", judgement.cut.column, judgement.cut.method, judgement.cut.threshold);
    out += lines_of(judgement.figures);
    out += fmt::format("  of {} anomalous {} found, {} missed; of {} normal {} false alarms\n",
                       c.true_positive + c.false_negative, c.true_positive, c.false_negative,
                       c.true_negative + c.false_positive, c.false_positive);
    for (const std::string& remark : judgement.remarks) out += "  " + remark + "\n";
    return out;
}

/// How well pixels were found, of tables that tell it.
std::string pixels_text(const Table& table) {
    std::string out;
    for (const Table::Row& row : table.rows) {
        if (figure_of(row, "pixel_auroc") == nullptr) continue;
        out += row.name + ", pixels\n" + lines_of(row.figures);
        if (!row.verdict.empty()) out += "  " + row.verdict + "\n";
    }
    return out;
}

/// The trivial score that does best in a direction that no label chose; null where there is none.
const Table::Row* best_trivial(const Table& table) {
    const Table::Row* best = nullptr;
    for (const Table::Row& row : table.rows) {
        const Figure* area = figure_of(row, "auroc_departure");
        if (area != nullptr && (best == nullptr || area->value > figure_of(*best, "auroc_departure")->value))
            best = &row;
    }
    return best;
}

/// Verdicts about pairs, of tables that compare; no more than a few.
std::string verdicts_text(const Table& table) {
    constexpr std::size_t most = 6;
    std::string out;
    std::size_t count = 0;
    for (const Table::Row& row : table.rows) {
        const bool compares = std::any_of(row.figures.begin(), row.figures.end(),
                                          [](const Figure& each) { return each.name.ends_with("_difference"); });
        if (compares && !row.verdict.empty() && ++count <= most) out += row.name + ": " + row.verdict + "\n";
    }
    if (count > most) out += fmt::format("... and {} more pairs\n", count - most);
    return out;
}

}  // namespace

std::string figures_text(const RunResult& result) {
    std::string judged, pixels, trivial, compared;
    for (const auto& outputs : result.values)
        for (const ValueRef& value : outputs) {
            const auto* measures = dynamic_cast<const Measures*>(value.get());
            if (measures == nullptr) continue;
            for (const Judgement& judgement : measures->judgements) judged += judgement_text(judgement);
            for (const Table& table : measures->tables) {
                pixels += pixels_text(table);
                compared += verdicts_text(table);
                if (const Table::Row* best = best_trivial(table))
                    trivial += fmt::format("best trivial score: {}\n  {:<18} {}\n", best->name, "auroc_departure",
                                           value_text(*figure_of(*best, "auroc_departure")));
            }
        }
    return judged + pixels + trivial + compared;
}

}  // namespace fettle::runtime
