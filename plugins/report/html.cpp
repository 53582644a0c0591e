#include "gallery.hpp"
#include "overlay.hpp"
#include "page.hpp"
#include "tables.hpp"

#include <fettle/sdk.hpp>

#include <map>

namespace {

using report::Json;

/// One page for a person: report.html, complete in itself.
struct Html final : fettle::Report {
    std::string title = "How well anomalies are found";
    int samples = 1000;
    int picture = 160;
    double megabytes = 24;

    static void describe(fettle::Describe<Html>& d) {
        d.summary(
             "Writes `report.html`: one page that opens from disk, with the answer, a threshold to drag, curves, "
             "pictures "
             "of the test images, and how it was made.")
            .param("title", &Html::title, "The page's heading.")
            .param("samples", &Html::samples,
                   "How many test images the gallery shows at most; where there are more, the most telling.",
                   fettle::between(0, 100000))
            .param("picture", &Html::picture, "Longest side of a picture on the page, in pixels.",
                   fettle::between(32, 2000))
            .param(
                "megabytes", &Html::megabytes,
                "What all pictures may take, in millions of bytes; where they would take more, they are made smaller.",
                fettle::between(0.1, 1000));
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        const report::Room room{static_cast<std::size_t>(samples), picture, static_cast<std::size_t>(megabytes * 1e6)};
        const report::Gallery gallery = report::gallery(found, room, context);
        const Json data{{"title", title},
                        {"counts", report::counts(found.measures.scores)},
                        {"rows", rows(found.measures.scores)},
                        {"columns", columns(found.measures.scores)},
                        {"judgements", judgements(found.measures)},
                        {"tables", tables(found.measures)},
                        {"networks", networks(found.networks)},
                        {"gallery", gallery.about}};
        const std::map<std::string_view, std::string> parts{{"record", std::string(fettle::run_record_mark)},
                                                            {"style", std::string(report::page_css)},
                                                            {"charts", std::string(report::charts_js)},
                                                            {"script", std::string(report::page_js)},
                                                            {"data", inert(report::text(data))},
                                                            {"pictures", pictures(gallery)}};
        report::write_file(folder / "report.html", filled(report::page_html, parts));
        return {.records = {"report.html"}};
    }

   private:
    static Json rows(const fettle::Scores& scores) {
        Json out = Json::array();
        for (const auto& row : scores.rows)
            out.push_back({row.id, to_string(row.label), to_string(row.split), row.category});
        return out;
    }

    static Json columns(const fettle::Scores& scores) {
        Json out = Json::array();
        for (const auto& column : scores.columns)
            out.push_back({{"name", column.name}, {"values", numbers(column.values)}});
        return out;
    }

    static Json judgements(const fettle::Measures& measures) {
        Json out = Json::array();
        for (const auto& judged : measures.judgements) out.push_back(report::judgement(judged));
        return out;
    }

    static Json tables(const fettle::Measures& measures) {
        Json out = Json::array();
        for (const auto& each : measures.tables) out.push_back(report::table(each));
        return out;
    }

    static Json networks(const std::vector<fettle::Ref<fettle::Network>>& networks) {
        Json out = Json::array();
        for (const auto& network : networks) {
            Json curves = Json::array();
            for (const auto& curve : network->history)
                curves.push_back(
                    {{"name", curve.name}, {"steps", numbers(curve.steps)}, {"values", numbers(curve.values)}});
            out.push_back({{"architecture", network->architecture},
                           {"parameters", network->parameters},
                           {"channels", network->channels},
                           {"height", network->height},
                           {"width", network->width},
                           {"curves", std::move(curves)},
                           {"examples", examples(*network)}});
        }
        return out;
    }

    static Json examples(const fettle::Network& network) {
        constexpr int side = 240;
        Json out = Json::array();
        for (const auto& each : network.examples)
            out.push_back({{"id", each.info.id},
                           {"input", report::photo_uri(each.input, side)},
                           {"target", report::photo_uri(each.target, side)},
                           {"output", report::photo_uri(each.output, side)}});
        return out;
    }

    /// Each part in an element of its own, behind everything else: the page is drawn before they are read.
    static std::string pictures(const report::Gallery& gallery) {
        std::string out;
        for (std::size_t i = 0; i < gallery.parts.size(); ++i)
            out += "<script type=\"application/json\" id=\"pictures" + std::to_string(i) + "\">" + gallery.parts[i] +
                   "</script>\n";
        return out;
    }

    static Json numbers(const std::vector<double>& values) {
        Json out = Json::array();
        for (const double value : values) out.push_back(report::number(value));
        return out;
    }

    /// JSON in which nothing can end the script element it stands in: '<' occurs inside strings only, where its escape
    /// says the same.
    static std::string inert(const std::string& json) {
        std::string out;
        out.reserve(json.size());
        for (const char c : json) {
            if (c == '<')
                out += "\\u003c";
            else
                out += c;
        }
        return out;
    }

    /// The template with each {{name}} replaced, in one pass: what is put in is not looked at again.
    static std::string filled(std::string_view text, const std::map<std::string_view, std::string>& parts) {
        std::string out;
        for (;;) {
            const auto open = text.find("{{"), close = text.find("}}");
            out += text.substr(0, open);
            if (open == std::string_view::npos) return out;
            out += parts.at(text.substr(open + 2, close - open - 2));
            text.remove_prefix(close + 2);
        }
    }
};

}  // namespace

void add_html(fettle::PluginBuilder& plugin) { plugin.add<Html>("report.html"); }
