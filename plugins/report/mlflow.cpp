#include "figures.hpp"
#include "identity.hpp"
#include "montage.hpp"
#include "output.hpp"
#include "tables.hpp"

#include <fettle/sdk.hpp>

#include <yaml-cpp/yaml.h>

#include <cmath>
#include <map>

namespace {

namespace fs = std::filesystem;
using report::Json;

/// What MLflow takes (its utils/validation.py): names without a colon are taken on Windows too.
constexpr std::size_t longest_value = 6000;

/// Experiments have numbers as names: 18 digits, from the name's digest, so the folders of several runs of one graph
/// can be put together.
std::string experiment_id(const std::string& name) {
    const auto number = std::stoull(report::sha256(name).substr(0, 15), nullptr, 16);
    const std::string text = std::to_string(number % 900000000000000000ull + 100000000000000000ull);
    return text;
}

/// A setting as a person would say it: text without its quotes, unless it has several lines.
std::string value_of(const std::string& toml) {
    const Json json = Json::parse(toml, nullptr, /*allow_exceptions=*/false);
    if (!json.is_string()) return toml;
    const std::string text = json;
    return text.find_first_of("\r\n") == std::string::npos ? text : toml;
}

/// A field of meta.yaml: numbers and an empty list as they are, words in quotes, so that none is taken for a number.
void field(YAML::Emitter& yaml, const char* key, const std::string& words) {
    yaml << YAML::Key << key << YAML::Value << YAML::DoubleQuoted << report::utf8(words);
}
void field(YAML::Emitter& yaml, const char* key, std::int64_t number) {
    yaml << YAML::Key << key << YAML::Value << number;
}

/// For MLflow: mlruns/, the folder of files that its `migrate-filestore` takes in.
struct MLflow final : fettle::Report {
    std::string experiment;
    int examples = 4;
    int picture = 160;

    static void describe(fettle::Describe<MLflow>& d) {
        d.summary(
             "Writes `mlruns/`: MLflow's run folder with params, metrics (loss curves per step), tags and pictures.")
            .param("experiment", &MLflow::experiment, "The experiment's name; the graph's where it is empty.")
            .param("examples", &MLflow::examples,
                   "How many cases of each outcome are shown where maps are connected; 0 shows none.",
                   fettle::between(0, 100))
            .param("picture", &MLflow::picture, "Longest side of one picture, in pixels.", fettle::between(32, 1024))
            .reads_graph();
    }

    Written write(const Found& found, const fs::path& folder, fettle::Context& context) const override {
        const fettle::GraphText& graph = context.graph();
        const std::string id = report::identity(found, graph).substr(0, 32);
        const std::string name = !experiment.empty() ? experiment : graph.name.empty() ? "fettle" : graph.name;
        const std::string number = experiment_id(name);
        const std::int64_t now = report::milliseconds_now();
        const fs::path run = folder / "mlruns" / number / id;
        add_metrics(run / "metrics", found, now);
        add_params(run / "params", graph, context);
        add_tags(run / "tags", found, graph, id);
        report::Names pictures({.marks = "_-. "});
        for (const auto& montage : report::montages(found, {examples, picture}, context))
            report::put_file(run / "artifacts/images" / (pictures({montage.group + " " + montage.name}) + ".png"),
                             report::png(montage.image));
        report::put_file(run / "artifacts/graph.toml", graph.toml);
        // A run is one for MLflow once its meta.yaml is there: last of all, and the experiment's after it.
        report::put_file(run / "meta.yaml", run_text(number, id, run_name(graph, id), now));
        report::put_file(folder / "mlruns" / number / "meta.yaml", experiment_text(number, name, now));
        context.warn(
            "MLflow from 3.13 on reads folders like `mlruns` only after an import; in the run's folder: "
            "mlflow migrate-filestore --source mlruns --target sqlite:///mlflow.db, and to look at them, there: "
            "mlflow server --backend-store-uri sqlite:///mlflow.db");
        return {};
    }

   private:
    static std::string run_name(const fettle::GraphText& graph, const std::string& id) {
        return (graph.name.empty() ? "fettle" : graph.name) + "-" + id.substr(0, 8);
    }

    static report::Names keys() { return report::Names({.marks = "_-. "}); }

    /// A file for each metric, a line for each step: milliseconds, value, step.
    static void add_metrics(const fs::path& folder, const Found& found, std::int64_t now) {
        report::Names names = keys();
        const auto line = [now](double value, std::int64_t step) {
            return std::to_string(now) + " " + report::digits(value) + " " + std::to_string(step) + "\n";
        };
        for (const auto& [group, curve] : report::curves_of(found.networks)) {
            std::string lines;
            for (std::size_t i = 0; i < curve->steps.size(); ++i)
                lines += line(curve->values[i], std::llround(curve->steps[i]));
            if (!lines.empty()) report::put_file(folder / names({group, curve->name}), lines);
        }
        for (const report::Group& group : report::groups_of(found.measures))
            for (const auto& figure : group.figures)
                report::put_file(folder / names({group.name, figure.name}), line(figure.value, 0));
    }

    static void add_params(const fs::path& folder, const fettle::GraphText& graph, const fettle::Context& context) {
        report::Names names = keys();
        for (const auto& [path, toml] : graph.settings) {
            std::string value = report::utf8(value_of(toml));
            if (value.size() > longest_value) {
                std::size_t end = longest_value - 3;
                while ((static_cast<unsigned char>(value[end]) & 0xC0) == 0x80) --end;  // no half of a letter
                value = value.substr(0, end) + "...";
                context.warn("`" + path + "` is longer than the 6000 bytes that MLflow takes: cut in `mlruns`");
            }
            report::put_file(folder / names({path}), value);
        }
    }

    static void add_tags(const fs::path& folder, const Found& found, const fettle::GraphText& graph,
                         const std::string& id) {
        std::string note = graph.summary;
        for (const report::Group& group : report::groups_of(found.measures))
            for (const std::string& remark : group.remarks)
                note += (note.empty() ? "" : "\n\n") + group.name + ": " + remark;
        report::put_file(folder / "mlflow.runName", report::utf8(run_name(graph, id)));
        report::put_file(folder / "mlflow.user", "fettle");
        report::put_file(folder / "mlflow.source.name", report::utf8(graph.name));
        report::put_file(folder / "mlflow.source.type", "LOCAL");
        report::put_file(folder / "mlflow.note.content", report::utf8(note));
    }

    /// Places relative to the folder that holds `mlruns`: where it will lie isn't known here.
    static std::string experiment_text(const std::string& number, const std::string& name, std::int64_t now) {
        YAML::Emitter yaml;
        yaml << YAML::BeginMap;
        field(yaml, "artifact_location", "mlruns/" + number);
        field(yaml, "creation_time", now);
        field(yaml, "experiment_id", number);
        field(yaml, "last_update_time", now);
        field(yaml, "lifecycle_stage", "active");
        field(yaml, "name", name);
        yaml << YAML::EndMap;
        return std::string(yaml.c_str()) + "\n";
    }

    static std::string run_text(const std::string& number, const std::string& id, const std::string& name,
                                std::int64_t now) {
        enum : std::int64_t { finished = 3, local = 4 };
        YAML::Emitter yaml;
        yaml << YAML::BeginMap;
        field(yaml, "artifact_uri", "mlruns/" + number + "/" + id + "/artifacts");
        field(yaml, "end_time", now);
        field(yaml, "entry_point_name", "");
        field(yaml, "experiment_id", number);
        field(yaml, "lifecycle_stage", "active");
        field(yaml, "run_id", id);
        field(yaml, "run_name", name);
        field(yaml, "run_uuid", id);
        field(yaml, "source_name", "");
        field(yaml, "source_type", local);
        field(yaml, "source_version", "");
        field(yaml, "start_time", now);
        field(yaml, "status", finished);
        yaml << YAML::Key << "tags" << YAML::Value << YAML::Flow << YAML::BeginSeq << YAML::EndSeq;
        field(yaml, "user_id", "fettle");
        yaml << YAML::EndMap;
        return std::string(yaml.c_str()) + "\n";
    }
};

}  // namespace

void add_mlflow(fettle::PluginBuilder& plugin) { plugin.add<MLflow>("report.mlflow"); }
