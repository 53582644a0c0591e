// What lies in a cache, who uses it, and taking away what nobody needs.
#include "graph/digest.hpp"
#include "run/cache.hpp"
#include "run/made.hpp"

#include <fettle/context.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <random>
#include <thread>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::system_clock;

/// Asks again and again, as a signal need not reach a thread that sleeps in flock. A file system without locks counts
/// as locked: one goes on without.
void lock_when_free(int file, int kind, const std::function<bool()>& stop) {
    while (flock(file, kind | LOCK_NB) != 0 && (errno == EWOULDBLOCK || errno == EINTR)) {
        if (stop && stop()) throw Interrupted();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

int opened(const fs::path& path) { return open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0666); }

fs::path gate_of(const Cache& cache) { return cache.folder() / "locks" / "prune"; }

/// An open file that is closed with its lock.
class Held {
   public:
    explicit Held(int file) : file_(file) {}
    ~Held() {
        if (file_ >= 0) close(file_);
    }
    Held(const Held&) = delete;
    Held& operator=(const Held&) = delete;
    int file() const { return file_; }

   private:
    int file_;
};

/// Keys that living processes have claimed; what dead ones left behind is cleared away.
std::set<std::string> keys_in_use(const Cache& cache) {
    std::set<std::string> keys;
    std::error_code error;
    for (const auto& use : fs::directory_iterator(cache.folder() / "uses", error)) {
        const Held file(open(use.path().c_str(), O_RDWR | O_CLOEXEC));
        if (file.file() >= 0 && flock(file.file(), LOCK_EX | LOCK_NB) == 0) {
            fs::remove(use.path(), error);
            continue;
        }
        std::ifstream lines(use.path());
        for (std::string key; std::getline(lines, key);) keys.insert(key);
    }
    return keys;
}

std::uintmax_t bytes_below(const fs::path& folder) {
    std::uintmax_t sum = 0;
    std::error_code error;
    for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
        if (file->is_regular_file(error)) sum += file->file_size(error);
    return sum;
}

Clock::time_point time_of(const fs::path& path) {
    std::error_code error;
    const auto written = fs::last_write_time(path, error);
    return error ? Clock::now()
                 : std::chrono::time_point_cast<Clock::duration>(std::chrono::file_clock::to_sys(written));
}

/// The newest of the files below: a checkpoint is written again and again.
Clock::time_point newest_below(const fs::path& folder) {
    Clock::time_point newest = time_of(folder);
    std::error_code error;
    for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
        newest = std::max(newest, time_of(file->path()));
    return newest;
}

/// The second word of a key text's line that begins with "use".
std::string use_in(std::istream& key_text) {
    for (std::string line; std::getline(key_text, line);)
        if (line.rfind("use ", 0) == 0) return line.substr(4, line.find(' ', 4) - 4);
    return {};
}

/// "casting: train", by the key it had last.
std::map<std::string, std::vector<std::string>> stages_by_key(const Cache& cache) {
    std::map<std::string, std::vector<std::string>> out;
    std::error_code error;
    const fs::path latest = cache.folder() / "latest";
    for (const auto& file : fs::recursive_directory_iterator(latest, error)) {
        if (!file.is_regular_file(error)) continue;
        std::ifstream text(file.path(), std::ios::binary);
        const std::string key = sha256(std::string{std::istreambuf_iterator<char>(text), {}});
        // A sweep's cells are remembered by what they set: <graph>.sweep-<digits>.
        const std::string graph = file.path().parent_path().lexically_relative(latest).generic_string();
        out[key].push_back(graph.substr(0, graph.rfind(".sweep-")) + ": " + file.path().filename().string());
    }
    for (auto& [key, names] : out) {
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
    }
    return out;
}

fs::path place_of(const Cache& cache, const CacheItem& item) {
    return item.checkpoint ? cache.folder() / "checkpoints" / item.key : cache.entry(item.key);
}

/// Renamed first: a process that is killed here leaves a draft that the next one clears away, never half an entry.
bool remove_item(const Cache& cache, const CacheItem& item) {
    static std::atomic<unsigned> counter{0};
    const fs::path aside = cache.folder() / "drafts" / fmt::format("pruned.{}.{}", getpid(), counter++);
    std::error_code error;
    fs::rename(place_of(cache, item), aside, error);
    if (error) return false;
    fs::remove_all(aside, error);
    if (!item.checkpoint) fs::remove(made_file(cache, item.key), error);
    return true;
}

}  // namespace

Cache::Use::Use(const Cache& cache) : cache_(cache) {
    gate_ = opened(gate_of(cache));
    if (gate_ >= 0) lock_when_free(gate_, LOCK_SH, {});
    // Processes of other machines may share the folder and this one's number.
    std::random_device chance;
    do {
        path_ = cache.folder() / "uses" / fmt::format("{}.{:08x}", getpid(), chance());
        file_ = open(path_.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
    } while (file_ < 0 && errno == EEXIST);
    if (file_ >= 0) flock(file_, LOCK_EX | LOCK_NB);
}

Cache::Use::~Use() {
    std::error_code error;
    fs::remove(path_, error);
    for (const int file : {file_, gate_})
        if (file >= 0) close(file);
}

void Cache::Use::claim(const std::vector<std::string>& keys) {
    std::ofstream file(path_, std::ios::binary);
    for (const std::string& key : keys) file << key << '\n';
    const bool written = static_cast<bool>(file.flush()) && file_ >= 0;
    std::error_code error;
    for (const std::string& key : keys)
        fs::last_write_time(cache_.entry(key) / "manifest.json", fs::file_time_type::clock::now(), error);
    if (written && gate_ >= 0) flock(gate_, LOCK_UN);  // else nobody prunes while this process lives
}

std::vector<CacheItem> contents_of(const Cache& cache) {
    const auto claimed = keys_in_use(cache);
    const auto names = stages_by_key(cache);
    std::vector<CacheItem> out;
    const auto add = [&](const fs::path& folder, bool checkpoint) {
        CacheItem item{folder.filename().string(), {}, {}, checkpoint, bytes_below(folder), {}, false};
        std::ifstream text(folder / "key.txt");
        item.use = use_in(text);
        item.used = checkpoint ? newest_below(folder) : time_of(folder / "manifest.json");
        item.in_use = claimed.count(item.key) > 0;
        if (const auto found = names.find(item.key); found != names.end()) item.stages = found->second;
        out.push_back(std::move(item));
    };
    std::error_code error;
    for (const auto& half : fs::directory_iterator(cache.folder() / "entries", error))
        for (const auto& entry : fs::directory_iterator(half, error)) add(entry.path(), false);
    for (const auto& entry : fs::directory_iterator(cache.folder() / "checkpoints", error)) add(entry.path(), true);
    std::sort(out.begin(), out.end(),
              [](const CacheItem& a, const CacheItem& b) { return std::tie(a.used, a.key) < std::tie(b.used, b.key); });
    return out;
}

std::vector<CacheItem> prune(const Cache& cache, const PruneLimits& limits, const std::function<bool()>& stop) {
    const Held gate(opened(gate_of(cache)));
    if (gate.file() >= 0) lock_when_free(gate.file(), LOCK_EX, stop);
    const auto items = contents_of(cache);
    std::uintmax_t left = 0;
    for (const CacheItem& item : items) left += item.bytes;
    const auto now = Clock::now();
    std::vector<CacheItem> gone;
    for (const CacheItem& item : items) {
        const bool old = limits.older_than && now - item.used > *limits.older_than;
        const bool much = limits.to && left > *limits.to;
        if (item.in_use || !(old || much)) continue;
        if (!limits.dry_run && !remove_item(cache, item)) continue;
        left -= item.bytes;
        gone.push_back(item);
    }
    return gone;
}

}  // namespace fettle::runtime
