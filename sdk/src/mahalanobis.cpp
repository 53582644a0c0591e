#include <fettle/error.hpp>
#include <fettle/mahalanobis.hpp>

#include <opencv2/core.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace fettle {
namespace {

/// A square matrix over numbers that are kept elsewhere; it isn't written to.
cv::Mat view(const std::vector<double>& values, std::size_t rows, std::size_t columns) {
    return {static_cast<int>(rows), static_cast<int>(columns), CV_64F, const_cast<double*>(values.data())};
}

/// The squared error of the covariance, estimated, over its squared distance from the sphere: their equations for
/// b and d, limited to 1.
double ledoit_wolf(const cv::Mat& centred, const cv::Mat& covariance) {
    const double columns = centred.cols, count = centred.rows;
    const double scale = cv::trace(covariance)[0] / columns;
    const double norm = cv::norm(covariance, cv::NORM_L2SQR);
    const double apart = (norm - columns * scale * scale) / columns;
    double fourth = 0;  // mean over rows of the squared norm of x x'
    for (int i = 0; i < centred.rows; ++i) {
        const double square = centred.row(i).dot(centred.row(i));
        fourth += square * square / count;
    }
    const double error = std::min((fourth - norm) / (columns * count), apart);
    return error <= 0 ? 0 : error / apart;
}

cv::Mat shrunk(const cv::Mat& covariance, double shrinkage) {
    const double scale = cv::trace(covariance)[0] / covariance.cols;
    return (1 - shrinkage) * covariance + shrinkage * scale * cv::Mat::eye(covariance.size(), CV_64F);
}

}  // namespace

Mahalanobis::Mahalanobis(const std::vector<std::vector<double>>& rows, bool shrink)
    : count_(rows.size()), columns_(rows.front().size()) {
    cv::Mat centred(static_cast<int>(count_), static_cast<int>(columns_), CV_64F), mean;
    for (std::size_t i = 0; i < count_; ++i)
        std::copy(rows[i].begin(), rows[i].end(), centred.ptr<double>(static_cast<int>(i)));
    cv::reduce(centred, mean, 0, cv::REDUCE_AVG);
    for (int i = 0; i < centred.rows; ++i) centred.row(i) -= mean;
    const cv::Mat covariance = centred.t() * centred / static_cast<double>(count_);
    mean_.assign(mean.begin<double>(), mean.end<double>());
    covariance_.assign(covariance.begin<double>(), covariance.end<double>());
    if (shrink) shrinkage_ = ledoit_wolf(centred, covariance);
    cv::Mat inverse;
    if (cv::invert(shrunk(covariance, shrinkage_), inverse, cv::DECOMP_CHOLESKY) != 0)
        inverse_.assign(inverse.begin<double>(), inverse.end<double>());
}

bool Mahalanobis::all_equal() const {
    return std::all_of(covariance_.begin(), covariance_.end(), [](double each) { return each == 0; });
}

double Mahalanobis::distance(const std::vector<double>& row, bool own) const {
    cv::Mat difference = view(row, columns_, 1) - view(mean_, columns_, 1), solved;
    bool regular = !inverse_.empty();
    if (own) {  // as if the row had never been there
        const auto n = static_cast<double>(count_);
        const cv::Mat covariance =
            (n * view(covariance_, columns_, columns_) - n / (n - 1) * difference * difference.t()) / (n - 1);
        difference *= n / (n - 1);
        regular = cv::solve(shrunk(covariance, shrinkage_), difference, solved, cv::DECOMP_CHOLESKY);
    } else if (regular) {
        solved = view(inverse_, columns_, columns_) * difference;
    }
    if (!regular)
        throw Error(Fault::data,
                    "the covariance of " + std::to_string(columns_) + " columns over " + std::to_string(count_) +
                        " normal samples is singular: columns depend on each other, or samples are too few")
            .parameter("shrink")
            .help("leave `shrink` at \"ledoit_wolf\"");
    return std::sqrt(std::max(difference.dot(solved), 0.0));
}

}  // namespace fettle
