// A sweep's result as a table: a line per combination of values, spread over its seeds.
#include "show/show.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace fettle::runtime {
namespace {

using Row = std::vector<std::string>;

/// Columns of a terminal, near enough: code points.
std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string aligned(const std::vector<Row>& rows) {
    std::vector<std::size_t> widths;
    for (const Row& row : rows)
        for (std::size_t c = 0; c < row.size(); ++c) {
            widths.resize(std::max(widths.size(), c + 1));
            widths[c] = std::max(widths[c], width_of(row[c]));
        }
    std::string out;
    for (const Row& row : rows) {
        std::string line = "  ";
        for (std::size_t c = 0; c < row.size(); ++c)
            line += row[c] + std::string(widths[c] - width_of(row[c]) + 2, ' ');
        out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
    }
    return out;
}

/// "0.9666 ± 0.0061 (0.9641 to 0.9690)": half of Student's 95 % interval of the mean, and the range; of one seed the
/// value alone.
std::string spread_text(const Spread::Figure& figure) {
    if (figure.values.empty()) return "-";
    if (figure.values.size() == 1) return fmt::format("{:.4f}", figure.values.front());
    const auto [lowest, highest] = std::minmax_element(figure.values.begin(), figure.values.end());
    return fmt::format("{:.4f} ± {:.4f} ({:.4f} to {:.4f})", figure.mean(), figure.half_width(), *lowest, *highest);
}

/// What is shown on a terminal; the files hold every figure.
std::vector<std::string> shown_figures(const std::vector<Spread>& spreads) {
    std::vector<std::string> known, out;
    for (const Spread& spread : spreads)
        for (const auto& figure : spread.figures)
            if (std::find(known.begin(), known.end(), figure.name) == known.end()) known.push_back(figure.name);
    for (const char* name : {"auroc", "accuracy", "f1"})
        if (std::find(known.begin(), known.end(), name) != known.end()) out.emplace_back(name);
    if (out.empty()) out.assign(known.begin(), known.begin() + std::min<std::ptrdiff_t>(3, std::ssize(known)));
    return out;
}

Row row_of(const Sweep& sweep, const Spread& spread, const std::vector<std::string>& names) {
    Row row;
    for (const auto& [path, value] : sweep.groups[spread.group]) row.push_back(value);
    std::size_t seeds = 0;
    for (const auto& figure : spread.figures) seeds = std::max(seeds, figure.values.size());
    row.push_back(std::to_string(seeds));
    for (const std::string& name : names) {
        const auto figure = std::find_if(spread.figures.begin(), spread.figures.end(),
                                         [&](const Spread::Figure& each) { return each.name == name; });
        row.push_back(figure == spread.figures.end() ? "-" : spread_text(*figure));
    }
    return row;
}

}  // namespace

std::string sweep_text(const Sweep& sweep, const SweepResult& result) {
    const auto spreads = spreads_of(sweep, result);
    const auto names = shown_figures(spreads);
    std::size_t judgements = 0;
    for (const Spread& spread : spreads) judgements = std::max(judgements, spread.judgement + 1);
    std::string out;
    for (std::size_t j = 0; j < judgements; ++j) {
        std::vector<const Spread*> shown;
        for (const Spread& spread : spreads)
            if (spread.judgement == j) shown.push_back(&spread);
        const auto title = [](const Spread& spread) { return spread.column + ", " + spread.method; };
        const bool differ = std::any_of(shown.begin(), shown.end(),
                                        [&](const Spread* each) { return title(*each) != title(*shown.front()); });
        Row head = sweep.paths;
        head.emplace_back("seeds");
        head.insert(head.end(), names.begin(), names.end());
        if (differ) head.emplace_back("judged");  // what is swept changes its name
        std::vector<Row> rows{head};
        for (const Spread* spread : shown) {
            rows.push_back(row_of(sweep, *spread, names));
            if (differ) rows.back().push_back(title(*spread));
        }
        if (!differ) out += title(*shown.front()) + "\n";
        out += aligned(rows);
    }
    for (std::size_t c = 0; c < result.cells.size(); ++c)
        if (result.cells[c].status != Status::done)
            out += fmt::format("cell {} ({}) {}\n", c + 1, sweep.cells[c].words(),
                               result.cells[c].status == Status::failed ? "failed" : "was stopped");
    return out;
}

}  // namespace fettle::runtime
