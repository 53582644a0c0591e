// What `dataset.folder` and `dataset.archive` share: parameters, and samples from a tree of files.
#pragma once

#include "tree.hpp"

#include <fettle/sdk.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// A data set that is a tree of image files.
struct TreeDataset : fettle::Dataset {
    std::filesystem::path path;
    std::array<int, 2> size{0, 0};
    std::vector<std::string> normal{"good", "ok", "ok_front", "normal", "negative", "sound", "free", "mt_free"};
    std::string label = "unknown";
    std::string masks = "none";
    std::string mask_folder = "ground_truth";
    std::string alpha = "mask";
    std::vector<std::string> extensions{".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"};
    double tolerate = 0.01;
    int limit = 0;

    template <class T>
    static void describe_tree(fettle::Describe<T>& d, const std::string& path_doc) {
        d.param("path", &T::path, path_doc, fettle::required())
            .param("size", &T::size, "Width and height in pixels, by area; [0, 0] leaves images as stored.",
                   fettle::between(0, 16384))
            .param("normal", &T::normal, "Class folders whose images are sound, in any case; all others are anomalous.")
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
            .param("extensions", &T::extensions, "Files with other extensions are passed over.")
            .param("tolerate", &T::tolerate, "Share of unreadable files that may be left out before the run fails.",
                   fettle::between(0, 1))
            .param("limit", &T::limit, "At most so many images, evenly spread over the set; 0 takes all.",
                   fettle::at_least(0))
            .check(&T::sizes_agree);
    }

    std::string sizes_agree() const {
        if ((size[0] == 0) == (size[1] == 0)) return "";
        return "`size` is [" + std::to_string(size[0]) + ", " + std::to_string(size[1]) +
               "]; either both are 0 or none is";
    }

   protected:
    /// Every readable image of the tree. Unreadable ones are left out with a warning that names them; throws
    /// Error(Fault::data) where their share passes `tolerate`, or where there is no image.
    fettle::Ref<fettle::Images> images_of(std::shared_ptr<const FileTree> tree, fettle::Context& context) const;
};
