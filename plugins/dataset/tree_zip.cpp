// Zip archives through libzip, which reads entries in any order; its handles aren't for several threads at once, so
// each reading thread borrows one of its own.
#include "tree.hpp"

#include <fettle/error.hpp>

#include <zip.h>
#include <mutex>

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

class Zip final : public FileTree {
   public:
    explicit Zip(std::filesystem::path path) : path_(std::move(path)) {
        Handle handle = open_handle(path_);
        std::vector<std::string> names;
        const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(handle.get(), 0));
        for (zip_uint64_t i = 0; i < count; ++i) {
            const char* name = zip_get_name(handle.get(), i, ZIP_FL_ENC_GUESS);
            if (name == nullptr || std::string_view(name).ends_with('/')) continue;  // a folder
            names.emplace_back(name);
            places_.push_back(i);
        }
        list(std::move(names), places_);
        idle_.push_back(std::move(handle));
    }

    std::vector<std::uint8_t> read(std::size_t index) const override {
        Handle handle = borrow();
        auto bytes = read(handle.get(), index);
        const std::lock_guard lock(mutex_);
        idle_.push_back(std::move(handle));
        return bytes;
    }

   private:
    Handle borrow() const {
        {
            const std::lock_guard lock(mutex_);
            if (!idle_.empty()) {
                Handle handle = std::move(idle_.back());
                idle_.pop_back();
                return handle;
            }
        }
        return open_handle(path_);
    }

    std::vector<std::uint8_t> read(zip_t* archive, std::size_t index) const {
        zip_stat_t stat;
        if (zip_stat_index(archive, places_[index], 0, &stat) != 0) fail(index, zip_strerror(archive));
        if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) && stat.encryption_method != ZIP_EM_NONE)
            fail(index, "it is encrypted");
        const std::unique_ptr<zip_file_t, int (*)(zip_file_t*)> file(zip_fopen_index(archive, places_[index], 0),
                                                                     zip_fclose);
        if (!file) fail(index, zip_strerror(archive));
        // In steps, so that a false size in a damaged archive doesn't reserve memory that the data never fills.
        constexpr std::size_t step = std::size_t{1} << 24;
        std::vector<std::uint8_t> bytes;
        while (bytes.size() < stat.size) {
            const std::size_t have = bytes.size(), wanted = std::min<std::size_t>(step, stat.size - have);
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
    std::vector<zip_uint64_t> places_;
    mutable std::mutex mutex_;
    mutable std::vector<Handle> idle_;
};

}  // namespace

std::shared_ptr<const FileTree> open_zip(const std::filesystem::path& path) { return std::make_shared<Zip>(path); }
