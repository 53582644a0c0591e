#include "tree_dataset.hpp"

#include <fstream>

namespace {

/// The same as dataset.folder from a zip or tar, which is never unpacked to disk.
struct Archive final : TreeDataset {
    int memory = 2048;

    static void describe(fettle::Describe<Archive>& d) {
        d.summary("Images in the class folders of a zip or tar archive, read in place.");
        describe_tree(d, "The archive: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz or .tar.zst, by content.");
        d.param("memory", &Archive::memory,
                "MiB that a compressed tar may unpack to: it is held in memory. Zip and plain tar need none.",
                fettle::between(1, 1 << 20));
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        if (!std::filesystem::exists(path)) report_missing(path);
        if (std::filesystem::is_directory(path))
            throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` is a folder, not an archive")
                .parameter("path")
                .help("`dataset.folder` reads folders");
        return images_of(is_zip() ? open_zip(path) : open_tar(path, static_cast<std::size_t>(memory) << 20), context);
    }

   private:
    bool is_zip() const {
        char signature[2] = {};
        std::ifstream(path, std::ios::binary).read(signature, 2);
        return signature[0] == 'P' && signature[1] == 'K';
    }
};

}  // namespace

void add_archive(fettle::PluginBuilder& plugin) { plugin.add<Archive>("dataset.archive"); }
