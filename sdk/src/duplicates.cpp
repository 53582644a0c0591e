#include <fettle/duplicates.hpp>
#include <fettle/error.hpp>
#include <fettle/parallel.hpp>

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <span>

namespace fettle {
namespace {

/// Where pixel (x, y) of a width x height picture comes from once it lies in a turn.
struct Turn {
    int turn, width, height;  ///< of the source

    int turned_width() const { return turn % 2 == 0 ? width : height; }
    int turned_height() const { return turn % 2 == 0 ? height : width; }
    std::size_t source(int x, int y) const {
        if (turn >= 4) x = turned_width() - 1 - x;
        const int quarter = turn % 4;
        const int from_x = quarter == 0 ? x : quarter == 1 ? width - 1 - y : quarter == 2 ? width - 1 - x : y;
        const int from_y = quarter == 0 ? y : quarter == 1 ? x : quarter == 2 ? height - 1 - y : height - 1 - x;
        return static_cast<std::size_t>(from_y) * width + from_x;
    }
};

/// Means over the cells of a width x height grid laid over the image; no larger than the image.
Image shrunk(const Image& image, int width, int height) {
    Image out(width, height, image.channels);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const int x0 = x * image.width / width, x1 = std::max(x0 + 1, (x + 1) * image.width / width);
            const int y0 = y * image.height / height, y1 = std::max(y0 + 1, (y + 1) * image.height / height);
            for (int c = 0; c < image.channels; ++c) {
                unsigned sum = 0;
                for (int v = y0; v < y1; ++v)
                    for (int u = x0; u < x1; ++u) sum += image.at(u, v)[c];
                const auto count = static_cast<unsigned>((x1 - x0) * (y1 - y0));
                out.at(x, y)[c] = static_cast<std::uint8_t>((sum + count / 2) / count);
            }
        }
    return out;
}

std::vector<float> shape_of(const Image& image) {
    std::vector<float> shape(static_cast<std::size_t>(Look::side) * Look::side);
    for (int y = 0; y < Look::side; ++y)
        for (int x = 0; x < Look::side; ++x) {
            const int x0 = x * image.width / Look::side, x1 = std::max(x0 + 1, (x + 1) * image.width / Look::side);
            const int y0 = y * image.height / Look::side, y1 = std::max(y0 + 1, (y + 1) * image.height / Look::side);
            std::uint64_t sum = 0;
            for (int v = y0; v < y1; ++v)
                for (int u = x0; u < x1; ++u)
                    for (int c = 0; c < image.channels; ++c) sum += image.at(u, v)[c];
            shape[static_cast<std::size_t>(y) * Look::side + x] =
                static_cast<float>(static_cast<double>(sum) / ((x1 - x0) * (y1 - y0) * image.channels));
        }
    const float mean = std::accumulate(shape.begin(), shape.end(), 0.0f) / static_cast<float>(shape.size());
    double squares = 0;
    for (float& value : shape) squares += std::pow(value -= mean, 2);
    // A flat image has no shape; its correlation with anything is 0.
    for (float& value : shape) value = squares > 1e-3 ? value / static_cast<float>(std::sqrt(squares)) : 0;
    return shape;
}

std::uint64_t content_of(const Image& image) {
    std::uint64_t hash = 0xCBF29CE484222325u;
    const auto add = [&](std::uint64_t byte) { hash = (hash ^ byte) * 0x100000001B3u; };
    for (const int number : {image.width, image.height, image.channels}) add(static_cast<std::uint64_t>(number));
    for (const std::uint8_t byte : image.pixels) add(byte);
    return hash;
}

std::vector<std::uint64_t> packed(const Bits& bits) {
    std::vector<std::uint64_t> words((bits.size() + 63) / 64);
    for (std::size_t i = 0; i < bits.size(); ++i) words[i / 64] |= std::uint64_t{bits[i]} << (i % 64);
    return words;
}

int difference(const std::vector<std::uint64_t>& left, const std::vector<std::uint64_t>& right) {
    int bits = 0;
    for (std::size_t i = 0; i < left.size(); ++i) bits += std::popcount(left[i] ^ right[i]);
    return bits;
}

/// The turn that takes one back; what was mirrored is its own.
int undoing(int turn) { return turn >= 4 ? turn : (4 - turn) % 4; }

/// Bits between the left image and the right one in a turn. Most hashes say a little more or less of the same two where
/// the left one is turned back instead: the fewer count, so that the order of the two doesn't matter.
int difference(const Look& left, const Look& right, int turn) {
    return std::min(difference(left.fingerprints[0], right.fingerprints[turn]),
                    difference(left.fingerprints[undoing(turn)], right.fingerprints[0]));
}

double correlation(const Look& left, const Look& right, int turn) {
    const Turn place{turn, Look::side, Look::side};
    double sum = 0;
    for (int y = 0; y < Look::side; ++y)
        for (int x = 0; x < Look::side; ++x)
            sum += static_cast<double>(left.shape[static_cast<std::size_t>(y) * Look::side + x]) *
                   right.shape[place.source(x, y)];
    return sum;
}

/// Of the turns within the radius the one in which the shapes fit best.
Copies compared(const std::vector<Look>& looks, std::size_t left, std::size_t right, int radius) {
    Copies best{left, right, 0, radius + 1, -1, false};
    for (int turn = 0; turn < 8; ++turn) {
        const int bits = difference(looks[left], looks[right], turn);
        if (bits > radius) continue;
        const double fit = correlation(looks[left], looks[right], turn);
        if (best.distance > radius || fit > best.correlation) best = {left, right, turn, bits, fit, false};
    }
    best.equal = looks[left].content == looks[right].content;
    return best;
}

}  // namespace

Image turned(const Image& image, int turn) {
    const Turn place{turn, image.width, image.height};
    Image out(place.turned_width(), place.turned_height(), image.channels);
    for (int y = 0; y < out.height; ++y)
        for (int x = 0; x < out.width; ++x)
            std::copy_n(image.pixels.data() + place.source(x, y) * image.channels, image.channels, out.at(x, y));
    return out;
}

Look look_at(const Image& image, const Hash& hash) {
    if (image.empty()) throw Error(Fault::data, "an image without pixels has no look");
    constexpr int longest = 128;
    const Image small = shrunk(image, std::min(image.width, longest), std::min(image.height, longest));
    Look look;
    for (int turn = 0; turn < 8; ++turn) look.fingerprints[turn] = packed(hash.fingerprint(turned(small, turn)));
    look.shape = shape_of(image);
    look.content = content_of(image);
    return look;
}

std::vector<Look> look_at_all(const Images& images, const Hash& hash,
                              const std::function<void(std::size_t)>& progress) {
    std::vector<Look> looks(images.size());
    for_each_batch(images, 32, [&](std::size_t first, const Batch& batch) {
        parallel_for_each_index(batch.size(),
                                [&](std::size_t i) { looks[first + i] = look_at(batch.sample(i)->image, hash); });
        progress(first + batch.size());
    });
    return looks;
}

std::vector<Copies> find_copies(const std::vector<Look>& looks, const Likeness& likeness) {
    std::vector<std::vector<Copies>> of_left(looks.size());
    parallel_for_each_index(looks.size(), [&](std::size_t left) {
        for (std::size_t right = left + 1; right < looks.size(); ++right) {
            const Copies pair = compared(looks, left, right, likeness.radius);
            // Two flat images that are equal have no shape to correlate.
            if (pair.distance <= likeness.radius && (pair.correlation >= likeness.alike || pair.equal))
                of_left[left].push_back(pair);
        }
    });
    std::vector<Copies> pairs;
    for (auto& some : of_left) pairs.insert(pairs.end(), some.begin(), some.end());
    return pairs;
}

std::vector<std::size_t> groups_of(std::size_t images, const std::vector<Copies>& pairs) {
    std::vector<std::size_t> parent(images);
    std::iota(parent.begin(), parent.end(), std::size_t{0});
    const auto root = [&](std::size_t i) {
        while (parent[i] != i) i = parent[i] = parent[parent[i]];
        return i;
    };
    // The smaller index leads, so that a group is known by its first image.
    for (const Copies& pair : pairs) {
        const std::size_t a = root(pair.left), b = root(pair.right);
        parent[std::max(a, b)] = std::min(a, b);
    }
    std::vector<std::size_t> numbers(images), number_of(images);
    std::size_t next = 0;
    for (std::size_t i = 0; i < images; ++i) {
        const std::size_t first = root(i);
        if (first == i) number_of[i] = next++;
        numbers[i] = number_of[first];
    }
    return numbers;
}

}  // namespace fettle
