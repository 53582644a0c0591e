#include "place.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <bit>
#include <cmath>

namespace {

/// Draws before every place is looked at: where half or more of the places fit, one of these does all but surely.
constexpr int quick_draws = 32;

void limit(int& low, int& high, const EdgeLimits& limits) {
    if (limits.empty()) return;
    low = std::max(low, static_cast<int>(std::ceil(limits.front())));
    high = std::min(high, static_cast<int>(std::floor(limits.back())));
}

/// The span of edges along one side; at least one pixel stays in view.
void span(int object, int image, double stick_out, int& low, int& high) {
    const int slack = static_cast<int>(std::floor(stick_out * object));
    low = std::max(std::min(-slack, image - object), 1 - object);
    high = std::min(std::max(image - object + slack, 0), image - 1);
}

}  // namespace

BitMask::BitMask(int width, int height)
    : width_(width),
      height_(height),
      words_((width + 63) / 64),
      bits_(static_cast<std::size_t>(words_) * static_cast<std::size_t>(height)) {}

BitMask BitMask::of(const cv::Mat& pixels, int channel, int least) {
    BitMask mask(pixels.cols, pixels.rows);
    const int step = pixels.channels();
    for (int y = 0; y < pixels.rows; ++y) {
        const std::uint8_t* value = pixels.ptr(y) + channel;
        std::uint64_t* row = mask.bits_.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(mask.words_);
        for (int x = 0; x < pixels.cols; ++x, value += step)
            row[x >> 6] |= static_cast<std::uint64_t>(*value >= least) << (x & 63);
    }
    for (const std::uint64_t word : mask.bits_) mask.count_ += std::popcount(word);
    return mask;
}

/// 64 pixels of a row from `position` on; there are none beyond its ends.
std::uint64_t BitMask::fetch(const std::uint64_t* row, int position) const {
    if (position <= -64 || position >= width_) return 0;
    const int word = position >> 6, shift = position & 63;  // rounded down for positions before the row too
    const std::uint64_t low = word >= 0 ? row[word] >> shift : 0;
    const std::uint64_t high = shift != 0 && word + 1 < words_ ? row[word + 1] << (64 - shift) : 0;
    return low | high;
}

int BitMask::shared(const BitMask& other, int left, int top) const {
    if (left >= width_ || left + other.width_ <= 0) return 0;
    int sum = 0;
    for (int y = std::max(0, -top); y < std::min(other.height_, height_ - top); ++y) {
        const auto* mine = bits_.data() + static_cast<std::size_t>(y + top) * static_cast<std::size_t>(words_);
        const auto* its = other.bits_.data() + static_cast<std::size_t>(y) * static_cast<std::size_t>(other.words_);
        for (int word = 0; word < other.words_; ++word) sum += std::popcount(its[word] & fetch(mine, left + 64 * word));
    }
    return sum;
}

Allowed::Allowed(const fettle::Image& mask)
    : bits_(BitMask::of(
          cv::Mat(mask.height, mask.width, CV_8UC(mask.channels), const_cast<std::uint8_t*>(mask.pixels.data())), 0,
          128)) {
    cv::Mat ones(mask.height, mask.width, CV_8UC1);
    for (std::size_t i = 0; i < ones.total(); ++i)
        ones.data[i] = mask.pixels[i * static_cast<std::size_t>(mask.channels)] >= 128;
    cv::integral(ones, sums_, CV_32S);
}

bool Allowed::holds(const BitMask& object, int left, int top, int least) const {
    const int x0 = std::clamp(left, 0, width()), x1 = std::clamp(left + object.width(), 0, width());
    const int y0 = std::clamp(top, 0, height()), y1 = std::clamp(top + object.height(), 0, height());
    const int in_box = sums_.at<int>(y1, x1) - sums_.at<int>(y0, x1) - sums_.at<int>(y1, x0) + sums_.at<int>(y0, x0);
    if (in_box < least) return false;
    if (in_box == object.width() * object.height()) return true;
    return bits_.shared(object, left, top) >= least;
}

Room room_for(cv::Size object, cv::Size image, double stick_out, const EdgeLimits& left, const EdgeLimits& top) {
    Room room;
    span(object.width, image.width, stick_out, room.left, room.right);
    span(object.height, image.height, stick_out, room.top, room.bottom);
    limit(room.left, room.right, left);
    limit(room.top, room.bottom, top);
    return room;
}

std::optional<cv::Point> draw_place(const Room& room, const std::function<bool(int left, int top)>& fits,
                                    fettle::Random& random) {
    if (room.empty()) return std::nullopt;
    for (int k = 0; k < quick_draws; ++k) {
        const int x = random.integer(room.left, room.right), y = random.integer(room.top, room.bottom);
        if (!fits || fits(x, y)) return cv::Point(x, y);
    }
    std::vector<cv::Point> places;
    for (int y = room.top; y <= room.bottom; ++y)
        for (int x = room.left; x <= room.right; ++x)
            if (fits(x, y)) places.emplace_back(x, y);
    if (places.empty()) return std::nullopt;
    return places[static_cast<std::size_t>(random.integer(0, static_cast<int>(places.size()) - 1))];
}
