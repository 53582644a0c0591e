// Brightness of an image and how it changes: what textures are told by.
#pragma once

#include <fettle/image.hpp>

#include <opencv2/core.hpp>

#include <string>

namespace texture {

/// 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) over 255, CV_32F. With `light` "logarithm" the natural logarithm of that
/// plus 0.03, so that a factor on the light that is far above the camera's dark level changes no gradient.
///                                                                                   [any thread, concurrent]
cv::Mat brightness(const fettle::Image& image, const std::string& light);

/// Smoothed by a Gaussian of `sigma` pixels, up to 4 deviations away; the border is mirrored, edge pixels repeated:
/// scipy.ndimage.gaussian_filter. Images smaller than the Gaussian too.              [any thread, concurrent]
cv::Mat smoothed(const cv::Mat& values, double sigma);

/// Derivatives of the above along x and y, per pixel: gaussian_filter's `order`.
struct Gradient {
    cv::Mat across, down;
};
Gradient gradient(const cv::Mat& values, double sigma);

}  // namespace texture
