// Maps as colours.
#pragma once

#include <fettle/image.hpp>

namespace report {

/// Grey levels (`levels` of overlay.hpp) as colours, violet to bright yellow; 0 is black.   [any thread, concurrent]
fettle::Image heat(const fettle::Image& levels);

/// The same over its image in grey: nothing at 0, and the brighter the colour the more of the image it hides. Both of
/// one size.                                                                          [any thread, concurrent]
fettle::Image heat_over(const fettle::Image& image, const fettle::Image& levels);

}  // namespace report
