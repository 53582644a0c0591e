// SHA-256 of texts, files and folders; what was digested once isn't read again while size and time stay.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

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

   private:
    std::string of_file(const std::filesystem::path& file);

    std::filesystem::path memory_;
    std::function<bool()> stop_;
    std::mutex mutex_;
    std::map<std::string, std::pair<std::string, std::string>> known_;  ///< path -> (size and time, digest)
    bool changed_ = false;
};

}  // namespace fettle::runtime
