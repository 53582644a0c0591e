#include "circle.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <vector>

namespace {

constexpr int working_side = 200;     ///< pixels of the shorter side in which circles are looked for
constexpr int least_side = 24;        ///< pixels; in less no circle can be told
constexpr int directions = 256;       ///< in which an edge is looked for from a centre
constexpr double edge_share = 0.2;    ///< of the pixels: those with the steepest slope vote
constexpr float least_slope = 1.5;    ///< grey values per pixel, less of which is no edge
constexpr double wide_band = 0.1;     ///< of the radius: how far from a circle its edge is looked for at first
constexpr double band = 0.04;         ///< and how far from an outline that is known
constexpr double on_outline = 0.015;  ///< of the radius: how far from the fitted outline its edge may lie
constexpr double enough_support = 0.45;
constexpr double most_flattening = 0.1;

struct Slopes {
    cv::Mat x, y, size;
};

Slopes slopes_of(const cv::Mat& grey) {
    cv::Mat soft;
    grey.convertTo(soft, CV_32F);
    cv::GaussianBlur(soft, soft, {}, 1.5, 1.5, cv::BORDER_REPLICATE);
    Slopes slopes;
    cv::Sobel(soft, slopes.x, CV_32F, 1, 0, 3, 1.0 / 8, 0, cv::BORDER_REPLICATE);
    cv::Sobel(soft, slopes.y, CV_32F, 0, 1, 3, 1.0 / 8, 0, cv::BORDER_REPLICATE);
    cv::magnitude(slopes.x, slopes.y, slopes.size);
    return slopes;
}

/// The slope from which on a pixel belongs to an edge.
float edge_level(const cv::Mat& sizes) {
    std::vector<float> all(sizes.begin<float>(), sizes.end<float>());
    const auto place =
        all.begin() + static_cast<std::ptrdiff_t>((1 - edge_share) * static_cast<double>(all.size() - 1));
    std::nth_element(all.begin(), place, all.end());
    return std::max(*place, least_slope);
}

/// Every edge pixel votes for the centres that a circle through it may have: they lie along its slope. Circles of one
/// centre vote together, the small ones too: all rings of a part help.
cv::Point2d voted_centre(const Slopes& slopes, float level, double greatest) {
    cv::Mat votes = cv::Mat::zeros(slopes.size.size(), CV_32F);
    const cv::Rect inside(0, 0, votes.cols, votes.rows);
    for (int y = 0; y < votes.rows; ++y)
        for (int x = 0; x < votes.cols; ++x) {
            const float size = slopes.size.at<float>(y, x);
            if (size < level) continue;
            const double dx = slopes.x.at<float>(y, x) / size, dy = slopes.y.at<float>(y, x) / size;
            for (const double way : {-1.0, 1.0})
                for (double r = greatest / 4; r <= greatest; r += 1) {
                    const cv::Point at(cvRound(x + way * r * dx), cvRound(y + way * r * dy));
                    if (inside.contains(at)) votes.at<float>(at) += 1;
                }
        }
    cv::GaussianBlur(votes, votes, {}, 4, 4, cv::BORDER_CONSTANT);
    cv::Point best;
    cv::minMaxLoc(votes, nullptr, nullptr, nullptr, &best);
    return best;
}

double angle_of(int direction) { return 2 * std::numbers::pi * direction / directions; }

/// A step of one pixel in a direction.
const cv::Point2d& ray(int direction) {
    static const auto rays = [] {
        std::array<cv::Point2d, directions> all;
        for (int d = 0; d < directions; ++d) all[d] = {std::cos(angle_of(d)), std::sin(angle_of(d))};
        return all;
    }();
    return rays[direction];
}

/// How steep the image is along the ray from a centre, at a distance; 0 outside.
float slope_along(const Slopes& slopes, const Circle& centre, int direction, double distance) {
    const double c = ray(direction).x, s = ray(direction).y;
    const int x = cvRound(centre.x + distance * c), y = cvRound(centre.y + distance * s);
    if (x < 0 || y < 0 || x >= slopes.x.cols || y >= slopes.x.rows) return 0;
    return static_cast<float>(std::abs(slopes.x.at<float>(y, x) * c + slopes.y.at<float>(y, x) * s));
}

/// How steep the edge along a circle is, all directions taken together. A single highlight counts for little: no slope
/// counts for more than four times what makes an edge.
double steepness(const Slopes& slopes, const Circle& centre, float level, double radius) {
    double sum = 0;
    for (int d = 0; d < directions; ++d) {
        float steepest = 0;  // the centre is known to a pixel or two, and circles may be flattened
        for (const double off : {-3.0, -1.5, 0.0, 1.5, 3.0})
            steepest = std::max(steepest, slope_along(slopes, centre, d, radius + off));
        sum += std::min(steepest, 4 * level);
    }
    return sum;
}

/// The radius with the steepest edge, among those steeper than their neighbours: a steep ring just outside the range
/// reaches into it, but rises towards its border.
double steepest_radius(const Slopes& slopes, const Circle& centre, float level, double least, double greatest) {
    constexpr double step = 0.5;
    constexpr int neighbours = 10;
    std::vector<double> all;
    const double first = least - neighbours * step;
    for (double r = first; r <= greatest + neighbours * step; r += step)
        all.push_back(steepness(slopes, centre, level, r));
    double best = (least + greatest) / 2, highest = -1;
    for (int k = neighbours; k + neighbours < static_cast<int>(all.size()); ++k) {
        const auto at = all.begin() + k;
        if (*at > highest && *at >= *std::max_element(at - neighbours, at + neighbours + 1))
            highest = *at, best = first + k * step;
    }
    return best;
}

double radius_at(const Circle& circle, double angle) {
    return circle.radius * (1 + circle.flattening * std::cos(2 * (angle - circle.axis)));
}

/// Where the edge lies in one direction, as a distance from the centre.
struct EdgePoint {
    double angle, distance;
};

/// The steepest place of each direction near an outline; directions without one are left out.
std::vector<EdgePoint> edge_near(const Slopes& slopes, const Circle& circle, double width) {
    std::vector<EdgePoint> points;
    for (int d = 0; d < directions; ++d) {
        double best = 0;
        float steepest = least_slope;
        const double middle = radius_at(circle, angle_of(d)), reach = width * circle.radius;
        for (double r = middle - reach; r <= middle + reach; r += 0.25)
            if (const float slope = slope_along(slopes, circle, d, r); slope > steepest) steepest = slope, best = r;
        if (best > 0) points.push_back({angle_of(d), best});
    }
    return points;
}

/// The outline nearest to points seen from `from`: distance = radius + offset of the centre (one wave in a full turn)
/// + flattening (two waves), by least squares.
Circle through(const std::vector<EdgePoint>& points, const Circle& from) {
    using Row = cv::Vec<double, 5>;
    cv::Matx<double, 5, 5> products = cv::Matx<double, 5, 5>::zeros();
    Row right = Row::all(0), wave;
    for (const auto& [a, distance] : points) {
        const Row row(1, std::cos(a), std::sin(a), std::cos(2 * a), std::sin(2 * a));
        products += row * row.t();
        right += row * distance;
    }
    cv::solve(products, right, wave, cv::DECOMP_SVD);
    Circle out{from.x + wave[1], from.y + wave[2], wave[0]};
    out.flattening = std::hypot(wave[3], wave[4]) / std::max(wave[0], 1.0);
    out.axis = std::atan2(wave[4], wave[3]) / 2;
    return out;
}

/// How far an edge point, seen from `from`, lies off an outline.
double off(const EdgePoint& point, const Circle& from, const Circle& outline) {
    const double x = from.x + point.distance * std::cos(point.angle) - outline.x;
    const double y = from.y + point.distance * std::sin(point.angle) - outline.y;
    return std::abs(std::hypot(x, y) - radius_at(outline, std::atan2(y, x)));
}

/// Fits, leaves out what lies far off (a burr, a highlight, a shadow), and fits again.
Circle fitted(std::vector<EdgePoint> points, const Circle& from) {
    Circle circle = from;
    for (int again = 0; again < 4 && points.size() >= directions / 4; ++again) {
        circle = through(points, from);
        std::vector<double> offs;
        for (const auto& point : points) offs.push_back(off(point, from, circle));
        const auto middle = offs.begin() + static_cast<std::ptrdiff_t>(offs.size() / 2);
        std::nth_element(offs.begin(), middle, offs.end());
        const double most = std::max(2.5 * *middle, 0.5);
        std::erase_if(points, [&](const auto& point) { return off(point, from, circle) > most; });
    }
    return circle;
}

Circle refined(const Slopes& slopes, Circle circle) {
    for (const double width : {wide_band, wide_band, band, band})
        circle = fitted(edge_near(slopes, circle, width), circle);
    // Looked for four times as far off as an edge may lie, chance alone would find a quarter of the directions.
    const double most = std::max(on_outline * circle.radius, 1.0);
    const auto points = edge_near(slopes, circle, 4 * most / circle.radius);
    const auto on = std::count_if(points.begin(), points.end(),
                                  [&](const auto& point) { return off(point, circle, circle) <= most; });
    circle.support = static_cast<double>(on) / directions;
    return circle;
}

}  // namespace

std::optional<Circle> find_circle(const cv::Mat& grey, double least, double greatest) {
    if (std::min(grey.cols, grey.rows) < least_side) return {};
    const double factor = std::max(1.0, static_cast<double>(std::min(grey.cols, grey.rows)) / working_side);
    cv::Mat small;
    cv::resize(grey, small, {std::max(1, cvRound(grey.cols / factor)), std::max(1, cvRound(grey.rows / factor))}, 0, 0,
               cv::INTER_AREA);
    least /= factor, greatest /= factor;
    const Slopes slopes = slopes_of(small);
    const float level = edge_level(slopes.size);
    const cv::Point2d centre = voted_centre(slopes, level, greatest);
    Circle found{centre.x, centre.y};
    found.radius = steepest_radius(slopes, found, level, least, greatest);
    found = refined(slopes, found);
    const bool sane = found.radius >= least * (1 - band) && found.radius <= greatest * (1 + band) && found.x >= 0 &&
                      found.y >= 0 && found.x < small.cols && found.y < small.rows &&
                      found.flattening <= most_flattening;
    if (!sane || found.support < enough_support) return {};
    const double across = static_cast<double>(grey.cols) / small.cols;
    const double down = static_cast<double>(grey.rows) / small.rows;
    found.x = (found.x + 0.5) * across - 0.5, found.y = (found.y + 0.5) * down - 0.5;
    found.radius *= std::sqrt(across * down);
    return found;
}
