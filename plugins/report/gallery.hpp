// Which samples a page shows, and their pictures.
#pragma once

#include "tables.hpp"

#include <fettle/context.hpp>
#include <fettle/roles/decide.hpp>

#include <string>
#include <vector>

namespace report {

/// The test samples as rows of the table of scores, the most telling first: of every judgement in turn the next that
/// was missed, the next false alarm, the next found with a high score, the next let pass with a low one and
/// the next without a finite score; those without a label last. [any thread, concurrent]
std::vector<std::size_t> telling_rows(const fettle::Measures& measures);

/// What the pictures may take.
struct Room {
    std::size_t samples;  ///< at most
    int side;             ///< longest side of a picture, in pixels
    std::size_t bytes;    ///< of all pictures as text: where they would take more, they get smaller, then fewer
};

/// The pictures of a page, apart from it in parts, so that a browser reads what it shows and no more.
struct Gallery {
    /// {"side": 160, "each": 32, "held": 715, "rows": [0, 3, ...], "sets": [{"label", "high"}]}: the pictures' longest
    /// side, how many rows are in a part, how many test samples the maps hold, the rows that are shown in the parts'
    /// order, and what was connected, with `high`, the value at which a map's grey level is 255.
    Json about;
    /// Each a list, an entry per row:
    ///     {"pictures": ["data:..."], "sets": [{"set": 0, "original": 0, "reconstruction": 1, "map": 2, "mask": 3}]}
    /// without "reconstruction" where maps aren't about two images, without "mask" where there is none
    /// Pictures by number; the same one is there once. `mask` is missing where none is known.
    std::vector<std::string> parts;
};

/// The pictures of the test samples that `examples` hold. Throws Error(Fault::shape) naming the sample whose map is
/// larger than its image.                                                            [one thread]
Gallery gallery(const fettle::Report::Found& found, const Room& room, const fettle::Context& context);

}  // namespace report
