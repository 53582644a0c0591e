#include "pack.hpp"

#include <fettle/error.hpp>
#include <fettle/parallel.hpp>

#include <archive.h>
#include <archive_entry.h>

#include <fstream>
#include <set>

namespace fs = std::filesystem;

namespace {

[[noreturn]] void fail(const fs::path& path, const std::string& why) {
    throw fettle::Error(fettle::Fault::storage, "`" + path.string() + "` can't be written" + why)
        .help("is the disk full, or may its folder not be written to?");
}

class FolderPack final : public Pack {
   public:
    explicit FolderPack(fs::path root) : root_(std::move(root)) {}

    void add(const std::vector<PackedFile>& files) override {
        for (const auto& file : files)
            if (const fs::path folder = (root_ / file.name).parent_path(); made_.insert(folder.string()).second) {
                std::error_code error;
                fs::create_directories(folder, error);
                if (error) fail(folder, ": " + error.message());
            }
        fettle::parallel_for_each_index(files.size(), [&](std::size_t i) {
            std::ofstream out(root_ / files[i].name, std::ios::binary);
            out.write(reinterpret_cast<const char*>(files[i].bytes.data()),
                      static_cast<std::streamsize>(files[i].bytes.size()));
            if (!out.flush()) fail(root_ / files[i].name, "");
        });
    }
    void finish() override {}

   private:
    fs::path root_;
    std::set<std::string> made_;
};

/// Pictures are compressed already, so a zip stores them as they are: quick to write, and read in place.
class ArchivePack final : public Pack {
   public:
    ArchivePack(fs::path path, bool zip) : path_(std::move(path)), archive_(archive_write_new()) {
        if (zip) {
            check(archive_write_set_format_zip(archive_.get()));
            check(archive_write_set_options(archive_.get(), "zip:compression=store"));
        } else {
            check(archive_write_set_format_pax_restricted(archive_.get()));
        }
        check(archive_write_add_filter_none(archive_.get()));
        check(archive_write_open_filename(archive_.get(), path_.c_str()));
    }

    void add(const std::vector<PackedFile>& files) override {
        for (const auto& file : files) {
            const std::unique_ptr<archive_entry, void (*)(archive_entry*)> entry(archive_entry_new(),
                                                                                 archive_entry_free);
            archive_entry_set_pathname(entry.get(), file.name.c_str());
            archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
            archive_entry_set_filetype(entry.get(), AE_IFREG);
            archive_entry_set_perm(entry.get(), 0644);
            check(archive_write_header(archive_.get(), entry.get()));
            const auto written = archive_write_data(archive_.get(), file.bytes.data(), file.bytes.size());
            if (written != static_cast<la_ssize_t>(file.bytes.size())) check(ARCHIVE_FATAL);
        }
    }
    void finish() override { check(archive_write_close(archive_.get())); }

   private:
    struct Free {
        void operator()(archive* out) const { archive_write_free(out); }
    };

    void check(int status) const {
        if (status >= ARCHIVE_WARN) return;
        const char* why = archive_error_string(archive_.get());
        fail(path_, why != nullptr ? std::string(": ") + why : "");
    }

    fs::path path_;
    std::unique_ptr<archive, Free> archive_;
};

}  // namespace

std::unique_ptr<Pack> make_pack(const std::string& kind, const fs::path& folder) {
    if (kind == "folder") return std::make_unique<FolderPack>(folder);
    return std::make_unique<ArchivePack>(folder / ("samples." + kind), kind == "zip");
}
