// Intervals of pixel figures: pixels of one image go together, so whole images are drawn anew.
#pragma once

#include "pixels.hpp"
#include "ranking.hpp"

#include <fettle/context.hpp>

#include <cstdint>
#include <optional>
#include <span>

namespace evaluate {

/// What is called at a threshold, in pixels of all images.
struct PixelCalls {
    double hits = 0, false_alarms = 0, missed = 0;

    double dice() const { return 2 * hits / (2 * hits + false_alarms + missed); }
    double intersection_over_union() const { return hits / (hits + false_alarms + missed); }
};
PixelCalls calls_from(std::span<const ImagePixels> images, std::uint32_t lowest_called);

struct PixelIntervals {
    std::optional<Interval> auroc, average_precision, region_overlap, dice, intersection_over_union;
};

/// Draws as many images with anomalous pixels from those, and as many without from those, with replacement, `draws`
/// times: percentile intervals. The ranking figures of a draw are taken at 400 thresholds, close together where scores
/// are high, instead of at every pixel; `exact`, less what these give for the images as they are, is added to each.
/// Draws of images that are anomalous all over, which have no sound pixel to rank, are left out. `lowest_called` is the
/// threshold of Dice and IoU, if there is one. None where there are fewer than two images with anomalous pixels, or too
/// few draws remain. A draw is a function of (the stage's seed, its number). Throws Interrupted where the user asked to
/// stop. Work: draws x images x 400.
PixelIntervals pixel_intervals(std::span<const ImagePixels> images, const PixelRanking& exact, double limit,
                               std::optional<std::uint32_t> lowest_called, int draws, double confidence,
                               const fettle::Context& context);

}  // namespace evaluate
