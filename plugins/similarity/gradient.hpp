// How steep images are, and how alike in that: the part that the gradient magnitude's similarities share.
#pragma once

#include "pair.hpp"

namespace similarity {

/// The magnitude of Prewitt's gradient: a third of the differences between two columns, or rows, two pixels apart,
/// summed over three. N x C x (H-2) x (W-2), from images of 3x3 at least. Differentiable; in a flat place, where it
/// isn't, with gradient 0.                                                          [any thread, concurrent]
Tensor steepness(const Tensor& images);

/// One minus the similarity of two magnitudes m and n, channel by channel:
///
///     1 - (2 m n + c) / (m^2 + n^2 + c) = (m - n)^2 / (m^2 + n^2 + c).
///
/// W. Xue, L. Zhang, X. Mou, A. Bovik, "Gradient magnitude similarity deviation" (IEEE TIP 23, 2014). Sizes as
/// `steepness`.                                                                     [any thread, concurrent]
Tensor gradient_difference(const Tensor& reference, const Tensor& candidate, double c);

}  // namespace similarity
