#include "event_file.hpp"
#include "figures.hpp"
#include "identity.hpp"
#include "montage.hpp"
#include "output.hpp"
#include "record_log.hpp"
#include "tables.hpp"

#include <fettle/sdk.hpp>

#include <protozero/pbf_writer.hpp>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <limits>
#include <map>

namespace {

namespace fs = std::filesystem;
using protozero::pbf_writer;
using report::Json;

// Field numbers of wandb_internal.proto, whose messages are kept on disk and so stay as they are.
struct RecordFields {
    enum : std::uint32_t { num = 1, history = 2, summary = 3, files = 6, run = 17, exit = 18, header = 21 };
};
struct ItemFields {  // of history, summary and config alike
    enum : std::uint32_t { key = 1, value_json = 16 };
};

/// The release of wandb whose records these are, and the oldest that reads them.
constexpr const char *producer = "0.19.1", *oldest_reader = "0.9.0";

/// JSON has no word for what isn't finite; these three are what wandb writes in its place (its util.py).
Json number(double value) {
    if (std::isnan(value)) return "NaN";
    if (std::isinf(value)) return value > 0 ? "Infinity" : "-Infinity";
    return value;
}

/// The records of one run, numbered from 1.
class Records {
   public:
    /// One record whose field `kind` is written by `fill`.
    void add(std::uint32_t kind, const std::function<void(pbf_writer&)>& fill) {
        std::string data;
        {
            pbf_writer record(data);
            record.add_int64(RecordFields::num, ++count_);
            pbf_writer content(record, kind);
            fill(content);
        }
        log_.add(data);
    }
    static void item(pbf_writer& parent, std::uint32_t field, const std::string& key, const Json& value) {
        pbf_writer item(parent, field);
        item.add_string(ItemFields::key, key);
        item.add_string(ItemFields::value_json, report::text(value));
    }
    const std::string& bytes() const { return log_.bytes(); }

   private:
    report::RecordLog log_;
    std::int64_t count_ = 0;
};

/// For Weights & Biases: a run as it is kept offline, which `wandb sync` sends and `wandb leet` shows.
struct Wandb final : fettle::Report {
    std::string project;
    int examples = 4;
    int picture = 160;
    int buckets = 30;

    static void describe(fettle::Describe<Wandb>& d) {
        d.summary(
             "Writes `wandb/offline-run-*`: a run of Weights & Biases with config, loss curves, figures, histograms "
             "and "
             "pictures; nothing is sent.")
            .param("project", &Wandb::project, "The project it belongs to; the graph's name where it is empty.")
            .param("examples", &Wandb::examples,
                   "How many cases of each outcome are shown where maps are connected; 0 shows none.",
                   fettle::between(0, 100))
            .param("picture", &Wandb::picture, "Longest side of one picture, in pixels.", fettle::between(32, 1024))
            .param("buckets", &Wandb::buckets, "Of a histogram, from the lowest score to the highest.",
                   fettle::between(2, 512))
            .reads_graph();
    }

    Written write(const Found& found, const fs::path& folder, fettle::Context& context) const override {
        const fettle::GraphText& graph = context.graph();
        const std::string id = report::identity(found, graph).substr(0, 8);
        const std::int64_t now = report::milliseconds_now();
        const fs::path run = folder / "wandb" / ("offline-run-" + day_and_time(now / 1000) + "-" + id);
        Records records;
        add_header(records);
        add_run(records, graph, id, now);
        report::Names keys(report::Names::Rules{});
        const std::int64_t steps = add_curves(records, keys, found.networks, now);
        add_last(records, keys, found, steps, now, pictures(records, keys, found, run / "files", context));
        add_summary(records, keys, found.measures);
        records.add(RecordFields::exit, [](pbf_writer& exit) { exit.add_int32(1, 0); });
        report::put_file(run / ("run-" + id + ".wandb"), records.bytes());
        return {};
    }

   private:
    using Items = std::vector<std::pair<std::string, Json>>;

    static std::string day_and_time(std::int64_t seconds) {
        const std::time_t time = seconds;
        std::tm parts{};
        gmtime_r(&time, &parts);
        char text[32];
        return {text, std::strftime(text, sizeof text, "%Y%m%d_%H%M%S", &parts)};
    }

    static void add_header(Records& records) {
        records.add(RecordFields::header, [](pbf_writer& header) {
            pbf_writer version(header, 1);
            version.add_string(1, producer);
            version.add_string(2, oldest_reader);
        });
    }

    void add_run(Records& records, const fettle::GraphText& graph, const std::string& id, std::int64_t now) const {
        enum : std::uint32_t {
            run_id = 1,
            project_field = 3,
            config = 4,
            display_name = 8,
            notes = 9,
            start_time = 17
        };
        records.add(RecordFields::run, [&](pbf_writer& run) {
            const std::string name = graph.name.empty() ? "fettle" : report::utf8(graph.name);
            run.add_string(run_id, id);
            run.add_string(project_field, project.empty() ? name : project);
            {
                pbf_writer settings(run, config);
                for (const auto& [path, toml] : graph.settings) Records::item(settings, 1, path, setting(toml));
            }
            run.add_string(display_name, name + "-" + id);
            run.add_string(notes, report::utf8(graph.summary));
            pbf_writer time(run, start_time);
            time.add_int64(1, now / 1000);
            time.add_int32(2, static_cast<std::int32_t>(now % 1000 * 1000000));
        });
    }

    /// TOML's numbers, texts and lists are JSON's, but for what isn't finite, which stays text.
    static Json setting(const std::string& toml) {
        Json json = Json::parse(toml, nullptr, /*allow_exceptions=*/false);
        return json.is_discarded() ? Json(toml) : json;
    }

    static void add_history(Records& records, std::int64_t step, std::int64_t now, const Items& items) {
        records.add(RecordFields::history, [&](pbf_writer& history) {
            for (const auto& [key, value] : items) Records::item(history, 1, key, value);
            Records::item(history, 1, "_step", step);
            Records::item(history, 1, "_timestamp", static_cast<double>(now) / 1000);
            pbf_writer(history, 2).add_int64(1, step);
        });
    }

    /// A row of history for each step, with every curve that has it. Returns the step after the last.
    static std::int64_t add_curves(Records& records, report::Names& keys,
                                   const std::vector<fettle::Ref<fettle::Network>>& networks, std::int64_t now) {
        std::map<std::int64_t, Items> rows;
        for (const auto& [group, curve] : report::curves_of(networks)) {
            const std::string key = keys({group, curve->name});
            for (std::size_t i = 0; i < curve->steps.size(); ++i)
                rows[std::llround(curve->steps[i])].emplace_back(key, number(curve->values[i]));
        }
        for (const auto& [step, items] : rows) add_history(records, step, now, items);
        return rows.empty() ? 0 : rows.rbegin()->first + 1;
    }

    /// Files beside the log and what the log says of them.
    Items pictures(Records& records, report::Names& keys, const Found& found, const fs::path& files,
                   const fettle::Context& context) const {
        enum : std::uint32_t { path_field = 1, policy = 2, type = 3 };
        enum : std::int32_t { at_the_end = 1, media = 2 };
        Items out;
        for (const auto& montage : report::montages(found, {examples, picture}, context)) {
            const std::string bytes = report::png(montage.image), digest = report::sha256(bytes);
            const std::string key = keys({montage.group, montage.name});
            const std::string path = "media/images/" + key + "_" + digest.substr(0, 20) + ".png";
            report::put_file(files / path, bytes);
            records.add(RecordFields::files, [&](pbf_writer& list) {
                pbf_writer item(list, 1);
                item.add_string(path_field, path);
                item.add_enum(policy, at_the_end);
                item.add_enum(type, media);
            });
            out.emplace_back(key, Json{{"_type", "image-file"},
                                       {"path", path},
                                       {"sha256", digest},
                                       {"size", bytes.size()},
                                       {"format", "png"},
                                       {"width", montage.image.width},
                                       {"height", montage.image.height}});
        }
        return out;
    }

    /// What isn't a curve: pictures and histograms, in a row of history after the last step.
    void add_last(Records& records, report::Names& keys, const Found& found, std::int64_t step, std::int64_t now,
                  Items items) const {
        constexpr double none = std::numeric_limits<double>::infinity();
        const auto& rows = found.measures.scores.rows;
        for (const auto& column : found.measures.scores.columns) {
            double from = none, to = -none;
            for (const double value : column.values)
                if (std::isfinite(value)) from = std::min(from, value), to = std::max(to, value);
            for (const fettle::Label label : {fettle::Label::normal, fettle::Label::anomalous}) {
                std::vector<double> values;
                for (std::size_t i = 0; i < rows.size(); ++i)
                    if (rows[i].split == fettle::Split::test && rows[i].label == label)
                        values.push_back(column.values[i]);
                const auto counted = report::buckets_of(values, from, to, static_cast<std::size_t>(buckets));
                if (counted.counts.empty()) continue;
                Json edges = counted.limits;  // one more than buckets
                edges.insert(edges.begin(), std::min(counted.lowest, counted.limits.front()));
                items.emplace_back(
                    keys({"scores of " + column.name, std::string(to_string(label))}),
                    Json{{"_type", "histogram"}, {"values", counted.counts}, {"bins", std::move(edges)}});
            }
        }
        if (!items.empty()) add_history(records, step, now, items);
    }

    static void add_summary(Records& records, report::Names& keys, const fettle::Measures& measures) {
        records.add(RecordFields::summary, [&](pbf_writer& summary) {
            for (const report::Group& group : report::groups_of(measures))
                for (const auto& figure : group.figures)
                    Records::item(summary, 1, keys({group.name, figure.name}), number(figure.value));
        });
    }
};

}  // namespace

void add_wandb(fettle::PluginBuilder& plugin) { plugin.add<Wandb>("report.wandb"); }
