// Tests of the whole program: `fettle` run as a user would run it, in a workshop of its own (graphs, cache, runs).
#pragma once

#include "sanitized.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace testing_fettle {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Arguments = std::vector<std::string>;

/// Long enough for the slowest machine: where it passes, something hangs.
constexpr std::chrono::minutes patience{10};

inline std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write_text(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    file << text;
    if (!file.flush()) throw std::runtime_error("can't write " + path.string());
}

inline std::size_t count_of(const std::string& what, const std::string& text) {
    std::size_t count = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
    return count;
}

/// How a program is started.
struct Launch {
    fs::path program;
    Arguments arguments;
    fs::path folder;                                 ///< where it runs
    std::map<std::string, std::string> environment;  ///< added to the test's own; an empty value takes one away
    std::optional<rlim_t> largest_file;              ///< in bytes; writing beyond it fails as on a full disk
};

/// How it ended and what it said.
struct Outcome {
    int status = -1;  ///< the exit status, or 1000 + the signal that killed it
    std::string out, err;
    double seconds = 0;
};

/// A running program; what it prints goes to files, so that it never waits for the test.
class Process {
   public:
    /// `log` + ".out" and ".err" receive what it says.
    Process(const Launch& launch, const fs::path& log) : log_(log), begin_(Clock::now()) {
        std::vector<std::string> words{launch.program.string()};
        words.insert(words.end(), launch.arguments.begin(), launch.arguments.end());
        std::vector<char*> argv;
        for (auto& word : words) argv.push_back(word.data());
        argv.push_back(nullptr);
        pid_ = fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ != 0) return;
        for (const auto& [name, value] : launch.environment)
            value.empty() ? unsetenv(name.c_str()) : setenv(name.c_str(), value.c_str(), 1);
        if (has_shadow_memory) {
            // LeakSanitizer stumbles over threads that live when a process ends; a signal is for the test to see.
            const char* const said = getenv("ASAN_OPTIONS");
            setenv("ASAN_OPTIONS", (std::string(said ? said : "") + ":detect_leaks=0:handle_segv=0").c_str(), 1);
        }
        const int in = open("/dev/null", O_RDONLY);
        const int out = open((log.string() + ".out").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
        const int err = open((log.string() + ".err").c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
        if (dup2(in, 0) < 0 || dup2(out, 1) < 0 || dup2(err, 2) < 0) _exit(126);
        if (!launch.folder.empty() && chdir(launch.folder.c_str()) != 0) _exit(126);
        if (launch.largest_file) {
            signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{*launch.largest_file, *launch.largest_file};
            if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(126);
        }
        execvp(argv[0], argv.data());
        _exit(127);
    }
    ~Process() {
        if (pid_ > 0 && !ended()) {
            ::kill(pid_, SIGKILL);
            waitpid(pid_, nullptr, 0);
        }
    }
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;

    void send(int signal) const {
        if (!status_) ::kill(pid_, signal);
    }
    std::string out() const { return text_of(log_.string() + ".out"); }
    std::string err() const { return text_of(log_.string() + ".err"); }

    bool ended() {
        int status = 0;
        if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
        return status_.has_value();
    }

    /// Waits until `condition` holds; false where the program ended before, or patience did.
    bool wait_until(const std::function<bool()>& condition) {
        for (const auto end = Clock::now() + patience; Clock::now() < end;) {
            if (condition()) return true;
            if (ended()) return condition();
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        return false;
    }

    Outcome wait() {
        if (!wait_until([&] { return ended(); })) {
            ADD_FAILURE() << "the program hangs; it said:\n" << err();
            send(SIGKILL);
            wait_until([&] { return ended(); });
        }
        const int status = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 1000 + WTERMSIG(*status_);
        return {status, out(), err(), std::chrono::duration<double>(Clock::now() - begin_).count()};
    }

   private:
    using Clock = std::chrono::steady_clock;
    fs::path log_;
    Clock::time_point begin_;
    pid_t pid_ = -1;
    std::optional<int> status_;
};

/// A folder that goes with this object.
class Scratch {
   public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "fettle-test-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        folder_ = fs::canonical(name);
    }
    ~Scratch() {
        std::error_code error;
        if (!kept_) fs::remove_all(folder_, error);
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    const fs::path& folder() const { return folder_; }
    void keep() { kept_ = true; }

   private:
    fs::path folder_;
    bool kept_ = false;
};

/// The registry's memory of the built plugins: a cache that starts with it needn't try each of them again.
inline const fs::path& known_plugins() {
    static const Scratch scratch;
    static const fs::path memory = [] {
        const Launch launch{
            FETTLE_PROGRAM, {"list"}, {}, {{"FETTLE_CACHE", scratch.folder()}, {"FETTLE_PLUGIN_PATH", ""}}, {}};
        if (Process(launch, scratch.folder() / "log").wait().status != 0)
            throw std::runtime_error("fettle list failed");
        return scratch.folder() / "registry.json";
    }();
    return memory;
}

/// A fixture with a folder of its own, which goes with the test unless it failed.
class Workshop : public testing::Test {
   protected:
    ~Workshop() override {
        if (HasFailure()) scratch_.keep();
    }

    const fs::path& folder() const { return scratch_.folder(); }

    /// `fettle` with these arguments. Results go to `runs`, what is remembered to the folder `cache`, both below
    /// folder().
    Launch fettle(Arguments arguments, const std::string& cache = "cache") const {
        if (!fs::exists(folder() / cache)) {
            fs::create_directories(folder() / cache);
            fs::copy_file(known_plugins(), folder() / cache / "registry.json");
        }
        Launch launch{FETTLE_PROGRAM, std::move(arguments), folder(), {}, {}};
        launch.environment = {{"FETTLE_CACHE", (folder() / cache).string()},
                              {"FETTLE_PLUGIN_PATH", ""},
                              {"NO_COLOR", "1"},
                              {"TERM", "dumb"},
                              {"OMP_WAIT_POLICY", "PASSIVE"}};  // several tests share the machine
        return launch;
    }
    std::unique_ptr<Process> start(const Launch& launch) {
        return std::make_unique<Process>(launch, folder() / ("log" + std::to_string(++started_)));
    }
    Outcome call(const Launch& launch) { return start(launch)->wait(); }
    Outcome call(Arguments arguments, const std::string& cache = "cache") { return call(fettle(arguments, cache)); }

    fs::path graph(const std::string& name, const std::string& text) const {
        write_text(folder() / name, text);
        return folder() / name;
    }

    /// The folder that a run says it left behind.
    fs::path run_folder(const Outcome& outcome) const {
        const auto at = outcome.out.find("run:    ");
        if (at == std::string::npos) return {};
        const std::string rest = outcome.out.substr(at + 8);
        return rest.substr(0, rest.find(" ("));
    }
    /// The folder of a run that has just begun, as soon as its journal is there; empty where none came.
    fs::path begun_run(Process& process, const fs::path& runs) {
        fs::path found;
        process.wait_until([&] {
            std::error_code error;
            for (const auto& entry : fs::directory_iterator(runs, error))
                if (!entry.is_symlink() && fs::exists(entry.path() / "journal.jsonl") && !seen_.count(entry.path()))
                    found = entry.path();
            return !found.empty();
        });
        seen_.insert(found);
        return found;
    }

    /// What plan says of each stage: stage -> its entry.
    std::map<std::string, Json> plan(Arguments arguments, const std::string& cache = "cache") {
        arguments.insert(arguments.begin(), "plan");
        arguments.push_back("--json");
        const Outcome outcome = call(arguments, cache);
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        std::map<std::string, Json> stages;
        for (const Json& stage : Json::parse(outcome.out, nullptr, false)) stages[stage.at("stage")] = stage;
        return stages;
    }

   private:
    Scratch scratch_;
    int started_ = 0;
    std::set<fs::path> seen_;  ///< runs that begun_run returned
};

/// The lines of a run's journal, as far as they are whole.
inline std::vector<Json> journal_of(const fs::path& run) {
    std::vector<Json> events;
    std::ifstream file(run / "journal.jsonl");
    for (std::string line; std::getline(file, line);)
        if (Json event = Json::parse(line, nullptr, false); event.is_object()) events.push_back(std::move(event));
    return events;
}

/// The stages of which a journal tells this event; in order.
inline std::vector<std::string> stages_with(const std::string& event, const fs::path& run) {
    std::vector<std::string> stages;
    for (const Json& each : journal_of(run))
        if (each.at("event") == event) stages.push_back(each.value("stage", ""));
    return stages;
}

/// Every file below a folder with its content, by its name there.
inline std::map<std::string, std::string> files_of(const fs::path& folder) {
    std::map<std::string, std::string> files;
    std::error_code error;
    for (const auto& entry : fs::recursive_directory_iterator(folder, error))
        if (entry.is_regular_file()) files[entry.path().lexically_relative(folder).string()] = text_of(entry.path());
    return files;
}

/// What a run found: scores, and the networks that it trained.
struct Findings {
    std::string scores;
    std::map<std::string, std::string> networks;
    friend bool operator==(const Findings&, const Findings&) = default;
};

inline Findings findings_of(const fs::path& run) { return {text_of(run / "scores.csv"), files_of(run / "network")}; }

}  // namespace testing_fettle
