// Two images under one metric: a graph of three or four stages, made up from nothing. Where a metric knows images by
// their hashes, a side may be its hash as text instead.
#include "command.hpp"
#include "run/failure.hpp"
#include "run/instantiate.hpp"

#include <fettle/known_as.hpp>
#include <fettle/roles/data.hpp>
#include <fettle/roles/decide.hpp>
#include <fettle/testing.hpp>

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <iostream>

namespace command {
namespace {

using fettle::TypeInfo;

constexpr const char* sides[] = {"reference", "candidate"};

/// What goes into the graph.
struct Comparison {
    const TypeInfo* type;
    std::string texts[2];  ///< a file, or a hash
    bool is_hash[2];

    bool both_hashes() const { return is_hash[0] && is_hash[1]; }
    bool any_hash() const { return is_hash[0] || is_hash[1]; }
    /// The stage that an input of the metric reads: a side that is a hash borrows the other's image.
    const char* source(int side) const { return sides[is_hash[side] ? 1 - side : side]; }
};

/// Whether a type compares `reference` with `candidate`.
bool compares(const TypeInfo& type) {
    const auto has = [&](const char* name) {
        return std::any_of(type.inputs.begin(), type.inputs.end(), [&](const auto& port) { return port.name == name; });
    };
    return type.stage && has("reference") && has("candidate");
}

const TypeInfo* metric_named(const std::string& id, const Registry& registry, Diagnostics& diagnostics) {
    const TypeInfo* type = registry.find(id);
    if (type != nullptr && compares(*type)) return type;
    std::vector<std::string> known;
    for (const std::string& each : registry.stages())
        if (compares(*registry.find(each))) known.push_back(each);
    diagnostics.add(errors::unknown_use({}, id, known));
    return nullptr;
}

/// Hexadecimal digits; a comma stands between the hashes of an image's regions. A file of that name goes before.
bool is_hash_text(const std::string& text) {
    std::error_code too_long_for_a_name;
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF,") == std::string::npos &&
           !fs::exists(text, too_long_for_a_name);
}

/// Whether the type may know images by hashes.
bool knows_hashes(const TypeInfo& type) {
    return type.role == fettle::Hash::role_name || type.role == fettle::Distance::role_name;
}

std::string in_lower_case(std::string text) {
    for (char& each : text)
        if (each >= 'A' && each <= 'F') each |= 0x20;
    return text;
}

/// `--set window=7` means the metric's; those that name a stage of the graph stay.
std::vector<std::string> overrides_of(const po::variables_map& options) {
    auto overrides = options["set"].as<std::vector<std::string>>();
    for (std::string& text : overrides) {
        const std::string first = text.substr(0, text.find_first_of(".="));
        const bool stage = first.size() < text.size() && text[first.size()] == '.';
        const auto named = {"graph", "stage", "metric", "score", sides[0], sides[1]};
        if (!stage || std::find(named.begin(), named.end(), first) == named.end()) text.insert(0, "metric.");
    }
    return overrides;
}

std::string graph_text(const Comparison& comparison, const std::vector<std::string>& overrides) {
    std::string text = "format = 1\n[graph]\nname = \"metric\"\n";
    for (int side = 0; side < 2; ++side)
        if (!comparison.is_hash[side])
            text += fmt::format("[stage.{}]\nuse = \"dataset.image\"\npath = {}\n", sides[side],
                                fettle::Setting(comparison.texts[side]).text());
    text += fmt::format("[stage.metric]\nuse = {}\n", fettle::Setting(comparison.type->id).text());
    for (int side = 0; side < 2; ++side) text += fmt::format("in.{} = \"{}\"\n", sides[side], comparison.source(side));
    for (const auto& part : comparison.type->components)  // tables for what --set may say of them
        if (std::any_of(overrides.begin(), overrides.end(),
                        [&](const std::string& each) { return each.starts_with("metric." + part.name + "."); }))
            text += fmt::format("[stage.metric.{}]\n", part.name);
    const auto& outputs = comparison.type->outputs;
    if (!outputs.empty() && outputs.front().type == fettle::Maps::type_name)
        text += "[stage.score]\nuse = \"score.pool\"\nby = \"mean\"\nin.maps = [\"metric\"]\n";
    return text;
}

/// `use="..."`, or where only one type may stand there, that and what it needs: `use="model.torchscript", path="..."`.
std::string table_of(const std::string& role, const Registry& registry) {
    const std::vector<std::string> fitting = registry.of_role(role);
    if (fitting.size() != 1) return "use=\"...\"";
    std::string out = fmt::format("use=\"{}\"", fitting.front());
    for (const auto& parameter : registry.find(fitting.front())->parameters)
        if (parameter.constraint.required)
            out += fmt::format(
                ", {}={}", parameter.name,
                parameter.kind == fettle::Kind::text || parameter.kind == fettle::Kind::path ? "\"...\"" : "...");
    return out;
}

/// How `--set` names a parameter of a type: of the metric itself, or of the first of its components that has the role.
std::string path_of(const std::string& id, const std::string& parameter, const TypeInfo& metric,
                    const Registry& registry) {
    const TypeInfo* type = registry.find(id);
    for (const auto& part : metric.components)
        if (id != metric.id && type != nullptr && type->role == part.role) return part.name + "." + parameter;
    return parameter;
}

/// The first word in marks: "path" of "add `path = ...`".
std::string first_marked(const std::string& text) {
    const auto begin = text.find('`') + 1;
    return text.substr(begin, text.find_first_of("` ", begin) - begin);
}

/// What is wrong with a graph that the user never wrote, with fixes that can be made on the command line.
std::vector<Diagnostic> on_command_line(std::vector<Diagnostic> found, const TypeInfo& metric,
                                        const Registry& registry) {
    for (Diagnostic& each : found) {
        if (each.code == "G204")
            each.hint = fmt::format("add --set {}=...",
                                    path_of(first_marked(each.message), first_marked(each.hint), metric, registry));
        if (each.code != "G104") continue;
        for (const auto& part : metric.components)
            if (each.hint.find("[stage.metric." + part.name + "]") != std::string::npos)
                each.hint = fmt::format("add --set 'metric.{}={{{}}}'", part.name, table_of(part.role, registry));
    }
    return found;
}

/// Why a text can't be the hash of one length that the metric needs; empty where it can. `bits`: of the other side's
/// image, 0 where there is none. Throws Error(Fault::data) where it is no hash at all.
std::string misfit(const Comparison& comparison, int side, const std::string& other, std::size_t bits) {
    const std::string &text = comparison.texts[side], &other_text = comparison.texts[1 - side];
    const auto given = fettle::bits_from_hex(text);
    if (text.size() != other.size())
        return fmt::format("`{}` has {} hexadecimal digits, and {}`{}` {}", text, text.size(),
                           comparison.is_hash[1 - side] ? "" : "the hash of ", other_text, other.size());
    if (bits == 0) return {};
    const auto begin = given.begin() + static_cast<std::ptrdiff_t>(given.size() - bits);  // before it only padding
    if (std::find(given.begin(), begin, true) == begin) return {};
    return fmt::format("`{}` has more than the {} bits of `{}`", text, bits, other_text);
}

/// The size to ask for, where a hash of that many digits is a square's.
std::string size_hint(const TypeInfo& type, std::size_t digits) {
    const auto size = static_cast<std::size_t>(std::lround(std::sqrt(4 * digits)));
    const bool has_size = std::any_of(type.parameters.begin(), type.parameters.end(),
                                      [](const auto& each) { return each.name == "size"; });
    if (!has_size || size * size != 4 * digits) return {};
    return fmt::format("hashes of {} digits have `--set size={}`", digits, size);
}

/// Which way a metric's values go, as its role promises, and what they are; empty of a stage without such a role.
struct Meaning {
    std::string direction, summary, known_as;

    explicit Meaning(const TypeInfo& type) : summary(type.summary) {
        if (!summary.empty() && summary.back() == '.') summary.pop_back();
        if (type.role == "similarity" || knows_hashes(type))
            direction = "0 where the images are equal, higher where they differ more";
    }
    /// In parentheses.
    std::string text() const {
        std::string out;
        for (const std::string& part : {known_as, direction, summary})
            if (!part.empty()) out += (out.empty() ? "" : "; ") + part;
        return out;
    }
};

void print(const std::string& name, double value, bool json, const Meaning& meaning,
           const std::vector<std::string>& hashes = {}) {
    nlohmann::ordered_json line{{"metric", name}, {"value", value}};
    if (!meaning.known_as.empty()) line["known_as"] = meaning.known_as;
    if (!meaning.direction.empty()) line["direction"] = meaning.direction;
    line["meaning"] = meaning.summary;
    if (!hashes.empty()) line["hashes"] = hashes;
    std::cout << (json ? line.dump() : fmt::format("{} {}", name, value));
    if (!json && hashes.empty()) std::cout << " (" << meaning.text() << ")";
    std::cout << "\n";
}

/// The image of a stage that the run has read without trouble; the run itself keeps none.
fettle::Image image_of(const StageUse& stage, Registry& registry) {
    const auto dataset = instantiate(stage.use, registry);
    fettle::testing::TestContext context;
    const auto images = dynamic_cast<const fettle::Dataset&>(*dataset).open(context);
    const std::size_t first = 0;
    return images->read({&first, 1})->sample(0)->image;
}

/// What the metric knows both sides by; empty texts where it knows images by none.
std::vector<std::string> hashes_of(const Comparison& comparison, const fettle::Distance& metric,
                                   const fettle::Image (&images)[2]) {
    std::vector<std::string> out;
    for (int side = 0; side < 2; ++side)
        out.push_back(comparison.is_hash[side] ? in_lower_case(comparison.texts[side])
                                               : metric.fingerprint_text(images[side]));
    return out;
}

/// The distance where one side or both are hashes as text.
int print_hashes(const Comparison& comparison, const StageUse& stage, const fettle::Distance& metric,
                 const fettle::Image (&images)[2], const std::string& name, bool json) {
    const auto refuse = [&](Diagnostic what) {
        for (int side = 0; side < 2; ++side)
            if (comparison.is_hash[side])
                what.help.push_back(fmt::format("`{}` is taken for a hash, since there is no file of that name",
                                                comparison.texts[side]));
        report_plainly({std::move(what)}, json);
        return 1;
    };
    try {
        const auto hashes = hashes_of(comparison, metric, images);
        const auto* hash = dynamic_cast<const fettle::Hash*>(&metric);
        for (int side = 0; side < 2 && hash != nullptr; ++side) {
            if (!comparison.is_hash[side]) continue;
            const bool alone = comparison.is_hash[1 - side];
            const std::size_t bits = alone ? 0 : hash->fingerprint(images[1 - side]).size();
            const std::string wrong = misfit(comparison, side, hashes[1 - side], bits);
            if (wrong.empty()) continue;
            auto what = errors::shapes_do_not_fit({}, stage.name, wrong);
            const std::string hint = alone ? "" : size_hint(*comparison.type, hashes[side].size());
            if (!hint.empty()) what.help.push_back(hint);
            return refuse(std::move(what));
        }
        print(name, metric.text_distance(hashes[0], hashes[1]), json, Meaning(*comparison.type), hashes);
    } catch (const fettle::Error&) {
        return refuse(explain_exception(stage, std::current_exception()));
    }
    return 0;
}

/// Two hashes as text: there is no image, so nothing that a parameter could change.
int print_texts(const Comparison& comparison, Registry& registry, const po::variables_map& options, bool json) {
    StageUse stage;
    stage.name = "metric";
    stage.use.type = comparison.type;
    if (!options["set"].as<std::vector<std::string>>().empty()) {
        report({errors::shapes_do_not_fit({}, stage.name,
                                          "two hashes are compared bit by bit: there is nothing to --set")},
               json);
        return 1;
    }
    const auto metric = instantiate(stage.use, registry);
    return print_hashes(comparison, stage, dynamic_cast<const fettle::Distance&>(*metric), {},
                        comparison.type->id.substr(comparison.type->id.find('.') + 1), json);
}

/// One file or two under a metric that may know images by hashes; `scores` are what the run found.
int print_distance(const Comparison& comparison, const Graph& graph, const fettle::Scores& scores, Registry& registry,
                   bool json) {
    const auto stage = std::find_if(graph.stages.begin(), graph.stages.end(),
                                    [](const StageUse& each) { return each.name == "metric"; });
    const auto object = instantiate(stage->use, registry);
    const auto& metric = dynamic_cast<const fettle::Distance&>(*object);
    fettle::Image images[2];
    for (int side = 0; side < 2; ++side)
        if (!comparison.is_hash[side])
            images[side] = image_of(graph.stages[stage->inputs[side].front().stage], registry);
    if (comparison.any_hash()) return print_hashes(comparison, *stage, metric, images, label_of(stage->use), json);
    auto hashes = hashes_of(comparison, metric, images);
    if (hashes[0].empty()) hashes.clear();
    print(scores.columns.front().name, scores.columns.front().values.front(), json, Meaning(*comparison.type), hashes);
    return 0;
}

/// A similarity's map by its mean; `scores` are what the run found.
int print_mean(const Comparison& comparison, const Graph& graph, const fettle::Scores& scores, Registry& registry,
               bool json) {
    const auto stage = std::find_if(graph.stages.begin(), graph.stages.end(),
                                    [](const StageUse& each) { return each.name == "metric"; });
    const auto object = instantiate(stage->use, registry);
    for (const auto& column : scores.columns) {
        Meaning meaning(*comparison.type);
        if (const auto* known = dynamic_cast<const fettle::KnownAs*>(object.get()))
            meaning.known_as = known->known_as(column.values.front());
        print(column.name, column.values.front(), json, meaning);
    }
    return 0;
}

}  // namespace

int metric(const po::variables_map& options, const Arguments& arguments) {
    const bool json = options.count("json") > 0;
    Diagnostics diagnostics;
    const auto registry = make_registry(options, {}, diagnostics);
    Comparison comparison{metric_named(arguments[0], *registry, diagnostics), {arguments[1], arguments[2]}, {}};
    if (report(diagnostics.all(), json)) return 1;
    for (int side = 0; side < 2; ++side)
        comparison.is_hash[side] = knows_hashes(*comparison.type) && is_hash_text(comparison.texts[side]);
    if (comparison.both_hashes()) return print_texts(comparison, *registry, options, json);

    Diagnostics found;
    const auto overrides = overrides_of(options);
    const auto document =
        read_document_text("metric", graph_text(comparison, overrides), fs::current_path(), overrides, found);
    const Checked checked = check_document(document, "metric", options, found);
    if (report_plainly(on_command_line(found.all(), *comparison.type, *registry), json) || !checked.graph) return 1;

    RunOptions settings = run_options(options);
    const fs::path scratch = fs::temp_directory_path() / fmt::format("fettle-metric-{}", getpid());
    settings.output = scratch / "runs";
    settings.cache = scratch / "cache";
    Observer quiet;
    const RunResult result = run_graph(*checked.graph, *checked.registry, settings, quiet);
    std::error_code error;
    fs::remove_all(scratch, error);
    if (report_plainly(result.diagnostics, json)) return 1;
    if (result.status == Status::interrupted) return 128 + received_signal.load();
    for (const auto& outputs : result.values)
        for (const auto& value : outputs) {
            const auto* scores = dynamic_cast<const fettle::Scores*>(value.get());
            if (scores == nullptr) continue;
            if (knows_hashes(*comparison.type))
                return print_distance(comparison, *checked.graph, *scores, *checked.registry, json);
            return print_mean(comparison, *checked.graph, *scores, *checked.registry, json);
        }
    return 0;
}

}  // namespace command
