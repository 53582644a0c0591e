// An object with its alpha, cut out, turned and resized, ready to be blended.
#pragma once

#include <fettle/ports.hpp>

#include <opencv2/core.hpp>

#include <string>
#include <vector>

/// Coverage (of 255) below this counts as none: nothing is drawn there, so a mask is exactly what was drawn on.
constexpr int least_cover = 24;

/// The box around the pixels whose channel `channel` is at least `least`; empty where there is none.
cv::Rect box_around(const cv::Mat& pixels, int channel, int least);

/// How an object is shown. The order is: cropped to what shows, flipped, resized, rotated.
struct Pose {
    bool flip_horizontal = false, flip_vertical = false;
    double scale_x = 1, scale_y = 1;  ///< factors on the object's width and height
    double angle = 0;                 ///< degrees, counter-clockwise
    double feather = 0;               ///< standard deviation of the blur of its edge, in pixels of the result
};

/// What shows of an object: 8-bit RGBA with colours multiplied by alpha (so that blurring and resizing mix no hidden
/// colour), at its own size and at a half, a quarter, ... of it, so that a small copy costs what a small copy costs.
/// Immutable.                                                                         [any thread, concurrent]
class Cutout {
   public:
    /// A mask is the object's alpha; without one it is opaque.
    explicit Cutout(const fettle::Sample& object);

    bool empty() const { return levels_.empty(); }  ///< nothing shows
    int width() const { return levels_.front().cols; }
    int height() const { return levels_.front().rows; }
    std::size_t bytes() const;
    /// The smallest copy that is no smaller than this.
    const cv::Mat& level_for(double width, double height) const;

    std::string id;                    ///< the object's
    std::string kind;                  ///< what it is an example of: its category, else its id's folder, else "object"
    std::vector<std::string> lineage;  ///< the object's own

   private:
    std::vector<cv::Mat> levels_;
};

/// The cut-out in a pose: the canvas grows as it is turned and is cropped to what is drawn (coverage of `least_cover`
/// and more). Empty where nothing is. Quarter turns move whole pixels.                [any thread, concurrent]
cv::Mat posed(const Cutout& cutout, const Pose& pose);
