// For tests of plugins: run a stage without the framework, and check that a type says all it should about itself.
// Needs nothing but this SDK; FETTLE_CONFORMS needs GoogleTest.
#pragma once

#include <fettle/plugin.hpp>

#include <dlfcn.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace fettle::testing {

/// A context that remembers what it was told. Its folders lie under `folder`, which the test makes and removes.
class TestContext final : public Context {
   public:
    explicit TestContext(std::filesystem::path folder = {}, std::uint64_t seed = 1, int threads = 1)
        : folder_(std::move(folder)), seed_(seed), threads_(threads) {}

    std::uint64_t seed() const override { return seed_; }
    Device device() const override { return device_on_; }
    int threads() const override { return threads_; }
    std::string label() const override { return label_; }
    std::string component_text(std::string_view name) const override { return "use = \"" + std::string(name) + "\"\n"; }
    std::filesystem::path output_folder() const override { return made("output"); }
    std::filesystem::path checkpoint_folder() const override { return made("checkpoint"); }
    void progress(std::size_t done, std::size_t total, std::string_view) const override {
        const std::lock_guard lock(mutex_);
        done_ = done;
        total_ = total;
        if (stop_after_ != 0 && done >= stop_after_) stop_ = true;
    }
    void warn(std::string_view text) const override {
        const std::lock_guard lock(mutex_);
        warnings_.emplace_back(text);
    }
    void warn_this_time(std::string_view text) const override {
        const std::lock_guard lock(mutex_);
        warnings_this_time_.emplace_back(text);
    }
    void note(std::string_view, std::string_view) const override {}
    const GraphText& graph() const override { return graph_; }
    void traced(std::string_view, std::chrono::steady_clock::time_point) const override {}
    void waited_since(std::chrono::steady_clock::time_point) const override {}
    double seconds() const override { return seconds_; }
    void carried_on(double seconds) const override { seconds_ += seconds; }
    bool stop_requested() const override {
        const std::lock_guard lock(mutex_);
        return stop_;
    }
    std::unique_lock<std::mutex> use_device() const override { return std::unique_lock(device_); }

    void set_label(std::string label) { label_ = std::move(label); }
    /// What stages compute on; the CPU unless told.
    void set_device(Device device) { device_on_ = device; }
    void set_graph(GraphText graph) { graph_ = std::move(graph); }
    /// From now on, stop_requested() once progress has reached this many items.
    void stop_after(std::size_t done) { stop_after_ = done; }
    /// What seconds() is from now on.
    void set_seconds(double seconds) { seconds_ = seconds; }
    /// Those that are kept with a result.
    const std::vector<std::string>& warnings() const { return warnings_; }
    const std::vector<std::string>& warnings_this_time() const { return warnings_this_time_; }

   private:
    std::filesystem::path made(const char* name) const {
        if (folder_.empty()) throw std::logic_error("this test gave its context no folder");
        std::filesystem::create_directories(folder_ / name);
        return folder_ / name;
    }

    std::filesystem::path folder_;
    std::uint64_t seed_;
    int threads_;
    std::string label_ = "label";
    Device device_on_;
    GraphText graph_;
    std::size_t stop_after_ = 0;
    mutable std::mutex mutex_, device_;
    mutable bool stop_ = false;
    mutable std::size_t done_ = 0, total_ = 0;
    mutable double seconds_ = 0;
    mutable std::vector<std::string> warnings_, warnings_this_time_;
};

/// A component made by hand: parameters by name, components by name.
using Settings = std::map<std::string, Setting>;

/// A plugin's shared library, opened for a test.
class Library {
   public:
    explicit Library(const std::filesystem::path& path) {
        void* handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
        if (handle == nullptr) throw std::runtime_error(dlerror());
        const auto* entry = static_cast<const PluginEntry*>(dlsym(handle, "fettle_plugin_entry"));
        if (entry == nullptr) throw std::runtime_error(path.string() + " is no plugin");
        entry->enter(builder_);
    }

    std::vector<TypeEntry>& entries() { return builder_.entries(); }

    const TypeEntry& entry(std::string_view id) {
        for (const TypeEntry& each : builder_.entries())
            if (each.info.id == id) return each;
        throw std::out_of_range("the plugin offers no " + std::string(id));
    }

    /// An instance with these parameters and components; a name it doesn't have throws std::out_of_range.
    std::shared_ptr<Component> make(std::string_view id, const Settings& settings = {},
                                    const std::map<std::string, std::shared_ptr<Component>>& components = {}) {
        const TypeEntry& type = entry(id);
        auto object = type.create();
        for (const auto& [name, value] : settings) type.set[index_of(type.info.parameters, name)](*object, value);
        for (const auto& [name, part] : components) type.plug[index_of(type.info.components, name)](*object, {part});
        return object;
    }

    /// Runs a stage: inputs by port name, outputs by port name.
    std::map<std::string, ValueRef> run(std::string_view id, const Component& object,
                                        const std::map<std::string, std::vector<ValueRef>>& inputs, Context& context) {
        const TypeEntry& type = entry(id);
        Inputs in(type.info.inputs.size());
        for (const auto& [name, values] : inputs) in[index_of(type.info.inputs, name)] = values;
        const Outputs out = type.run(object, in, context);
        std::map<std::string, ValueRef> named;
        for (std::size_t i = 0; i < out.size(); ++i) named[type.info.outputs[i].name] = out[i];
        return named;
    }

   private:
    template <class Infos>
    static std::size_t index_of(const Infos& infos, const std::string& name) {
        for (std::size_t i = 0; i < infos.size(); ++i)
            if (infos[i].name == name) return i;
        throw std::out_of_range("there is no " + name);
    }

    PluginBuilder builder_;
};

/// What is missing in a type's description: an id of the form family.name, a sentence for everything a user can set
/// or connect, defaults that satisfy their own constraints. Empty: it conforms.
inline std::vector<std::string> complaints(const TypeEntry& type) {
    std::vector<std::string> out;
    const auto sentence = [&](const std::string& text, const std::string& of) {
        if (text.size() < 8 || text.back() != '.')
            out.push_back(of + ": the description is no sentence: \"" + text + "\"");
    };
    const auto snake = [&](const std::string& name) {
        if (name.empty() || name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") != std::string::npos)
            out.push_back("`" + name + "` is not in snake_case");
    };
    const auto dot = type.info.id.find('.');
    if (dot == std::string::npos) out.push_back("`" + type.info.id + "` is not of the form family.name");
    sentence(type.info.summary, type.info.id);
    for (const auto& port : type.info.inputs) snake(port.name), sentence(port.doc, "in." + port.name);
    for (const auto& port : type.info.outputs) snake(port.name), sentence(port.doc, "out." + port.name);
    for (const auto& part : type.info.components) snake(part.name), sentence(part.doc, part.name);
    for (const auto& parameter : type.info.parameters) {
        snake(parameter.name);
        sentence(parameter.doc, parameter.name);
        const Constraint& must = parameter.constraint;
        if (must.required) continue;
        std::vector<Setting> values{parameter.initial};
        if (parameter.initial.is<Setting::List>()) values = parameter.initial.as<Setting::List>();
        for (const Setting& value : values) {
            if (value.is<double>() || value.is<std::int64_t>()) {
                const double number = value.number();
                if ((must.lowest && (number < *must.lowest || (must.above_lowest && number == *must.lowest))) ||
                    (must.highest && number > *must.highest))
                    out.push_back(parameter.name + ": the default is out of range");
            } else if (value.is<std::string>() && !must.choices.empty() &&
                       std::find(must.choices.begin(), must.choices.end(), value.as<std::string>()) ==
                           must.choices.end()) {
                out.push_back(parameter.name + ": the default is none of the choices");
            }
        }
    }
    const auto object = type.create();
    for (std::size_t i = 0; i < type.set.size(); ++i)
        if (!type.info.parameters[i].initial.empty()) type.set[i](*object, type.info.parameters[i].initial);
    return out;
}

template <class T>
std::vector<std::string> complaints_of(const char* id) {
    PluginBuilder builder;
    builder.add<T>(id);
    return complaints(builder.entries().front());
}

}  // namespace fettle::testing

/// A GoogleTest test that a type conforms: FETTLE_CONFORMS(Absolute)
#define FETTLE_CONFORMS(TYPE)                                                                             \
    TEST(Conformance, TYPE) {                                                                             \
        for (const auto& text : fettle::testing::complaints_of<TYPE>("test.type")) ADD_FAILURE() << text; \
    }
