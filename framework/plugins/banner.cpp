#include "plugins/plugins.hpp"

#include <fettle/abi.hpp>

#include <boost/interprocess/file_mapping.hpp>
#include <boost/interprocess/mapped_region.hpp>

#include <map>
#include <set>
#include <sstream>

namespace fettle::runtime {
namespace {

std::map<std::string, std::string> fields(const std::string& text) {
    std::map<std::string, std::string> out;
    std::istringstream stream(text);
    for (std::string field; std::getline(stream, field, ';');)
        if (const auto equals = field.find('='); equals != std::string::npos)
            out[field.substr(0, equals)] = field.substr(equals + 1);
    return out;
}

/// Names of the fields that don't match; a library that the plugin doesn't use always does.
std::set<std::string> differing(const std::map<std::string, std::string>& theirs,
                                const std::map<std::string, std::string>& ours) {
    std::set<std::string> names;
    for (const auto& [name, value] : theirs)
        if (ours.count(name) == 0) names.insert(name);
    for (const auto& [name, value] : ours) {
        const auto their = theirs.find(name);
        const bool optional = name == "torch" || name == "opencv";
        if (their == theirs.end() || (their->second != value && !(optional && their->second == "none")))
            names.insert(name);
    }
    return names;
}

}  // namespace

std::optional<Banner> read_banner(const std::filesystem::path& file, std::string& why) {
    namespace ipc = boost::interprocess;
    std::error_code error;
    const auto size = std::filesystem::file_size(file, error);
    if (error || size < 4) {
        why = error ? error.message() : "the file is too short";
        return {};
    }
    std::string_view bytes;
    ipc::mapped_region region;
    try {
        const ipc::file_mapping mapping(file.c_str(), ipc::read_only);
        ipc::mapped_region(mapping, ipc::read_only).swap(region);
        bytes = {static_cast<const char*>(region.get_address()), region.get_size()};
    } catch (const ipc::interprocess_exception& failure) {
        why = failure.what();
        return {};
    }
    if (!bytes.starts_with("\x7f"
                           "ELF")) {
        why = "it is no shared library";
        return {};
    }
    // The mark is split here so that this program's own bytes don't hold it.
    const std::string mark = std::string("@fettle") + "-abi:";
    const auto at = bytes.find(mark);
    const auto end = at == std::string_view::npos ? at : bytes.find('\n', at);
    if (end == std::string_view::npos || end - at > 4096) {
        why = "it carries no fettle banner";
        return {};
    }
    const std::string text(bytes.substr(at + mark.size(), end - at - mark.size()));
    Banner banner;
    const auto bar = text.find('|');
    banner.hard = text.substr(0, bar);
    if (bar != std::string::npos) banner.soft = text.substr(bar + 1);
    banner.source = fields(banner.soft)["source"];
    return banner;
}

std::string host_banner() { return FETTLE_ABI_HARD; }

bool fits(const std::string& plugin_hard) { return differing(fields(plugin_hard), fields(host_banner())).empty(); }

Diagnostic misfit(const std::string& path, const std::string& plugin_hard) {
    const auto names = differing(fields(plugin_hard), fields(host_banner()));
    return errors::other_runtime(path, plugin_hard, host_banner(), names == std::set<std::string>{"headers"});
}

}  // namespace fettle::runtime
