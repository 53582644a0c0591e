#include "area.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

namespace fettle {
namespace {

/// What the pixels of a shrunk side cover of the side as it was. A weight is a whole number: the shared length of both
/// pixels, in units that divide either. So sums are exact, in whatever order they are added.
struct Cover {
    struct Pixel {
        int first;            ///< of the pixels that it covers
        int count;            ///< of them
        std::size_t weights;  ///< where theirs begin
    };
    std::vector<Pixel> pixels;
    std::vector<float> weights;
    std::int64_t total;  ///< sum of a pixel's weights, the same for all

    Cover(int source, int target) : total(source / std::gcd(source, target)) {
        const std::int64_t unit = target / std::gcd(source, target);  // length of a source pixel
        for (std::int64_t k = 0; k < target; ++k) {
            const std::int64_t begin = k * total, end = begin + total;
            const std::int64_t first = begin / unit, last = (end - 1) / unit;
            pixels.push_back({static_cast<int>(first), static_cast<int>(last - first + 1), weights.size()});
            for (std::int64_t i = first; i <= last; ++i)
                weights.push_back(static_cast<float>(std::min(end, (i + 1) * unit) - std::max(begin, i * unit)));
        }
    }
};

/// Weighted sum of the rows that a row covers, value by value.
template <class Number>
void add_rows(const Image& image, const Cover& rows, const Cover::Pixel& row, Number* sums) {
    const std::size_t length = static_cast<std::size_t>(image.width) * image.channels;
    for (int i = 0; i < row.count; ++i) {
        const std::uint8_t* source = image.at(0, row.first + i);
        const Number weight = rows.weights[row.weights + i];
        if (i == 0)
            for (std::size_t x = 0; x < length; ++x) sums[x] = weight * source[x];
        else
            for (std::size_t x = 0; x < length; ++x) sums[x] += weight * source[x];
    }
}

/// Weighted sums of the pixels that each pixel of a row covers. Four lanes at once whatever the channels: those beyond
/// are overwritten by the next pixel, and the buffers have room for the last one's.
template <class Number>
void add_columns(const Number* sums, const Cover& columns, int channels, Number* line) {
    typedef Number Lanes __attribute__((vector_size(4 * sizeof(Number))));
    for (const Cover::Pixel& pixel : columns.pixels) {
        Lanes sum{};
        const Number* source = sums + static_cast<std::ptrdiff_t>(pixel.first) * channels;
        for (int i = 0; i < pixel.count; ++i, source += channels) {
            Lanes value;
            std::memcpy(&value, source, sizeof value);
            sum += static_cast<Number>(columns.weights[pixel.weights + i]) * value;
        }
        std::memcpy(line, &sum, sizeof sum);
        line += channels;
    }
}

template <class Number>
Image shrink(const Image& image, const Cover& columns, const Cover& rows) {
    const int width = static_cast<int>(columns.pixels.size()), height = static_cast<int>(rows.pixels.size());
    Image out(width, height, image.channels);
    const std::size_t length = static_cast<std::size_t>(width) * image.channels;
    constexpr std::size_t lanes = 4;
    std::vector<Number> sums(static_cast<std::size_t>(image.width) * image.channels + lanes), line(length + lanes);
    const Number share = Number{1} / static_cast<Number>(columns.total * rows.total);
    for (int y = 0; y < height; ++y) {
        add_rows(image, rows, rows.pixels[y], sums.data());
        add_columns(sums.data(), columns, image.channels, line.data());
        std::uint8_t* target = out.at(0, y);
        for (std::size_t x = 0; x < length; ++x)
            target[x] = static_cast<std::uint8_t>(static_cast<int>(line[x] * share + Number{0.5}));
    }
    return out;
}

}  // namespace

Image shrink_by_area(const Image& image, int width, int height) {
    const Cover columns(image.width, width), rows(image.height, height);
    // float holds whole numbers up to 2^24 exactly, which does for most sizes; double for all.
    return 255 * columns.total * rows.total < std::int64_t{1} << 24 ? shrink<float>(image, columns, rows)
                                                                    : shrink<double>(image, columns, rows);
}

}  // namespace fettle
