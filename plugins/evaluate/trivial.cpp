#include "trivial.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <opencv2/imgproc.hpp>
#include <tuple>

namespace evaluate {
namespace {

/// A thousand times the grey of a pixel: whole, so that rounding it is exact.
int thousandfold(const std::uint8_t* rgb) { return 299 * rgb[0] + 587 * rgb[1] + 114 * rgb[2]; }

double entropy_of(const fettle::Image& image) {
    std::array<std::size_t, 256> histogram{};
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x)
            ++histogram[static_cast<std::size_t>((thousandfold(image.at(x, y)) + 500) / 1000)];
    const double pixels = static_cast<double>(image.width) * image.height;
    double bits = 0;
    for (const std::size_t count : histogram)
        if (count > 0) {
            const double share = static_cast<double>(count) / pixels;
            bits -= share * std::log2(share);
        }
    return bits;
}

double spread_of(const cv::Mat& values) {
    cv::Scalar mean, deviation;
    cv::meanStdDev(values, mean, deviation);
    return deviation[0];
}

}  // namespace

bool is_trivial(const std::string& column) {
    return column == distance_name || std::any_of(Trivial::names.begin(), Trivial::names.end(),
                                                  [&](const char* name) { return column == departure_of(name); });
}

Trivial trivial_scores(const fettle::Image& image) {
    cv::Mat grey(image.height, image.width, CV_64FC1);
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) grey.at<double>(y, x) = thousandfold(image.at(x, y)) / 1000.0;
    Trivial out;
    out.mean_grey = cv::mean(grey)[0];
    out.contrast = spread_of(grey);
    out.entropy = entropy_of(image);
    out.jpeg_size = static_cast<double>(fettle::encode_image(image, ".jpg", 90).size());
    if (image.width > 2 && image.height > 2) {
        cv::Mat edges;
        cv::Laplacian(grey, edges, CV_64F);
        const double deviation = spread_of(edges(cv::Rect(1, 1, image.width - 2, image.height - 2)));
        out.sharpness = deviation * deviation;
    }
    return out;
}

void MeanImage::add(const fettle::Image& image) {
    if (count_ == 0) {
        width_ = image.width, height_ = image.height;
        sums_.resize(image.pixels.size());
    }
    ++count_;
    same_size_ = same_size_ && image.width == width_ && image.height == height_;
    if (!same_size_) return;
    for (std::size_t i = 0; i < sums_.size(); ++i) sums_[i] += image.pixels[i];
}

std::optional<double> MeanImage::distance(const fettle::Image& image) const {
    if (count_ == 0 || !same_size_ || image.width != width_ || image.height != height_) return std::nullopt;
    double squares = 0;
    for (std::size_t i = 0; i < sums_.size(); ++i) {
        const double difference = image.pixels[i] - static_cast<double>(sums_[i]) / static_cast<double>(count_);
        squares += difference * difference;
    }
    return std::sqrt(squares / static_cast<double>(sums_.size()));
}

std::vector<std::pair<std::size_t, std::size_t>> matched(const std::vector<double>& left,
                                                         const std::vector<double>& right, double reach) {
    std::vector<std::size_t> order(right.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return right[a] < right[b]; });
    std::vector<bool> left_taken(left.size()), right_taken(right.size());
    std::vector<std::pair<std::size_t, std::size_t>> out;
    const auto take = [&](std::size_t l, std::size_t r) {
        left_taken[l] = right_taken[r] = true;
        out.emplace_back(l, r);
    };
    // Equal ones first, one by one: of many alike the list of all pairs would be long.
    std::map<double, std::vector<std::size_t>> equal;
    for (auto r = order.rbegin(); r != order.rend(); ++r) equal[right[*r]].push_back(*r);
    for (std::size_t l = 0; l < left.size(); ++l)
        if (const auto same = equal.find(left[l]); same != equal.end() && !same->second.empty()) {
            take(l, same->second.back());
            same->second.pop_back();
        }
    std::erase_if(order, [&](std::size_t r) { return right_taken[r]; });
    std::vector<std::tuple<double, std::size_t, std::size_t>> near;
    for (std::size_t l = 0; l < left.size(); ++l) {
        if (left_taken[l]) continue;
        auto r = std::lower_bound(order.begin(), order.end(), left[l] - reach,
                                  [&](std::size_t place, double value) { return right[place] < value; });
        for (; r != order.end() && right[*r] <= left[l] + reach; ++r)
            near.emplace_back(std::abs(left[l] - right[*r]), l, *r);
    }
    std::sort(near.begin(), near.end());
    for (const auto& [distance, l, r] : near)
        if (!left_taken[l] && !right_taken[r]) take(l, r);
    return out;
}

}  // namespace evaluate
