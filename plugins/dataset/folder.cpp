#include "class_folders.hpp"

namespace {

/// Class folders on disk; see layout.hpp for how they say what an image is.
struct Folder final : ClassFolders {
    static void describe(fettle::Describe<Folder>& d) {
        d.summary("Images in class folders, with masks beside them or in a parallel tree.");
        describe_classes(d, "The folder; what lies below it counts.");
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        if (!std::filesystem::exists(path)) report_missing(path);
        if (!std::filesystem::is_directory(path))
            throw fettle::Error(fettle::Fault::data, "`" + path.string() + "` is a file, not a folder")
                .parameter("path")
                .help("`dataset.archive` reads zip and tar archives");
        return classes_of(opened(), context);
    }
};

}  // namespace

void add_folder(fettle::PluginBuilder& plugin) { plugin.add<Folder>("dataset.folder"); }
