// Magnetic tiles, by Y. Huang, C. Qiu and K. Yuan ("Surface defect saliency of magnetic tile", The Visual Computer 36,
// 2020).
#include "tree_dataset.hpp"

namespace {

/// The published set: MT_<kind>/Imgs/x.jpg with its mask x.png beside it. Masks have grey edges; above 127 is damage.
struct Tiles final : TreeDataset {
    static void describe(fettle::Describe<Tiles>& d) {
        d.summary("Magnetic tiles as published: MT_<kind>/Imgs/*.jpg with .png masks; MT_Free is sound.");
        describe_published(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        auto tree = opened();
        const NameIndex files = index_of(tree->names());
        Found found{.says_masks = true};
        for (std::size_t file = 0; file < tree->names().size(); ++file) {
            const PathParts parts = taken_apart(tree->names()[file]);
            const std::string& kind = parts.above(1);
            const bool photo = parts.extension == ".jpg" || parts.extension == ".jpeg";
            if (!photo || parts.above(0) != "Imgs" || !kind.starts_with("MT_")) continue;
            LaidOut image{.file = file};
            image.info.id = parts.from(parts.folders.size() - 2);
            image.info.category = kind;
            image.info.label = kind == "MT_Free" ? fettle::Label::normal : fettle::Label::anomalous;
            const std::string& name = tree->names()[file];
            const auto mask = files.find(name.substr(0, name.size() - parts.ending.size()) + ".png");
            if (mask != files.end()) image.mask = mask->second;
            found.images.push_back(std::move(image));
        }
        if (found.images.empty())
            report_layout(*tree, "picture of a tile", "pictures lie in `MT_Free/Imgs`, `MT_Crack/Imgs` and so on");
        return images_of(std::move(tree), std::move(found), context);
    }
};

}  // namespace

void add_tiles(fettle::PluginBuilder& plugin) { plugin.add<Tiles>("dataset.tiles"); }
