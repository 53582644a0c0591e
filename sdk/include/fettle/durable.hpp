// What was written stays, even where the power fails.
#pragma once

#include <filesystem>

namespace fettle {

/// Waits until a file's content, or the names in a folder, are on the disk. Call it for a file before it is renamed to
/// the name it is known by, and for the folder after that. Throws Error(Fault::storage) where the disk says that it
/// could not write; a file system that can't be asked is no error.                           [any thread, concurrent]
void make_durable(const std::filesystem::path& path);
/// The same for everything below a folder, and the folder: file by file, or, where they are many, for the whole file
/// system at once.                                                                    [any thread, concurrent]
void make_all_durable(const std::filesystem::path& folder);

}  // namespace fettle
