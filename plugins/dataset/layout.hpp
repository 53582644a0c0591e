// How folders and names say what a file is: its class, its published split, its mask.
#pragma once

#include <fettle/ports.hpp>

#include <cstddef>
#include <optional>
#include <string>
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
};

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
std::string lower(std::string text);
