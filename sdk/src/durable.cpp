#include <fettle/durable.hpp>
#include <fettle/error.hpp>

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <vector>

namespace fettle {
namespace {

namespace fs = std::filesystem;

/// More files than this are cheaper together, whatever else of the disk's is written then.
constexpr std::size_t few = 16;

/// Applies one of the calls that wait for a disk to what lies at a path.
void wait_for_disk(const fs::path& path, int (*sync)(int)) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    const int failure = sync(file) == 0 ? 0 : errno;
    close(file);
    if (failure == EIO || failure == ENOSPC || failure == EDQUOT)
        throw Error(Fault::storage,
                    "`" + path.string() + "` could not be written: " + std::generic_category().message(failure));
}

}  // namespace

void make_durable(const fs::path& path) { wait_for_disk(path, fs::is_directory(path) ? fsync : fdatasync); }

void make_all_durable(const fs::path& folder) {
    std::vector<fs::path> files{folder};
    std::error_code error;
    for (fs::recursive_directory_iterator file(folder, error), end; !error && file != end; file.increment(error))
        files.push_back(file->path());
    if (files.size() > few) return wait_for_disk(folder, syncfs);
    for (const fs::path& file : files) make_durable(file);
}

}  // namespace fettle
