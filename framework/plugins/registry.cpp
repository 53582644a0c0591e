#include "plugins/plugins.hpp"

#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <fstream>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

Json to_json(const Setting& setting) {
    if (setting.is<bool>()) return setting.as<bool>();
    if (setting.is<std::int64_t>()) return setting.as<std::int64_t>();
    if (setting.is<double>()) return setting.as<double>();
    if (setting.is<std::string>()) return setting.as<std::string>();
    if (!setting.is<Setting::List>()) return nullptr;
    Json list = Json::array();
    for (const Setting& element : setting.as<Setting::List>()) list.push_back(to_json(element));
    return list;
}

Setting setting_from(const Json& json) {
    switch (json.type()) {
        case Json::value_t::boolean:
            return json.get<bool>();
        case Json::value_t::number_integer:
        case Json::value_t::number_unsigned:
            return json.get<std::int64_t>();
        case Json::value_t::number_float:
            return json.get<double>();
        case Json::value_t::string:
            return json.get<std::string>();
        case Json::value_t::array: {
            Setting::List list;
            for (const Json& element : json) list.push_back(setting_from(element));
            return list;
        }
        default:
            return {};
    }
}

Json to_json(const ParameterInfo& p) {
    Json out{{"name", p.name},
             {"kind", static_cast<int>(p.kind)},
             {"initial", to_json(p.initial)},
             {"doc", p.doc},
             {"above", p.constraint.above_lowest},
             {"choices", p.constraint.choices},
             {"required", p.constraint.required},
             {"may_be_missing", p.constraint.may_be_missing},
             {"odd", p.constraint.odd}};
    if (p.constraint.lowest) out["lowest"] = *p.constraint.lowest;
    if (p.constraint.highest) out["highest"] = *p.constraint.highest;
    if (p.constraint.length) out["length"] = *p.constraint.length;
    return out;
}

ParameterInfo parameter_from(const Json& json) {
    ParameterInfo p;
    p.name = json.at("name");
    p.kind = static_cast<Kind>(json.at("kind").get<int>());
    p.initial = setting_from(json.at("initial"));
    p.doc = json.at("doc");
    p.constraint.above_lowest = json.at("above");
    p.constraint.choices = json.at("choices").get<std::vector<std::string>>();
    p.constraint.required = json.at("required");
    p.constraint.may_be_missing = json.at("may_be_missing");
    p.constraint.odd = json.at("odd");
    if (json.contains("lowest")) p.constraint.lowest = json.at("lowest").get<double>();
    if (json.contains("highest")) p.constraint.highest = json.at("highest").get<double>();
    if (json.contains("length")) p.constraint.length = json.at("length").get<std::size_t>();
    return p;
}

Json to_json(const PortInfo& p) {
    return {{"name", p.name},
            {"type", p.type},
            {"doc", p.doc},
            {"many", p.many},
            {"optional", p.optional},
            {"learns", p.learns},
            {"needs_calibration", p.needs_calibration},
            {"carries_split", p.carries_split},
            {"needs_anomalies", p.needs_anomalies},
            {"split", p.split},
            {"labels", static_cast<int>(p.labels)}};
}

PortInfo port_from(const Json& json) {
    return {json.at("name"),
            json.at("type"),
            json.at("doc"),
            json.at("many"),
            json.at("optional"),
            json.at("learns"),
            json.at("needs_calibration"),
            json.at("carries_split"),
            json.at("needs_anomalies"),
            json.at("split"),
            static_cast<Labels>(json.at("labels").get<int>())};
}

Json to_json(const TypeInfo& type);

template <class T>
Json to_json(const std::vector<T>& list) {
    Json out = Json::array();
    for (const T& each : list) out.push_back(to_json(each));
    return out;
}

Json to_json(const TypeInfo& t) {
    Json components = Json::array();
    for (const ComponentInfo& c : t.components)
        components.push_back(
            {{"name", c.name}, {"role", c.role}, {"doc", c.doc}, {"many", c.many}, {"optional", c.optional}});
    return {{"id", t.id},
            {"role", t.role},
            {"summary", t.summary},
            {"parameters", to_json(t.parameters)},
            {"components", components},
            {"inputs", to_json(t.inputs)},
            {"outputs", to_json(t.outputs)},
            {"stage", t.stage},
            {"random", t.random},
            {"device", t.device},
            {"deterministic", t.deterministic},
            {"reads_graph", t.reads_graph},
            {"checks", t.checks},
            {"revision", t.revision}};
}

TypeInfo type_from(const Json& json) {
    TypeInfo t;
    t.id = json.at("id");
    t.role = json.at("role");
    t.summary = json.at("summary");
    for (const Json& p : json.at("parameters")) t.parameters.push_back(parameter_from(p));
    for (const Json& c : json.at("components"))
        t.components.push_back({c.at("name"), c.at("role"), c.at("doc"), c.at("many"), c.at("optional")});
    for (const Json& p : json.at("inputs")) t.inputs.push_back(port_from(p));
    for (const Json& p : json.at("outputs")) t.outputs.push_back(port_from(p));
    t.stage = json.at("stage");
    t.random = json.at("random");
    t.device = json.at("device");
    t.deterministic = json.at("deterministic");
    t.reads_graph = json.at("reads_graph");
    t.checks = json.at("checks");
    t.revision = json.at("revision");
    return t;
}

Json to_json(const PluginInfo& info) {
    return {{"file", info.file.string()},
            {"name", info.name},
            {"version", info.version},
            {"summary", info.summary},
            {"types", to_json(info.types)}};
}

PluginInfo plugin_from(const Json& json) {
    PluginInfo info;
    info.file = json.at("file").get<std::string>();
    info.name = json.at("name");
    info.version = json.at("version");
    info.summary = json.at("summary");
    for (const Json& type : json.at("types")) info.types.push_back(type_from(type));
    return info;
}

/// What a file must still be for its remembered entry to hold.
std::string stamp(const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    const auto time = fs::last_write_time(file, error).time_since_epoch().count();
    return std::to_string(size) + " " + std::to_string(time) + " " + host_banner();
}

/// In the memory, beside the plugins' paths: settings whose own check passed.
constexpr const char* passed_key = "passed";

Json remembered(const fs::path& cache_file) {
    std::ifstream file(cache_file);
    Json json = file ? Json::parse(file, nullptr, /*allow_exceptions=*/false) : Json::object();
    return json.is_object() ? json : Json::object();  // a damaged memory is no memory
}

void remember(const fs::path& cache_file, const Json& json) {
    std::error_code error;
    fs::create_directories(cache_file.parent_path(), error);
    const fs::path beside = cache_file.string() + "." + std::to_string(getpid());
    {
        std::ofstream file(beside);
        file << json.dump();
        if (!file.flush()) return void(fs::remove(beside, error));
    }
    fs::rename(beside, cache_file, error);
}

}  // namespace

std::string to_text(const PluginInfo& info) { return to_json(info).dump(); }
PluginInfo plugin_from_text(const std::string& text) { return plugin_from(Json::parse(text)); }

namespace {

/// A file that may be a plugin: its banner has been read and fits.
struct Candidate {
    fs::path file;
    bool named = false;  ///< itself, not by the folder it lies in
    Banner banner;
    std::string stamp;
    std::optional<PluginInfo> info;  ///< what it offers, once known
};

/// The files behind `places`, in order, and whether each was named itself.
std::vector<std::pair<fs::path, bool>> files_of(const std::vector<fs::path>& places) {
    std::vector<std::pair<fs::path, bool>> files;
    for (const fs::path& place : places) {
        std::error_code error;
        if (!fs::is_directory(place, error)) {
            files.emplace_back(place, true);
            continue;
        }
        std::vector<fs::path> found;
        for (const auto& entry : fs::directory_iterator(place, error))
            if (entry.path().extension() == ".so") found.push_back(entry.path());
        std::sort(found.begin(), found.end());
        for (auto& file : found) files.emplace_back(std::move(file), false);
    }
    return files;
}

/// A bad file that merely lies in a folder is set aside with a warning; one that was asked for is an error.
void set_aside(Diagnostic diagnostic, bool named, Diagnostics& diagnostics) {
    if (!named) diagnostic.severity = Severity::warning;
    diagnostics.add(std::move(diagnostic));
}

std::vector<Candidate> candidates_of(const std::vector<fs::path>& places, Diagnostics& diagnostics) {
    std::vector<Candidate> candidates;
    for (const auto& [given, named] : files_of(places)) {
        std::error_code error;
        const fs::path file = fs::weakly_canonical(given, error);
        if (std::any_of(candidates.begin(), candidates.end(), [&](const auto& known) { return known.file == file; }))
            continue;
        std::string why = "there is no such file";
        const auto banner = fs::exists(file, error) ? read_banner(file, why) : std::nullopt;
        if (!banner)
            set_aside(errors::not_a_plugin(given.string(), why), named, diagnostics);
        else if (!fits(banner->hard))
            set_aside(misfit(given.string(), banner->hard), named, diagnostics);
        else
            candidates.push_back({file, named, *banner, stamp(file), {}});
    }
    return candidates;
}

/// Fills in what the candidates offer: from memory where it still holds, from a child process otherwise. Returns
/// whether something new is to be remembered.
bool find_out(std::vector<Candidate>& candidates, Json& memory, Diagnostics& diagnostics) {
    std::vector<Candidate*> unknown;
    std::vector<fs::path> files;
    for (Candidate& candidate : candidates) {
        const auto known = memory.find(candidate.file.string());
        try {
            if (known != memory.end() && known->at("stamp") == candidate.stamp)
                candidate.info = plugin_from(known->at("plugin"));
        } catch (const Json::exception&) {
            candidate.info.reset();
        }
        if (candidate.info) continue;
        unknown.push_back(&candidate);
        files.push_back(candidate.file);
    }
    bool changed = false;
    const auto probed = probe_plugins(files);
    for (std::size_t i = 0; i < unknown.size(); ++i) {
        for (const Diagnostic& diagnostic : probed[i].diagnostics)
            set_aside(diagnostic, unknown[i]->named, diagnostics);
        if (!probed[i].info) continue;
        unknown[i]->info = probed[i].info;
        memory[unknown[i]->file.string()] = {{"stamp", unknown[i]->stamp}, {"plugin", to_json(*probed[i].info)}};
        changed = true;
    }
    return changed;
}

}  // namespace

Registry::Registry(const std::vector<fs::path>& places, fs::path cache_file, Diagnostics& diagnostics)
    : cache_file_(std::move(cache_file)) {
    Json memory = cache_file_.empty() ? Json::object() : remembered(cache_file_);
    if (const auto known = memory.find(passed_key); known != memory.end() && known->is_array())
        for (const Json& settings : *known)
            if (settings.is_string()) passed_.insert(settings.get<std::string>());
    auto candidates = candidates_of(places, diagnostics);
    if (find_out(candidates, memory, diagnostics) && !cache_file_.empty()) remember(cache_file_, memory);

    std::vector<bool> by_name;  // of each plugin: whether its file was named itself
    for (Candidate& candidate : candidates) {
        if (!candidate.info) continue;
        candidate.info->banner = std::move(candidate.banner);
        plugins_.push_back(std::move(*candidate.info));
        by_name.push_back(candidate.named);
        const std::size_t index = plugins_.size() - 1;
        for (std::size_t t = 0; t < plugins_[index].types.size(); ++t) {
            const std::string& id = plugins_[index].types[t].id;
            const auto [place, fresh] = places_.try_emplace(id, Place{index, t});
            if (fresh) continue;
            auto twice =
                errors::offered_twice(id, plugins_[place->second.plugin].file.string(), candidate.file.string());
            const bool asked_for = candidate.named || by_name[place->second.plugin];
            if (!asked_for) twice.help.push_back("until then the first is used");
            set_aside(std::move(twice), asked_for, diagnostics);
        }
    }
}

void Registry::remember_passed(const std::string& settings) {
    constexpr std::size_t most = 4096;  // far more than the stages of any one's graphs; then the memory starts anew
    if (!passed_.insert(settings).second || cache_file_.empty()) return;
    if (passed_.size() > most) passed_ = {settings};
    Json memory = remembered(cache_file_);
    memory[passed_key] = passed_;
    remember(cache_file_, memory);
}

const TypeInfo* Registry::find(std::string_view id) const {
    const auto place = places_.find(id);
    return place == places_.end() ? nullptr : &plugins_[place->second.plugin].types[place->second.type];
}

const PluginInfo& Registry::plugin_of(std::string_view id) const { return plugins_[places_.find(id)->second.plugin]; }

std::vector<std::string> Registry::stages() const {
    std::vector<std::string> out;
    for (const auto& [id, place] : places_)
        if (find(id)->stage) out.push_back(id);
    return out;
}

std::vector<std::string> Registry::of_role(std::string_view role) const {
    std::vector<std::string> out;
    for (const auto& [id, place] : places_)
        if (find(id)->role == role) out.push_back(id);
    return out;
}

const TypeEntry& Registry::load(std::string_view id) {
    const Place place = places_.find(id)->second;
    const std::lock_guard lock(loading_);
    auto& builder = loaded_[place.plugin];
    if (!builder) builder = load_plugin(plugins_[place.plugin].file);
    for (const TypeEntry& entry : builder->entries())
        if (entry.info.id == id) return entry;
    throw Failure(errors::cannot_load(plugins_[place.plugin].file.string(), "it no longer offers " + std::string(id)));
}

}  // namespace fettle::runtime
