// What the batches of a stage took, in sums: enough to say how sure its time per item is, and small enough to be kept.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace fettle::runtime {

/// Sums over batches b of their seconds t and their items n.
struct Batches {
    std::uint64_t count = 0;
    double seconds = 0, items = 0;                       ///< of t, of n
    double squares = 0, products = 0, item_squares = 0;  ///< of t t, of t n, of n n

    /// One batch: the seconds of the stage's own code on the thread that made it, and its items, above 0.
    void add(double seconds, std::uint64_t items);
};

/// An array of the six sums, in the order in which they stand above.
nlohmann::json to_json(const Batches& batches);
/// Throws nlohmann::json::exception where it isn't what to_json() gives.
Batches batches_from(const nlohmann::json& json);

/// How far a figure may be off, squared, and from how many batches less one that is known.
struct Doubt {
    double variance = 0;
    double freedom = 0;
};

/// Of a stage's seconds per item: with R = sum t / sum n and m batches, m / (m - 1) sum (t - R n)^2 / items^2. That is
/// the variance of a ratio of two sums (W. G. Cochran, "Sampling Techniques", 3rd edition, 1977, section 6.4), the
/// batches a sample of many more. `items`: those that the stage's time is shared among, above 0. Nothing below two
/// batches.
std::optional<Doubt> doubt_of(const Batches& batches, double items);

/// The sum's: of stages whose batches took what they took independently of each other. Its degrees of freedom are those
/// of F. E. Satterthwaite, "An approximate distribution of estimates of variance components" (Biometrics Bulletin 2,
/// 1946). Not empty.
Doubt sum_of(const std::vector<Doubt>& parts);

/// The 95 % interval around a figure, by Student's t; it begins at 0 at least.
std::pair<double, double> interval(double figure, const Doubt& doubt);

}  // namespace fettle::runtime
