#include "plugins/plugins.hpp"

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <list>
#include <sstream>

namespace fettle::runtime {

std::vector<std::filesystem::path> default_plugin_places() {
    namespace fs = std::filesystem;
    std::vector<fs::path> out;
    const fs::path program = fs::path(boost::dll::program_location().string()).parent_path();
    // Built: build/release/{bin,plugins}. Installed: prefix/bin and prefix/<libdir>/fettle/plugins.
    for (const char* place : {"../plugins", "../" FETTLE_INSTALL_LIBDIR "/fettle/plugins"}) {
        std::error_code error;
        const fs::path folder = fs::canonical(program / place, error);
        if (!error && fs::is_directory(folder)) out.push_back(folder);
    }
    if (const char* more = std::getenv("FETTLE_PLUGIN_PATH")) {
        std::istringstream stream(more);
        for (std::string place; std::getline(stream, place, ':');)
            if (!place.empty()) out.emplace_back(place);
    }
    return out;
}

std::unique_ptr<PluginBuilder> load_plugin(const std::filesystem::path& file, PluginInfo* info) {
    // Libraries are never unloaded: values, types and thread-local state of a plugin may outlive any scope of ours.
    // Not even at exit, when the order in which statics go would be a matter of luck: the list is never destroyed.
    static auto& forever = *new std::list<boost::dll::shared_library>;
    const PluginEntry* entry = nullptr;
    try {
        boost::dll::shared_library library(file.string(),
                                           boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local);
        entry = &library.get<const PluginEntry>("fettle_plugin_entry");
        forever.push_back(std::move(library));
    } catch (const std::exception& error) {
        throw Failure(errors::cannot_load(file.string(), error.what()));
    }
    if (entry->size < sizeof(PluginEntry) || entry->enter == nullptr)
        throw Failure(errors::not_a_plugin(file.string(), "its entry is of another size"));
    auto builder = std::make_unique<PluginBuilder>();
    try {
        entry->enter(*builder);
    } catch (const std::exception& error) {
        throw Failure(errors::threw_while_loading(file.string(), error.what()));
    } catch (...) {
        throw Failure(errors::threw_while_loading(file.string(), "something that is no std::exception"));
    }
    if (info != nullptr) {
        info->name = entry->name;
        info->version = entry->version;
        info->summary = entry->summary;
        info->types.clear();
        for (const TypeEntry& type : builder->entries()) info->types.push_back(type.info);
    }
    return builder;
}

namespace {

/// Runs in the child: writes 'P' and what the plugin offers, or 'F', a code and what went wrong.
[[noreturn]] void probe_in_child(const std::filesystem::path& file, int pipe_end) {
    std::string answer;
    try {
        PluginInfo info;
        info.file = file;
        load_plugin(file, &info);
        answer = "P" + to_text(info);
    } catch (const Failure& failure) {
        answer = "F" + failure.diagnostic.code + failure.diagnostic.message;
    } catch (const std::exception& error) {
        answer = std::string("FP104") + error.what();
    }
    for (std::size_t done = 0; done < answer.size();) {
        const ssize_t n = write(pipe_end, answer.data() + done, answer.size() - done);
        if (n <= 0) break;
        done += static_cast<std::size_t>(n);
    }
    _exit(0);
}

std::string how_it_ended(int status) {
    if (WIFSIGNALED(status))
        return std::string("signal ") + std::to_string(WTERMSIG(status)) + ", " + strsignal(WTERMSIG(status));
    return "exit status " + std::to_string(WEXITSTATUS(status));
}

}  // namespace

std::optional<PluginInfo> probe_plugin(const std::filesystem::path& file, Diagnostics& diagnostics) {
    int ends[2];
    if (pipe(ends) != 0) throw Failure(errors::cannot_load(file.string(), std::strerror(errno)));
    const pid_t child = fork();
    if (child < 0) throw Failure(errors::cannot_load(file.string(), std::strerror(errno)));
    if (child == 0) {
        close(ends[0]);
        if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
        probe_in_child(file, ends[1]);
    }
    close(ends[1]);
    std::string answer;
    char buffer[4096];
    for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
    close(ends[0]);
    int status = 0;
    waitpid(child, &status, 0);

    if (answer.empty() || !WIFEXITED(status)) {
        diagnostics.add(errors::crashed_while_loading(file.string(), how_it_ended(status)));
        return {};
    }
    if (answer.front() == 'F') {
        Diagnostic diagnostic = errors::cannot_load(file.string(), "");
        diagnostic.code = answer.substr(1, 4);
        diagnostic.message = answer.substr(5);
        if (diagnostic.code != "P104") diagnostic.help.clear();
        diagnostics.add(std::move(diagnostic));
        return {};
    }
    return plugin_from_text(answer.substr(1));
}

}  // namespace fettle::runtime
