#include "class_folders.hpp"

namespace {

/// The same as dataset.folder from a zip or tar, which is never unpacked to disk.
struct Archive final : ClassFolders {
    static void describe(fettle::Describe<Archive>& d) {
        d.summary("Images in the class folders of a zip or tar archive, read in place.");
        describe_classes(d, "The archive: .zip, .tar, .tar.gz, .tar.bz2, .tar.xz or .tar.zst, by content.");
        describe_memory(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        if (std::filesystem::is_directory(path))
            throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` is a folder, not an archive")
                .parameter("path")
                .help("`dataset.folder` reads folders");
        return classes_of(opened(), context);
    }
};

}  // namespace

void add_archive(fettle::PluginBuilder& plugin) { plugin.add<Archive>("dataset.archive"); }
