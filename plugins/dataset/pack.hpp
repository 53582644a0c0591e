// Where written files go: a folder, a zip or a tar.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct PackedFile {
    std::string name;  ///< with '/', ASCII
    std::vector<std::uint8_t> bytes;
};

/// Takes files in batches. The same files make the same bytes, whenever and wherever they are packed.
class Pack {
   public:
    virtual ~Pack() = default;
    /// Throws Error(Fault::storage), on a full disk too.                             [one thread]
    virtual void add(const std::vector<PackedFile>& files) = 0;
    /// Once, after the last file; without it an archive isn't whole. Throws Error(Fault::storage).
    virtual void finish() = 0;
};

/// `kind` is "folder", "zip" or "tar"; an archive is written as `folder`/samples.zip or .tar.
std::unique_ptr<Pack> make_pack(const std::string& kind, const std::filesystem::path& folder);
