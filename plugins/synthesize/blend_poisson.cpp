#include "blend_poisson.hpp"

#include "cutout.hpp"

#include <opencv2/imgproc.hpp>
#include <opencv2/photo.hpp>

namespace {

/// seamlessClone takes gradients from three pixels within its mask on: the mask is made wider by this.
constexpr int wider = 3;
/// And the ground round about that it starts from.
constexpr int margin = wider + 4;
/// Of 255: with less alpha, what is left of a colour is too coarse to take gradients from.
constexpr float own_colour = 64;

/// Colours without alpha, going on smoothly where the object ends: no edge of its own that would be cloned too.
cv::Mat extended(const cv::Mat& object) {
    cv::Mat wide, values, blurred;
    cv::copyMakeBorder(object, wide, margin, margin, margin, margin, cv::BORDER_CONSTANT | cv::BORDER_ISOLATED,
                       cv::Scalar::all(0));
    wide.convertTo(values, CV_32F);
    cv::GaussianBlur(values, blurred, {4 * wider + 1, 4 * wider + 1}, wider);
    cv::Scalar sums = cv::sum(values);
    for (int c = 0; c < 3; ++c) sums[c] *= 255 / sums[3];
    cv::Mat out(wide.size(), CV_8UC3);
    for (int y = 0; y < wide.rows; ++y)
        for (int x = 0; x < wide.cols; ++x) {
            const auto& sharp = values.at<cv::Vec4f>(y, x);
            const auto& soft = blurred.at<cv::Vec4f>(y, x);
            for (int c = 0; c < 3; ++c)
                out.at<cv::Vec3b>(y, x)[c] =
                    cv::saturate_cast<std::uint8_t>(sharp[3] >= own_colour ? sharp[c] * 255 / sharp[3]
                                                    : soft[3] > 0.5f       ? soft[c] * 255 / soft[3]
                                                                           : static_cast<float>(sums[c]));
        }
    return out;
}

/// The ground around a box, going on beyond the image's border as it ends there.
cv::Mat surroundings(const cv::Mat& ground, cv::Rect box) {
    const cv::Rect wide(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin);
    const cv::Rect inside = wide & cv::Rect({0, 0}, ground.size());
    cv::Mat out;
    cv::copyMakeBorder(ground(inside), out, inside.y - wide.y, wide.br().y - inside.br().y, inside.x - wide.x,
                       wide.br().x - inside.br().x, cv::BORDER_REPLICATE | cv::BORDER_ISOLATED);
    return out;
}

int flag_of(Blend blend) {
    return blend == Blend::poisson         ? cv::NORMAL_CLONE
           : blend == Blend::poisson_mixed ? cv::MIXED_CLONE
                                           : cv::MONOCHROME_TRANSFER;
}

}  // namespace

cv::Mat cloned(const cv::Mat& object, const cv::Mat& ground, cv::Rect box, Blend blend) {
    cv::Mat alpha, mask, result;
    cv::extractChannel(object, alpha, 3);
    cv::threshold(alpha, mask, least_cover - 1, 255, cv::THRESH_BINARY);
    if (cv::countNonZero(mask) == 0) return object;
    cv::copyMakeBorder(mask, mask, margin, margin, margin, margin, cv::BORDER_CONSTANT, cv::Scalar(0));
    cv::dilate(mask, mask, cv::getStructuringElement(cv::MORPH_ELLIPSE, {2 * wider + 1, 2 * wider + 1}));
    const cv::Rect marked = cv::boundingRect(mask);
    // It lays the middle of the mask's box at a point of the ground: at the middle of the same box.
    cv::seamlessClone(extended(object), surroundings(ground, box), mask,
                      {marked.x + marked.width / 2, marked.y + marked.height / 2}, result, flag_of(blend));
    cv::Mat out(object.size(), CV_8UC4);
    for (int y = 0; y < out.rows; ++y)
        for (int x = 0; x < out.cols; ++x) {
            const auto& from = result.at<cv::Vec3b>(y + margin, x + margin);
            auto& to = out.at<cv::Vec4b>(y, x);
            to[3] = object.at<cv::Vec4b>(y, x)[3];
            for (int c = 0; c < 3; ++c) to[c] = static_cast<std::uint8_t>((from[c] * to[3] + 127) / 255);
        }
    return out;
}
