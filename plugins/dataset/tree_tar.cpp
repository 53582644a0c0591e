// Tar archives through libarchive. It reads from first to last; so a plain tar is walked once to note where each
// entry begins and ends. An entry's data is then read straight from the file; where it isn't there as a whole (sparse
// files, and the last one, whose end isn't known), that stretch, header and all, is handed to a reader of its own.
#include "tree.hpp"

#include <fettle/error.hpp>

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <locale.h>
#include <unistd.h>
#include <map>

namespace {

using fettle::Error;
using fettle::Fault;

/// Names are UTF-8 on this thread while the object lives; libarchive converts them to the locale's characters.
class Utf8Names {
   public:
    Utf8Names() : names_(newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr)) {
        if (names_ != nullptr) before_ = uselocale(names_);
    }
    ~Utf8Names() {
        if (names_ == nullptr) return;
        uselocale(before_);
        freelocale(names_);
    }
    Utf8Names(const Utf8Names&) = delete;
    Utf8Names& operator=(const Utf8Names&) = delete;

   private:
    locale_t names_, before_ = nullptr;
};

class Reader {
   public:
    Reader() : archive_(archive_read_new()) {
        archive_read_support_format_tar(archive_.get());
        archive_read_support_filter_gzip(archive_.get());
        archive_read_support_filter_bzip2(archive_.get());
        archive_read_support_filter_xz(archive_.get());
        archive_read_support_filter_zstd(archive_.get());
    }
    archive* get() const { return archive_.get(); }
    std::string error() const {
        const char* text = archive_error_string(archive_.get());
        return text != nullptr ? text : "no tar archive";
    }
    /// The rest of the current entry's data; empty optional text: fine.
    std::string read_data(std::vector<std::uint8_t>& bytes, std::size_t limit) const {
        const void* block = nullptr;
        std::size_t length = 0;
        la_int64_t offset = 0;
        int status = ARCHIVE_OK;
        while ((status = archive_read_data_block(archive_.get(), &block, &length, &offset)) == ARCHIVE_OK) {
            const auto end = static_cast<std::size_t>(offset) + length;
            if (end > limit) return "it is larger than what may be held in memory";
            bytes.resize(static_cast<std::size_t>(offset));  // a hole in a sparse file is zeros
            bytes.insert(bytes.end(), static_cast<const std::uint8_t*>(block),
                         static_cast<const std::uint8_t*>(block) + length);
        }
        return status == ARCHIVE_EOF ? "" : error();
    }

   private:
    struct Free {
        void operator()(archive* a) const { archive_read_free(a); }
    };
    std::unique_ptr<archive, Free> archive_;
};

/// No image file is larger; a sparse entry could claim to be.
constexpr std::size_t largest_file = std::size_t{1} << 30;

constexpr std::int64_t block = 512;
std::int64_t padded(std::int64_t size) { return (size + block - 1) / block * block; }

/// Where an entry lies: a stretch of the file, or bytes held.
struct Place {
    std::int64_t begin = 0, end = 0;  ///< of the entry, its header included
    std::int64_t size = -1;           ///< of the data, which stands at its end, padded to blocks; -1: ask libarchive
    std::shared_ptr<const std::vector<std::uint8_t>> held;
};

class Tar final : public FileTree {
   public:
    Tar(std::filesystem::path path, std::size_t memory)
        : path_(std::move(path)), file_(open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
        if (file_ < 0) throw Error(Fault::data, "`" + path_.string() + "` can't be opened").parameter("path");
        try {
            index(memory);
        } catch (...) {
            close(file_);
            throw;
        }
    }
    ~Tar() override { close(file_); }

    std::vector<std::uint8_t> read(std::size_t index) const override {
        const Place& place = places_[index];
        if (place.held) return *place.held;
        if (place.size >= 0) return read_stretch(place.end - padded(place.size), place.size, names()[index]);
        if (place.end == 0) fail(names()[index], "it is a link to a file that isn't in the archive");
        const Utf8Names utf8;
        const std::vector<std::uint8_t> stretch = read_stretch(place.begin, place.end - place.begin, names()[index]);
        Reader reader;
        archive_entry* entry = nullptr;
        std::vector<std::uint8_t> bytes;
        std::string trouble;
        if (archive_read_open_memory(reader.get(), stretch.data(), stretch.size()) != ARCHIVE_OK ||
            archive_read_next_header(reader.get(), &entry) < ARCHIVE_WARN)
            trouble = reader.error();
        else
            trouble = reader.read_data(bytes, largest_file);
        if (!trouble.empty()) fail(names()[index], trouble);
        return bytes;
    }

   private:
    void index(std::size_t memory) {
        const Utf8Names utf8;
        Reader reader;
        std::vector<std::string> names;
        if (archive_read_open_fd(reader.get(), file_, 1 << 16) != ARCHIVE_OK) damaged(names, reader.error());
        std::map<std::string, std::size_t> place_of;
        std::vector<std::pair<std::size_t, std::string>> links;  // hard links: their data stands with another name
        const auto size = static_cast<std::int64_t>(std::filesystem::file_size(path_));
        std::size_t held = 0;
        bool ends_here = false;     // the next header is where the last place ends
        std::int64_t as_whole = 0;  // the size of the last place's data, where it is there as a whole; else -1
        archive_entry* entry = nullptr;
        for (int status; (status = archive_read_next_header(reader.get(), &entry)) != ARCHIVE_EOF;) {
            if (status < ARCHIVE_WARN) damaged(names, reader.error());
            const std::int64_t begin = archive_read_header_position(reader.get());
            if (std::exchange(ends_here, false)) {
                places_.back().end = begin;
                places_.back().size = as_whole;
            }
            const char* name = archive_entry_pathname(entry);
            if (name == nullptr || archive_entry_filetype(entry) != AE_IFREG) continue;
            names.emplace_back(name);
            places_.push_back({.begin = begin, .end = size});
            if (const char* target = archive_entry_hardlink(entry)) {
                links.emplace_back(places_.size() - 1, target);
                continue;
            }
            place_of[name] = places_.size() - 1;
            if (archive_filter_code(reader.get(), 0) != ARCHIVE_FILTER_NONE) {
                auto bytes = std::make_shared<std::vector<std::uint8_t>>();
                if (const std::string trouble = reader.read_data(*bytes, memory - held); !trouble.empty()) {
                    if (held + bytes->size() < memory && archive_errno(reader.get()) != 0) damaged(names, trouble);
                    throw Error(Fault::memory, "`" + path_.string() + "` unpacks to more than " +
                                                   std::to_string(memory >> 20) +
                                                   " MiB, and a compressed tar is held in memory")
                        .parameter("memory")
                        .help(
                            "raise `memory`, or pack the files as a zip or as a tar without compression, which are "
                            "read in place");
                }
                held += bytes->size();
                places_.back().held = std::move(bytes);
            } else {
                ends_here = true;
                const bool sparse = archive_entry_sparse_count(entry) > 0;
                as_whole = sparse ? -1 : archive_entry_size(entry);
                const bool whole = sparse || as_whole <= size - begin - block;
                if (!whole || archive_read_data_skip(reader.get()) < ARCHIVE_WARN)
                    damaged(names, "its data is not whole");
            }
        }
        for (const auto& [place, target] : links) {
            const auto found = place_of.find(target);
            places_[place] = found != place_of.end() ? places_[found->second] : Place{};
        }
        list(std::move(names), places_);
    }

    std::vector<std::uint8_t> read_stretch(std::int64_t begin, std::int64_t length, const std::string& name) const {
        std::vector<std::uint8_t> bytes(static_cast<std::size_t>(length));
        for (std::size_t have = 0; have < bytes.size();) {
            const ssize_t got =
                pread(file_, bytes.data() + have, bytes.size() - have, begin + static_cast<std::int64_t>(have));
            if (got <= 0) fail(name, "the archive has become shorter");
            have += static_cast<std::size_t>(got);
        }
        return bytes;
    }

    [[noreturn]] void fail(const std::string& name, const std::string& why) const {
        throw Error(Fault::data, "`" + name + "` in `" + path_.string() + "` can't be read: " + why);
    }
    [[noreturn]] void damaged(const std::vector<std::string>& names, const std::string& why) const {
        const std::string where = names.empty() ? "" : " at `" + names.back() + "`";
        throw Error(Fault::data, "`" + path_.string() + "` is damaged or cut short" + where + ": " + why)
            .parameter("path")
            .help("zip archives and tar archives (.tar, .tar.gz, .tar.bz2, .tar.xz, .tar.zst) are read");
    }

    std::filesystem::path path_;
    int file_;
    std::vector<Place> places_;
};

}  // namespace

std::shared_ptr<const FileTree> open_tar(const std::filesystem::path& path, std::size_t memory) {
    return std::make_shared<Tar>(path, memory);
}
