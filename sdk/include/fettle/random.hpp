// Counter-based random numbers: the same draw whatever the thread, the order, or what was drawn before for others.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

namespace fettle {

/// Ten rounds of Philox 4x32 on one counter block.
/// Source: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3" (SC 2011); tested against
/// the known-answer vectors that the authors publish with Random123.
std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key);

/// A generator keyed by (stage seed, item, round); the draws are its counter. Copies continue independently from
/// the same place. Cheap to make: make one per item rather than share one.        [one thread each]
class Random {
   public:
    /// `seed` is the stage's own (`Context::seed`); `item` the sample's index; `round` the epoch where a stage
    /// draws anew in every epoch, else 0.
    explicit Random(std::uint64_t seed, std::uint64_t item = 0, std::uint32_t round = 0);

    std::uint32_t bits();                                     ///< 32 uniform bits
    double uniform();                                         ///< [0, 1), 53 bits
    double uniform(double low, double high);                  ///< [low, high)
    int integer(int low, int high);                           ///< low..high, both included; low <= high; unbiased
    bool chance(double probability);                          ///< true with this probability
    double normal();                                          ///< mean 0, standard deviation 1 (Box and Muller)
    std::vector<std::size_t> permutation(std::size_t count);  ///< 0..count-1, shuffled (Fisher and Yates)

   private:
    std::array<std::uint32_t, 2> key_;
    std::array<std::uint32_t, 4> counter_;
    std::array<std::uint32_t, 4> block_{};
    int left_ = 0;
};

/// A seed for a part of a stage, or for a stage of a graph: depends on every bit of both arguments.
std::uint64_t derive_seed(std::uint64_t seed, std::string_view name);

}  // namespace fettle
