// Where a zip's entries begin in the file. libzip knows and doesn't say; with it any thread can read an entry straight
// from the file, where a handle of libzip's serves one thread and holds the whole directory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

/// Reads at any place of a file, whatever other threads do.
class OpenFile {
   public:
    /// `path` as open(2) takes it; is_open() says whether it worked.
    explicit OpenFile(const char* path);
    ~OpenFile();
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;

    bool is_open() const { return descriptor_ >= 0; }
    std::uint64_t size() const { return size_; }
    /// False where the file ends before.                                           [any thread, concurrent]
    bool read(std::uint64_t at, std::uint8_t* bytes, std::size_t count) const;

   private:
    int descriptor_;
    std::uint64_t size_ = 0;
};

/// The offsets of the entries' local headers in the order of the central directory, zip64 included (PKWARE's
/// APPNOTE.TXT, 4.3.12 to 4.3.16). Empty where the file doesn't hold what it should.
std::vector<std::uint64_t> zip_offsets(const OpenFile& file);

/// Where the data of an entry begins, whose local header stands at `offset`; 0 where none stands there.
std::uint64_t zip_data_begin(const OpenFile& file, std::uint64_t offset);
