// How features are distributed at each cell of a grid over sound images.
#pragma once

#include <opencv2/core.hpp>

#include <cstddef>
#include <vector>

namespace texture {

/// A normal distribution of F features for each of C cells: T. Defard et al., "PaDiM: a patch distribution modeling
/// framework for anomaly detection and localization" (ICPR 2021), equations 1 and 2.
class Cells {
   public:
    Cells(std::size_t cells, std::size_t features);

    /// `values`: C x F, row by row. Sums only: the order of images doesn't matter beyond rounding.    [one thread]
    void add(const std::vector<float>& values);
    /// To be called once all were added, two at least: covariances are found and inverted. Each becomes (1 - `shrink`)
    /// of itself and `shrink` of the mean of all, with a thousandth of that one's diagonal on top. Returns whether
    /// the images differed at all; if not, there are no distances.
    bool fit(double shrink);
    /// Mahalanobis distance of each cell, C values.                                   [any thread, concurrent]
    std::vector<float> distances(const std::vector<float>& values) const;

    std::size_t count() const { return count_; }

   private:
    std::size_t cells_, features_, count_ = 0;
    std::vector<double> origin_;   ///< C x F: the first image's, so that sums of squares stay small
    std::vector<double> mean_;     ///< C x F: sums while images are added; from `origin_`
    std::vector<double> inverse_;  ///< C x F x F: sums of products while images are added
};

}  // namespace texture
