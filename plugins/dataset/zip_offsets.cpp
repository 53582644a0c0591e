#include "zip_offsets.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint64_t number(const Bytes& bytes, std::size_t at, std::size_t count) {
    std::uint64_t value = 0;
    for (std::size_t i = count; i-- > 0;) value = value << 8 | (at + i < bytes.size() ? bytes[at + i] : 0);
    return value;
}

constexpr std::uint64_t local_mark = 0x04034B50, entry_mark = 0x02014B50, end_mark = 0x06054B50,
                        end64_mark = 0x06064B50, locator_mark = 0x07064B50;
constexpr std::uint64_t in_extra = 0xFFFFFFFF;  // a number that stands in the zip64 field

/// The central directory's bytes; empty where its end record isn't found.
Bytes directory_of(const OpenFile& file) {
    constexpr std::uint64_t end_size = 22, locator_size = 20, longest_comment = 0xFFFF;
    Bytes tail(static_cast<std::size_t>(std::min(file.size(), end_size + longest_comment + locator_size)));
    if (tail.size() < end_size || !file.read(file.size() - tail.size(), tail.data(), tail.size())) return {};
    std::size_t end = tail.size() - end_size;
    while (number(tail, end, 4) != end_mark)
        if (end-- == 0) return {};
    std::uint64_t length = number(tail, end + 12, 4), begin = number(tail, end + 16, 4);
    if (end >= locator_size && number(tail, end - locator_size, 4) == locator_mark) {
        Bytes end64(56);
        if (!file.read(number(tail, end - locator_size + 8, 8), end64.data(), end64.size()) ||
            number(end64, 0, 4) != end64_mark)
            return {};
        length = number(end64, 40, 8);
        begin = number(end64, 48, 8);
    }
    if (length > file.size() || begin > file.size() - length) return {};
    Bytes directory(static_cast<std::size_t>(length));
    return file.read(begin, directory.data(), directory.size()) ? directory : Bytes();
}

/// An offset that stands in the zip64 field of the extra fields, after the sizes that stand there too.
std::uint64_t offset_in_extra(const Bytes& directory, std::size_t entry, std::size_t extra, std::size_t length) {
    for (std::size_t at = extra; at + 4 <= extra + length; at += 4 + number(directory, at + 2, 2)) {
        if (number(directory, at, 2) != 1) continue;
        std::size_t place = at + 4;
        for (const std::size_t size : {entry + 24, entry + 20})
            if (number(directory, size, 4) == in_extra) place += 8;
        return number(directory, place, 8);
    }
    return in_extra;
}

}  // namespace

OpenFile::OpenFile(const char* path) : descriptor_(open(path, O_RDONLY | O_CLOEXEC)) {
    struct stat status;
    if (is_open() && fstat(descriptor_, &status) == 0) size_ = static_cast<std::uint64_t>(status.st_size);
}

OpenFile::~OpenFile() {
    if (is_open()) close(descriptor_);
}

bool OpenFile::read(std::uint64_t at, std::uint8_t* bytes, std::size_t count) const {
    if (at > size_ || count > size_ - at) return false;
    for (std::size_t have = 0; have < count;) {
        const ssize_t got = pread(descriptor_, bytes + have, count - have, static_cast<off_t>(at + have));
        if (got <= 0) return false;
        have += static_cast<std::size_t>(got);
    }
    return true;
}

std::vector<std::uint64_t> zip_offsets(const OpenFile& file) {
    const Bytes directory = directory_of(file);
    std::vector<std::uint64_t> offsets;
    constexpr std::size_t entry_size = 46;
    for (std::size_t at = 0; at + entry_size <= directory.size() && number(directory, at, 4) == entry_mark;) {
        const std::size_t name = number(directory, at + 28, 2), extra = number(directory, at + 30, 2);
        const std::uint64_t offset = number(directory, at + 42, 4);
        offsets.push_back(offset != in_extra ? offset : offset_in_extra(directory, at, at + entry_size + name, extra));
        at += entry_size + name + extra + number(directory, at + 32, 2);
    }
    return offsets;
}

std::uint64_t zip_data_begin(const OpenFile& file, std::uint64_t offset) {
    Bytes header(30);
    if (!file.read(offset, header.data(), header.size()) || number(header, 0, 4) != local_mark) return 0;
    return offset + header.size() + number(header, 26, 2) + number(header, 28, 2);
}
