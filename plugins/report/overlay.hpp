// Pictures for a page, as data URIs.
#pragma once

#include <fettle/image.hpp>

#include <string>

namespace report {

/// An image as "data:image/jpeg;base64,...", shrunk to at most `side` pixels on its longer side; one channel is grey.
///                                                                                   [any thread, concurrent]
std::string photo_uri(const fettle::Image& image, int side);

/// A mask as "data:image/png;base64,...", shrunk likewise; a thin defect isn't lost.     [any thread, concurrent]
std::string mask_uri(const fettle::Image& mask, int side);

/// A map as grey levels over a picture of its image's width and height: 0 at 0 and below, 255 at `high` and above; the
/// page gives them colours. A map that is smaller than its image lies in its middle; one number fills it. Throws
/// Error(Fault::shape) where it is larger.                                           [any thread, concurrent]
fettle::Image levels(const fettle::Plane& map, int width, int height, double high);

}  // namespace report
