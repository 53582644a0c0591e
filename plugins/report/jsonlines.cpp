#include "figures.hpp"
#include "identity.hpp"
#include "output.hpp"
#include "tables.hpp"

#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using report::Json;

/// One JSON object per line, so that every prefix that ends with a line is whole: report.jsonl.
struct JsonLines final : fettle::Report {
    static void describe(fettle::Describe<JsonLines>& d) {
        d.summary(
             "Writes `report.jsonl`: one JSON object per line for every setting, figure, score and step of training.")
            .reads_graph();
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        const fettle::GraphText& graph = context.graph();
        // First, before any name that could look like the mark of the record.
        std::string out = "{\"kind\":\"run\",\"record\":" + std::string(fettle::run_record_mark) + "}\n";
        add(out, {{"kind", "graph"},
                  {"format", 1},  // of this file; raised when a key changes its meaning
                  {"id", report::identity(found, graph)},
                  {"name", graph.name},
                  {"summary", graph.summary}});
        for (const auto& [path, value] : graph.settings)
            add(out, {{"kind", "setting"}, {"path", path}, {"toml", value}});
        for (const auto& [group, curve] : report::curves_of(found.networks))
            for (std::size_t i = 0; i < curve->steps.size(); ++i)
                add(out,
                    with_value({{"kind", "step"}, {"of", group}, {"curve", curve->name}, {"step", curve->steps[i]}},
                               curve->values[i]));
        for (const report::Group& group : report::groups_of(found.measures)) {
            for (const auto& figure : group.figures)
                add(out, with_value({{"kind", "figure"}, {"of", group.name}, {"figure", figure.name}}, figure.value));
            for (const std::string& remark : group.remarks)
                add(out, {{"kind", "remark"}, {"of", group.name}, {"text", remark}});
        }
        add_scores(out, found.measures.scores);
        report::put_file(folder / "report.jsonl", out);
        return {{"report.jsonl"}, {}};
    }

   private:
    static void add(std::string& out, const Json& line) { out += report::text(line) + "\n"; }

    /// JSON has no word for what isn't finite: null, and beside it what it was.
    static Json with_value(Json line, double value) {
        line["value"] = report::number(value);
        if (!std::isfinite(value)) line["nan"] = report::digits(value);
        return line;
    }

    static void add_scores(std::string& out, const fettle::Scores& scores) {
        for (std::size_t i = 0; i < scores.rows.size(); ++i) {
            const fettle::SampleInfo& row = scores.rows[i];
            for (const auto& column : scores.columns)
                add(out, with_value({{"kind", "score"},
                                     {"sample", row.id},
                                     {"label", to_string(row.label)},
                                     {"split", to_string(row.split)},
                                     {"category", row.category},
                                     {"column", column.name}},
                                    column.values[i]));
        }
    }
};

}  // namespace

void add_jsonlines(fettle::PluginBuilder& plugin) { plugin.add<JsonLines>("report.jsonlines"); }
