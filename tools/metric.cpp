// Two images under one metric: a graph of three or four stages, made up from nothing. A side of a hash may be its
// hexadecimal text instead of an image.
#include "command.hpp"
#include "run/instantiate.hpp"

#include <fettle/bits.hpp>
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

using fettle::Bits;
using fettle::TypeInfo;

constexpr const char* sides[] = {"reference", "candidate"};

/// What goes into the graph, and what came of it.
struct Comparison {
    const TypeInfo* type;
    std::string texts[2];  ///< a file, or a hash
    bool is_hash[2];

    bool both_hashes() const { return is_hash[0] && is_hash[1]; }
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

/// A file of that name goes before.
bool is_hash_text(const std::string& text) {
    return !text.empty() && text.find_first_not_of("0123456789abcdefABCDEF") == std::string::npos && !fs::exists(text);
}

/// All bits of its digits, the first digit's highest one first.
Bits bits_of(const std::string& text) {
    Bits bits;
    for (const char digit : text) {
        const int value = digit <= '9' ? digit - '0' : (digit | 0x20) - 'a' + 10;
        for (int bit = 3; bit >= 0; --bit) bits.push_back((value >> bit & 1) != 0);
    }
    return bits;
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

/// The hash of a side whose text it is, as long as the image's; empty where it can't be, which is reported.
Bits read_hash(const Comparison& comparison, int side, const Bits& other, bool json) {
    const std::string& text = comparison.texts[side];
    Bits bits = bits_of(text);
    const std::size_t more = bits.size() - std::min(bits.size(), other.size());
    const bool fits = bits.size() == (other.size() + 3) / 4 * 4;
    if (fits && std::none_of(bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(more), [](bool b) { return b; }))
        return {bits.begin() + static_cast<std::ptrdiff_t>(more), bits.end()};
    auto what = errors::shapes_do_not_fit(
        {}, "metric",
        fits ? fmt::format("`{}` has more than the {} bits of `{}`", text, other.size(), comparison.texts[1 - side])
             : fmt::format("`{}` has {} hexadecimal digits, and the hash of `{}` {}", text, text.size(),
                           comparison.texts[1 - side], (other.size() + 3) / 4));
    what.help.push_back(fmt::format("it is taken for a hash, since there is no file `{}`", text));
    const auto length = static_cast<std::size_t>(std::lround(std::sqrt(bits.size())));
    const auto& parameters = comparison.type->parameters;
    if (!fits && length * length == bits.size() &&
        std::any_of(parameters.begin(), parameters.end(), [](const auto& each) { return each.name == "size"; }))
        what.help.push_back(fmt::format("hashes of {} digits have `--set size={}`", text.size(), length));
    report({what}, json);
    return {};
}

void print(const std::string& name, double value, bool json, const std::vector<std::string>& hashes = {}) {
    nlohmann::ordered_json line{{"metric", name}, {"value", value}};
    if (!hashes.empty()) line["hashes"] = hashes;
    std::cout << (json ? line.dump() : fmt::format("{} {}", name, value)) << "\n";
}

/// The image of a stage that the run has read without trouble; the run itself keeps none.
fettle::Image image_of(const StageUse& stage, Registry& registry) {
    const auto dataset = instantiate(stage.use, registry);
    fettle::testing::TestContext context;
    const auto images = dynamic_cast<const fettle::Dataset&>(*dataset).open(context);
    const std::size_t first = 0;
    return images->read({&first, 1})->sample(0)->image;
}

/// The distance of two hashes, one or both of images.
int print_hashes(const Comparison& comparison, const Graph& graph, Registry& registry, bool json) {
    const auto stage = std::find_if(graph.stages.begin(), graph.stages.end(),
                                    [](const StageUse& each) { return each.name == "metric"; });
    const auto metric = instantiate(stage->use, registry);
    Bits bits[2];
    for (int side = 0; side < 2; ++side)
        if (!comparison.is_hash[side])
            bits[side] = dynamic_cast<const fettle::Hash&>(*metric).fingerprint(
                image_of(graph.stages[stage->inputs[side].front().stage], registry));
    for (int side = 0; side < 2; ++side)
        if (comparison.is_hash[side] && (bits[side] = read_hash(comparison, side, bits[1 - side], json)).empty())
            return 1;
    print(label_of(stage->use), fettle::bit_distance(bits[0], bits[1]), json,
          {fettle::to_hex(bits[0]), fettle::to_hex(bits[1])});
    return 0;
}

/// Two hashes as text: nothing to compute but the bits that differ.
int print_texts(const Comparison& comparison, const po::variables_map& options, bool json) {
    const std::string &left = comparison.texts[0], &right = comparison.texts[1];
    std::string wrong;
    if (left.size() != right.size())
        wrong = fmt::format("`{}` has {} hexadecimal digits, and `{}` {}", left, left.size(), right, right.size());
    else if (!options["set"].as<std::vector<std::string>>().empty())
        wrong = "two hashes are compared bit by bit: there is nothing to --set";
    if (!wrong.empty()) {
        report({errors::shapes_do_not_fit({}, "metric", wrong)}, json);
        return 1;
    }
    const Bits a = bits_of(left), b = bits_of(right);
    print(comparison.type->id.substr(comparison.type->id.find('.') + 1), fettle::bit_distance(a, b), json,
          {fettle::to_hex(a), fettle::to_hex(b)});
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
        comparison.is_hash[side] =
            comparison.type->role == fettle::Hash::role_name && is_hash_text(comparison.texts[side]);
    if (comparison.both_hashes()) return print_texts(comparison, options, json);

    Diagnostics found;
    const auto overrides = overrides_of(options);
    const auto document =
        read_document_text("metric", graph_text(comparison, overrides), fs::current_path(), overrides, found);
    const Checked checked = check_document(document, "metric", options, found);
    if (report_plainly(found.all(), json) || !checked.graph) return 1;

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
    if (comparison.type->role == fettle::Hash::role_name)
        return print_hashes(comparison, *checked.graph, *checked.registry, json);
    for (const auto& outputs : result.values)
        for (const auto& value : outputs)
            if (const auto* scores = dynamic_cast<const fettle::Scores*>(value.get()))
                for (const auto& column : scores->columns) print(column.name, column.values.front(), json);
    return 0;
}

}  // namespace command
