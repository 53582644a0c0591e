// Names of files made from samples' ids.
#pragma once

#include <string>
#include <unordered_set>

/// Gives every id a path of its own that any file system takes: letters, digits, '-', '_' and '.' of ASCII, no name
/// that Windows reserves or that listings pass over, parts of at most 80 characters, no two that differ in case alone.
/// The same ids in the same order get the same names.                              [one thread]
class SafeNames {
   public:
    /// A path without an extension, with '/'; an image's extension at the end of `id` is dropped.
    std::string of(const std::string& id);

   private:
    std::unordered_set<std::string> taken_;  ///< in lower case
};
