// Every error fettle can give: its words here, its explanation in explain.cpp, its example in tests/errors.
#include "diagnose/diagnose.hpp"

#include <fmt/format.h>

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

}  // namespace

Diagnostic not_a_plugin(const std::string& path, const std::string& why) {
    return make("P101", {}, fmt::format("`{}` is not a fettle plugin: {}", path, why), {},
                {"a plugin is a shared library built with fettle_add_plugin; `fettle explain P101` shows how"});
}

Diagnostic other_runtime(const std::string& path, const std::string& theirs, const std::string& ours) {
    return make(
        "P102", {}, fmt::format("`{}` was built for another runtime; nothing of it was run", path), {},
        {"it was built with " + theirs, "this fettle needs  " + ours, "build the plugin again against this SDK"});
}

Diagnostic offered_twice(const std::string& id, const std::string& first, const std::string& second) {
    return make("P103", {}, fmt::format("two plugins offer `{}`", id), {},
                {"one is " + first, "the other is " + second, "take one of them off the plugin path"});
}

Diagnostic cannot_load(const std::string& path, const std::string& why) {
    return make("P104", {}, fmt::format("`{}` could not be loaded: {}", path, why), {},
                {"a library it needs may be missing: `ldd` on the file shows which"});
}

Diagnostic crashed_while_loading(const std::string& path, const std::string& how) {
    return make("P105", {}, fmt::format("`{}` crashed while it was loaded ({}); it was set aside", path, how), {},
                {"it was tried in a process of its own; a static initialiser or its FETTLE_PLUGIN body is at fault"});
}

Diagnostic threw_while_loading(const std::string& path, const std::string& what) {
    return make("P106", {}, fmt::format("`{}` failed while it was loaded: {}", path, what));
}

Diagnostic not_toml(Span at, const std::string& why) { return make("G001", std::move(at), "this is not TOML: " + why); }

Diagnostic other_format(Span at, const std::string& found) {
    return make("G002", std::move(at),
                found.empty() ? "the file doesn't say its format" : "the file has format " + found, {},
                {"this fettle reads `format = 1`, the first line of a graph"});
}

Diagnostic extends_itself(Span at, const std::vector<std::string>& chain) {
    std::string path;
    for (const auto& file : chain) path += (path.empty() ? "`" : " -> `") + file + "`";
    return make("G003", std::move(at), "the file extends itself: " + path);
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

Diagnostic unknown_use(Span at, const std::string& id, const std::vector<std::string>& known) {
    const std::string hint = did_you_mean(id, known);
    // Without a near neighbour, what the family offers says more than everything there is.
    std::vector<std::string> family;
    const std::string prefix = id.substr(0, id.find('.') + 1);
    for (const auto& each : known)
        if (prefix.size() > 1 && each.starts_with(prefix)) family.push_back(each);
    return make("G101", std::move(at), fmt::format("no plugin offers `{}`", id), hint,
                {takes("the family has", family), "`fettle list` shows everything there is"});
}

Diagnostic missing_use(Span at, const std::string& what, const std::vector<std::string>& known) {
    return make("G102", std::move(at), fmt::format("{} doesn't say what it is", what), "add `use = \"...\"`",
                {takes("it may be", known)});
}

Diagnostic wrong_role(Span at, const std::string& id, const std::string& role, const std::string& wanted,
                      const std::vector<std::string>& known) {
    return make("G103", std::move(at), fmt::format("`{}` is of role `{}`; here stands a `{}`", id, role, wanted), {},
                {takes("it may be", known)});
}

Diagnostic unknown_parameter(Span at, const std::string& id, const std::string& name,
                             const std::vector<std::string>& known) {
    return make("G201", std::move(at), fmt::format("`{}` has no parameter `{}`", id, name), did_you_mean(name, known),
                {known.empty() ? "it takes no parameters" : takes("it takes", known)});
}

Diagnostic wrong_type(Span at, const std::string& id, const std::string& name, const std::string& wanted,
                      const std::string& found) {
    return make("G202", std::move(at), fmt::format("`{}` of `{}` is {}, not {}", name, id, wanted, found));
}

Diagnostic out_of_range(Span at, const std::string& id, const std::string& name, const std::string& found,
                        const std::string& allowed, const std::string& hint) {
    return make("G203", std::move(at), fmt::format("`{}` of `{}` can't be {}", name, id, found), hint,
                {"it is " + allowed});
}

Diagnostic missing_parameter(Span at, const std::string& id, const std::string& name, const std::string& doc) {
    return make("G204", std::move(at), fmt::format("`{}` needs the parameter `{}`", id, name),
                fmt::format("add `{} = ...`", name), {name + ": " + doc});
}

Diagnostic check_failed(Span at, const std::string& id, const std::string& what) {
    return make("G205", std::move(at), fmt::format("`{}` can't be set up like this: {}", id, what));
}

Diagnostic missing_path(Span at, const std::string& path, const std::string& hint, const std::string& looked) {
    return make("G206", std::move(at), fmt::format("there is no `{}`", path), hint, {"looked for " + looked});
}

Diagnostic cannot_keep(Span at, const std::string& id, const std::string& type) {
    return make("G207", std::move(at), fmt::format("`{}` gives {}, which can't be kept", id, type), "remove it",
                {"images can be kept; maps are made again from them, and scores and networks are always stored"});
}

Diagnostic unknown_stage(Span at, const std::string& stage, const std::vector<std::string>& known) {
    return make("G301", std::move(at), fmt::format("there is no stage `{}`", stage), did_you_mean(stage, known),
                {takes("the stages are", known)});
}

Diagnostic unknown_port(Span at, const std::string& owner, const std::string& port, bool input,
                        const std::vector<std::string>& known) {
    const char* way = input ? "input" : "output";
    return make("G302", std::move(at),
                port.empty() ? fmt::format("`{}` has {} outputs; say which", owner, known.size())
                             : fmt::format("{} has no {} `{}`", owner, way, port),
                did_you_mean(port, known),
                {known.empty() ? fmt::format("it has no {}s", way) : takes("it has", known)});
}

Diagnostic type_conflict(Span at, const std::string& from, const std::string& from_type, const std::string& to,
                         const std::string& to_type, const std::vector<std::string>& fitting) {
    return make("G303", std::move(at), fmt::format("`{}` gives {}; `{}` takes {}", from, from_type, to, to_type), {},
                {takes("of that type are", fitting)});
}

Diagnostic cycle(Span at, const std::vector<std::string>& path) {
    std::string text;
    for (const auto& stage : path) text += (text.empty() ? "" : " -> ") + stage;
    return make("G304", std::move(at), "the stages wait for each other: " + text);
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
                fitting.empty() ? fmt::format("add `in.{} = \"stage.port\"`", port)
                                : fmt::format("add `in.{} = \"{}\"`", port, fitting.front()),
                {"it takes " + type, takes("of that type are", fitting)});
}

Diagnostic not_a_list(Span at, const std::string& port) {
    return make("G308", std::move(at), fmt::format("`{}` takes one edge, not a list", port));
}

Diagnostic no_calibration(Span at, const std::string& port) {
    return make("G309", std::move(at), fmt::format("`{}` is fitted on calibration samples, and gets none", port), {},
                {"score the `calibrate` output of a split stage together with `test`: "
                 "in.images = [\"split.calibrate\", \"split.test\"]"});
}

Diagnostic bad_override(const std::string& text, const std::string& why) {
    return make("G401", {}, fmt::format("`--set {}` can't be read: {}", text, why), {},
                {"write --set stage.parameter=VALUE, with VALUE as in TOML: --set train.epochs=5, --set cut.at=0.99"});
}

Diagnostic override_nowhere(const std::string& path, const std::string& missing,
                            const std::vector<std::string>& known) {
    return make("G402", {}, fmt::format("`--set {}` points nowhere: there is no `{}`", path, missing),
                did_you_mean(missing, known), {takes("there are", known)});
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
    return make("R506", std::move(at), fmt::format("stage `{}`: {}", stage, what));
}

Diagnostic damaged_entry(const std::string& key, const std::string& why) {
    auto out = make(
        "C601", {},
        fmt::format("the cache entry {} is damaged ({}); it was removed and is made again", key.substr(0, 12), why));
    out.severity = Severity::warning;
    return out;
}

Diagnostic cache_unusable(const std::string& folder, const std::string& why) {
    return make("C602", {}, fmt::format("the cache `{}` can't be used: {}", folder, why), {},
                {"name another with --cache DIR or FETTLE_CACHE, or run with --no-cache"});
}

}  // namespace fettle::runtime::errors
