// Results on disk, by key. An entry is written beside and renamed, so it is whole or not there; its manifest holds
// the digest of every file, and an entry that doesn't match is never believed.
//
//   entries/<2 digits>/<key>/   manifest.json, key.txt, <port>/...      checkpoints/<key>/   of stages that are running
//   latest/<graph>/<stage>      the key text it had last time           locks/<key>          held while it is made
//   uses/<process>              keys that a running process needs, locked by it; entries in none may be pruned
//
// What is remembered of a graph lies in its folder below latest/, which is pruned as a whole; of a sweep's cell, in one
// of its own.
#pragma once

#include "diagnose/diagnose.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace fettle::runtime {

class Cache {
   public:
    /// Makes the folder. Throws Failure (C602) where it can't be used.
    explicit Cache(std::filesystem::path folder);
    /// Only to look at: makes nothing, and is empty where there is no such folder.
    static Cache to_look_at(std::filesystem::path folder);

    const std::filesystem::path& folder() const { return folder_; }

    /// Whether an entry is there, every file of it matches its digest, and it holds the outputs `ports`. A damaged
    /// one is no entry: a warning in `diagnostics` and `why` say so, and the next commit replaces it. [any thread]
    bool holds(const std::string& key, const std::set<std::string>& ports, std::string& why,
               Diagnostics& diagnostics) const;
    /// Where an entry is (or would be).
    std::filesystem::path entry(const std::string& key) const;

    /// An empty folder to write an entry into. What a killed process left behind is never taken for an entry.
    std::filesystem::path begin(const std::string& key) const;
    /// Makes the folder from begin() the entry, replacing one that is there; once it returns a power failure doesn't
    /// take it any more. Throws Error(Fault::storage).
    void commit(const std::string& key, const std::filesystem::path& draft, const std::string& key_text) const;
    /// Removes a draft that came to nothing.
    void discard(const std::filesystem::path& draft) const noexcept;

    /// A folder for checkpoints of the work behind a key; stays until forget_checkpoint.
    std::filesystem::path checkpoint(const std::string& key) const;
    void forget_checkpoint(const std::string& key) const noexcept;

    /// What a stage's key was made of last time; empty: never.
    std::string last_key_text(const std::string& graph, const std::string& stage) const;
    void remember_key_text(const std::string& graph, const std::string& stage, const std::string& text) const noexcept;

    /// Whether a process holds the lock of a key. Makes nothing.
    bool is_being_made(const std::string& key) const;

    /// Held while an entry is made, so that two processes don't do the same work; released when it goes, or when
    /// the process dies.
    class Lock {
       public:
        Lock(const Cache& cache, const std::string& key);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;
        /// False where another process holds it; then wait() for it.
        bool held() const { return held_; }
        /// Until the other process is done, or `stop` says so; then it still isn't held.
        void wait(const std::function<bool()>& stop);
        /// Removes the lock's file, where it is held; it locks nothing any more then, as others make a new one. A file
        /// loses its name only while it is locked, and who locks one looks whether it still has its name: so of those
        /// that get a key's lock all have locked the same file.
        void forget();

       private:
        void ask();

        std::filesystem::path path_;
        int file_ = -1;
        bool held_ = false;
    };

    /// Entries and checkpoints that this process needs for as long as the object lives: prune() leaves them alone,
    /// whoever calls it.                                                              [one thread]
    class Use {
       public:
        /// From now on, and until claim(), nobody prunes; waits for one who does. So what a plan finds is still there
        /// when it is claimed.
        explicit Use(const Cache& cache);
        ~Use();
        Use(const Use&) = delete;
        Use& operator=(const Use&) = delete;
        /// Writes the keys down and notes that their entries were used now. Where they can't be written down (a full
        /// disk), nobody prunes anything for as long as the object lives.
        void claim(const std::vector<std::string>& keys);

       private:
        const Cache& cache_;
        int gate_ = -1, file_ = -1;
        std::filesystem::path path_;
    };

    /// Digests of an entry's files, by their paths in it; empty where there is none that can be read.
    std::map<std::string, std::string> files_of(const std::string& key) const;

   private:
    Cache() = default;
    /// Drafts that killed processes left behind: those nobody has touched for a day, since another machine's processes
    /// may share the folder.
    void forget_old_drafts() const noexcept;

    std::filesystem::path folder_;
};

/// Something in a cache that could be done without.
struct CacheItem {
    std::string key;  ///< of a draft, its folder's name; of a note, its file's; of a memory, its graph's
    std::string use;  ///< the type of the stage that made it: "train.reconstruction"; empty: unknown
    std::vector<std::string> stages;  ///< whose last result it is: "casting: train"
    /// An entry; what an unfinished stage can carry on from; what was being made when a process was killed; what is
    /// known of an entry (run/made.hpp) that isn't there, or was half written; what is remembered of a graph or of a
    /// sweep's cell, which counts as used when any result was that it tells of.
    enum class Kind { entry, checkpoint, draft, note, memory } kind = Kind::entry;
    std::uintmax_t bytes = 0;
    std::chrono::system_clock::time_point used;  ///< made, or taken by a run
    bool in_use = false;                         ///< by a process that runs now
    std::string reached{};                       ///< of a checkpoint: how far it is; empty: unknown
};
/// All of them, what was used longest ago first.
std::vector<CacheItem> contents_of(const Cache& cache);

/// What may go. Both together: first what is too old, then what is too much.
struct PruneLimits {
    std::optional<std::chrono::system_clock::duration> older_than;  ///< not used for longer than this
    std::optional<std::uintmax_t> to;                               ///< bytes that may stay, all items together
    bool dry_run = false;                                           ///< only tell
};
/// Removes items, what was used longest ago first, and never what a running process uses; drafts that no process makes
/// any more and notes that belong to nothing always, and with them the files of locks that nobody holds. An item is
/// gone at once or not at all, even where the process is killed over it. Returns which went. Throws Interrupted where
/// `stop` says so while another process plans or prunes.
std::vector<CacheItem> prune(const Cache& cache, const PruneLimits& limits, const std::function<bool()>& stop = {});

/// FETTLE_CACHE, else $XDG_CACHE_HOME/fettle, else ~/.cache/fettle, else `fallback` (no home folder).
std::filesystem::path default_cache_folder(const std::filesystem::path& fallback);

}  // namespace fettle::runtime
