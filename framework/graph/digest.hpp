// SHA-256 of texts, files and folders; what was digested once isn't read again while size and times stay.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fettle::runtime {

/// Hexadecimal, 64 digits (OpenSSL).
std::string sha256(std::string_view bytes);
/// Of a file's content; throws std::filesystem::filesystem_error where it can't be read.
std::string sha256_file(const std::filesystem::path& file);

/// Content digests of what stages read: of a file, its name and its bytes'; of a folder, the relative path and digest
/// of every file below it.                                                                   [any thread]
class DigestStore {
   public:
    /// `memory` is a file that remembers digests between runs; empty: nothing is remembered. Where `stop` says so,
    /// of() throws Interrupted before the next file.
    explicit DigestStore(std::filesystem::path memory, std::function<bool()> stop = {});
    ~DigestStore();
    std::string of(const std::filesystem::path& path);
    /// What is no longer as it was when of() was first asked for `path`, in words: "`good/a.png` has other content".
    /// Empty: nothing. What lies in the folders `but` doesn't count.
    std::string changed(const std::filesystem::path& path, const std::vector<std::filesystem::path>& but = {});

   private:
    /// Files with their digests, in the order of their names; of a folder by the relative path.
    using Contents = std::vector<std::pair<std::string, std::string>>;
    Contents contents(const std::filesystem::path& path);
    std::string of_file(const std::filesystem::path& file);

    std::filesystem::path memory_;
    std::function<bool()> stop_;
    std::mutex mutex_;
    std::map<std::string, std::pair<std::string, std::string>> known_;  ///< path -> (size and times, digest)
    std::map<std::string, Contents> told_;                              ///< path -> what of() first answered from
    bool changed_ = false;
};

}  // namespace fettle::runtime
