#include "smooth.hpp"

#include <opencv2/imgproc.hpp>

namespace score {

double maximum_of_smoothed(const fettle::Plane& plane, double sigma) {
    // OpenCV only reads what it is given here.
    const cv::Mat map(plane.height, plane.width, CV_32F, const_cast<float*>(plane.values.data()));
    const int radius = static_cast<int>(4 * sigma + 0.5);
    cv::Mat wide, smoothed;
    map.convertTo(wide, CV_64F);
    cv::GaussianBlur(wide, smoothed, {2 * radius + 1, 2 * radius + 1}, sigma, sigma, cv::BORDER_REFLECT);
    double highest = 0;
    cv::minMaxLoc(smoothed, nullptr, &highest);
    return highest;
}

}  // namespace score
