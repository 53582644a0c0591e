// The door of a plugin: one exported object of plain data, and the list of what it offers.
#pragma once

#include <fettle/abi.hpp>
#include <fettle/describe.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace fettle {

/// Collects what a plugin offers, while the host loads it.                        [once, when the plugin loads]
class PluginBuilder {
   public:
    /// Offers T under an id of the form "family.name".
    template <class T>
    void add(std::string id) {
        TypeEntry entry;
        entry.info.id = std::move(id);
        entry.info.role = T::role_name;
        Describe<T> description(entry);
        T::describe_role(description);
        T::describe(description);
        description.finish();
        entries_.push_back(std::move(entry));
    }

    std::vector<TypeEntry>& entries() { return entries_; }

   private:
    std::vector<TypeEntry> entries_;
};

/// What the host finds under the symbol `fettle_plugin_entry`.
struct PluginEntry {
    std::uint32_t size;  ///< of this struct, so that a later host can read an earlier one
    const char* banner;
    const char* name;
    const char* version;
    const char* summary;
    void (*enter)(PluginBuilder&);
};

}  // namespace fettle

/// Defines the plugin; the body that follows adds its types to `plugin`. Once per shared library.
///     FETTLE_PLUGIN(absolute, "1.0.0", "Absolute difference") { plugin.add<Absolute>("similarity.absolute"); }
#define FETTLE_PLUGIN(NAME, VERSION, SUMMARY)                                                           \
    static void fettle_enter_plugin(fettle::PluginBuilder& plugin);                                     \
    extern "C" __attribute__((visibility("default"))) const fettle::PluginEntry fettle_plugin_entry;    \
    extern "C" const fettle::PluginEntry fettle_plugin_entry = {                                        \
        sizeof(fettle::PluginEntry), FETTLE_ABI_BANNER, #NAME, VERSION, SUMMARY, &fettle_enter_plugin}; \
    static void fettle_enter_plugin([[maybe_unused]] fettle::PluginBuilder& plugin)
