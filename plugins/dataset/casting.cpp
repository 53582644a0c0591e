// Castings of pump impellers, by R. Dabhi (Kaggle, "casting product image data for quality inspection").
#include "tree_dataset.hpp"

namespace {

/// The published set, however deep its folders lie: the archive nests casting_data in casting_data. An id begins at
/// train or test (of the variant 512 at the class), so it is the same however the set was packed.
struct Casting final : TreeDataset {
    std::string variant = "300";

    static void describe(fettle::Describe<Casting>& d) {
        d.summary("Castings as published: casting_data/{train,test}/{ok_front,def_front}, or the 512x512 variant.")
            .param("variant", &Casting::variant,
                   "\"300\": pictures of 300x300 pixels, split by the publisher; \"512\": of 512x512, not split.",
                   fettle::one_of({"300", "512"}));
        describe_published(d);
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        auto tree = opened();
        Found found;
        bool other_variant = false;
        for (std::size_t file = 0; file < tree->names().size(); ++file) {
            const PathParts parts = taken_apart(tree->names()[file]);
            const std::string &category = parts.above(0), &above = parts.above(1);
            if (!is_image_file(parts) || (category != "ok_front" && category != "def_front")) continue;
            const bool split = above == "train" || above == "test";
            if (split != (variant == "300")) {
                other_variant = true;
                continue;
            }
            LaidOut image{.file = file};
            image.info.id = parts.from(parts.folders.size() - (split ? 2 : 1));
            image.info.label = category == "ok_front" ? fettle::Label::normal : fettle::Label::anomalous;
            image.info.category = category;
            if (split) image.info.published = above;
            found.images.push_back(std::move(image));
        }
        if (found.images.empty())
            report_layout(*tree, "image of the variant " + variant,
                          other_variant ? "it does hold the other one; set `variant`"
                          : variant == "300"
                              ? "images lie in `casting_data/train/ok_front`, `train/def_front`, `test/ok_front` and "
                                "`test/def_front`"
                              : "images lie in `casting_512x512/ok_front` and `casting_512x512/def_front`");
        return images_of(std::move(tree), std::move(found), context);
    }
};

}  // namespace

void add_casting(fettle::PluginBuilder& plugin) { plugin.add<Casting>("dataset.casting"); }
