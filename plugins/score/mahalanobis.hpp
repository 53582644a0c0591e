// The distance of a row of scores from where sound calibration rows lie, by how these scatter together.
#pragma once

#include <opencv2/core.hpp>

#include <vector>

namespace score {

/// Distances of rows from calibration rows. With few of those for the number of columns their covariance is shrunk
/// towards a sphere, by as much as Ledoit and Wolf find best: "A well-conditioned estimator for large-dimensional
/// covariance matrices" (Journal of Multivariate Analysis 88, 2004). Columns should be of one scale.
class Mahalanobis {
   public:
    /// `rows`: calibration rows, N x P; N is 3 or more.
    Mahalanobis(const std::vector<std::vector<double>>& rows, bool shrink);

    /// `own`: whether the row is one of those given above; it is then measured by all the others, with the same
    /// shrinkage. Throws Error(Fault::data) where the covariance is singular.             [any thread, concurrent]
    double distance(const std::vector<double>& row, bool own) const;
    /// 0 (none) to 1 (a sphere).
    double shrinkage() const { return shrinkage_; }

   private:
    double ledoit_wolf(const cv::Mat& centred) const;
    cv::Mat shrunk(const cv::Mat& covariance) const;

    cv::Mat mean_, covariance_;  ///< P x 1 and P x P, N in the denominator
    int count_, columns_;
    double shrinkage_ = 0;
};

}  // namespace score
