// What a test program asks of the disk, in order: its libraries find these functions before those of the C library.
// Include it in one file of a program.
#pragma once

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace disk_calls {

inline std::mutex mutex;
inline std::vector<std::string> made;  ///< "sync /folder/file", "rename /from /to"

inline void note(std::string call) {
    const std::lock_guard lock(mutex);
    made.push_back(std::move(call));
}
inline std::string path_of(int file) {
    std::error_code error;
    return std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file), error).string();
}
/// The calls since the last time.
inline std::vector<std::string> taken() {
    const std::lock_guard lock(mutex);
    return std::exchange(made, {});
}
/// Where a call stands among others; their number where it doesn't.
inline std::size_t place_of(const std::string& call, const std::vector<std::string>& calls) {
    return static_cast<std::size_t>(std::find(calls.begin(), calls.end(), call) - calls.begin());
}

}  // namespace disk_calls

extern "C" {
int fsync(int file) {
    disk_calls::note("sync " + disk_calls::path_of(file));
    return static_cast<int>(syscall(SYS_fsync, file));
}
int fdatasync(int file) {
    disk_calls::note("sync " + disk_calls::path_of(file));
    return static_cast<int>(syscall(SYS_fdatasync, file));
}
int syncfs(int file) noexcept {
    disk_calls::note("sync all");
    return static_cast<int>(syscall(SYS_syncfs, file));
}
int rename(const char* from, const char* to) noexcept {
    disk_calls::note(std::string("rename ") + from + " " + to);
    return static_cast<int>(syscall(SYS_renameat2, -100 /* the current folder */, from, -100, to, 0));
}
}
