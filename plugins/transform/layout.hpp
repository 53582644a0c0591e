// Which tiles make up which image: found from the tiles' ids, and checked against the images.
#pragma once

#include "tiling.hpp"

#include <fettle/ports.hpp>

#include <vector>

/// How every image of a set was tiled.
struct Layout {
    int image_width = 0, image_height = 0;
    int tile_width = 0, tile_height = 0;
    std::vector<TilePlace> places;                ///< a grid, row by row
    std::vector<std::vector<std::size_t>> tiles;  ///< per image: the index of the map of each place
};

/// The edge of a tile, in pixels, that its map doesn't reach.
struct Border {
    int x = 0, y = 0;
};

/// Reads the first image for its size. Throws Error(Fault::data) where a map is of no tile, an image lacks one, or has
/// one twice, and Error(Fault::shape) where the tiles can't be those of these images.
Layout layout_of(const fettle::Maps& maps, const fettle::Images& images);

/// The border of a map of these sides. Throws Error(Fault::shape) where it is no even one, or where it leaves a gap
/// between neighbouring tiles: then with the `overlap` that would do. `id` is the tile's.
Border border_of(const Layout& layout, const fettle::Plane& map, const std::string& id);
