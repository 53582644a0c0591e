#include "cutout.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <opencv2/imgproc.hpp>

namespace {

cv::Mat cropped(const cv::Mat& rgba) {
    cv::Mat alpha;
    cv::extractChannel(rgba, alpha, 3);
    const cv::Rect box = cv::boundingRect(alpha);
    return box.empty() ? cv::Mat() : rgba(box).clone();
}

cv::Mat rotated(const cv::Mat& rgba, double degrees) {
    if (std::fmod(degrees, 360) == 0) return rgba;
    const double angle = degrees * std::numbers::pi / 180, c = std::abs(std::cos(angle)), s = std::abs(std::sin(angle));
    // Two pixels more each way, so that the edge fades into the empty border instead of being cut.
    const int width = static_cast<int>(std::ceil(rgba.cols * c + rgba.rows * s)) + 2;
    const int height = static_cast<int>(std::ceil(rgba.rows * c + rgba.cols * s)) + 2;
    cv::Mat turn = cv::getRotationMatrix2D({(rgba.cols - 1) / 2.0f, (rgba.rows - 1) / 2.0f}, degrees, 1);
    turn.at<double>(0, 2) += (width - rgba.cols) / 2.0;
    turn.at<double>(1, 2) += (height - rgba.rows) / 2.0;
    cv::Mat out;
    cv::warpAffine(rgba, out, turn, {width, height}, cv::INTER_LINEAR, cv::BORDER_CONSTANT, cv::Scalar::all(0));
    return out;
}

/// Softens the edge and leaves the inside sharp: the alpha is blurred; colours stay, and where the edge grows outward
/// they are the neighbours'.
cv::Mat feathered(const cv::Mat& rgba, double sigma) {
    if (sigma <= 0) return rgba;
    const int border = static_cast<int>(std::ceil(3 * sigma));
    cv::Mat sharp, soft;
    cv::copyMakeBorder(rgba, sharp, border, border, border, border, cv::BORDER_CONSTANT, cv::Scalar::all(0));
    cv::GaussianBlur(sharp, soft, {2 * border + 1, 2 * border + 1}, sigma);
    for (int y = 0; y < soft.rows; ++y) {
        const auto* from = sharp.ptr<cv::Vec4b>(y);
        auto* to = soft.ptr<cv::Vec4b>(y);
        for (int x = 0; x < soft.cols; ++x) {
            if (from[x][3] == 0) continue;
            for (int c = 0; c < 3; ++c)
                to[x][c] = static_cast<std::uint8_t>(std::min<int>(to[x][3], from[x][c] * to[x][3] / from[x][3]));
        }
    }
    return soft;
}

}  // namespace

cv::Mat cut_out(const fettle::Sample& object) {
    const auto& [width, height, channels, pixels] = object.image;
    cv::Mat rgba(height, width, CV_8UC4);
    for (int y = 0; y < height; ++y) {
        auto* to = rgba.ptr<cv::Vec4b>(y);
        for (int x = 0; x < width; ++x) {
            const std::uint8_t* from = object.image.at(x, y);
            const int alpha = object.mask.empty() ? 255 : *object.mask.at(x, y);
            for (int c = 0; c < 3; ++c) to[x][c] = static_cast<std::uint8_t>((from[c] * alpha + 127) / 255);
            to[x][3] = static_cast<std::uint8_t>(alpha);
        }
    }
    return cropped(rgba);
}

cv::Mat posed(const cv::Mat& cutout, const Pose& pose) {
    if (cutout.empty()) return cutout;
    cv::Mat out = cutout;
    if (pose.flip_horizontal || pose.flip_vertical)
        cv::flip(cutout, out, pose.flip_horizontal && pose.flip_vertical ? -1 : pose.flip_horizontal ? 1 : 0);
    const cv::Size size(std::max(1, static_cast<int>(std::lround(out.cols * pose.scale))),
                        std::max(1, static_cast<int>(std::lround(out.rows * pose.scale))));
    if (size != out.size()) {
        cv::Mat resized;
        cv::resize(out, resized, size, 0, 0, pose.scale < 1 ? cv::INTER_AREA : cv::INTER_LINEAR);
        out = resized;
    }
    return cropped(feathered(rotated(out, pose.angle), pose.feather));
}
