// What the hashes do to an image before they look at it, to the last bit as Pillow does it: another rounding here
// changes hashes.
#pragma once

#include <fettle/image.hpp>

namespace hash {

/// Throws Error(Fault::data) where there are no pixels.                                 [any thread, concurrent]
void refuse_empty(const fettle::Image& image);

/// (19595 R + 38470 G + 7471 B + 2^15) / 2^16, cut: ITU-R 601-2 in 16-bit fixed point (Pillow >= 7,
/// libImaging/Convert.c).                                                               [any thread, concurrent]
constexpr unsigned grey_value(unsigned red, unsigned green, unsigned blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 0x8000) >> 16;
}

/// One channel of grey values. An image of one channel is returned as it is. Throws as `refuse_empty`.
///                                                                                      [any thread, concurrent]
fettle::Image grey(const fettle::Image& image);

/// Which machine code does it; the result is the same.
enum class Code { fastest, portable };

/// What `grey` makes of an image, at another size (both sides > 0), by a Lanczos filter of three lobes that is
/// stretched where the image shrinks: Pillow's 8-bit LANCZOS (libImaging/Resample.c), horizontal pass first, rounded to
/// 8 bits between the passes, weights in 22-bit fixed point. OpenCV's filters are no substitute: its Lanczos isn't
/// stretched. Pillow 13 takes the vertical pass first for images that are much taller than wide; Pillow 9.4 to 12.0,
/// whose hashes are the published ones, never do. Throws as `refuse_empty`.                                   [any
/// thread, concurrent]
fettle::Image resize_grey(const fettle::Image& image, int width, int height, Code code = Code::fastest);

}  // namespace hash
