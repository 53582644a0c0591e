#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace hash {

/// For each pixel of an output line: where its input pixels begin, how many they are, and their weights in fixed
/// point, 2^22 for 1.
struct Weights {
    std::vector<int> first, count;
    std::vector<std::int32_t> values;  ///< `stride` for each output pixel, 0 after the first `count`
    int stride = 0;
};

/// The weights of Pillow's LANCZOS from a line of `from` pixels to one of `to`. A few hundred sines at least, so
/// those that were used last are remembered.                                         [any thread, concurrent]
std::shared_ptr<const Weights> lanczos_weights(int from, int to);

}  // namespace hash
