#include "tables.hpp"

#include <fettle/error.hpp>

#include <cmath>
#include <fstream>

namespace report {

Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json counts(const fettle::Scores& scores) {
    using fettle::Label;
    using fettle::Split;
    Json out = Json::object();
    for (const Split split : {Split::train, Split::calibrate, Split::test, Split::none}) {
        std::size_t of_label[3] = {};
        for (const auto& row : scores.rows)
            if (row.split == split) ++of_label[static_cast<std::size_t>(row.label)];
        if (of_label[0] + of_label[1] + of_label[2] == 0 && split != Split::test) continue;
        Json& labels = out[std::string(to_string(split))];
        for (const Label label : {Label::normal, Label::anomalous, Label::unknown})
            labels[std::string(to_string(label))] = of_label[static_cast<std::size_t>(label)];
    }
    return out;
}

namespace {

Json numbers(const std::vector<double>& values) {
    Json out = Json::array();
    for (const double value : values) out.push_back(number(value));
    return out;
}

Json plot(const fettle::Plot& plot) {
    return {{"name", plot.name},    {"x_name", plot.x_name},    {"y_name", plot.y_name},     {"x", numbers(plot.x)},
            {"y", numbers(plot.y)}, {"low", numbers(plot.low)}, {"high", numbers(plot.high)}};
}

}  // namespace

Json table(const fettle::Table& table) {
    Json rows = Json::array();
    for (const auto& row : table.rows) {
        Json figures = Json::array();
        for (const fettle::Figure& figure : row.figures) {
            Json interval = nullptr;
            if (!std::isnan(figure.low) || !std::isnan(figure.high))
                interval = {number(figure.low), number(figure.high)};
            figures.push_back({{"name", figure.name}, {"value", number(figure.value)}, {"interval", interval}});
        }
        rows.push_back({{"name", row.name}, {"figures", std::move(figures)}, {"verdict", row.verdict}});
    }
    return {{"title", table.title}, {"note", table.note}, {"rows", std::move(rows)}};
}

Json judgement(const fettle::Judgement& judged) {
    Json remarks = judged.remarks;
    const auto told = [&remarks](const std::string& what, double value) {
        if (!std::isfinite(value))
            remarks.push_back(what + " is " +
                              (std::isnan(value) ? "not a number"
                               : value > 0       ? "infinite"
                                                 : "minus infinite") +
                              ", written as null");
        return number(value);
    };
    Json figures = Json::array();
    for (const fettle::Figure& figure : judged.figures) {
        Json interval = nullptr;
        if (!std::isnan(figure.low) || !std::isnan(figure.high))
            interval = {told("the lower end of " + figure.name, figure.low),
                        told("the upper end of " + figure.name, figure.high)};
        figures.push_back({{"name", figure.name}, {"value", told(figure.name, figure.value)}, {"interval", interval}});
    }
    Json roc = Json::array();
    for (const auto& [alarms, detections] : judged.roc) roc.push_back({number(alarms), number(detections)});
    const fettle::Confusion& c = judged.confusion;
    Json out;
    out["column"] = judged.cut.column;
    out["threshold"] = told("the threshold", judged.cut.threshold);
    out["method"] = judged.cut.method;
    out["fitted"] = judged.cut.fitted;
    out["anomalies"] = judged.cut.anomalies;
    out["caution"] = judged.cut.caution;
    out["figures"] = std::move(figures);
    out["confusion"] = {{"true_positive", c.true_positive},
                        {"false_positive", c.false_positive},
                        {"true_negative", c.true_negative},
                        {"false_negative", c.false_negative}};
    out["roc"] = std::move(roc);
    out["plots"] = Json::array();
    for (const fettle::Plot& each : judged.plots) out["plots"].push_back(plot(each));
    out["remarks"] = std::move(remarks);
    return out;
}

std::string text(const Json& json, int indent) {
    return json.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

void write_file(const std::filesystem::path& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file)
        throw fettle::Error(fettle::Fault::storage, "`" + path.string() + "` could not be written")
            .help("is the disk full?");
}

}  // namespace report
