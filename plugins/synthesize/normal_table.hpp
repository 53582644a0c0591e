// Normal deviates for every pixel of an image, fast: quantiles from a table, picked by a counter-based generator.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

/// The k-th of 4096 equally likely values of a normal distribution (mean 0, standard deviation 1): its quantile at
/// (k + 1/2) / 4096. The greatest is 3.67.                                          [any thread, concurrent]
const std::array<float, 4096>& normal_table();

/// 64 uniform bits for a counter.
/// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (OOPSLA 2014), SplitMix64; tested
/// against published values.
inline std::uint64_t split_mix(std::uint64_t seed, std::uint64_t counter) {
    std::uint64_t z = seed + (counter + 1) * 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
