#include "mahalanobis.hpp"

#include <fettle/error.hpp>

#include <algorithm>
#include <cmath>

namespace score {

Mahalanobis::Mahalanobis(const std::vector<std::vector<double>>& rows, bool shrink)
    : count_(static_cast<int>(rows.size())), columns_(static_cast<int>(rows.front().size())) {
    cv::Mat centred(count_, columns_, CV_64F);
    for (int i = 0; i < count_; ++i)
        std::copy(rows[static_cast<std::size_t>(i)].begin(), rows[static_cast<std::size_t>(i)].end(),
                  centred.ptr<double>(i));
    cv::Mat mean;
    cv::reduce(centred, mean, 0, cv::REDUCE_AVG);
    for (int i = 0; i < count_; ++i) centred.row(i) -= mean;
    mean_ = mean.t();
    covariance_ = centred.t() * centred / count_;
    if (shrink) shrinkage_ = ledoit_wolf(centred);
}

/// The squared error of the covariance, estimated, over its squared distance from the sphere: their equations for
/// b and d, limited to 1.
double Mahalanobis::ledoit_wolf(const cv::Mat& centred) const {
    const double columns = columns_, count = count_;
    const double scale = cv::trace(covariance_)[0] / columns;
    const double norm = cv::norm(covariance_, cv::NORM_L2SQR);
    const double apart = (norm - columns * scale * scale) / columns;
    double fourth = 0;  // mean over rows of the squared norm of x x'
    for (int i = 0; i < centred.rows; ++i) {
        const double square = centred.row(i).dot(centred.row(i));
        fourth += square * square / count;
    }
    const double error = std::min((fourth - norm) / (columns * count), apart);
    return error <= 0 ? 0 : error / apart;
}

cv::Mat Mahalanobis::shrunk(const cv::Mat& covariance) const {
    const double scale = cv::trace(covariance)[0] / columns_;
    return (1 - shrinkage_) * covariance + shrinkage_ * scale * cv::Mat::eye(columns_, columns_, CV_64F);
}

double Mahalanobis::distance(const std::vector<double>& row, bool own) const {
    cv::Mat difference = cv::Mat(row, true) - mean_, solved, covariance;
    if (own) {  // as if the row had never been there
        const double n = count_;
        covariance = (n * covariance_ - n / (n - 1) * difference * difference.t()) / (n - 1);
        difference *= n / (n - 1);
    } else {
        covariance = covariance_;
    }
    if (!cv::solve(shrunk(covariance), difference, solved, cv::DECOMP_CHOLESKY))
        throw fettle::Error(fettle::Fault::data, "the covariance of " + std::to_string(columns_) + " columns over " +
                                                     std::to_string(count_) +
                                                     " normal calibration samples is singular: columns depend on each "
                                                     "other, or samples are too few")
            .parameter("shrink")
            .help("leave `shrink` at \"ledoit_wolf\"");
    return std::sqrt(std::max(difference.dot(solved), 0.0));
}

}  // namespace score
