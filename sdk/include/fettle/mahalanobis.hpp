// How far a row of numbers lies from where usual rows lie, by how these scatter together. Part of the library
// `fettle_image`.
#pragma once

#include <cstddef>
#include <vector>

namespace fettle {

/// Distances of rows from usual rows. With few of those for the number of columns their covariance is shrunk
/// towards a sphere, by as much as Ledoit and Wolf find best: "A well-conditioned estimator for large-dimensional
/// covariance matrices" (Journal of Multivariate Analysis 88, 2004). Columns should be of one scale.
class Mahalanobis {
   public:
    /// `rows`: the usual ones, N x P; N is 3 or more.
    Mahalanobis(const std::vector<std::vector<double>>& rows, bool shrink);

    /// `own`: whether the row is one of those given above; it is then measured by all the others, with the same
    /// shrinkage. Throws Error(Fault::data) where the covariance is singular.             [any thread, concurrent]
    double distance(const std::vector<double>& row, bool own) const;
    /// 0 (none) to 1 (a sphere).
    double shrinkage() const { return shrinkage_; }
    /// Whether all the rows are equal: nothing can be measured by them.
    bool all_equal() const;

   private:
    std::vector<double> mean_, covariance_;  ///< P, and P x P with N in the denominator
    std::vector<double> inverse_;            ///< of the covariance, shrunk; empty where that is singular
    std::size_t count_, columns_;
    double shrinkage_ = 0;
};

}  // namespace fettle
