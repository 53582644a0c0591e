// Gaussian smoothing of maps.
#pragma once

#include <fettle/image.hpp>

namespace score {

/// The highest value of a map after a Gaussian of standard deviation `sigma` pixels (above 0), cut off at four of
/// them; beyond the edges the map is mirrored, edge pixels too (scipy.ndimage's defaults).  [any thread, concurrent]
double maximum_of_smoothed(const fettle::Plane& plane, double sigma);

}  // namespace score
