#include "run/cache.hpp"

#include "graph/digest.hpp"
#include "run/replace.hpp"
#include "run/run.hpp"
#include "run/times.hpp"
#include "run/unfinished.hpp"

#include <fettle/durable.hpp>
#include <fettle/error.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <thread>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr int manifest_format = 1;

void write_text(const fs::path& path, const std::string& text) {
    std::ofstream file(path, std::ios::binary);
    file << text;
    file.close();
    if (!file) throw Error(Fault::storage, "`" + path.string() + "` could not be written").help("is the disk full?");
}

std::string text_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What is wrong with an entry; empty: nothing.
std::string damage(const fs::path& folder) {
    const Json manifest = Json::parse(text_of(folder / "manifest.json"), nullptr, false);
    if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_object())
        return "its manifest can't be read";
    if (const int format = manifest.value("format", 0); format != manifest_format)
        return fmt::format("it is of another version: format {}, and this program writes {}", format, manifest_format);
    for (const auto& [name, digest] : manifest["files"].items()) {
        std::error_code error;
        if (!fs::is_regular_file(folder / name, error)) return name + " is missing";
        if (!digest.is_string() || sha256_file(folder / name) != digest.get<std::string>())
            return name + " has other content";
    }
    for (const auto& file : fs::recursive_directory_iterator(folder)) {
        const std::string name = file.path().lexically_relative(folder).generic_string();
        if (file.is_regular_file() && name != "manifest.json" && !manifest["files"].contains(name))
            return name + " isn't in its manifest";
    }
    return {};
}

std::string unique_suffix() {
    static std::atomic<unsigned> counter{0};
    return fmt::format("{}.{}", getpid(), counter++);
}

/// Whether the path names this open file still, and no other.
bool names(const fs::path& path, int file) {
    struct stat named {};
    struct stat opened {};
    return stat(path.c_str(), &named) == 0 && fstat(file, &opened) == 0 && named.st_ino == opened.st_ino &&
           named.st_dev == opened.st_dev;
}

}  // namespace

fs::path default_cache_folder(const fs::path& fallback) {
    const auto variable = [](const char* name) -> std::string {
        const char* value = std::getenv(name);
        return value == nullptr ? "" : value;
    };
    if (const auto own = variable("FETTLE_CACHE"); !own.empty()) return own;
    if (const auto xdg = variable("XDG_CACHE_HOME"); !xdg.empty()) return fs::path(xdg) / "fettle";
    if (const auto home = variable("HOME"); !home.empty() && access(home.c_str(), W_OK) == 0)
        return fs::path(home) / ".cache/fettle";
    return fallback;
}

Cache::Cache(fs::path folder) : folder_(fs::absolute(folder)) {
    try {
        for (const char* part : {"entries", "checkpoints", "latest", "locks", "drafts", "uses"})
            fs::create_directories(folder_ / part);
    } catch (const fs::filesystem_error& error) {
        throw Failure(errors::cache_unusable(folder_.string(), error.code().message()));
    }
    if (access((folder_ / "drafts").c_str(), W_OK) != 0)
        throw Failure(errors::cache_unusable(folder_.string(), "it can't be written to"));
    forget_old_drafts();
}

Cache Cache::to_look_at(fs::path folder) {
    Cache cache;
    cache.folder_ = fs::absolute(folder);
    return cache;
}

void Cache::forget_old_drafts() const noexcept {
    constexpr auto day = std::chrono::hours(24);
    std::error_code error;
    for (const auto& draft : fs::directory_iterator(folder_ / "drafts", error)) {
        const auto written = fs::last_write_time(draft, error);
        if (error || fs::file_time_type::clock::now() - written <= day) continue;
        // A clock that was set forward makes drafts of running processes look old: their keys are locked.
        const Lock lock(*this, draft.path().stem().stem().string());
        if (lock.held()) fs::remove_all(draft, error);
    }
}

fs::path Cache::entry(const std::string& key) const { return folder_ / "entries" / key.substr(0, 2) / key; }

bool Cache::holds(const std::string& key, const std::set<std::string>& ports, std::string& why,
                  Diagnostics& diagnostics) const {
    const fs::path folder = entry(key);
    std::error_code error;
    if (!fs::exists(folder, error)) return false;
    std::string wrong;
    try {
        wrong = damage(folder);
    } catch (const std::exception& failure) {
        wrong = failure.what();
    }
    if (!wrong.empty()) {
        diagnostics.add(errors::damaged_entry(key, wrong));
        why = "its cache entry was damaged: " + wrong;
        return false;
    }
    for (const std::string& port : ports)
        if (!fs::is_directory(folder / port, error)) {
            why = "`" + port + "` was not kept";
            return false;
        }
    return true;
}

fs::path Cache::begin(const std::string& key) const {
    const fs::path draft = folder_ / "drafts" / (key + "." + unique_suffix());
    std::error_code error;
    fs::remove_all(draft, error);
    fs::create_directories(draft, error);
    if (error)
        throw Error(Fault::storage, "`" + draft.string() + "` could not be made: " + error.message())
            .help("is the disk full?");
    return draft;
}

void Cache::commit(const std::string& key, const fs::path& draft, const std::string& key_text) const {
    write_text(draft / "key.txt", key_text);
    Json files = Json::object();
    for (const auto& file : fs::recursive_directory_iterator(draft))
        if (file.is_regular_file())
            files[file.path().lexically_relative(draft).generic_string()] = sha256_file(file.path());
    write_text(draft / "manifest.json", Json{{"format", manifest_format}, {"files", std::move(files)}}.dump(1) + "\n");
    make_all_durable(draft);
    const fs::path place = entry(key);
    std::error_code error;
    fs::create_directories(place.parent_path(), error);
    fs::rename(draft, place, error);
    if (error && fs::exists(place)) {  // one is there already: put it aside, then try again
        const fs::path aside = folder_ / "drafts" / ("old." + unique_suffix());
        fs::rename(place, aside, error);
        fs::rename(draft, place, error);
        std::error_code ignored;
        fs::remove_all(aside, ignored);
    }
    if (error) throw Error(Fault::storage, "`" + place.string() + "` could not be made: " + error.message());
    make_durable(place.parent_path());
    make_durable(folder_ / "entries");
}

void Cache::discard(const fs::path& draft) const noexcept {
    std::error_code error;
    if (!draft.empty()) fs::remove_all(draft, error);
}

fs::path Cache::checkpoint(const std::string& key) const {
    const fs::path folder = folder_ / "checkpoints" / key;
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) throw Error(Fault::storage, "`" + folder.string() + "` could not be made: " + error.message());
    return folder;
}

void Cache::forget_checkpoint(const std::string& key) const noexcept {
    std::error_code error;
    fs::remove_all(folder_ / "checkpoints" / key, error);
}

std::string Cache::last_key_text(const std::string& graph, const std::string& stage) const {
    return text_of(folder_ / "latest" / graph / stage);
}

void Cache::remember_key_text(const std::string& graph, const std::string& stage,
                              const std::string& text) const noexcept {
    std::error_code error;
    const fs::path place = folder_ / "latest" / graph / stage;
    fs::create_directories(place.parent_path(), error);
    replace_quietly(place, text);
}

bool Cache::is_being_made(const std::string& key) const {
    const int file = open((folder_ / "locks" / key).c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    const bool held = flock(file, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    close(file);
    return held;
}

Cache::Lock::Lock(const Cache& cache, const std::string& key) : path_(cache.folder_ / "locks" / key) { ask(); }

void Cache::Lock::ask() {
    // One that was removed between the two calls locks nothing. Not for ever: the numbers of some file systems don't
    // tell.
    for (int attempt = 0; attempt < 1000; ++attempt) {
        if (file_ < 0) file_ = open(path_.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666);
        held_ = file_ >= 0 && flock(file_, LOCK_EX | LOCK_NB) == 0;
        if (!held_ || names(path_, file_)) break;
        close(file_);
        file_ = -1;
    }
    if (file_ < 0 || (!held_ && errno != EWOULDBLOCK && errno != EINTR))
        held_ = true;  // a file system without locks: go on without
}

void Cache::Lock::wait(const std::function<bool()>& stop) {
    // Asked for again and again: a signal wakes one thread alone, which need not be one that sleeps in flock.
    while (!held_ && !stop()) {
        ask();
        if (!held_) std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

void Cache::Lock::forget() {
    std::error_code error;
    if (held_) fs::remove(path_, error);
    held_ = false;
}

Cache::Lock::~Lock() {
    if (file_ >= 0) close(file_);
}

std::map<std::string, std::string> Cache::files_of(const std::string& key) const {
    std::map<std::string, std::string> out;
    const Json manifest = Json::parse(text_of(entry(key) / "manifest.json"), nullptr, false);
    if (!manifest.is_object() || !manifest.contains("files") || !manifest["files"].is_object()) return out;
    for (const auto& [name, digest] : manifest["files"].items())
        if (digest.is_string()) out.emplace(name, digest.get<std::string>());
    return out;
}

PlanWorld plan_world(const Cache& cache, DigestStore& digests, Diagnostics& diagnostics, const Device& device,
                     bool use_cache) {
    PlanWorld world;
    world.stored = [&](const std::string& key, const std::set<std::string>& ports, std::string& why) {
        return cache.holds(key, ports, why, diagnostics);
    };
    world.digest = [&](const fs::path& path) { return digests.of(path); };
    world.last_key_text = [&](const std::string& graph, const std::string& stage) {
        return cache.last_key_text(graph, stage);
    };
    world.seconds = [&](const std::string& graph, const std::string& stage, const std::string& type) {
        return Times(cache.folder()).expected(graph, stage, type);
    };
    world.halfway = [&](const std::string& key) { return halfway(cache, key); };
    world.device_class = device.type == Device::Type::cpu ? "cpu" : "cuda";
    world.use_cache = use_cache;
    return world;
}

}  // namespace fettle::runtime
