#include "table.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;

/// Scores that were stored: by an earlier run, or by any other program that judges images. They are test scores and
/// nothing else, so that no threshold is found from a table whose making nobody saw.
struct Read final : fettle::Stage {
    struct In {};
    struct Out {
        fettle::Ref<fettle::Scores> scores;
        fettle::Ref<fettle::Decisions> decisions;
    };
    std::filesystem::path path;
    std::vector<std::string> columns;
    std::vector<double> thresholds;

    static void describe(fettle::Describe<Read>& d) {
        d.summary("Test scores from a CSV table: a run's `scores.csv`, or another program's.")
            .param("path", &Read::path,
                   "The table, comma-separated (RFC 4180), with columns `sample` and `label` (normal, anomalous or "
                   "unknown), `split` and `category` where there are any, and one of numbers for each metric.",
                   fettle::required())
            .param("columns", &Read::columns, "The metrics to take, by their columns' names; empty: all.")
            .param("thresholds", &Read::thresholds,
                   "Scores above which an image is called anomalous, in each metric's own unit: one for each column, "
                   "in their order; empty: decisions without thresholds.")
            .out("scores", &Out::scores, "The rows of `test`; all where the table has no column `split`.", "test")
            .out("decisions", &Out::decisions, "The same with the thresholds.", "test");
    }

    Out run(const In&, fettle::Context& context) const {
        const score::Table table = score::read_table(path);
        auto scores = std::make_shared<fettle::Scores>();
        const std::vector<std::size_t> taken = columns_of(table);
        for (const std::size_t c : taken) scores->columns.push_back({table.names[c], {}});
        for (const score::Table::Row& row : table.rows) {
            if (row.info.split != fettle::Split::test) continue;
            scores->rows.push_back(row.info);
            for (std::size_t k = 0; k < taken.size(); ++k) scores->columns[k].values.push_back(row.values[taken[k]]);
        }
        if (scores->rows.empty())
            throw Error(Fault::data,
                        "`" + path.string() + "` has no row of `test` among " + std::to_string(table.rows.size()))
                .parameter("path")
                .help("its column `split` says what a sample may be used for; `test` is what is judged");
        if (const std::size_t left_out = table.rows.size() - scores->rows.size(); left_out > 0)
            context.warn(std::to_string(left_out) + " of " + std::to_string(table.rows.size()) + " rows of `" +
                         path.filename().string() + "` are no test samples by its column `split`, and were left out");
        for (fettle::Scores::Column& column : scores->columns) fettle::settle_missing(column, scores->rows, context);
        auto decisions = std::make_shared<fettle::Decisions>();
        decisions->scores = *scores;
        for (std::size_t k = 0; k < thresholds.size(); ++k)
            decisions->cuts.push_back({scores->columns[k].name, thresholds[k], "the given threshold", 0, false, ""});
        return {scores, decisions};
    }

   private:
    std::vector<std::size_t> columns_of(const score::Table& table) const {
        std::vector<std::size_t> out;
        for (const std::string& name : columns) {
            const auto found = std::find(table.names.begin(), table.names.end(), name);
            if (found == table.names.end()) unknown(name, table.names);
            out.push_back(static_cast<std::size_t>(found - table.names.begin()));
        }
        for (std::size_t c = 0; columns.empty() && c < table.names.size(); ++c) out.push_back(c);
        if (!thresholds.empty() && thresholds.size() != out.size())
            throw Error(Fault::data, "`thresholds` has " + std::to_string(thresholds.size()) +
                                         " numbers, and the scores have " + std::to_string(out.size()) +
                                         (out.size() == 1 ? " column" : " columns"))
                .parameter("thresholds")
                .help("give one number for each column, in their order");
        return out;
    }

    [[noreturn]] void unknown(const std::string& name, const std::vector<std::string>& names) const {
        std::string known;
        for (const auto& each : names) known += (known.empty() ? "`" : ", `") + each + "`";
        const auto meant = fettle::nearest(name, names);
        throw Error(Fault::data, "`" + path.string() + "` has no column `" + name + "`" +
                                     (meant ? "; did you mean `" + *meant + "`?" : ""))
            .parameter("columns")
            .help("its metrics are " + known);
    }
};

}  // namespace

void add_read(fettle::PluginBuilder& plugin) { plugin.add<Read>("score.read"); }
