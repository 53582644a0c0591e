#include "cells.hpp"

#include <fettle/parallel.hpp>

#include <algorithm>
#include <cmath>

namespace texture {

Cells::Cells(std::size_t cells, std::size_t features)
    : cells_(cells), features_(features), mean_(cells * features), inverse_(cells * features * features) {}

void Cells::add(const std::vector<float>& values) {
    if (count_++ == 0) origin_.assign(values.begin(), values.end());
    fettle::parallel_for_each_index(cells_, [&](std::size_t cell) {
        const std::size_t first = cell * features_;
        double* const products = &inverse_[first * features_];
        for (std::size_t i = 0; i < features_; ++i) {
            const double left = values[first + i] - origin_[first + i];
            mean_[first + i] += left;
            for (std::size_t k = 0; k <= i; ++k)
                products[i * features_ + k] += left * (values[first + k] - origin_[first + k]);
        }
    });
}

bool Cells::fit(double shrink) {
    const auto n = static_cast<double>(count_);
    const int features = static_cast<int>(features_);
    cv::Mat common = cv::Mat::zeros(features, features, CV_64F);
    for (std::size_t cell = 0; cell < cells_; ++cell) {
        double* const mean = &mean_[cell * features_];
        cv::Mat covariance(features, features, CV_64F, &inverse_[cell * features_ * features_]);
        for (int i = 0; i < features; ++i) mean[i] /= n;
        for (int i = 0; i < features; ++i)
            for (int k = 0; k <= i; ++k)
                covariance.at<double>(k, i) = covariance.at<double>(i, k) =
                    (covariance.at<double>(i, k) - n * mean[i] * mean[k]) / (n - 1);
        common += covariance / static_cast<double>(cells_);
    }
    const double scale = cv::trace(common)[0] / features;
    if (!(scale > 0)) return false;
    // A feature that never varies must not make the whole singular.
    const cv::Mat floor = cv::Mat::diag(cv::max(common.diag() * 1e-3, scale * 1e-12));
    fettle::parallel_for_each_index(cells_, [&](std::size_t cell) {
        cv::Mat covariance(features, features, CV_64F, &inverse_[cell * features_ * features_]);
        const cv::Mat sum = (1 - shrink) * covariance + shrink * common + floor;
        cv::invert(sum, covariance, cv::DECOMP_CHOLESKY);
    });
    return true;
}

std::vector<float> Cells::distances(const std::vector<float>& values) const {
    std::vector<float> out(cells_);
    std::vector<double> apart(features_);
    for (std::size_t cell = 0; cell < cells_; ++cell) {
        const std::size_t first = cell * features_;
        for (std::size_t i = 0; i < features_; ++i)
            apart[i] = values[first + i] - origin_[first + i] - mean_[first + i];
        double square = 0;
        for (std::size_t i = 0; i < features_; ++i) {
            const double* const row = &inverse_[(first + i) * features_];
            double sum = 0;
            for (std::size_t k = 0; k < features_; ++k) sum += row[k] * apart[k];
            square += sum * apart[i];
        }
        out[cell] = static_cast<float>(std::sqrt(std::max(square, 0.0)));
    }
    return out;
}

}  // namespace texture
