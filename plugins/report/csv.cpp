#include "figures.hpp"
#include "output.hpp"

#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using report::digits;

/// Tables as RFC 4180 has them: a line of names first, commas, CRLF after every line, quotes where a field needs them.
class Csv {
   public:
    explicit Csv(std::initializer_list<std::string_view> names) {
        for (const std::string_view name : names) field(name);
    }
    Csv& field(std::string_view text) {
        text_ += fields_++ == 0 ? "" : ",";
        if (text.find_first_of(",\"\r\n") == std::string_view::npos) {
            text_ += text;
            return *this;
        }
        text_ += '"';
        for (const char c : text) text_ += c == '"' ? "\"\"" : std::string(1, c);
        text_ += '"';
        return *this;
    }
    Csv& number(double value) { return field(digits(value)); }
    /// A number that may be unknown: nothing between the commas.
    Csv& known(double value) { return field(std::isnan(value) ? "" : digits(value)); }
    Csv& end() {
        text_ += "\r\n";
        fields_ = 0;
        return *this;
    }
    const std::string& text() const { return text_; }

   private:
    std::string text_;
    std::size_t fields_ = 0;
};

/// Everything that was found, for spreadsheets, R and pandas: figures.csv, tables.csv, samples.csv and curves.csv.
struct CsvReport final : fettle::Report {
    static void describe(fettle::Describe<CsvReport>& d) {
        d.summary(
            "Writes figures.csv, tables.csv, samples.csv (scores and calls) and curves.csv: RFC 4180, every digit.");
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context&) const override {
        report::put_file(folder / "figures.csv", figures(found.measures));
        report::put_file(folder / "tables.csv", tables(found.measures));
        report::put_file(folder / "samples.csv", samples(found.measures));
        report::put_file(folder / "curves.csv", curves(found));
        return {};
    }

   private:
    static std::string figures(const fettle::Measures& measures) {
        Csv csv{"column", "method", "figure", "value", "low", "high"};
        csv.end();
        for (const auto& judged : measures.judgements) {
            const auto line = [&](std::string_view name, double value, double low, double high) {
                csv.field(judged.cut.column).field(judged.cut.method).field(name);
                csv.number(value).known(low).known(high).end();
            };
            const auto count = [&](std::string_view name, std::size_t value) {
                csv.field(judged.cut.column).field(judged.cut.method).field(name);
                csv.field(std::to_string(value)).field("").field("").end();
            };
            for (const auto& figure : judged.figures) line(figure.name, figure.value, figure.low, figure.high);
            line("threshold", judged.cut.threshold, std::nan(""), std::nan(""));
            count("true_positive", judged.confusion.true_positive);
            count("false_positive", judged.confusion.false_positive);
            count("true_negative", judged.confusion.true_negative);
            count("false_negative", judged.confusion.false_negative);
            count("missing_scores", report::missing_of(judged, measures.scores).count());
        }
        return csv.text();
    }

    static std::string tables(const fettle::Measures& measures) {
        Csv csv{"table", "row", "figure", "value", "low", "high", "verdict"};
        csv.end();
        for (const auto& table : measures.tables)
            for (const auto& row : table.rows) {
                for (const auto& figure : row.figures) {
                    csv.field(table.title).field(row.name).field(figure.name);
                    csv.number(figure.value).known(figure.low).known(figure.high).field(row.verdict).end();
                }
                if (row.figures.empty())  // its verdict says why
                    csv.field(table.title)
                        .field(row.name)
                        .field("")
                        .field("")
                        .field("")
                        .field("")
                        .field(row.verdict)
                        .end();
            }
        return csv.text();
    }

    /// A column of scores for each metric, and one of calls for each threshold on it: 1 where it is anomalous, nothing
    /// where there is no finite score to call by.
    static std::string samples(const fettle::Measures& measures) {
        Csv csv{"sample", "label", "split", "category"};
        for (const auto& column : measures.scores.columns) csv.field(column.name);
        struct Call {
            const std::vector<double>* values;
            double threshold;
        };
        std::vector<Call> calls;
        for (const auto& judged : measures.judgements)
            for (const auto& column : measures.scores.columns)
                if (column.name == judged.cut.column) {
                    csv.field(column.name + " > " + judged.cut.method);
                    calls.push_back({&column.values, judged.cut.threshold});
                }
        csv.end();
        for (std::size_t i = 0; i < measures.scores.rows.size(); ++i) {
            const fettle::SampleInfo& row = measures.scores.rows[i];
            csv.field(row.id).field(to_string(row.label)).field(to_string(row.split)).field(row.category);
            for (const auto& column : measures.scores.columns) csv.number(column.values[i]);
            for (const Call& call : calls) {
                const double value = (*call.values)[i];
                csv.field(!std::isfinite(value) ? "" : value > call.threshold ? "1" : "0");
            }
            csv.end();
        }
        return csv.text();
    }

    static std::string curves(const Found& found) {
        Csv csv{"network", "curve", "step", "value"};
        csv.end();
        for (std::size_t n = 0; n < found.networks.size(); ++n)
            for (const auto& curve : found.networks[n]->history)
                for (std::size_t i = 0; i < curve.steps.size(); ++i)
                    csv.field(std::to_string(n + 1))
                        .field(curve.name)
                        .number(curve.steps[i])
                        .number(curve.values[i])
                        .end();
        return csv.text();
    }
};

}  // namespace

void add_csv(fettle::PluginBuilder& plugin) { plugin.add<CsvReport>("report.csv"); }
