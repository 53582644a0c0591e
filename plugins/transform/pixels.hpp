// What the transforms share: OpenCV's view of an image, geometry that a mask follows, and lines of lineage.
#pragma once

#include <fettle/ports.hpp>

#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

/// The same pixels as a matrix; no copy, so the image must outlive it.
cv::Mat view(fettle::Image& image);
/// For reading only.
const cv::Mat view(const fettle::Image& image);
/// A matrix of 8 bit and one or three channels, copied.
fettle::Image image_of(const cv::Mat& mat);

/// Luminance of an RGB image after ITU-R BT.601, 8 bit, one channel: (299 R + 587 G + 114 B) / 1000, rounded.
cv::Mat luminance(const fettle::Image& image);

/// The part of an image that begins at (x, y); it must lie inside. None stays none.
fettle::Image part_of(const fettle::Image& image, int x, int y, int width, int height);

/// Image and mask seen through a matrix that takes places of the result to places of the source (centres of pixels
/// lie at whole numbers). Beyond its border the image goes on as OpenCV's `border` says, and nothing is anomalous.
/// Where the result is much coarser than the source, both are averaged first. Of a mask, a pixel belongs to the defect
/// where a quarter of it is covered; a soft mask stays soft.                         [any thread, concurrent]
void warp(fettle::Sample& sample, const cv::Matx23d& to_source, cv::Size size, int border);

/// Adds one line to the sample's lineage.
void tell(fettle::Sample& sample, const nlohmann::json& step);

/// "300x200".
std::string sides(int width, int height);
