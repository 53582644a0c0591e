#include "figures.hpp"

#include <cmath>

namespace command {
namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(); }

Json figures(const std::vector<fettle::Figure>& all) {
    Json out = Json::object();
    for (const fettle::Figure& each : all)
        out[each.name] = {{"value", number(each.value)}, {"low", number(each.low)}, {"high", number(each.high)}};
    return out;
}

Json judgement(const fettle::Judgement& judged) {
    const fettle::Confusion& c = judged.confusion;
    return {{"column", judged.cut.column},
            {"method", judged.cut.method},
            {"threshold", number(judged.cut.threshold)},
            {"figures", figures(judged.figures)},
            {"confusion",
             {{"true_positive", c.true_positive},
              {"false_positive", c.false_positive},
              {"true_negative", c.true_negative},
              {"false_negative", c.false_negative}}},
            {"remarks", judged.remarks}};
}

Json table(const fettle::Table& table) {
    Json rows = Json::array();
    for (const auto& row : table.rows)
        rows.push_back({{"name", row.name}, {"figures", figures(row.figures)}, {"verdict", row.verdict}});
    return {{"title", table.title}, {"rows", std::move(rows)}};
}

}  // namespace

nlohmann::ordered_json figures_json(const fettle::runtime::RunResult& result) {
    Json judgements = Json::array(), tables = Json::array();
    for (const auto& outputs : result.values)
        for (const fettle::ValueRef& value : outputs)
            if (const auto* measures = dynamic_cast<const fettle::Measures*>(value.get())) {
                for (const auto& judged : measures->judgements) judgements.push_back(judgement(judged));
                for (const auto& each : measures->tables) tables.push_back(table(each));
            }
    return {{"judgements", std::move(judgements)}, {"tables", std::move(tables)}};
}

}  // namespace command
