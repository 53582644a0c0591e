// Cut-outs flipped, resized and turned in one go.
#pragma once

#include <opencv2/core.hpp>

/// RGBA pixels with two rows and columns of nothing around them: what `warped` may read beyond an edge.
cv::Mat bordered(const cv::Mat& rgba);

/// `from` (made by `bordered`, or a part of such) seen through a matrix that takes places of the result to places of
/// `from`; centres of pixels lie at whole numbers. Bilinear in steps of 1/256; nothing lies beyond an edge. Rows are
/// entered where `from` begins and left where it ends: of a turned object half the box is empty.
///                                                                                    [any thread, concurrent]
cv::Mat warped(const cv::Mat& from, const cv::Matx23d& to_source, cv::Size size);
