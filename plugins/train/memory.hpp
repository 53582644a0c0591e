// How much memory there is to learn in.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace train {

/// What this process may still take, in bytes: the least of what the system has or could free, its swap included, and
/// of what the limits of its control groups (versions 1 and 2) and its own (RLIMIT_AS, RLIMIT_DATA) leave. SIZE_MAX
/// where nothing of it can be read. The folders are the system's, but in tests.             [any thread, concurrent]
std::size_t memory_left(const std::filesystem::path& proc = "/proc",
                        const std::filesystem::path& groups = "/sys/fs/cgroup");

/// "7.2 GB", "35 MB".
std::string bytes_text(std::size_t bytes);

}  // namespace train
