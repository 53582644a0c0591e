#include "layout.hpp"

#include "pixels.hpp"

#include <fettle/error.hpp>

#include <algorithm>
#include <set>
#include <unordered_map>

namespace {

using fettle::Error;
using fettle::Fault;

const char* const connect_the_same =
    "connect to `in.images` the images that `transform.tile` cut, and to `in.maps` "
    "maps of all of its tiles";

bool before(const TilePlace& a, const TilePlace& b) { return a.y != b.y ? a.y < b.y : a.x < b.x; }

struct Found {
    TilePlace place;
    std::size_t map;
};

/// Per image, its tiles row by row.
std::vector<std::vector<Found>> tiles_of(const fettle::Maps& maps, const fettle::Images& images) {
    std::unordered_map<std::string, std::size_t> index_of;
    for (std::size_t i = 0; i < images.size(); ++i)
        if (!index_of.emplace(images.info(i).id, i).second)
            throw Error(Fault::data, "two images of `in.images` are called `" + images.info(i).id +
                                         "`: their tiles can't be told apart");
    std::vector<std::vector<Found>> tiles(images.size());
    for (std::size_t m = 0; m < maps.size(); ++m) {
        const std::string& id = maps.info(m).id;
        const auto name = tile_name(id);
        if (!name)
            throw Error(Fault::data, "`" + id + "` of `in.maps` is no tile: its id doesn't say where it lies")
                .help("maps to stitch are made from what `transform.tile` gives");
        const auto image = index_of.find(name->image);
        if (image == index_of.end())
            throw Error(Fault::data,
                        "`" + id + "` of `in.maps` is a tile of `" + name->image + "`, which isn't among `in.images`")
                .help(connect_the_same);
        tiles[image->second].push_back({name->place, m});
    }
    for (auto& each : tiles)
        std::sort(each.begin(), each.end(), [](const Found& a, const Found& b) { return before(a.place, b.place); });
    return tiles;
}

std::vector<TilePlace> places_of(const std::vector<Found>& tiles) {
    std::vector<TilePlace> places;
    for (const Found& each : tiles) places.push_back(each.place);
    return places;
}

/// Where columns (or rows) of tiles begin.
std::vector<int> starts_of(const std::vector<TilePlace>& places, int TilePlace::*along) {
    std::set<int> starts;
    for (const TilePlace& place : places) starts.insert(place.*along);
    return {starts.begin(), starts.end()};
}

void require_grid(const std::vector<TilePlace>& places, const std::string& image) {
    std::vector<TilePlace> grid;
    for (const int y : starts_of(places, &TilePlace::y))
        for (const int x : starts_of(places, &TilePlace::x)) grid.push_back({x, y});
    if (places != grid || grid.front() != TilePlace{0, 0})
        throw Error(Fault::data, "there isn't one map for each tile of `" + image +
                                     "`: " + std::to_string(places.size()) + " maps, where " +
                                     std::to_string(grid.size()) + " make up the grid")
            .help(connect_the_same);
}

/// `reference` is what the maps' tiles were compared with: their size must be the one that their places tell.
void require_tile_size(const fettle::Maps& maps, const Layout& layout, const std::string& image) {
    const bool outside = layout.tile_width <= 0 || layout.tile_height <= 0;
    int width = layout.tile_width, height = layout.tile_height;
    if (const auto reference = maps.reference(); reference && !outside) {
        const std::size_t first = 0;
        const auto tile = reference->read({&first, 1})->sample(0);
        width = tile->image.width, height = tile->image.height;
    }
    if (outside || width != layout.tile_width || height != layout.tile_height)
        throw Error(Fault::shape, "the tiles don't cover `" + image + "`, which is " +
                                      sides(layout.image_width, layout.image_height) + ": the last one is " +
                                      sides(width, height) + " and begins at " +
                                      std::to_string(layout.places.back().x) + ", " +
                                      std::to_string(layout.places.back().y))
            .help(connect_the_same);
}

/// The least pixels that neighbours share.
int least_overlap(const std::vector<int>& starts, int length) {
    int least = length;
    for (std::size_t i = 1; i < starts.size(); ++i) least = std::min(least, starts[i - 1] + length - starts[i]);
    return least;
}

}  // namespace

Layout layout_of(const fettle::Maps& maps, const fettle::Images& images) {
    const auto tiles = tiles_of(maps, images);
    Layout layout;
    if (tiles.empty()) return layout;
    layout.places = places_of(tiles.front());
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        const std::string& id = images.info(i).id;
        if (tiles[i].empty()) throw Error(Fault::data, "`in.maps` has no tile of `" + id + "`").help(connect_the_same);
        if (i == 0) require_grid(layout.places, id);
        if (places_of(tiles[i]) != layout.places)
            throw Error(Fault::data,
                        "the tiles of `" + id + "` lie elsewhere than those of `" + images.info(0).id + "`")
                .help(connect_the_same);
        auto& row = layout.tiles.emplace_back();
        for (const Found& each : tiles[i]) row.push_back(each.map);
    }
    const std::size_t first = 0;
    const auto image = images.read({&first, 1})->sample(0);
    layout.image_width = image->image.width, layout.image_height = image->image.height;
    layout.tile_width = layout.image_width - layout.places.back().x;
    layout.tile_height = layout.image_height - layout.places.back().y;
    require_tile_size(maps, layout, images.info(0).id);
    return layout;
}

Border border_of(const Layout& layout, const fettle::Plane& map, const std::string& id) {
    const int missing_x = layout.tile_width - map.width, missing_y = layout.tile_height - map.height;
    if (missing_x < 0 || missing_y < 0 || missing_x % 2 != 0 || missing_y % 2 != 0)
        throw Error(Fault::shape, "the map of `" + id + "` is " + sides(map.width, map.height) + ", its tile " +
                                      sides(layout.tile_width, layout.tile_height))
            .help("a map may be smaller than its tile by an even border only: what computes it must not resize");
    const int shared = std::min(least_overlap(starts_of(layout.places, &TilePlace::x), layout.tile_width) - missing_x,
                                least_overlap(starts_of(layout.places, &TilePlace::y), layout.tile_height) - missing_y);
    if (shared < 0)
        throw Error(Fault::shape, "maps of neighbouring tiles leave a gap: they are " + std::to_string(missing_x) +
                                      " pixels narrower and " + std::to_string(missing_y) +
                                      " pixels lower than their tiles, which share less than that")
            .help("give `transform.tile` an `overlap` of at least " + std::to_string(std::max(missing_x, missing_y)));
    return {missing_x / 2, missing_y / 2};
}
