#include "tiling.hpp"

#include <charconv>

namespace {

/// A number that is all of the text, in the one way that it is written.
std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0) return {};
    return std::to_string(value) == text ? std::optional(value) : std::nullopt;
}

}  // namespace

std::vector<int> tile_starts(int side, int tile, int overlap) {
    std::vector<int> starts;
    for (int start = 0; start + tile < side; start += tile - overlap) starts.push_back(start);
    starts.push_back(side - tile);
    return starts;
}

std::string tile_id(std::string_view image, TilePlace place) {
    return std::string(image) + "#" + std::to_string(place.x) + "," + std::to_string(place.y);
}

std::optional<TileName> tile_name(std::string_view id) {
    const auto mark = id.rfind('#'), comma = id.rfind(',');
    if (mark == id.npos || comma == id.npos || comma < mark) return {};
    const auto x = number(id.substr(mark + 1, comma - mark - 1)), y = number(id.substr(comma + 1));
    if (!x || !y) return {};
    return TileName{std::string(id.substr(0, mark)), {*x, *y}};
}
