// Finding and loading plugins. What a plugin offers is known from the registry's cache without loading it; a file
// that was never seen is read (its banner), tried in a child process, and only then believed.
#pragma once

#include "diagnose/diagnose.hpp"

#include <fettle/plugin.hpp>

#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

namespace fettle::runtime {

/// The text a plugin carries: "sdk=1;stdlib=...|compiler=...;source=...".
struct Banner {
    std::string hard;    ///< left of '|': must match
    std::string soft;    ///< right of it
    std::string source;  ///< digest of what it was built from
};

/// Reads the banner from a file's bytes; runs nothing of it. Sets `why` where there is none.
std::optional<Banner> read_banner(const std::filesystem::path& file, std::string& why);
/// What this host is built with, for comparison; "none" for libraries that a plugin doesn't use always fits.
std::string host_banner();
bool fits(const std::string& plugin_hard);
/// The diagnostic of a plugin that doesn't fit.
Diagnostic misfit(const std::string& path, const std::string& plugin_hard);

/// One plugin file and what it offers.
struct PluginInfo {
    std::filesystem::path file;
    std::string name, version, summary;
    Banner banner;
    std::vector<TypeInfo> types;
};

/// All plugins that were found, by id.                                                [any thread]
class Registry {
   public:
    /// Looks through files and folders in order. `cache_file` remembers what was found, keyed by path, size and
    /// time; empty: nothing is remembered. What is wrong with a plugin goes to `diagnostics`.
    Registry(const std::vector<std::filesystem::path>& places, std::filesystem::path cache_file,
             Diagnostics& diagnostics);

    const std::vector<PluginInfo>& plugins() const { return plugins_; }
    /// Null where no plugin offers it.
    const TypeInfo* find(std::string_view id) const;
    const PluginInfo& plugin_of(std::string_view id) const;
    /// Ids, sorted; those that can stand as a stage, or those of a role.
    std::vector<std::string> stages() const;
    std::vector<std::string> of_role(std::string_view role) const;

    /// The type with its code; loads the plugin into this process when first asked. Throws Failure.
    const TypeEntry& load(std::string_view id);

    /// Whether a type's own check is known to pass for these settings (a digest of them and of the plugin's source),
    /// so that its plugin need not be loaded to ask again.
    bool passed(const std::string& settings) const { return passed_.count(settings) > 0; }
    void remember_passed(const std::string& settings);

   private:
    struct Place {
        std::size_t plugin, type;
    };
    std::filesystem::path cache_file_;
    std::set<std::string> passed_;
    std::vector<PluginInfo> plugins_;
    std::map<std::string, Place, std::less<>> places_;
    std::mutex loading_;
    std::map<std::size_t, std::unique_ptr<PluginBuilder>> loaded_;
};

/// Where plugins are looked for when nobody says: beside the program, where it is built or installed, and the
/// folders of FETTLE_PLUGIN_PATH (separated by ':').
std::vector<std::filesystem::path> default_plugin_places();

/// Loads a file into this process (Boost.DLL, never unloaded). Throws Failure. The caller has read the banner.
std::unique_ptr<PluginBuilder> load_plugin(const std::filesystem::path& file, PluginInfo* info = nullptr);

/// What a plugin turned out to offer, or what is wrong with it.
struct Probed {
    std::optional<PluginInfo> info;
    std::vector<Diagnostic> diagnostics;
};
/// Loads files in a child process, one after another (so LibTorch is loaded once), and tells of each. One that crashes
/// or takes longer than `patience` ends that child alone; the files after it go on in another.
std::vector<Probed> probe_plugins(std::span<const std::filesystem::path> files,
                                  std::chrono::milliseconds patience = std::chrono::seconds(30));

/// What is known of a plugin as JSON text, for the registry's cache and the child process.
std::string to_text(const PluginInfo& info);
PluginInfo plugin_from_text(const std::string& text);

}  // namespace fettle::runtime
