#include "regions.hpp"

#include "grey.hpp"

#include <algorithm>
#include <cstdint>

namespace hash {
namespace {

using fettle::Image;

Image turned_over(const Image& image) {
    Image out(image.height, image.width, 1);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) *out.at(y, x) = *image.at(x, y);
    return out;
}

/// A box of 3.75 pixels along the rows: three whole pixels, and 3/8 of one on either side. In 24-bit fixed point.
Image boxed(const Image& image) {
    constexpr std::uint32_t one = 1u << 24;
    constexpr auto whole = static_cast<std::uint32_t>(static_cast<float>(one) / 3.75f);
    constexpr std::uint32_t rest = (one - 3 * whole) / 2;
    Image out(image.width, image.height, 1);
    std::vector<std::uint32_t> line(static_cast<std::size_t>(image.width) + 4);
    for (int y = 0; y < image.height; ++y) {
        std::copy_n(image.at(0, y), image.width, line.begin() + 2);
        line[0] = line[1] = line[2];
        line.end()[-1] = line.end()[-2] = line.end()[-3];
        for (int x = 0; x < image.width; ++x)
            *out.at(x, y) = static_cast<std::uint8_t>(
                ((line[x + 1] + line[x + 2] + line[x + 3]) * whole + (line[x] + line[x + 4]) * rest + one / 2) >> 24);
    }
    return out;
}

/// Which pixels have a median above the level, of the nine around them: those around which at least five are.
std::vector<std::uint8_t> bright_pixels(const Image& image, int level) {
    std::vector<std::uint8_t> bright(image.pixels.size());
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) {
            int above = 0;
            for (int v = y - 1; v <= y + 1; ++v)
                for (int u = x - 1; u <= x + 1; ++u)
                    above += *image.at(std::clamp(u, 0, image.width - 1), std::clamp(v, 0, image.height - 1)) > level;
            bright[static_cast<std::size_t>(y) * image.width + x] = above >= 5;
        }
    return bright;
}

/// The pixels that hang together with `start` by their sides and are alike; they are marked as `taken`.
Box region_at(std::size_t start, const std::vector<std::uint8_t>& bright, std::vector<std::uint8_t>& taken, int side) {
    Box box{side, side, 0, 0, 0};
    std::vector<std::size_t> todo{start};
    taken[start] = 1;
    while (!todo.empty()) {
        const std::size_t at = todo.back();
        todo.pop_back();
        const int x = static_cast<int>(at % side), y = static_cast<int>(at / side);
        box = {std::min(box.left, x), std::min(box.top, y), std::max(box.right, x + 1), std::max(box.bottom, y + 1),
               box.pixels + 1};
        const auto visit = [&](bool inside, std::size_t next) {
            if (!inside || taken[next] != 0 || bright[next] != bright[start]) return;
            taken[next] = 1;
            todo.push_back(next);
        };
        visit(x > 0, at - 1);
        visit(x + 1 < side, at + 1);
        visit(y > 0, at - side);
        visit(y + 1 < side, at + side);
    }
    return box;
}

}  // namespace

Image blurred(const Image& grey) {
    Image out = turned_over(boxed(boxed(boxed(grey))));
    return turned_over(boxed(boxed(boxed(out))));
}

std::vector<Box> find_regions(const Image& image, const Regions& how) {
    const int side = how.side;
    const auto bright = bright_pixels(blurred(resize_grey(image, side, side)), how.level);
    std::vector<std::uint8_t> taken(bright.size());
    std::vector<Box> found;
    // The original counts pixels until it has as many as the image: from the frame of 4 x side around it on, and
    // without regions of one pixel. So the last dark regions, up to as many pixels as the frame has, are never seen.
    std::size_t counted = 4 * static_cast<std::size_t>(side);
    for (const bool bright_ones : {true, false})
        for (std::size_t i = 0; i < bright.size() && (bright_ones || counted < bright.size()); ++i) {
            if (taken[i] != 0 || (bright[i] != 0) != bright_ones) continue;
            const Box box = region_at(i, bright, taken, side);
            if (box.pixels > 1) counted += box.pixels;
            if (box.pixels > how.smallest) found.push_back(box);
        }
    if (how.most > 0 && found.size() > static_cast<std::size_t>(how.most)) {
        std::stable_sort(found.begin(), found.end(), [](const Box& a, const Box& b) { return a.pixels > b.pixels; });
        found.resize(how.most);
    }
    return found;
}

}  // namespace hash
