// What the family's files share: what a pair of images must be, and arithmetic that is safe to differentiate and
// rounds the same whatever the number of threads. Images are N x C x H x W.
#pragma once

#include <fettle/sdk.hpp>

#include <string>

namespace similarity {

using fettle::Tensor;

/// "32x24".
std::string sides(const Tensor& images);

/// Throws Error(Fault::shape) naming both sizes where number, channels or sides differ: LibTorch itself would repeat
/// the smaller one without a word.                                                  [any thread, concurrent]
void require_same(const Tensor& reference, const Tensor& candidate);

/// Throws Error(Fault::shape) where a side is less than `least` pixels; `why` ends the sentence: "the window of 9".
/// `parameter` is the one that would make room, or empty.                           [any thread, concurrent]
void require_side(const Tensor& images, std::int64_t least, const std::string& why, const std::string& parameter = {});

/// N x 1 x H x W: the mean over channels.                                           [any thread, concurrent]
Tensor over_channels(const Tensor& values);

/// N x C x 1 x 1: the mean over the sides. Row by row, then over the rows: a sum into one number would be divided
/// among the threads, and round as they are many.                                   [any thread, concurrent]
Tensor over_sides(const Tensor& values);

/// The square root, whose gradient at 0 is 0 and not infinite. Of a sum of squares that is a true subgradient, the
/// middle one.                                                                      [any thread, concurrent]
Tensor root(const Tensor& values);

}  // namespace similarity
