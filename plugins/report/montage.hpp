// Pictures of cases side by side: what the metric saw and what it made of it, a row per case.
#pragma once

#include <fettle/context.hpp>
#include <fettle/roles/decide.hpp>

#include <string>
#include <vector>

namespace report {

/// Rows of pictures under a line of headings, RGB.
struct Montage {
    std::string group;  ///< the judgement's name (groups_of), "training"
    std::string name;   ///< "missed", "false alarms", "found", "let pass", "no score"; "examples" of a training
    fettle::Image image;
};

/// How many and how large.
struct MontageSize {
    int examples = 8;   ///< rows of each, at most
    int picture = 160;  ///< longest side of one picture, in pixels
};

/// For every judgement and outcome that has cases, the most telling ones: original, reconstruction, and of each set of
/// maps that belongs to the judged column (of all sets where none does) the map alone and over its image; the mask
/// where one is known. Colours of a set end where half of the shown maps reach. For every network its training's
/// examples: damaged, as it was, rebuilt. Says on the way how far it is and stops when asked.
///                                                                                    [one thread]
std::vector<Montage> montages(const fettle::Report::Found& found, MontageSize size, const fettle::Context& context);

/// As a PNG file's bytes.                                                              [any thread, concurrent]
std::string png(const fettle::Image& image);

}  // namespace report
