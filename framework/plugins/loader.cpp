#include "plugins/plugins.hpp"

#include <boost/dll/runtime_symbol_info.hpp>
#include <boost/dll/shared_library.hpp>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <list>
#include <span>
#include <sstream>
#include <utility>

namespace fettle::runtime {
namespace {

/// Read by OpenBLAS and libgomp when a plugin first brings them in, so this comes before any is loaded; whoever set
/// them knows better. One pool of threads is enough. Threads that spin for milliseconds while they wait, as is
/// libgomp's way, take the cores from those that decode; threads that sleep at once are woken for each of the hundreds
/// of loops in a training step, which is a third of its time. So they spin for some ten microseconds, as long as it is
/// from one loop to the next.
void set_pools() {
    setenv("OPENBLAS_NUM_THREADS", "1", /*overwrite=*/0);
    if (std::getenv("OMP_WAIT_POLICY") != nullptr) return;
    setenv("OMP_WAIT_POLICY", "active", /*overwrite=*/0);  // or they hardly spin where other threads compute, too
    setenv("GOMP_SPINCOUNT", "3000", /*overwrite=*/0);
}

}  // namespace

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
    [[maybe_unused]] static const bool set = (set_pools(), true);
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

/// 'P' and what the plugin offers, or 'F', a code and what went wrong.
std::string tried(const std::filesystem::path& file) {
    try {
        PluginInfo info;
        info.file = file;
        load_plugin(file, &info);
        return "P" + to_text(info);
    } catch (const Failure& failure) {
        return "F" + failure.diagnostic.code + failure.diagnostic.message;
    } catch (const std::exception& error) {
        return std::string("FP104") + error.what();
    }
}

/// A child process that loads files in order and answers for each, a zero byte after every answer.
class Child {
   public:
    Child(std::span<const std::filesystem::path> files, std::chrono::milliseconds patience) : patience_(patience) {
        int ends[2];
        if (pipe(ends) != 0 || (process_ = fork()) < 0)
            throw Failure(errors::cannot_load(files.front().string(), std::strerror(errno)));
        if (process_ == 0) {
            close(ends[0]);
            answer_for(files, ends[1]);
        }
        close(ends[1]);
        pipe_ = ends[0];
    }
    ~Child() {
        close(pipe_);
        if (process_ > 0) waitpid(process_, nullptr, 0);
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    /// The next answer; none where the process died over it or took too long, and then `ended` says how.
    std::optional<std::string> next(std::string& ended) {
        for (;;) {
            if (const std::size_t end = read_.find('\0'); end != std::string::npos) {
                std::string answer = read_.substr(0, end);
                read_.erase(0, end + 1);
                return answer;
            }
            pollfd waiting{pipe_, POLLIN, 0};
            if (poll(&waiting, 1, static_cast<int>(patience_.count())) == 0) {
                kill(process_, SIGKILL);
                ended = "not done after " + std::to_string(patience_.count()) + " ms";
                return {};
            }
            char buffer[4096];
            const ssize_t count = ::read(pipe_, buffer, sizeof buffer);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) break;
            read_.append(buffer, static_cast<std::size_t>(count));
        }
        int status = 0;
        waitpid(std::exchange(process_, 0), &status, 0);
        ended = WIFSIGNALED(status)
                    ? std::string("signal ") + std::to_string(WTERMSIG(status)) + ", " + strsignal(WTERMSIG(status))
                    : "exit status " + std::to_string(WEXITSTATUS(status));
        return {};
    }

   private:
    [[noreturn]] static void answer_for(std::span<const std::filesystem::path> files, int pipe_end) {
        if (freopen("/dev/null", "w", stdout) == nullptr || freopen("/dev/null", "w", stderr) == nullptr) _exit(1);
        for (const auto& file : files) {
            const std::string answer = tried(file) + '\0';
            for (std::size_t done = 0; done < answer.size();) {
                const ssize_t count = write(pipe_end, answer.data() + done, answer.size() - done);
                if (count <= 0) _exit(1);
                done += static_cast<std::size_t>(count);
            }
        }
        _exit(0);
    }

    std::chrono::milliseconds patience_;
    pid_t process_ = 0;
    int pipe_ = -1;
    std::string read_;
};

std::optional<PluginInfo> believed(const std::filesystem::path& file, const std::string& answer,
                                   std::vector<Diagnostic>& diagnostics) {
    if (answer.front() == 'P') return plugin_from_text(answer.substr(1));
    Diagnostic diagnostic = errors::cannot_load(file.string(), answer.substr(5));
    diagnostic.code = answer.substr(1, 4);
    diagnostic.message = answer.substr(5);
    if (diagnostic.code != "P104") diagnostic.help.clear();
    diagnostics.push_back(std::move(diagnostic));
    return {};
}

}  // namespace

std::vector<Probed> probe_plugins(std::span<const std::filesystem::path> files, std::chrono::milliseconds patience) {
    std::vector<Probed> out;
    while (out.size() < files.size()) {
        const std::size_t first = out.size();
        Child child(files.subspan(first), patience);
        std::string ended;
        while (out.size() < files.size()) {
            const std::filesystem::path& file = files[out.size()];
            const auto answer = child.next(ended);
            // One that a child fails over after loading others is tried again by itself, in the next child.
            if (!answer && out.size() > first) break;
            Probed& probed = out.emplace_back();
            if (!answer) {
                probed.diagnostics.push_back(errors::crashed_while_loading(file.string(), ended));
                break;
            }
            probed.info = believed(file, *answer, probed.diagnostics);
        }
    }
    return out;
}

}  // namespace fettle::runtime
