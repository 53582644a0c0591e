// What the data sets that are trees of image files share: parameters, checks, and samples from what was found.
#pragma once

#include "layout.hpp"
#include "tree.hpp"

#include <fettle/sdk.hpp>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

/// A data set that is a tree of image files.
struct TreeDataset : fettle::Dataset {
    std::filesystem::path path;
    std::array<int, 2> size{0, 0};
    bool scaled = true;
    std::string verify = "header";
    std::int64_t pixel_limit = 100'000'000;
    double tolerate = 0.01;
    int limit = 0;
    int memory = 2048;

    template <class T>
    static void describe_tree(fettle::Describe<T>& d, const std::string& path_doc) {
        d.param("path", &T::path, path_doc, fettle::required())
            .param("size", &T::size, "Width and height in pixels, by area; [0, 0] leaves images as stored.",
                   fettle::between(0, 16384))
            .param(
                "scaled", &T::scaled,
                "Decodes a JPEG at a half, a quarter or an eighth where `size` is smaller still: faster, and a level "
                "or two from decoding it whole.")
            .param(
                "verify", &T::verify,
                "What is looked at when the set is opened: each file's \"header\" and end, or all of it (\"decode\"), "
                "which finds damage inside.",
                fettle::one_of({"header", "decode"}))
            .param("pixel_limit", &T::pixel_limit,
                   "Pixels an image may have by its header; larger ones are left out before they are decoded.",
                   fettle::between(1, 1e12))
            .param("tolerate", &T::tolerate, "Share of unusable files that may be left out before the run fails.",
                   fettle::between(0, 1))
            .param("limit", &T::limit, "At most so many images, evenly spread over the set; 0 takes all.",
                   fettle::at_least(0))
            .check(&T::sizes_agree);
    }
    /// For those that read archives too.
    template <class T>
    static void describe_memory(fettle::Describe<T>& d) {
        d.param("memory", &T::memory,
                "MiB that a compressed tar may unpack to: it is held in memory. Zip and plain tar need none.",
                fettle::between(1, 1 << 20));
    }
    /// Of a set in its publisher's layout, from a folder or an archive.
    template <class T>
    static void describe_published(fettle::Describe<T>& d) {
        describe_tree(d, "A folder, or a zip or tar archive as published, that holds the set at any depth.");
        describe_memory(d);
    }

    std::string sizes_agree() const;

   protected:
    /// What a layout found in a tree.
    struct Found {
        std::vector<LaidOut> images;
        std::vector<std::string>
            refused;              ///< a sentence for each sample that can't be taken; they count for `tolerate`
        bool keep_alpha = false;  ///< an image's alpha becomes its mask
        bool says_masks = false;  ///< anomalous images without a mask are worth a warning
    };

    /// What lies at `path`: a folder or an archive.
    std::shared_ptr<const FileTree> opened() const;
    /// Every usable image that was found. The others are left out with a warning that names them; throws
    /// Error(Fault::data) where their share passes `tolerate`, or where there is no image.
    fettle::Ref<fettle::Images> images_of(std::shared_ptr<const FileTree> tree, Found found,
                                          fettle::Context& context) const;
    /// Throws Error(Fault::data): the tree holds no `what` ("image"). The help is what is expected, and what it does
    /// hold.
    [[noreturn]] void report_layout(const FileTree& tree, const std::string& what, const std::string& expected) const;
};

/// "`a.jpg` is empty; `b.jpg` is cut short; and 5 more"
std::string listed(const std::vector<std::string>& texts);
/// "1 file", "2 files"
std::string counted(std::size_t count, const std::string& thing);
