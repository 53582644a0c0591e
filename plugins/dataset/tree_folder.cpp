#include "tree.hpp"

#include <fettle/error.hpp>
#include <fettle/image.hpp>

#include <algorithm>

namespace fs = std::filesystem;

namespace {

class Folder final : public FileTree {
   public:
    explicit Folder(const fs::path& root) {
        std::vector<std::string> names;
        const auto options = fs::directory_options::follow_directory_symlink;
        for (auto entry = fs::recursive_directory_iterator(root, options); entry != fs::end(entry); ++entry) {
            if (entry->is_directory()) {
                if (entry->is_symlink() && leads_back(entry->path())) entry.disable_recursion_pending();
            } else if (entry->is_regular_file()) {
                names.push_back(entry->path().lexically_relative(root).generic_string());
                paths_.push_back(entry->path());
            }
        }
        list(std::move(names), paths_);
    }

    std::vector<std::uint8_t> read(std::size_t index) const override { return fettle::read_bytes(paths_[index]); }

   private:
    /// Whether a link leads to a folder that it lies in, so that following it would never end.
    static bool leads_back(const fs::path& link) {
        const fs::path target = fs::canonical(link), place = fs::canonical(link.parent_path());
        return std::mismatch(target.begin(), target.end(), place.begin(), place.end()).first == target.end();
    }

    std::vector<fs::path> paths_;
};

}  // namespace

std::shared_ptr<const FileTree> open_folder(const fs::path& path) {
    try {
        return std::make_shared<Folder>(path);
    } catch (const fs::filesystem_error& error) {
        throw fettle::Error(fettle::Fault::data,
                            "`" + error.path1().string() + "` can't be listed: " + error.code().message())
            .parameter("path");
    }
}
