// Blending by gradients: OpenCV's seamlessClone, made safe at borders and for thin objects.
#pragma once

#include "blend.hpp"

/// The part of an object that lies over `box` of the ground, recoloured so that its gradients continue the ground's
/// light; alpha stays. RGBA, colours multiplied by alpha, both times.                 [any thread, concurrent]
cv::Mat cloned(const cv::Mat& object, const cv::Mat& ground, cv::Rect box, Blend blend);
