#include "event_file.hpp"
#include "figures.hpp"
#include "montage.hpp"
#include "output.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <sstream>

namespace {

using report::EventFile;
using report::Group;

/// Lines of text as code, in TensorBoard's Markdown: four spaces, since a fence could end inside.
std::string as_code(const std::string& text) {
    std::istringstream lines(report::utf8(text));
    std::string out;
    for (std::string line; std::getline(lines, line);) out += "    " + line + "\n";
    return out;
}

/// For TensorBoard: tensorboard/events.out.tfevents.*, a folder that `tensorboard --logdir runs` finds.
struct TensorBoard final : fettle::Report {
    int examples = 4;
    int picture = 128;
    int buckets = 30;

    static void describe(fettle::Describe<TensorBoard>& d) {
        d.summary(
             "Writes `tensorboard/`: loss curves per step, figures, histograms of scores, pictures of cases, the "
             "graph.")
            .param("examples", &TensorBoard::examples,
                   "How many cases of each outcome are shown where maps are connected; 0 shows none.",
                   fettle::between(0, 100))
            .param("picture", &TensorBoard::picture, "Longest side of one picture, in pixels.",
                   fettle::between(32, 1024))
            .param("buckets", &TensorBoard::buckets, "Of a histogram, from the lowest score to the highest.",
                   fettle::between(2, 1000))
            .reads_graph();
    }

    Written write(const Found& found, const std::filesystem::path& folder, fettle::Context& context) const override {
        const std::int64_t now = report::milliseconds_now();
        EventFile file(static_cast<double>(now) / 1000);
        Tags tags({.marks = "_-. ()[]=,%", .beyond_ascii = true, .longest_part = 200});
        const auto groups = report::groups_of(found.measures);
        add_texts(file, tags, context.graph(), groups);
        for (const auto& [group, curve] : report::curves_of(found.networks)) {
            const std::string tag = tags({group, curve->name});
            for (std::size_t i = 0; i < curve->steps.size(); ++i)
                file.scalar(tag, std::llround(curve->steps[i]), curve->values[i]);
        }
        for (const Group& group : groups)
            for (const auto& figure : group.figures) file.scalar(tags({group.name, figure.name}), 0, figure.value);
        for (const auto& column : found.measures.scores.columns)
            add_histograms(file, tags, column, found.measures.scores.rows);
        for (const auto& montage : report::montages(found, {examples, picture}, context))
            file.image(tags({montage.group, montage.name}), 0, montage.image.width, montage.image.height,
                       report::png(montage.image));
        // The name's fields are a time, a host, a process and a count; only the time and the word before it matter.
        report::put_file(folder / "tensorboard" / ("events.out.tfevents." + ten_digits(now / 1000) + ".fettle.0.0"),
                         file.bytes());
        return {};
    }

   private:
    using Tags = report::Names;

    static std::string ten_digits(std::int64_t seconds) {
        const std::string text = std::to_string(seconds);
        return std::string(10 - std::min<std::size_t>(text.size(), 10), '0') + text;
    }

    static void add_texts(EventFile& file, Tags& tags, const fettle::GraphText& graph,
                          const std::vector<Group>& groups) {
        if (!graph.toml.empty()) file.text(tags({"graph", "toml"}), 0, as_code(graph.toml));
        for (const Group& group : groups) {
            std::string remarks;
            for (const std::string& remark : group.remarks) remarks += as_code(remark);
            if (!remarks.empty()) file.text(tags({group.name, "remarks"}), 0, remarks);
        }
    }

    /// One for each kind of sample, all over the same range, so that they can be laid over one another.
    void add_histograms(EventFile& file, Tags& tags, const fettle::Scores::Column& column,
                        const std::vector<fettle::SampleInfo>& rows) const {
        constexpr double none = std::numeric_limits<double>::infinity();
        double from = none, to = -none;
        for (const double value : column.values)
            if (std::isfinite(value)) from = std::min(from, value), to = std::max(to, value);
        for (const fettle::Split split : {fettle::Split::calibrate, fettle::Split::test})
            for (const fettle::Label label :
                 {fettle::Label::normal, fettle::Label::anomalous, fettle::Label::unknown}) {
                std::vector<double> values;
                for (std::size_t i = 0; i < rows.size(); ++i)
                    if (rows[i].split == split && rows[i].label == label) values.push_back(column.values[i]);
                const auto counted = report::buckets_of(values, from, to, static_cast<std::size_t>(buckets));
                if (!counted.counts.empty())
                    file.histogram(tags({"scores of " + column.name,
                                         std::string(to_string(split)) + " " + std::string(to_string(label))}),
                                   0, counted);
            }
    }
};

}  // namespace

void add_tensorboard(fettle::PluginBuilder& plugin) { plugin.add<TensorBoard>("report.tensorboard"); }
