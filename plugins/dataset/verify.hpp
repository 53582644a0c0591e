// Looking at files before anything is made of them: what can't be used is left out, with a sentence that names it.
#pragma once

#include "layout.hpp"
#include "tree.hpp"

#include <fettle/context.hpp>

#include <cstdint>
#include <string>
#include <vector>

struct VerifyRules {
    std::uint64_t pixel_limit = 0;  ///< pixels an image or mask may have by its header
    bool decode = false;            ///< decode every file once; else its header and its end are looked at
};

/// Leaves out of `images` what can't be used: unsafe names, ids that stand twice, files that are empty, damaged,
/// encrypted, animated, no image or too large, masks of another size than their image. Returns a sentence for each,
/// in the order of the images.
/// Throws Interrupted where the run is to stop.
std::vector<std::string> leave_out_bad(std::vector<LaidOut>& images, const FileTree& tree, const VerifyRules& rules,
                                       const fettle::Context& context);
