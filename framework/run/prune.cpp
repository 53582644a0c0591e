// What lies in a cache, who uses it, and taking away what nobody needs.
#include "graph/digest.hpp"
#include "run/cache.hpp"
#include "run/made.hpp"
#include "run/unfinished.hpp"

#include <fettle/context.hpp>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
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

/// Whether an open file has a name still.
bool is_linked(int file) {
    struct stat facts {};
    return fstat(file, &facts) == 0 && facts.st_nlink > 0;
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

/// Whether a living process holds the lock on its file of uses. Asked with a shared lock, so that those who ask don't
/// take each other for it; where a file system has no locks, every process counts as living.
bool is_held(int file) { return flock(file, LOCK_SH | LOCK_NB) != 0; }

/// Keys that living processes have claimed.
std::set<std::string> keys_in_use(const Cache& cache) {
    std::set<std::string> keys;
    std::error_code error;
    for (const auto& use : fs::directory_iterator(cache.folder() / "uses", error)) {
        const Held file(open(use.path().c_str(), O_RDONLY | O_CLOEXEC));
        if (file.file() >= 0 && !is_held(file.file())) continue;
        std::ifstream lines(use.path());
        for (std::string key; std::getline(lines, key);) keys.insert(key);
    }
    return keys;
}

/// Clears away what dead processes claimed. Only where one alone holds the gate: no process is about to claim.
void forget_dead_uses(const Cache& cache) {
    std::error_code error;
    for (const auto& use : fs::directory_iterator(cache.folder() / "uses", error)) {
        const Held file(open(use.path().c_str(), O_RDONLY | O_CLOEXEC));
        if (file.file() >= 0 && !is_held(file.file())) fs::remove(use.path(), error);
    }
}

/// A new file below `uses`, locked and still there once it is; -1 where there is none to be had.
int locked_use(const Cache& cache, fs::path& path) {
    // Processes of other machines may share the folder and this one's number.
    std::random_device chance;
    for (;;) {
        path = cache.folder() / "uses" / fmt::format("{}.{:08x}", getpid(), chance());
        const int file = open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0666);
        if (file < 0 && errno == EEXIST) continue;
        if (file < 0) return -1;
        lock_when_free(file, LOCK_EX, {});  // somebody may just be asking whether it is held
        if (is_linked(file)) return file;
        close(file);
    }
}

/// Of a file, or of all files below a folder.
std::uintmax_t bytes_of(const fs::path& path) {
    std::uintmax_t sum = 0;
    std::error_code error;
    if (fs::is_regular_file(path, error)) return fs::file_size(path, error);
    for (fs::recursive_directory_iterator file(path, error), end; !error && file != end; file.increment(error))
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

/// What is remembered of a graph or of a sweep's cell: the folder latest/<name>.
struct Memory {
    std::string name;
    std::vector<std::pair<std::string, std::string>> stages;  ///< with the keys that they had last: key, stage
    std::uintmax_t bytes = 0;
    Clock::time_point written;  ///< last
};

Memory memory_in(const fs::path& folder) {
    Memory out{folder.filename().string(), {}, 0, time_of(folder)};
    std::error_code error;
    for (const auto& file : fs::directory_iterator(folder, error)) {
        out.bytes += bytes_of(file.path());
        out.written = std::max(out.written, time_of(file.path()));
        const std::string stage = file.path().filename().string();
        if (stage.find('.') != std::string::npos) continue;  // seconds, or left by a killed process: no key text
        std::ifstream text(file.path(), std::ios::binary);
        out.stages.emplace_back(sha256(std::string{std::istreambuf_iterator<char>(text), {}}), stage);
    }
    return out;
}

std::vector<Memory> memories_in(const Cache& cache) {
    std::vector<Memory> out;
    std::error_code error;
    for (const auto& folder : fs::directory_iterator(cache.folder() / "latest", error))
        if (folder.is_directory(error)) out.push_back(memory_in(folder.path()));
    return out;
}

/// "casting: train", by the key it had last.
std::map<std::string, std::vector<std::string>> stages_by_key(const std::vector<Memory>& memories) {
    std::map<std::string, std::vector<std::string>> out;
    for (const Memory& memory : memories)  // a sweep's cells are remembered by what they set: <graph>.sweep-<digits>
        for (const auto& [key, stage] : memory.stages)
            out[key].push_back(memory.name.substr(0, memory.name.rfind(".sweep-")) + ": " + stage);
    for (auto& [key, names] : out) {
        std::sort(names.begin(), names.end());
        names.erase(std::unique(names.begin(), names.end()), names.end());
    }
    return out;
}

/// A memory is used when a result is that it tells of: `used` has those of all entries.
CacheItem item_of(const Memory& memory, const std::map<std::string, Clock::time_point>& used,
                  const std::set<std::string>& claimed) {
    CacheItem item{memory.name, {}, {}, CacheItem::Kind::memory, memory.bytes, memory.written, false};
    for (const auto& [key, stage] : memory.stages) {
        if (const auto found = used.find(key); found != used.end()) item.used = std::max(item.used, found->second);
        item.in_use |= claimed.count(key) > 0;
    }
    return item;
}

fs::path place_of(const Cache& cache, const CacheItem& item) {
    switch (item.kind) {
        case CacheItem::Kind::checkpoint:
            return cache.folder() / "checkpoints" / item.key;
        case CacheItem::Kind::draft:
            return cache.folder() / "drafts" / item.key;
        case CacheItem::Kind::note:
            return made_file(cache, item.key).parent_path() / item.key;
        case CacheItem::Kind::memory:
            return cache.folder() / "latest" / item.key;
        case CacheItem::Kind::entry:
            break;
    }
    return cache.entry(item.key);
}

/// The key that a draft's or a note's name begins with.
std::string key_begun_by(const fs::path& path) {
    const std::string name = path.filename().string();
    return name.substr(0, name.find('.'));
}

/// Files beside those in made/<2 digits>: of entries that are gone, or left by processes that were killed as they wrote
/// them. Nobody's who lives: between its planning and its entry a process has claimed the key.
std::vector<fs::path> stray_notes(const Cache& cache, const std::set<std::string>& claimed) {
    std::vector<fs::path> notes;
    std::error_code error;
    for (const auto& half : fs::directory_iterator(cache.folder() / "made", error))
        for (const auto& file : fs::directory_iterator(half, error)) {
            const std::string key = key_begun_by(file.path());
            const bool whole = file.path() == made_file(cache, key);
            if (claimed.count(key) == 0 && !(whole && fs::exists(cache.entry(key), error)))
                notes.push_back(file.path());
        }
    return notes;
}

/// Whose work a checkpoint or a draft is, and how far the checkpoint is.
void tell_of(CacheItem& item, const std::optional<Unfinished>& work) {
    if (!work) return;
    item.use = work->use;
    if (item.kind == CacheItem::Kind::checkpoint) item.reached = work->reached;
    if (item.stages.empty()) item.stages = {work->graph + ": " + work->stage};
}

/// Renamed first: a process that is killed here leaves a draft that the next one clears away, never half an entry.
bool remove_item(const Cache& cache, const CacheItem& item) {
    static std::atomic<unsigned> counter{0};
    const fs::path aside = cache.folder() / "drafts" / fmt::format("pruned.{}.{}", getpid(), counter++);
    std::error_code error;
    fs::rename(place_of(cache, item), aside, error);
    if (error) return false;
    fs::remove_all(aside, error);
    if (item.kind == CacheItem::Kind::entry) fs::remove(made_file(cache, item.key), error);
    return true;
}

/// Takes away the files of locks that nobody holds; but not the gate's, which this process holds. Another process may
/// have opened one at this very moment: once it gets the lock it finds that the file has no name any more, and takes a
/// new one (Cache::Lock), so no two do the same work. One of an earlier version doesn't look: at worst the work is done
/// twice then, and the second result replaces the first, equal one.
void clear_locks(const Cache& cache) {
    std::error_code error;
    for (const auto& file : fs::directory_iterator(cache.folder() / "locks", error))
        if (file.path() != gate_of(cache)) Cache::Lock(cache, file.path().filename().string()).forget();
}

}  // namespace

Cache::Use::Use(const Cache& cache) : cache_(cache) {
    gate_ = opened(gate_of(cache));
    if (gate_ >= 0) lock_when_free(gate_, LOCK_SH, {});
    file_ = locked_use(cache, path_);
}

Cache::Use::~Use() {
    std::error_code error;
    fs::remove(path_, error);
    for (const int file : {file_, gate_})
        if (file >= 0) close(file);
}

void Cache::Use::claim(const std::vector<std::string>& keys) {
    std::string lines;
    for (const std::string& key : keys) lines += key + "\n";
    std::string_view left = lines;  // through the file that is locked, whatever has its name by now
    while (file_ >= 0 && !left.empty()) {
        const ssize_t written = write(file_, left.data(), left.size());
        if (written < 0 && errno != EINTR) break;
        if (written > 0) left.remove_prefix(static_cast<std::size_t>(written));
    }
    const bool written = file_ >= 0 && left.empty() && is_linked(file_);
    std::error_code error;
    for (const std::string& key : keys)
        fs::last_write_time(cache_.entry(key) / "manifest.json", fs::file_time_type::clock::now(), error);
    if (written && gate_ >= 0) flock(gate_, LOCK_UN);  // else nobody prunes while this process lives
}

std::vector<CacheItem> contents_of(const Cache& cache) {
    const auto claimed = keys_in_use(cache);
    const auto memories = memories_in(cache);
    const auto names = stages_by_key(memories);
    std::map<std::string, Clock::time_point> used;
    std::vector<CacheItem> out;
    using Kind = CacheItem::Kind;
    const auto add = [&](const fs::path& folder, Kind kind) {
        CacheItem item{folder.filename().string(), {}, {}, kind, bytes_of(folder), {}, false};
        const std::string key = kind == Kind::draft || kind == Kind::note ? key_begun_by(folder) : item.key;
        std::ifstream text(folder / "key.txt");
        item.use = use_in(text);
        item.used = kind == Kind::entry ? time_of(folder / "manifest.json") : newest_below(folder);
        item.in_use = claimed.count(key) > 0;
        if (const auto found = names.find(key); found != names.end()) item.stages = found->second;
        if (kind == Kind::entry) used[key] = item.used;
        if (kind == Kind::checkpoint || kind == Kind::draft) tell_of(item, unfinished(cache, key));
        out.push_back(std::move(item));
    };
    std::error_code error;
    for (const auto& half : fs::directory_iterator(cache.folder() / "entries", error))
        for (const auto& entry : fs::directory_iterator(half, error)) add(entry.path(), Kind::entry);
    for (const auto& entry : fs::directory_iterator(cache.folder() / "checkpoints", error))
        add(entry.path(), Kind::checkpoint);
    for (const auto& entry : fs::directory_iterator(cache.folder() / "drafts", error)) add(entry.path(), Kind::draft);
    for (const fs::path& file : stray_notes(cache, claimed)) add(file, Kind::note);
    for (const Memory& memory : memories) out.push_back(item_of(memory, used, claimed));
    std::sort(out.begin(), out.end(), [](const CacheItem& a, const CacheItem& b) {
        const bool a_last = a.kind == Kind::memory, b_last = b.kind == Kind::memory;  // of what was used together
        return std::tie(a.used, a_last, a.key) < std::tie(b.used, b_last, b.key);
    });
    return out;
}

std::vector<CacheItem> prune(const Cache& cache, const PruneLimits& limits, const std::function<bool()>& stop) {
    const Held gate(opened(gate_of(cache)));
    if (gate.file() >= 0) {
        lock_when_free(gate.file(), LOCK_EX, stop);
        forget_dead_uses(cache);
    }
    const auto items = contents_of(cache);
    std::uintmax_t left = 0;
    for (const CacheItem& item : items) left += item.bytes;
    const auto now = Clock::now();
    std::vector<CacheItem> gone;
    for (const CacheItem& item : items) {
        const bool old = limits.older_than && now - item.used > *limits.older_than;
        const bool much = limits.to && left > *limits.to;
        const bool useless = item.kind == CacheItem::Kind::draft || item.kind == CacheItem::Kind::note;
        if (item.in_use || !(old || much || useless)) continue;
        if (!limits.dry_run && !remove_item(cache, item)) continue;
        left -= item.bytes;
        gone.push_back(item);
    }
    if (gate.file() >= 0 && !limits.dry_run) clear_locks(cache);
    return gone;
}

}  // namespace fettle::runtime
