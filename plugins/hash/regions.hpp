#pragma once

#include "hashes.hpp"

namespace hash {

/// Where a region lies: columns left..right and rows top..bottom, the last ones excluded.
struct Box {
    int left, top, right, bottom;
    int pixels;  ///< of the region itself
};

/// Pillow's GaussianBlur of radius 2 (one channel): three box filters 3.75 wide along the rows and three along the
/// columns, rounded to 8 bits after each. Source: Gwosdek et al., "Theoretical foundations of Gaussian convolution by
/// extended box filtering" (SSVM 2011); libImaging/BoxBlur.c.                            [any thread, concurrent]
fettle::Image blurred(const fettle::Image& grey);

/// The bright regions of an image, then the dark ones, each in the order of their first pixels, row by row.
///                                                                                      [any thread, concurrent]
std::vector<Box> find_regions(const fettle::Image& image, const Regions& how);

}  // namespace hash
