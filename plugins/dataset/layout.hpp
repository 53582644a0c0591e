// How folders and names say what a file is: its class, its published split, its mask.
#pragma once

#include <fettle/ports.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

struct LayoutRules {
    std::vector<std::string> normal;               ///< names of class folders with sound images; case doesn't matter
    fettle::Label label = fettle::Label::unknown;  ///< of files that lie in no class folder
    enum class Masks { none, beside, parallel } masks = Masks::none;
    std::string mask_folder;              ///< of parallel: the tree of masks
    std::vector<std::string> extensions;  ///< of images, with the point; case doesn't matter
};

/// An image file and its mask's, as numbers into the names.
struct LaidOut {
    fettle::SampleInfo info;
    std::size_t file = 0;
    std::optional<std::size_t> mask;
    int mask_level = 127;  ///< a mask's grey values above it are anomalous; `soft`: they are taken as they are
    std::vector<std::string> lineage;  ///< as a Sample's
};
/// For LaidOut::mask_level: the mask is an object's alpha.
constexpr int soft = -1;

/// A path taken apart.
struct PathParts {
    std::vector<std::string> folders;
    std::string stem, extension;  ///< the extension in lower case, with its point

    /// The folder so many levels above the file, 0 the one it lies in; empty where there is none.
    const std::string& above(std::size_t levels) const;
    /// The path again, from a folder on.
    std::string from(std::size_t folder) const;
    std::string file() const { return stem + ending; }
    std::string ending;  ///< the extension as it is written
};
PathParts taken_apart(const std::string& path);

/// The image files that are read, by their extensions: ".jpg", ".png"...
const std::vector<std::string>& image_extensions();
/// Whether a published set's file is an image by its extension.
bool is_image_file(const PathParts& path);

/// Paths to their numbers among `names`, for looking up masks and rows of tables.
using NameIndex = std::unordered_map<std::string, std::size_t>;
NameIndex index_of(const std::vector<std::string>& names);

/// The images among `names` (paths with '/'), in the order of the names. The class of a file is the nearest folder
/// above it that isn't a mere holder ("images", "imgs"); a folder "train" or "test" is no class but the published
/// split. Masks aren't listed as images.
///   beside:    `x_mask.png`, or `x.png` where an `x.jpg` (say) is the image
///   parallel:  for `test/crack/x.png` with mask_folder "ground_truth": `ground_truth/crack/x_mask.png` or `x.png`, the
///              mask folder standing in the place of train or test, or before everything
std::vector<LaidOut> lay_out(const std::vector<std::string>& names, const LayoutRules& rules);

/// Pairs of the same stem that look like an image with its mask beside it; for a hint where masks are off.
std::size_t count_pairs(const std::vector<LaidOut>& images);

/// In lower case, as far as ASCII goes.
inline std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}
