#pragma once

#include <fettle/bits.hpp>
#include <fettle/image.hpp>

namespace hash {

/// size * size bits of an image of any size: phash of imagehash 4.3.2, bit for bit. Throws Error(Fault::data) where
/// there are no pixels.                                                              [any thread, concurrent]
fettle::Bits perceptual_hash(const fettle::Image& image, int size);

}  // namespace hash
