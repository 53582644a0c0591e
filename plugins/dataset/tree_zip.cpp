// Zip archives. libzip lists them; what is stored or deflated, as nearly everything is, is then read straight from the
// file by any thread. Whatever else there is, and whatever looks odd, is left to libzip and its words.
#include "tree.hpp"
#include "zip_offsets.hpp"

#include <fettle/error.hpp>

#include <zip.h>
#include <zlib.h>

#include <algorithm>

namespace {

struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
};
using Handle = std::unique_ptr<zip_t, Discard>;

Handle open_handle(const std::filesystem::path& path) {
    int code = 0;
    Handle handle(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (handle) return handle;
    zip_error_t error;
    zip_error_init_with_code(&error, code);
    const std::string why = zip_error_strerror(&error);
    zip_error_fini(&error);
    throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` is damaged or cut short: " + why)
        .parameter("path")
        .help("compare its size with the publisher's, or fetch it again");
}

struct Place {
    zip_uint64_t index;                  ///< libzip's
    std::uint64_t offset;                ///< of its local header; `unknown`
    std::uint64_t packed = 0, size = 0;  ///< bytes in the archive, and of the file
    std::uint32_t checksum = 0;
    std::uint16_t method = 0;
    bool encrypted = false;
};
constexpr std::uint64_t unknown = ~std::uint64_t{0};

using Bytes = std::vector<std::uint8_t>;

/// The whole of a deflated stream; empty where it isn't one of this size.
Bytes inflated(const Bytes& packed, std::uint64_t size) {
    constexpr std::uint64_t greatest_ratio = 1032;  // of deflate; a false size reserves no more than that
    if (size / greatest_ratio > packed.size()) return {};
    Bytes bytes(static_cast<std::size_t>(size));
    z_stream stream{};
    if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return {};  // no zlib header
    stream.next_in = const_cast<Bytef*>(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    stream.next_out = bytes.data();
    stream.avail_out = static_cast<uInt>(bytes.size());
    const int status = inflate(&stream, Z_FINISH);
    const bool whole = status == Z_STREAM_END && stream.total_out == size;
    inflateEnd(&stream);
    return whole ? bytes : Bytes();
}

class Zip final : public FileTree {
   public:
    explicit Zip(std::filesystem::path path) : path_(std::move(path)), file_(path_.c_str()) {
        const Handle handle = open_handle(path_);
        const std::vector<std::uint64_t> offsets = zip_offsets(file_);
        std::vector<std::string> names;
        const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(handle.get(), 0));
        for (zip_uint64_t i = 0; i < count; ++i) {
            const char* name = zip_get_name(handle.get(), i, ZIP_FL_ENC_GUESS);
            if (name == nullptr || std::string_view(name).ends_with('/')) continue;  // a folder
            names.emplace_back(name);
            places_.push_back(place_of(handle.get(), i, offsets.size() == count ? offsets[i] : unknown));
        }
        list(std::move(names), places_);
    }

    Bytes read(std::size_t index) const override {
        const Place& place = places_[index];
        if (place.encrypted) fail(index, "it is encrypted");
        Bytes bytes = read_straight(place);
        return !bytes.empty() || place.size == 0 ? bytes : read_by_libzip(index);
    }

   private:
    static Place place_of(zip_t* archive, zip_uint64_t index, std::uint64_t offset) {
        Place place{index, offset};
        zip_stat_t stat;
        constexpr zip_uint64_t needed = ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_CRC | ZIP_STAT_COMP_METHOD;
        if (zip_stat_index(archive, index, 0, &stat) != 0 || (stat.valid & needed) != needed) {
            place.offset = unknown;
            return place;
        }
        place.packed = stat.comp_size;
        place.size = stat.size;
        place.checksum = stat.crc;
        place.method = stat.comp_method;
        place.encrypted = (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE;
        return place;
    }

    /// Empty where that doesn't do, for whatever reason: libzip then says what it is.
    Bytes read_straight(const Place& place) const {
        constexpr std::uint64_t largest = std::uint64_t{1} << 31;  // zlib counts in 32 bits
        if (place.offset == unknown || place.packed > std::min(largest, file_.size()) || place.size > largest)
            return {};
        const bool stored = place.method == ZIP_CM_STORE && place.packed == place.size;
        const std::uint64_t begin = zip_data_begin(file_, place.offset);
        if (begin == 0 || (!stored && place.method != ZIP_CM_DEFLATE)) return {};
        Bytes bytes(static_cast<std::size_t>(place.packed));
        if (!file_.read(begin, bytes.data(), bytes.size())) return {};
        if (!stored) bytes = inflated(bytes, place.size);
        return crc32_z(0, bytes.data(), bytes.size()) == place.checksum ? bytes : Bytes();
    }

    Bytes read_by_libzip(std::size_t index) const {
        const Handle archive = open_handle(path_);
        const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(
            zip_fopen_index(archive.get(), places_[index].index, 0), zip_fclose);
        if (!file) fail(index, zip_strerror(archive.get()));
        // In steps, so that a false size in a damaged archive doesn't reserve memory that the data never fills.
        constexpr std::size_t step = std::size_t{1} << 24;
        Bytes bytes;
        while (bytes.size() < places_[index].size) {
            const std::size_t have = bytes.size(), wanted = std::min<std::size_t>(step, places_[index].size - have);
            bytes.resize(have + wanted);
            const auto got = zip_fread(file.get(), bytes.data() + have, wanted);
            if (got < 0) fail(index, zip_file_strerror(file.get()));
            if (got == 0) fail(index, "it is shorter than the archive says");
            bytes.resize(have + static_cast<std::size_t>(got));
        }
        std::uint8_t more;  // reaching the end is what makes libzip compare the checksum
        if (zip_fread(file.get(), &more, 1) < 0) fail(index, zip_file_strerror(file.get()));
        return bytes;
    }

    [[noreturn]] void fail(std::size_t index, const std::string& why) const {
        throw fettle::Error(fettle::Fault::data,
                            "`" + names()[index] + "` in `" + path_.string() + "` can't be read: " + why);
    }

    std::filesystem::path path_;
    OpenFile file_;
    std::vector<Place> places_;
};

}  // namespace

std::shared_ptr<const FileTree> open_zip(const std::filesystem::path& path) { return std::make_shared<Zip>(path); }
