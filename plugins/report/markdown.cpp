#include "figures.hpp"
#include "output.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

namespace {

using report::digits;

/// Text that says itself: nothing in it is taken for markup, a link or the end of a table's cell (GitHub Flavored
/// Markdown: any ASCII punctuation may be escaped; its section 2.4). In one line.
std::string plain(std::string_view text) {
    std::string out;
    for (const char c : report::utf8(text)) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
            out += ' ';
            continue;
        }
        if (std::string_view("\\`*_{}[]<>()#+-!|&~@:$").find(c) != std::string_view::npos) out += '\\';
        out += c;
    }
    return out;
}

/// A line of a table.
std::string cells(const std::vector<std::string>& texts) {
    std::string out = "|";
    for (const std::string& text : texts) out += " " + text + " |";
    return out + "\n";
}

std::string heading(const std::vector<std::string>& names) {
    std::string under = "|";
    for (std::size_t i = 0; i < names.size(); ++i) under += i == 0 ? "---|" : "---:|";
    return cells(names) + under + "\n";
}

/// For reading: four places after the point of what is about 1; figures.csv has every digit.
std::string rounded(double value) {
    if (!std::isfinite(value)) return std::isnan(value) ? "not a number" : value > 0 ? "infinite" : "minus infinite";
    if (value == std::floor(value) && std::abs(value) < 1e9) return digits(value);
    const double scale = std::abs(value) >= 1e-3 && std::abs(value) < 1e6 ? 1e4 : 0;
    if (scale > 0) return digits(std::round(value * scale) / scale);
    char text[32];
    return std::snprintf(text, sizeof text, "%.4g", value) > 0 ? text : digits(value);
}

std::string interval(const fettle::Figure& figure) {
    if (std::isnan(figure.low) && std::isnan(figure.high)) return "";
    return rounded(figure.low) + " to " + rounded(figure.high);
}

std::string percent(std::size_t part, std::size_t whole) {
    return whole == 0
               ? ""
               : " (" + digits(std::round(1000.0 * static_cast<double>(part) / static_cast<double>(whole)) / 10) +
                     " %)";
}

/// The figures as text that wikis, pull requests and chats show as tables: report.md.
struct Markdown final : fettle::Report {
    std::string title;

    static void describe(fettle::Describe<Markdown>& d) {
        d.summary(
             "Writes `report.md`: figures with intervals, confusion, tables and the graph, for wikis and pull "
             "requests.")
            .param("title", &Markdown::title, "The heading; the graph's name where it is empty.")
            .reads_graph();
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        const fettle::GraphText& graph = context.graph();
        std::string out = "# " +
                          plain(!title.empty()       ? title
                                : graph.name.empty() ? "What was found"
                                                     : graph.name) +
                          "\n";
        if (!graph.summary.empty()) out += "\n" + plain(graph.summary) + "\n";
        add_counts(out, found.measures.scores);
        for (const auto& judged : found.measures.judgements) add_judgement(out, judged);
        if (found.measures.judgements.empty()) out += "\nNothing was judged.\n";
        for (const auto& table : found.measures.tables) add_table(out, table);
        add_training(out, found.networks);
        if (!graph.toml.empty()) add_graph(out, graph.toml);
        report::put_file(folder / "report.md", out);
        return {};
    }

   private:
    static void add_counts(std::string& out, const fettle::Scores& scores) {
        using fettle::Label, fettle::Split;
        out += "\n" + heading({"samples", "normal", "anomalous", "unknown"});
        for (const Split split : {Split::train, Split::calibrate, Split::test, Split::none}) {
            std::size_t of_label[3] = {};
            for (const auto& row : scores.rows)
                if (row.split == split) ++of_label[static_cast<std::size_t>(row.label)];
            const auto of = [&](Label label) { return std::to_string(of_label[static_cast<std::size_t>(label)]); };
            if (of_label[0] + of_label[1] + of_label[2] > 0 || split == Split::test)
                out +=
                    cells({std::string(to_string(split)), of(Label::normal), of(Label::anomalous), of(Label::unknown)});
        }
    }

    static void add_judgement(std::string& out, const fettle::Judgement& judged) {
        const auto& [tp, fp, tn, fn] = judged.confusion;
        out += "\n## " + plain(judged.cut.column) + "\n\nAnomalous above **" + rounded(judged.cut.threshold) +
               "**, found by " + plain(judged.cut.method) + " from " + std::to_string(judged.cut.fitted) +
               " calibration scores" + (judged.cut.anomalies ? ", synthetic anomalies among them" : "") + ".\n";
        out += "\n" + heading({"", "called anomalous", "called normal"});
        out +=
            cells({"anomalous", std::to_string(tp) + percent(tp, tp + fn), std::to_string(fn) + percent(fn, tp + fn)});
        out += cells({"normal", std::to_string(fp) + percent(fp, fp + tn), std::to_string(tn) + percent(tn, fp + tn)});
        if (!judged.figures.empty()) {
            out += "\n" + heading({"figure", "value", "interval"});
            for (const auto& figure : judged.figures)
                out += cells({plain(figure.name), rounded(figure.value), interval(figure)});
        }
        std::vector<std::string> remarks = judged.remarks;
        if (!judged.cut.caution.empty()) remarks.push_back(judged.cut.caution);
        if (!remarks.empty()) out += "\n";
        for (const std::string& remark : remarks) out += "- " + plain(remark) + "\n";
    }

    static void add_table(std::string& out, const fettle::Table& table) {
        std::vector<std::string> names;
        for (const auto& row : table.rows)
            for (const auto& figure : row.figures)
                if (std::find(names.begin(), names.end(), figure.name) == names.end()) names.push_back(figure.name);
        std::vector<std::string> titles{""};
        for (const std::string& name : names) titles.push_back(plain(name));
        titles.push_back("verdict");
        out += "\n## " + plain(table.title) + "\n\n" + (table.note.empty() ? "" : plain(table.note) + "\n\n") +
               heading(titles);
        for (const auto& row : table.rows) {
            std::vector<std::string> line{plain(row.name)};
            for (const std::string& name : names) {
                std::string cell;
                for (const auto& figure : row.figures)
                    if (figure.name == name)
                        cell = rounded(figure.value) + (interval(figure).empty() ? "" : " (" + interval(figure) + ")");
                line.push_back(cell);
            }
            line.push_back(plain(row.verdict));
            out += cells(line);
        }
    }

    static void add_training(std::string& out, const std::vector<fettle::Ref<fettle::Network>>& networks) {
        const auto curves = report::curves_of(networks);
        if (curves.empty()) return;
        out += "\n## Training\n\n" + heading({"curve", "steps", "first", "last", "lowest"});
        for (const auto& [group, curve] : curves) {
            if (curve->values.empty()) continue;
            out += cells({plain(group + ": " + curve->name), std::to_string(curve->values.size()),
                          rounded(curve->values.front()), rounded(curve->values.back()),
                          rounded(std::accumulate(curve->values.begin(), curve->values.end(), std::nan(""),
                                                  [](double a, double b) { return std::fmin(a, b); }))});
        }
    }

    /// In a fence longer than any run of backticks in it.
    static void add_graph(std::string& out, const std::string& toml) {
        std::string fence = "```";
        while (toml.find(fence) != std::string::npos) fence += '`';
        out += "\n<details>\n<summary>The graph, every default filled in</summary>\n\n" + fence + "toml\n" +
               report::utf8(toml) + (toml.ends_with('\n') ? "" : "\n") + fence + "\n\n</details>\n";
    }
};

}  // namespace

void add_markdown(fettle::PluginBuilder& plugin) { plugin.add<Markdown>("report.markdown"); }
