#pragma once

#include <fettle/image.hpp>

#include <vector>

namespace hash {

/// What is left of a square of grey pixels (one channel, side a power of two) after Haar steps down to size x size, the
/// square's mean taken off first, computed in doubles step by step as PyWavelets does: pixels / 255, taken apart to the
/// last level, put together again without what was left there, taken apart anew. The mean of each block times its side
/// is what that amounts to; this keeps the very rounding errors.                          [any thread, concurrent]
std::vector<double> haar_means(const fettle::Image& square, int size);

}  // namespace hash
