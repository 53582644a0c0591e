// Where tiles lie on an image, and the ids that say so. Tile and stitch share nothing else.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// A tile's left and top edge on its image, in pixels.
struct TilePlace {
    int x = 0, y = 0;
    friend bool operator==(const TilePlace&, const TilePlace&) = default;
};

/// Where tiles of `tile` pixels begin along a side (tile <= side, overlap < tile), each sharing `overlap` pixels with
/// the one before it; the last is moved inwards so that it ends where the side does.
std::vector<int> tile_starts(int side, int tile, int overlap);

/// "a.png#192,0".
std::string tile_id(std::string_view image, TilePlace place);

/// What a tile's id says.
struct TileName {
    std::string image;
    TilePlace place;
};
/// None where the id is no tile's.
std::optional<TileName> tile_name(std::string_view id);
