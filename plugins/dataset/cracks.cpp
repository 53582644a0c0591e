// Concrete surfaces with and without cracks, by C. F. Ozgenel (Mendeley Data, "Concrete Crack Images for
// Classification").
#include "tree_dataset.hpp"

namespace {

/// The published set: two folders, anywhere in the tree.
struct Cracks final : TreeDataset {
    static void describe(fettle::Describe<Cracks>& d) {
        d.summary("Concrete as published: Negative/ without a crack, Positive/ with one.");
        describe_published(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        auto tree = opened();
        Found found;
        for (std::size_t file = 0; file < tree->names().size(); ++file) {
            const PathParts parts = taken_apart(tree->names()[file]);
            const std::string folder = lower(parts.above(0));
            if (!is_image_file(parts) || (folder != "negative" && folder != "positive")) continue;
            LaidOut image{.file = file};
            image.info.category = folder == "negative" ? "Negative" : "Positive";
            image.info.id = image.info.category + "/" + parts.file();
            image.info.label = folder == "negative" ? fettle::Label::normal : fettle::Label::anomalous;
            found.images.push_back(std::move(image));
        }
        if (found.images.empty())
            report_layout(*tree, "picture of concrete", "pictures lie in folders `Negative` and `Positive`");
        return images_of(std::move(tree), std::move(found), context);
    }
};

}  // namespace

void add_cracks(fettle::PluginBuilder& plugin) { plugin.add<Cracks>("dataset.cracks"); }
