#include "cutout.hpp"

#include "cutout_warp.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace {

/// What has at least this alpha, and the box around it.
cv::Mat cropped(const cv::Mat& rgba, int least_alpha) {
    cv::Mat alpha;
    cv::extractChannel(rgba, alpha, 3);
    cv::threshold(alpha, alpha, least_alpha - 1, 255, cv::THRESH_BINARY);
    const cv::Rect box = cv::boundingRect(alpha);
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

/// Flipped, resized and turned in one step. `from` is bordered and at least about as large as the result, so that its
/// edge fades over no more than a pixel.
cv::Mat turned(const cv::Mat& from, const Pose& pose, double width, double height) {
    const double angle = pose.angle * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
    // Two pixels more, so that the edge fades into the empty border instead of being cut.
    const cv::Size size(static_cast<int>(std::ceil(width * std::abs(c) + height * std::abs(s))) + 2,
                        static_cast<int>(std::ceil(height * std::abs(c) + width * std::abs(s))) + 2);
    const double across = from.cols / width * (pose.flip_horizontal ? -1 : 1);
    const double down = from.rows / height * (pose.flip_vertical ? -1 : 1);
    cv::Matx23d to_source(across * c, -across * s, 0, down * s, down * c, 0);
    const double x = (size.width - 1) / 2.0, y = (size.height - 1) / 2.0;
    to_source(0, 2) = (from.cols - 1) / 2.0 - to_source(0, 0) * x - to_source(0, 1) * y;
    to_source(1, 2) = (from.rows - 1) / 2.0 - to_source(1, 0) * x - to_source(1, 1) * y;
    return warped(from, to_source, size);
}

/// Softens the edge and leaves the inside sharp: the alpha is blurred; colours stay, and where the edge grows outward
/// they are the neighbours'.
cv::Mat feathered(const cv::Mat& rgba, double sigma) {
    if (sigma <= 0) return rgba;
    // As far as OpenCV takes an 8-bit Gaussian: beyond it, weights round to nothing.
    const int border = std::max(1, static_cast<int>(std::lround(sigma * 6 + 1)) / 2);
    cv::Mat sharp, soft;
    cv::copyMakeBorder(rgba, sharp, border, border, border, border, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED,
                       cv::Scalar::all(0));
    cv::GaussianBlur(sharp, soft, {2 * border + 1, 2 * border + 1}, sigma);
    for (int y = 0; y < soft.rows; ++y) {
        const auto* from = sharp.ptr<cv::Vec4b>(y);
        auto* to = soft.ptr<cv::Vec4b>(y);
        for (int x = 0; x < soft.cols; ++x) {
            const int before = from[x][3], after = to[x][3];
            if (before == 0) continue;
            if (before == after) {
                to[x] = from[x];
                continue;
            }
            for (int c = 0; c < 3; ++c)
                to[x][c] = static_cast<std::uint8_t>(std::min(after, from[x][c] * after / before));
        }
    }
    return soft;
}

}  // namespace

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
    cv::Mat out;
    if (quarters == std::round(quarters))
        out = upright(level, pose, whole, (static_cast<int>(quarters) % 4 + 4) % 4);
    else if (level.cols < width || level.rows < height)  // enlarged first, lest its edge be smeared as far as a pixel
        out = turned(bordered(resized(level, whole)), pose, whole.width, whole.height);
    else
        out = turned(level, pose, width, height);
    return cropped(feathered(out, pose.feather), least_cover);
}
