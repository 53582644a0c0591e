// Finding the outline of a round part.
#pragma once

#include <opencv2/core.hpp>

#include <optional>

/// In pixels; centres of pixels lie at whole numbers. A part seen askew is an ellipse, `flattening` and `axis` say of
/// what kind.
struct Circle {
    double x = 0, y = 0;
    double radius = 0;      ///< the mean one
    double flattening = 0;  ///< of the radius: by how much the longest lies above the mean, the shortest below it
    double axis = 0;        ///< the direction of the longest, radians, clockwise from the right
    double support = 0;     ///< share of its directions in which an edge lies on it
};

/// The circle (or nearly one) with the strongest edge among those with a radius between `least` and `greatest` pixels
/// and a centre in the image; none where no edge goes halfway round. `grey` has 8 bit, one channel.
///                                                                                   [any thread, concurrent]
std::optional<Circle> find_circle(const cv::Mat& grey, double least, double greatest);
