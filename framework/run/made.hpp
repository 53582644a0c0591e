// How the results in a cache came to be: what making them cost and what stages warned of. Kept beside the entries, in
// made/<2 digits>/<key>.json: an entry is the same whenever it is made, and this isn't.
#pragma once

#include "run/batches.hpp"
#include "run/cache.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace fettle::runtime {

/// One stage's part in an entry.
struct Made {
    std::string key;          ///< the entry's own, or that of a stage that made samples while it was made
    double seconds = 0;       ///< of the stage's own code, on all threads together
    std::uint64_t items = 0;  ///< that it worked on
    Batches batches{};
    std::vector<std::string> warnings{};
};

/// Where an entry's parts are kept.
std::filesystem::path made_file(const Cache& cache, const std::string& key);
/// Best effort: what can't be kept is no fault of the run. [any thread, one per key]
void remember_made(const Cache& cache, const std::string& key, const std::vector<Made>& parts) noexcept;
/// Empty where nothing is known: an entry that another version made, or a file that can't be read.
std::vector<Made> made_before(const Cache& cache, const std::string& key);

}  // namespace fettle::runtime
