// Results on disk, by key. An entry is written beside and renamed, so it is whole or not there; its manifest holds
// the digest of every file, and an entry that doesn't match is never believed.
//
//   entries/<2 digits>/<key>/   manifest.json, key.txt, <port>/...      checkpoints/<key>/   of stages that are running
//   latest/<graph>/<stage>      the key text it had last time           locks/<key>          held while it is made
#pragma once

#include "diagnose/diagnose.hpp"

#include <filesystem>
#include <functional>
#include <set>
#include <string>
#include <vector>

namespace fettle::runtime {

class Cache {
   public:
    /// Makes the folder. Throws Failure (C602) where it can't be used.
    explicit Cache(std::filesystem::path folder);

    const std::filesystem::path& folder() const { return folder_; }

    /// Whether an entry is there, every file of it matches its digest, and it holds the outputs `ports`. A damaged
    /// one is no entry: a warning in `diagnostics` and `why` say so, and the next commit replaces it. [any thread]
    bool holds(const std::string& key, const std::set<std::string>& ports, std::string& why,
               Diagnostics& diagnostics) const;
    /// Where an entry is (or would be).
    std::filesystem::path entry(const std::string& key) const;

    /// An empty folder to write an entry into. What a killed process left behind is never taken for an entry.
    std::filesystem::path begin(const std::string& key) const;
    /// Makes the folder from begin() the entry, replacing one that is there. Throws Error(Fault::storage).
    void commit(const std::string& key, const std::filesystem::path& draft, const std::string& key_text) const;
    /// Removes a draft that came to nothing.
    void discard(const std::filesystem::path& draft) const noexcept;

    /// A folder for checkpoints of the work behind a key; stays until forget_checkpoint.
    std::filesystem::path checkpoint(const std::string& key) const;
    void forget_checkpoint(const std::string& key) const noexcept;

    /// What a stage's key was made of last time; empty: never.
    std::string last_key_text(const std::string& graph, const std::string& stage) const;
    void remember_key_text(const std::string& graph, const std::string& stage, const std::string& text) const noexcept;

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

       private:
        int file_ = -1;
        bool held_ = false;
    };

   private:
    /// Drafts that killed processes left behind: those nobody has touched for a day, since another machine's processes
    /// may share the folder.
    void forget_old_drafts() const noexcept;

    std::filesystem::path folder_;
};

/// FETTLE_CACHE, else $XDG_CACHE_HOME/fettle, else ~/.cache/fettle, else `fallback` (no home folder).
std::filesystem::path default_cache_folder(const std::filesystem::path& fallback);

}  // namespace fettle::runtime
