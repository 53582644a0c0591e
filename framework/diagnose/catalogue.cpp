// Every error fettle can give: its words here, its explanation in explain.cpp, its example in tests/errors.
#include "diagnose/diagnose.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace fettle::runtime::errors {
namespace {

Diagnostic make(const char* code, Span at, std::string message, std::string hint = {},
                std::vector<std::string> help = {}) {
    std::erase(help, "");
    return {code, std::move(message), std::move(at), std::move(hint), std::move(help)};
}

std::string takes(const char* what, const std::vector<std::string>& known) {
    return known.empty() ? "" : fmt::format("{} {}", what, listed(known));
}

std::string may_be(const std::vector<std::string>& known) {
    return known.empty() ? "" : "it may be " + listed(known, "or");
}

/// "maps/1 comes from a.maps or b.maps".
std::string comes_from(const std::string& type, const std::vector<std::string>& outputs) {
    return outputs.empty() ? "no stage gives " + type : type + " comes from " + listed(outputs, "or");
}

/// "`a` -> `b`".
std::string arrows(const std::vector<std::string>& chain) {
    std::string out;
    for (const auto& each : chain) out += (out.empty() ? "`" : " -> `") + each + "`";
    return out;
}

}  // namespace

Diagnostic not_a_plugin(const std::string& path, const std::string& why) {
    return make("P101", {}, fmt::format("`{}` is not a fettle plugin: {}", path, why), {},
                {"a plugin is a shared library built with fettle_add_plugin; `fettle explain P101` shows how"});
}

Diagnostic other_runtime(const std::string& path, const std::string& theirs, const std::string& ours,
                         bool headers_alone) {
    const std::string other = headers_alone ? "against other headers of the SDK" : "for another runtime";
    return make("P102", {}, fmt::format("`{}` was built {}; nothing of it was run", path, other), {},
                {"it was built with " + theirs, "this fettle needs  " + ours,
                 headers_alone ? "what both use may lie differently in memory: build the plugin again against the "
                                 "headers that belong to this fettle"
                               : "build the plugin again against this SDK"});
}

Diagnostic offered_twice(const std::string& id, const std::string& first, const std::string& second) {
    return make("P103", {}, fmt::format("two plugins offer `{}`", id), {},
                {"one is " + first, "the other is " + second, "take one of them off the plugin path"});
}

Diagnostic cannot_load(const std::string& path, const std::string& why) {
    const std::string too_many = too_many_files(why);
    return make("P104", {}, fmt::format("`{}` could not be loaded: {}", path, why), {},
                {too_many.empty() ? "a library it needs may be missing: `ldd` on the file shows which" : too_many});
}

Diagnostic crashed_while_loading(const std::string& path, const std::string& how) {
    return make("P105", {}, fmt::format("`{}` crashed while it was loaded ({}); it was set aside", path, how), {},
                {"it was tried in a process of its own; a static initialiser or its FETTLE_PLUGIN body is at fault"});
}

Diagnostic threw_while_loading(const std::string& path, const std::string& what) {
    return make("P106", {}, fmt::format("`{}` failed while it was loaded: {}", path, what));
}

Diagnostic not_toml(Span at, const std::string& why) {
    // The parser's words, put so that they fit into a sentence; for the commonest slips the fix beside the caret.
    std::string words = why;
    constexpr std::string_view before = "Error while parsing ";
    if (words.starts_with(before)) {
        words = words.substr(before.size());
        words = (std::string_view("aeiou").find(words.front()) < 5 ? "in an " : "in a ") + words;
    }
    std::string hint;
    std::vector<std::string> help;
    if (words.starts_with("in a string: unescaped control"))
        words = "a text has no end", hint = "close it with a quote";
    else if (words.find("expected value, saw") != std::string::npos)
        hint = "a value belongs here";
    else if (words.find("could not determine value type") != std::string::npos)
        hint = "a text stands in quotes";
    else if (words.find("cannot redefine existing table") != std::string::npos)
        help = {"a table stands once in a file: put its keys together"};
    return make("G001", std::move(at), "this is not TOML: " + words, hint, help);
}

Diagnostic other_format(Span at, const std::string& found) {
    return make("G002", std::move(at),
                found.empty() ? "the file doesn't say its format" : "the file has format " + found, {},
                {"this fettle reads `format = 1`, the first line of a graph"});
}

Diagnostic extends_itself(Span at, const std::vector<std::string>& chain) {
    return make("G003", std::move(at), "the file extends itself: " + arrows(chain), {},
                {"each graph extends one parent, and the last of them none"});
}

Diagnostic undefined_reference(Span at, const std::string& name, const std::vector<std::string>& known) {
    std::vector<std::string> help;
    if (name.starts_with("env:"))
        help = {"set it: " + name.substr(4) + "=... fettle ...; or give a default: ${" + name + ":-default}"};
    else
        help = {takes("[parameters] has", known), "${graph.name} and ${env:NAME} work as well"};
    return make("G004", std::move(at), fmt::format("`${{{}}}` is not defined", name), did_you_mean(name, known), help);
}

Diagnostic cannot_read(Span at, const std::string& path, const std::string& why, const std::string& hint) {
    return make("G005", std::move(at), fmt::format("`{}` can't be read: {}", path, why), hint);
}

Diagnostic unknown_key(Span at, const std::string& key, const std::string& where,
                       const std::vector<std::string>& known) {
    return make("G006", std::move(at), fmt::format("{} has no key `{}`", where, key), did_you_mean(key, known),
                {takes("it takes", known)});
}

Diagnostic circular_reference(Span at, const std::vector<std::string>& chain) {
    return make("G007", std::move(at), "the parameter leads back to itself: " + arrows(chain), {},
                {"give one of them a value that refers to none of the others"});
}

Diagnostic unclosed_reference(Span at, const std::string& text) {
    return make("G008", std::move(at), fmt::format("`{}` is a reference without its end", text), "close it with `}`",
                {"a plain `${` is written `$${`"});
}

Diagnostic no_stages(Span at, const std::string& graph) {
    return make(
        "G009", std::move(at), fmt::format("the graph `{}` has no stages", graph), {},
        {"a stage is a table: [stage.photos] with `use = \"dataset.folder\"`; `fettle list` shows what there is"});
}

Diagnostic bad_name(Span at, const std::string& what, const std::string& name, const std::string& why) {
    return make("G010", std::move(at), fmt::format("`{}` can't be the name of {}", name, what), {},
                {"a name is a word without dots, spaces, quotes and slashes: " + why});
}

Diagnostic unused_parameter(Span at, const std::string& name, const std::vector<std::string>& known) {
    return make("G011", std::move(at), fmt::format("nothing reads the parameter `{}`", name), did_you_mean(name, known),
                {fmt::format("write ${{{}}} where it is meant, or remove it", name)});
}

Diagnostic drops_nothing(Span at, const std::string& stage, const std::vector<std::string>& known) {
    return make("G012", std::move(at), fmt::format("there is no stage `{}` to drop", stage), did_you_mean(stage, known),
                {"`drop = true` takes away a stage of the file that this one extends"});
}

Diagnostic unknown_use(Span at, const std::string& id, const std::vector<std::string>& known) {
    const std::string hint = did_you_mean(id, known);
    // Without a near neighbour, what the family offers says more than everything there is.
    std::vector<std::string> family;
    const std::string prefix = id.substr(0, id.find('.') + 1);
    std::vector<std::string> families;
    for (const auto& each : known) {
        if (prefix.size() > 1 && each.starts_with(prefix)) family.push_back(each);
        if (auto its = each.substr(0, each.find('.')); families.empty() || families.back() != its)
            families.push_back(std::move(its));
    }
    return make("G101", std::move(at), fmt::format("no plugin offers `{}`", id), hint,
                {!family.empty()        ? takes("the family has", family)
                 : families.size() <= 3 ? may_be(known)
                                        : takes("an id is `family.name`; the families are", families),
                 "`fettle list` shows everything there is"});
}

Diagnostic missing_use(Span at, const std::string& table, const std::vector<std::string>& known) {
    return make("G102", std::move(at), fmt::format("[{}] doesn't say what it is", table), "add `use = \"...\"`",
                {known.empty() ? "`fettle list` shows what there is" : may_be(known)});
}

Diagnostic wrong_role(Span at, const std::string& id, const std::string& role, const std::string& wanted,
                      const std::vector<std::string>& known) {
    if (wanted == "stage")
        return make("G103", std::move(at), fmt::format("`{}` is a component of role `{}`, not a stage", id, role), {},
                    {"a component stands inside the stage that uses it: [stage.NAME.COMPONENT]"});
    return make("G103", std::move(at), fmt::format("`{}` is of role `{}`; `{}` is wanted here", id, role, wanted), {},
                {may_be(known)});
}

Diagnostic missing_component(Span at, const std::string& id, const std::string& table, const std::string& doc,
                             const std::vector<std::string>& known) {
    const std::string name = table.substr(table.rfind('.') + 1);
    return make("G104", std::move(at), fmt::format("`{}` needs the component `{}`", id, name),
                fmt::format("add [{}] with a `use`", table), {name + ": " + doc, may_be(known)});
}

Diagnostic unknown_parameter(Span at, const std::string& id, const std::string& name,
                             const std::vector<std::string>& known) {
    return make("G201", std::move(at), fmt::format("`{}` has no parameter `{}`", id, name), did_you_mean(name, known),
                {known.empty() ? "it takes no parameters" : takes("it takes", known)});
}

Diagnostic wrong_type(Span at, const std::string& id, const std::string& name, const std::string& wanted,
                      const std::string& found, const std::string& hint) {
    return make("G202", std::move(at),
                fmt::format("`{}` {} must be {}, not {}", name,
                            id.find(' ') == std::string::npos ? "of `" + id + "`" : id, wanted, found),
                hint);
}

Diagnostic out_of_range(Span at, const std::string& id, const std::string& name, const std::string& found,
                        const std::string& allowed, const std::string& hint) {
    return make("G203", std::move(at), fmt::format("`{}` of `{}` can't {}", name, id, found), hint, {allowed});
}

Diagnostic missing_parameter(Span at, const std::string& id, const std::string& name, const std::string& doc) {
    return make("G204", std::move(at), fmt::format("`{}` needs the parameter `{}`", id, name),
                fmt::format("add `{} = ...`", name), {name + ": " + doc});
}

Diagnostic check_failed(Span at, const std::string& id, const std::string& what) {
    return make("G205", std::move(at), fmt::format("`{}` can't be set up like this: {}", id, what));
}

Diagnostic missing_path(Span at, const std::string& path, const std::string& hint, const std::string& looked) {
    return make("G206", std::move(at), path.empty() ? "the path is empty" : fmt::format("there is no `{}`", path), hint,
                {path.empty() ? "name a file or folder" : "looked for " + looked});
}

Diagnostic cannot_keep(Span at, const std::string& id, const std::string& type) {
    return make("G207", std::move(at), fmt::format("`{}` gives {}, which can't be kept", id, type), "remove it",
                {"images can be kept; maps are made again from them, and scores and networks are always stored"});
}

Diagnostic unreadable_path(Span at, const std::string& path, const std::string& why) {
    return make("G208", std::move(at), fmt::format("`{}` can't be read: {}", path, why));
}

Diagnostic unknown_stage(Span at, const std::string& stage, const std::vector<std::string>& known) {
    return make("G301", std::move(at), fmt::format("there is no stage `{}`", stage), did_you_mean(stage, known),
                {takes("the stages are", known)});
}

Diagnostic unknown_port(Span at, const std::string& owner, const std::string& port, bool input,
                        const std::vector<std::string>& known) {
    const char* way = input ? "input" : "output";
    return make("G302", std::move(at),
                port.empty() ? fmt::format("{} has {} outputs; say which", owner, known.size())
                             : fmt::format("{} has no {} `{}`", owner, way, port),
                did_you_mean(port, known),
                {known.empty()  ? fmt::format("it has no {}s", way)
                 : port.empty() ? "write " + listed(known, "or")
                                : takes("it has", known)});
}

Diagnostic type_conflict(Span at, const std::string& from, const std::string& from_type, const std::string& to,
                         const std::string& to_type, const std::vector<std::string>& fitting) {
    // Another output of the same stage is most likely what was meant.
    const std::string stage = from.substr(0, from.find('.') + 1);
    const auto beside =
        std::find_if(fitting.begin(), fitting.end(), [&](const auto& each) { return each.starts_with(stage); });
    return make("G303", std::move(at), fmt::format("`{}` gives {}; `{}` takes {}", from, from_type, to, to_type),
                beside == fitting.end() ? "" : "did you mean `" + *beside + "`?", {comes_from(to_type, fitting)});
}

Diagnostic cycle(Span at, const std::vector<std::string>& path) {
    return make("G304", std::move(at), "the stages wait for each other: " + arrows(path), {},
                {"each arrow leads from a stage to one that reads it; take one of these edges away"});
}

Diagnostic leak(Span at, const std::string& port, const std::string& split, const std::string& chain) {
    std::string message = split == "none"
                              ? fmt::format("`{}` learns, and gets samples that no split stage has seen", port)
                              : fmt::format("`{}` learns, and gets samples of `{}`", port, split);
    return make("G305", std::move(at), std::move(message), {},
                {"they come by " + chain,
                 split == "none" ? "put a `split` stage between, or say `split = \"train\"` on the data set"
                                 : "what learns or calibrates must never see what it is judged by"});
}

Diagnostic unused(Span at, const std::string& stage) {
    auto out = make("G306", std::move(at), fmt::format("nothing reads `{}`, and it stores nothing", stage), {},
                    {"connect it, remove it, or keep what it makes with `keep = true`"});
    out.severity = Severity::warning;
    return out;
}

Diagnostic not_connected(Span at, const std::string& stage, const std::string& port, const std::string& type,
                         const std::vector<std::string>& fitting) {
    return make("G307", std::move(at), fmt::format("the input `{}` of `{}` is not connected", port, stage),
                fitting.size() != 1 ? fmt::format("add `in.{} = ...`", port)
                                    : fmt::format("add `in.{} = \"{}\"`", port, fitting.front()),
                {comes_from(type, fitting)});
}

Diagnostic not_a_list(Span at, const std::string& port, const std::vector<std::string>& edges) {
    return make("G308", std::move(at), fmt::format("`{}` takes one edge, not a list", port),
                edges.size() == 1 ? fmt::format("write \"{}\"", edges.front()) : "",
                {edges.size() == 1 ? "" : "name one of them, or join them in a stage whose input is a list"});
}

Diagnostic no_calibration(Span at, const std::string& port) {
    return make("G309", std::move(at), fmt::format("`{}` is fitted on calibration samples, and gets none", port), {},
                {"score the `calibrate` output of a split stage together with `test`: "
                 "in.images = [\"split.calibrate\", \"split.test\"]"});
}

Diagnostic mixed_splits(Span at, const std::string& stage, const std::string& test, const std::string& seen) {
    return make("G310", std::move(at),
                fmt::format("`{}` brings `{}` and `{}` together, which may hold the same samples", stage, test, seen),
                {},
                {"two split stages divide the same data set each in its own way",
                 "take both from one split stage, or divide the `train` part of the first one further"});
}

Diagnostic no_anomalies(Span at, const std::string& port, const std::string& chain) {
    return make("G311", std::move(at),
                fmt::format("`{}` needs anomalous calibration samples, and gets only normal ones", port), {},
                {"they come by " + chain, "damage the `calibrate` output with a synthesizer and score that too"});
}

Diagnostic bad_override(const std::string& text, const std::string& why) {
    return make("G401", {}, fmt::format("`--set {}` can't be read: {}", text, why), {},
                {"write --set stage.parameter=VALUE, with VALUE as in TOML: --set train.epochs=5, --set cut.at=0.99"});
}

Diagnostic override_nowhere(const std::string& path, const std::string& missing,
                            const std::vector<std::string>& known) {
    return make("G402", {}, fmt::format("`--set {}` points nowhere: there is no `{}`", path, missing),
                did_you_mean(missing, known), {takes("what is there:", known)});
}

Diagnostic sweep_nowhere(Span at, const std::string& path, const std::string& missing,
                         const std::vector<std::string>& known) {
    const bool whole = path.find('.') != std::string::npos;
    return make(
        "G403", std::move(at), fmt::format("the sweep's `{}` points nowhere: there is no `{}`", path, missing),
        did_you_mean(missing, known),
        {takes("what is there:", known), whole ? "" : "a path is stage.parameter, parameters.name or graph.seed"});
}

Diagnostic bad_sweep(Span at, const std::string& what, const std::string& hint) {
    return make("G404", std::move(at), what, hint);
}

Diagnostic no_sweep(Span at, const std::string& graph) {
    return make("G404", std::move(at), fmt::format("`{}` has no [sweep]", graph), {},
                {"leave --sweep away, or add: [sweep] repeat = 3, [sweep.over] train.epochs = [10, 20]"});
}

Diagnostic too_many_cells(Span at, std::size_t combinations, std::size_t repeat, std::size_t most) {
    const std::string times = repeat > 1 ? fmt::format(" for each of {} seeds", repeat) : "";
    return make("G405", std::move(at), fmt::format("the sweep has {} combinations{}: too many", combinations, times),
                {},
                {fmt::format("{} cells are the most, seeds included", most),
                 "take values out of the longest lists, or split the sweep into two files that extend one"});
}

Diagnostic shapes_do_not_fit(Span at, const std::string& stage, const std::string& what) {
    return make("G406", std::move(at), fmt::format("stage `{}`: {}", stage, what));
}

Diagnostic plugin_threw(Span at, const std::string& stage, const std::string& what) {
    return make("R501", std::move(at), fmt::format("stage `{}` failed: {}", stage, what));
}
Diagnostic bad_data(Span at, const std::string& stage, const std::string& what) {
    return make("R502", std::move(at), fmt::format("stage `{}`: {}", stage, what));
}
Diagnostic not_finite(Span at, const std::string& stage, const std::string& what) {
    return make("R503", std::move(at), fmt::format("stage `{}`: {}", stage, what));
}
Diagnostic out_of_memory(Span at, const std::string& stage, const std::string& what) {
    return make("R504", std::move(at), fmt::format("stage `{}` ran out of memory: {}", stage, what));
}
Diagnostic device_failed(Span at, const std::string& stage, const std::string& what) {
    return make("R505", std::move(at), fmt::format("stage `{}`: {}", stage, what));
}
Diagnostic storage_failed(Span at, const std::string& stage, const std::string& what) {
    return make("R506", std::move(at), fmt::format("stage `{}`: {}", stage, what), {}, {too_many_files(what)});
}
Diagnostic stage_silent(Span at, const std::string& stage, double seconds, const std::string& progress) {
    return make("R507", std::move(at),
                fmt::format("stage `{}` gave no sign of life for {} s; {}", stage, seconds,
                            progress.empty() ? "it had told of no progress" : "the last it told was " + progress),
                {}, {"what the other stages made is kept; raise --stage-timeout where it needs longer"});
}

Diagnostic damaged_entry(const std::string& key, const std::string& why) {
    auto out =
        make("C601", {}, fmt::format("the cache entry {} is damaged ({}); it is made again", key.substr(0, 12), why));
    out.severity = Severity::warning;
    return out;
}

Diagnostic cache_unusable(const std::string& folder, const std::string& why) {
    return make("C602", {}, fmt::format("the cache `{}` can't be used: {}", folder, why), {},
                {"name another with --cache DIR or FETTLE_CACHE; without a home folder it lies below --output DIR"});
}

}  // namespace fettle::runtime::errors
