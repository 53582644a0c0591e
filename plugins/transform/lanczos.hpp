// Lanczos' windowed sinc with three lobes, widened where an image shrinks, so that nothing finer than the new pixels
// is left to alias: what Pillow calls LANCZOS. OpenCV's filter of that name isn't widened.
#pragma once

#include <fettle/image.hpp>

/// The image at another size, in pixels (both > 0).                                  [any thread, concurrent]
fettle::Image resize_lanczos(const fettle::Image& image, int width, int height);
