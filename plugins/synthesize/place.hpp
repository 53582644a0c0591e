// Where objects may lie: rows of bits, and one place drawn among all that are allowed, each as likely as any other.
#pragma once

#include <fettle/image.hpp>
#include <fettle/random.hpp>

#include <opencv2/core.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

/// Which pixels of a box are set, 64 of a row at a time.
class BitMask {
   public:
    BitMask(int width, int height);
    /// The pixels whose channel `channel` is at least `least`.
    static BitMask of(const cv::Mat& pixels, int channel, int least);

    int width() const { return width_; }
    int height() const { return height_; }
    int count() const { return count_; }
    /// How many pixels this and `other` share where other's corner lies at (left, top) of this.
    int shared(const BitMask& other, int left, int top) const;

   private:
    std::uint64_t fetch(const std::uint64_t* row, int position) const;

    int width_, height_, words_, count_ = 0;
    std::vector<std::uint64_t> bits_;
};

/// The pixels where defects may lie, with their sums, so that most places are refused at once.
class Allowed {
   public:
    /// 128 and more is allowed.
    explicit Allowed(const fettle::Image& mask);
    int width() const { return bits_.width(); }
    int height() const { return bits_.height(); }
    int count() const { return bits_.count(); }
    /// Whether at least `least` pixels of an object whose corner lies at (left, top) are allowed.
    bool holds(const BitMask& object, int left, int top, int least) const;

   private:
    BitMask bits_;
    cv::Mat sums_;
};

/// The corners an object may take: left..right and top..bottom, all included.
struct Room {
    int left = 0, top = 0, right = 0, bottom = 0;
    bool empty() const { return left > right || top > bottom; }
};

/// Limits on an object's left or top edge, in pixels; none where empty.
using EdgeLimits = std::vector<double>;

/// The room for an object of this size. At most the share `stick_out` of its sides lies beyond a border; an object
/// that is larger than the image covers it instead.
Room room_for(cv::Size object, cv::Size image, double stick_out, const EdgeLimits& left, const EdgeLimits& top);

/// A corner in the room for which `fits(left, top)`, drawn uniformly among all of those; none where there is none.
std::optional<cv::Point> draw_place(const Room& room, const std::function<bool(int left, int top)>& fits,
                                    fettle::Random& random);
