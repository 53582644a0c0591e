// An object with its alpha, cut out, turned and resized, ready to be blended.
#pragma once

#include <fettle/ports.hpp>

#include <opencv2/core.hpp>

/// How an object is shown. The order is: cropped to what shows, flipped, resized, rotated.
struct Pose {
    bool flip_horizontal = false, flip_vertical = false;
    double scale = 1;    ///< factor on the object's sides
    double angle = 0;    ///< degrees, counter-clockwise
    double feather = 0;  ///< standard deviation of the blur of its edge, in pixels of the result
};

/// 8-bit RGBA with colours multiplied by alpha (so that blurring and resizing mix no hidden colour), cropped to the
/// pixels with alpha. Empty where nothing shows. A mask is the object's alpha; without one it is opaque.
cv::Mat cut_out(const fettle::Sample& object);

/// The cut-out in a pose: the canvas grows as it is turned and is cropped to what shows; at least 1x1 unless nothing
/// shows any more.                                                                [any thread, concurrent]
cv::Mat posed(const cv::Mat& cutout, const Pose& pose);
