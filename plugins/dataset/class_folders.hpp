// What `dataset.folder` and `dataset.archive` share: class folders, with masks beside them or in a parallel tree.
#pragma once

#include "tree_dataset.hpp"

/// Images in class folders; layout.hpp says how folders tell what an image is.
struct ClassFolders : TreeDataset {
    std::vector<std::string> normal{"good", "ok", "ok_front", "normal", "negative", "sound", "free", "mt_free"};
    std::string label = "unknown";
    std::string masks = "none";
    std::string mask_folder = "ground_truth";
    std::string alpha = "mask";
    std::vector<std::string> extensions = image_extensions();

    template <class T>
    static void describe_classes(fettle::Describe<T>& d, const std::string& path_doc) {
        describe_tree(d, path_doc);
        d.param("normal", &T::normal, "Class folders whose images are sound, in any case; all others are anomalous.")
            .param("label", &T::label, "Label of images that lie in no class folder.",
                   fettle::one_of({"normal", "anomalous", "unknown"}))
            .param("masks", &T::masks,
                   "Where masks lie: \"beside\" the images (`x_mask.png`, or `x.png` of `x.jpg`), or in a \"parallel\" "
                   "tree.",
                   fettle::one_of({"none", "beside", "parallel"}))
            .param(
                "mask_folder", &T::mask_folder,
                "Of a parallel tree: the folder that stands for train or test, as in `ground_truth/crack/x_mask.png`.")
            .param("alpha", &T::alpha,
                   "What an image's alpha becomes: its \"mask\", as of objects to paste, or nothing.",
                   fettle::one_of({"mask", "ignore"}))
            .param("extensions", &T::extensions, "Files with other extensions are passed over.");
    }

   protected:
    fettle::Ref<fettle::Images> classes_of(std::shared_ptr<const FileTree> tree, fettle::Context& context) const;
};
