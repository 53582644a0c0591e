#include "cutout.hpp"

#include "cutout_warp.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numbers>
#include <opencv2/imgproc.hpp>
#include <utility>
#include <vector>

namespace {

/// The box around what has at least this alpha.
cv::Mat cropped(const cv::Mat& rgba, int least_alpha) {
    const cv::Rect box = box_around(rgba, 3, least_alpha);
    return box.empty() ? cv::Mat() : rgba(box);
}

cv::Mat premultiplied(const fettle::Sample& object) {
    cv::Mat rgba(object.image.height, object.image.width, CV_8UC4);
    const std::uint8_t* from = object.image.pixels.data();
    const std::uint8_t* mask = object.mask.empty() ? nullptr : object.mask.pixels.data();
    for (auto *to = rgba.ptr<cv::Vec4b>(), *end = to + rgba.total(); to != end; ++to, from += 3) {
        const int alpha = mask == nullptr ? 255 : *mask++;
        for (int c = 0; c < 3; ++c) (*to)[c] = static_cast<std::uint8_t>((from[c] * alpha + 127) / 255);
        (*to)[3] = static_cast<std::uint8_t>(alpha);
    }
    return rgba;
}

std::string kind_of(const fettle::SampleInfo& info) {
    if (!info.category.empty()) return info.category;
    const auto end = info.id.rfind('/');
    if (end == std::string::npos || end == 0) return "object";
    const auto begin = info.id.rfind('/', end - 1);
    return info.id.substr(begin == std::string::npos ? 0 : begin + 1,
                          end - (begin == std::string::npos ? 0 : begin + 1));
}

cv::Mat resized(const cv::Mat& from, cv::Size size) {
    if (size == from.size()) return from;
    cv::Mat out;
    const bool shrinks = size.width <= from.cols && size.height <= from.rows;
    cv::resize(from, out, size, 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
    return out;
}

/// Flipped, resized and turned by quarters: whole pixels where the size stays.
cv::Mat upright(const cv::Mat& level, const Pose& pose, cv::Size size, int quarters) {
    cv::Mat out = resized(level, size);
    if (pose.flip_horizontal || pose.flip_vertical) {
        cv::Mat flipped;
        cv::flip(out, flipped, pose.flip_horizontal && pose.flip_vertical ? -1 : pose.flip_horizontal ? 1 : 0);
        out = flipped;
    }
    if (quarters == 0) return out;
    cv::Mat turned;
    cv::rotate(out, turned,
               std::array{cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180,
                          cv::ROTATE_90_CLOCKWISE}[static_cast<std::size_t>(quarters - 1)]);
    return turned;
}

/// Flipped, resized and turned in one step, with `margin` empty pixels all around. `from` is bordered and at least
/// about as large as the result, so that its edge fades over no more than a pixel.
cv::Mat turned(const cv::Mat& from, const Pose& pose, double width, double height, int margin) {
    const double angle = pose.angle * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
    // Two pixels more, so that the edge fades into the empty border instead of being cut.
    const cv::Size size(static_cast<int>(std::ceil(width * std::abs(c) + height * std::abs(s))) + 2 + 2 * margin,
                        static_cast<int>(std::ceil(height * std::abs(c) + width * std::abs(s))) + 2 + 2 * margin);
    const double across = from.cols / width * (pose.flip_horizontal ? -1 : 1);
    const double down = from.rows / height * (pose.flip_vertical ? -1 : 1);
    cv::Matx23d to_source(across * c, -across * s, 0, down * s, down * c, 0);
    const double x = (size.width - 1) / 2.0, y = (size.height - 1) / 2.0;
    to_source(0, 2) = (from.cols - 1) / 2.0 - to_source(0, 0) * x - to_source(0, 1) * y;
    to_source(1, 2) = (from.rows - 1) / 2.0 - to_source(1, 0) * x - to_source(1, 1) * y;
    return warped(from, to_source, size);
}

/// As far as OpenCV takes an 8-bit Gaussian: beyond it, weights round to nothing.
int reach_of(double sigma) { return sigma <= 0 ? 0 : std::max(1, static_cast<int>(std::lround(sigma * 6 + 1)) / 2); }

/// Fills the pixels `bare`, which are empty, with their alpha from `soft` and a colour, ring by ring: the mean of the
/// neighbours that have a colour, each as much as its alpha.
void colour_outward(cv::Mat& rgba, const cv::Mat& soft, std::vector<cv::Point> bare) {
    while (!bare.empty()) {
        std::vector<cv::Point> left;
        std::vector<std::pair<cv::Point, cv::Vec4b>> ring;
        for (const cv::Point at : bare) {
            int sums[4] = {};
            for (int y = std::max(at.y - 1, 0); y <= std::min(at.y + 1, rgba.rows - 1); ++y)
                for (int x = std::max(at.x - 1, 0); x <= std::min(at.x + 1, rgba.cols - 1); ++x)
                    for (int c = 0; c < 4; ++c) sums[c] += rgba.at<cv::Vec4b>(y, x)[c];
            if (sums[3] == 0) {
                left.push_back(at);
                continue;
            }
            const int alpha = soft.at<std::uint8_t>(at);
            const auto coloured = [&](int sum) { return static_cast<std::uint8_t>(sum * alpha / sums[3]); };
            ring.emplace_back(at, cv::Vec4b(coloured(sums[0]), coloured(sums[1]), coloured(sums[2]),
                                            static_cast<std::uint8_t>(alpha)));
        }
        if (ring.empty()) return;  // a faint pixel far from all others stays empty
        for (const auto& [at, pixel] : ring) rgba.at<cv::Vec4b>(at) = pixel;
        bare = std::move(left);
    }
}

/// Softens the edge and leaves the inside sharp: the alpha is blurred; colours stay, and where the edge grows outward
/// they are the neighbours'. `rgba` has the blur's reach of empty pixels around it.
void feather(cv::Mat& rgba, double sigma) {
    const int reach = reach_of(sigma);
    if (reach == 0) return;
    cv::Mat alpha, soft;
    cv::extractChannel(rgba, alpha, 3);
    // cv::GaussianBlur would compute its weights in emulated arithmetic each time, four times as long as the blur.
    const cv::Mat weights = cv::getGaussianKernel(2 * reach + 1, sigma, CV_32F);
    cv::sepFilter2D(alpha, soft, -1, weights, weights);
    std::vector<cv::Point> bare;
    for (int y = 0; y < soft.rows; ++y) {
        const std::uint8_t *before = alpha.ptr(y), *after = soft.ptr(y);
        auto* pixel = rgba.ptr<cv::Vec4b>(y);
        for (int x = 0; x < soft.cols; ++x) {
            if (x + 8 <= soft.cols && std::memcmp(before + x, after + x, 8) == 0) {  // inside and outside: most of it
                x += 7;
                continue;
            }
            if (before[x] == after[x]) continue;
            if (before[x] < least_cover && before[x] < after[x]) {  // too faint to tell its colour from rounding
                bare.emplace_back(x, y);
                pixel[x] = {};
                continue;
            }
            const int scale = (after[x] << 16) / before[x];  // no more than 255 / least_cover: it fits
            for (int c = 0; c < 3; ++c)
                pixel[x][c] = static_cast<std::uint8_t>(std::min<int>(after[x], pixel[x][c] * scale >> 16));
            pixel[x][3] = after[x];
        }
    }
    colour_outward(rgba, soft, std::move(bare));
}

cv::Mat with_margin(const cv::Mat& rgba, int margin) {
    if (margin == 0) return rgba;
    cv::Mat out;
    cv::copyMakeBorder(rgba, out, margin, margin, margin, margin, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED,
                       cv::Scalar::all(0));
    return out;
}

}  // namespace

cv::Rect box_around(const cv::Mat& pixels, int channel, int least) {
    int left = pixels.cols, right = -1, top = -1, bottom = -1;
    const int step = pixels.channels();
    for (int y = 0; y < pixels.rows; ++y) {  // each row from both ends: what lies inside isn't looked at
        const std::uint8_t* row = pixels.ptr(y) + channel;
        int first = 0, last = pixels.cols - 1;
        while (first <= last && row[first * step] < least) ++first;
        if (first > last) continue;
        while (row[last * step] < least) --last;
        left = std::min(left, first), right = std::max(right, last);
        if (top < 0) top = y;
        bottom = y;
    }
    return top < 0 ? cv::Rect() : cv::Rect(left, top, right - left + 1, bottom - top + 1);
}

Cutout::Cutout(const fettle::Sample& object) : id(object.info.id), kind(kind_of(object.info)), lineage(object.lineage) {
    const cv::Mat whole = cropped(premultiplied(object), 1);
    if (whole.empty()) return;
    levels_.push_back(bordered(whole));
    while (levels_.back().cols > 1 && levels_.back().rows > 1 && levels_.back().total() > 64) {
        const cv::Mat& last = levels_.back();
        levels_.push_back(bordered(resized(last, {(last.cols + 1) / 2, (last.rows + 1) / 2})));
    }
}

std::size_t Cutout::bytes() const {
    std::size_t bytes = sizeof(Cutout);
    for (const cv::Mat& level : levels_) bytes += level.total() * level.elemSize();
    return bytes;
}

const cv::Mat& Cutout::level_for(double width, double height) const {
    std::size_t level = 0;
    while (level + 1 < levels_.size() && levels_[level + 1].cols >= width && levels_[level + 1].rows >= height) ++level;
    return levels_[level];
}

cv::Mat posed(const Cutout& cutout, const Pose& pose) {
    if (cutout.empty()) return {};
    const double width = std::max(1.0, cutout.width() * pose.scale_x);
    const double height = std::max(1.0, cutout.height() * pose.scale_y);
    const cv::Size whole(static_cast<int>(std::lround(width)), static_cast<int>(std::lround(height)));
    const cv::Mat& level = cutout.level_for(width, height);
    const double quarters = pose.angle / 90;
    const int margin = reach_of(pose.feather);
    cv::Mat out;
    if (quarters == std::round(quarters))
        out = with_margin(upright(level, pose, whole, (static_cast<int>(quarters) % 4 + 4) % 4), margin);
    else if (level.cols < width || level.rows < height)  // enlarged first, lest its edge be smeared as far as a pixel
        out = turned(bordered(resized(level, whole)), pose, whole.width, whole.height, margin);
    else
        out = turned(level, pose, width, height, margin);
    feather(out, pose.feather);
    return cropped(out, least_cover);
}
