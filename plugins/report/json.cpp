#include "tables.hpp"

#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using report::Json;

/// Everything that was found, for other programs: report.json.
struct JsonReport final : fettle::Report {
    static void describe(fettle::Describe<JsonReport>& d) {
        d.summary(
            "Writes `report.json`: counts, cuts, figures with intervals, confusion, curves, tables and every sample's "
            "scores; the run's record.");
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context&) const override {
        const fettle::Measures& measures = found.measures;
        Json json;
        json["format"] = 1;                                     // of this file; raised when a key changes its meaning
        json["record"] = Json::parse(fettle::run_record_mark);  // before any name, which could look like it
        json["counts"] = report::counts(measures.scores);
        json["judgements"] = Json::array();
        for (const auto& judged : measures.judgements) json["judgements"].push_back(report::judgement(judged));
        json["tables"] = Json::array();
        for (const auto& table : measures.tables) json["tables"].push_back(report::table(table));
        json["columns"] = Json::array();
        json["remarks"] = Json::array();
        for (const auto& column : measures.scores.columns) {
            json["columns"].push_back(column.name);
            add_remark(json["remarks"], column, measures.scores.rows);
        }
        json["samples"] = samples(measures.scores);
        report::write_file(folder / "report.json", report::text(json, 1) + "\n");
        return {.records = {"report.json"}};
    }

   private:
    static Json samples(const fettle::Scores& scores) {
        Json out = Json::array();
        for (std::size_t i = 0; i < scores.rows.size(); ++i) {
            const fettle::SampleInfo& row = scores.rows[i];
            Json values = Json::array();
            for (const auto& column : scores.columns) values.push_back(report::number(column.values[i]));
            out.push_back({{"id", row.id},
                           {"label", to_string(row.label)},
                           {"split", to_string(row.split)},
                           {"category", row.category},
                           {"scores", std::move(values)}});
        }
        return out;
    }

    static void add_remark(Json& remarks, const fettle::Scores::Column& column,
                           const std::vector<fettle::SampleInfo>& rows) {
        std::size_t count = 0, first = 0;
        for (std::size_t i = column.values.size(); i-- > 0;)
            if (!std::isfinite(column.values[i])) ++count, first = i;
        if (count > 0)
            remarks.push_back(count == 1 ? "1 score of `" + column.name +
                                               "` is not finite and written as null: that of `" + rows[first].id + "`"
                                         : std::to_string(count) + " scores of `" + column.name +
                                               "` are not finite and written as null, the first that of `" +
                                               rows[first].id + "`");
    }
};

}  // namespace

void add_json(fettle::PluginBuilder& plugin) { plugin.add<JsonReport>("report.json"); }
