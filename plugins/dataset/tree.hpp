// Files below one root, wherever they lie: in a folder, a zip or a tar. Nothing is ever written.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// The files below a root, listed; contents are read when asked for.
class FileTree {
   public:
    virtual ~FileTree() = default;

    /// Paths inside the root with '/', in ascending order of their bytes, each once. Files and folders that systems
    /// leave behind (names that begin with a point, `__MACOSX`) aren't listed. A name may be unsafe: see is_unsafe.
    const std::vector<std::string>& names() const { return names_; }

    /// A file's bytes. Throws Error(Fault::data) naming it where it is damaged, encrypted or gone.
    ///                                                                [any thread, concurrent with itself]
    virtual std::vector<std::uint8_t> read(std::size_t index) const = 0;

   protected:
    /// Orders and cleans the listing; `places[i]` belongs to `names[i]` and is brought into the same order. Where a
    /// name stands twice, the later one counts, as it would after unpacking.
    template <class Place>
    void list(std::vector<std::string> names, std::vector<Place>& places) {
        const std::vector<std::size_t> order = order_of(names);
        std::vector<Place> sorted;
        names_.clear();
        for (const std::size_t i : order) {
            names_.push_back(std::move(names[i]));
            sorted.push_back(std::move(places[i]));
        }
        places = std::move(sorted);
    }

   private:
    static std::vector<std::size_t> order_of(std::vector<std::string>& names);
    std::vector<std::string> names_;
};

/// A folder or an archive, told by its content. `memory` is open_tar's. Throws Error(Fault::data) in words where there
/// is nothing at `path`, or nothing that can be opened.
std::shared_ptr<const FileTree> open_tree(const std::filesystem::path& path, std::size_t memory);

/// A folder with everything below it; links to folders are followed, once.
std::shared_ptr<const FileTree> open_folder(const std::filesystem::path& path);
/// A zip archive. Throws Error(Fault::data) where it is damaged or cut short.
std::shared_ptr<const FileTree> open_zip(const std::filesystem::path& path);
/// A tar archive; a compressed one (gzip, bzip2, xz, zstd) has no random access, so its files are held in memory, at
/// most `memory` bytes of them. Throws Error(Fault::data) where it is damaged or cut short, Error(Fault::memory).
std::shared_ptr<const FileTree> open_tar(const std::filesystem::path& path, std::size_t memory);

/// Whether the name would lead out of a folder it were unpacked into: absolute, or with a part "..".
bool is_unsafe(const std::string& name);

/// Whether the name is that of an archive: ".zip", ".tar.gz"...
bool is_archive_name(const std::string& name);

/// Throws Error(Fault::data) about `path`, which isn't there: how far it exists and what lies near.
[[noreturn]] void report_missing(const std::filesystem::path& path);
