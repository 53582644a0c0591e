// Pictures for a page: an image or a map as a data URI.
#pragma once

#include <fettle/image.hpp>

#include <string>

namespace report {

/// The image as "data:image/jpeg;base64,...", shrunk to at most `side` pixels on its longer side.
///                                                                                   [any thread, concurrent]
std::string data_uri(const fettle::Image& image, int side);

/// A map in colours over its image in grey: nothing at 0, violet above it, bright yellow at `high` and above, at most
/// `side` pixels. A map that is smaller than its image lies in its middle. Throws Error(Fault::shape) where it is
/// larger.
///                                                                                   [any thread, concurrent]
fettle::Image overlay(const fettle::Image& image, const fettle::Plane& map, double high, int side);

}  // namespace report
