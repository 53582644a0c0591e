// What the hashes do to an image before they look at it, to the last bit as Pillow does it: another rounding here
// changes hashes.
#pragma once

#include <fettle/image.hpp>

namespace hash {

/// One channel: (19595 R + 38470 G + 7471 B + 2^15) / 2^16, cut (ITU-R 601-2 in 16-bit fixed point; Pillow >= 7,
/// libImaging/Convert.c). An image of one channel is returned as it is. Throws Error(Fault::data) where there are no
/// pixels.                                                                            [any thread, concurrent]
fettle::Image grey(const fettle::Image& image);

/// Which machine code does it; the result is the same.
enum class Code { fastest, portable };

/// What `grey` makes of an image, at another size (both sides > 0), by a Lanczos filter of three lobes that is
/// stretched where the image shrinks: Pillow's 8-bit LANCZOS (libImaging/Resample.c), horizontal pass first, rounded to
/// 8 bits between the passes, weights in 22-bit fixed point. OpenCV's filters are no substitute: its Lanczos isn't
/// stretched. Pillow 13 takes the vertical pass first for images that are much taller than wide; Pillow 9.4 to 12.0,
/// whose hashes are the published ones, never do. Throws as `grey`.                                   [any thread,
/// concurrent]
fettle::Image resize_grey(const fettle::Image& image, int width, int height, Code code = Code::fastest);

}  // namespace hash
