// Objects blended into an image, and their light fitted to it.
#pragma once

#include <fettle/image.hpp>

#include <opencv2/core.hpp>

#include <string>
#include <vector>

/// How an object's colour meets the ground's: it covers it ("alpha"); it keeps its own gradients and takes its light
/// from the ground around it ("poisson", "poisson_mixed" with the ground's gradients where those are stronger,
/// "poisson_monochrome" without its hue: Pérez, Gangnet, Blake, "Poisson image editing", SIGGRAPH 2003); or it filters
/// the ground ("multiply" darkens, "screen" lightens).
enum class Blend { alpha, poisson, poisson_mixed, poisson_monochrome, multiply, screen };
/// What of an object is fitted to the ground beneath it before they are blended.
enum class Match { none, light, histogram };

/// The words a graph has for them, in their order.
const std::vector<std::string>& blend_names();
const std::vector<std::string>& match_names();

/// A box of an image as it would be with an object in it; the image itself is left alone.
struct Patch {
    cv::Rect box;         ///< in the image
    cv::Mat rgb;          ///< 8 bit; where nothing is drawn, as it is now
    cv::Mat drawn;        ///< 8 bit, one channel: 255 where the object is drawn
    double contrast = 0;  ///< mean absolute difference to now over what is drawn, of 1
    int greatest = 0;     ///< greatest difference of a value, of 255
    int pixels = 0;       ///< number of pixels drawn
};

/// `object` is 8-bit RGBA with colours multiplied by alpha; its corner lies at `corner`, and it is clipped to the
/// image. Opacity from 0 to 1.                                                     [any thread, concurrent]
Patch blended(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, Blend blend, double opacity);

/// The object with its colours brought towards the ground beneath it by `share` (0 to 1): its mean brightness
/// (weighted by alpha) becomes the ground's, or its histograms, channel by channel.      [any thread, concurrent]
cv::Mat matched(const cv::Mat& object, cv::Point corner, const fettle::Image& onto, Match match, double share);
