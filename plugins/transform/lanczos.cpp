#include "lanczos.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

namespace {

constexpr double lobes = 3;

double kernel(double x) {
    if (std::abs(x) >= lobes) return 0;
    if (x == 0) return 1;
    const double angle = std::numbers::pi * x;
    return lobes * std::sin(angle) * std::sin(angle / lobes) / (angle * angle);
}

/// What one new pixel is made of: weights of old ones from `first` on, summing to 1.
struct Window {
    int first = 0;
    std::vector<float> weights;
};

std::vector<Window> windows(int from, int to) {
    const double step = static_cast<double>(from) / to, widened = std::max(step, 1.0), reach = lobes * widened;
    std::vector<Window> all(to);
    for (int i = 0; i < to; ++i) {
        const double middle = (i + 0.5) * step - 0.5;
        Window& window = all[i];
        window.first = std::max(0, static_cast<int>(std::ceil(middle - reach)));
        const int last = std::min(from - 1, static_cast<int>(std::floor(middle + reach)));
        double sum = 0;
        for (int k = window.first; k <= last; ++k) sum += kernel((k - middle) / widened);
        for (int k = window.first; k <= last; ++k)
            window.weights.push_back(static_cast<float>(kernel((k - middle) / widened) / sum));
    }
    return all;
}

/// Rows made narrower or wider, and the result turned over: done twice, both sides are resized and nothing is turned.
fettle::Image across(const fettle::Image& from, int to) {
    const auto columns = windows(from.width, to);
    fettle::Image out(from.height, to, from.channels);
    for (int y = 0; y < from.height; ++y)
        for (int x = 0; x < to; ++x)
            for (int c = 0; c < from.channels; ++c) {
                const std::uint8_t* value = from.at(columns[x].first, y) + c;
                float sum = 0;
                for (const float weight : columns[x].weights) sum += weight * *value, value += from.channels;
                out.at(y, x)[c] = static_cast<std::uint8_t>(std::lround(std::clamp(sum, 0.0f, 255.0f)));
            }
    return out;
}

}  // namespace

fettle::Image resize_lanczos(const fettle::Image& image, int width, int height) {
    if (image.width == width && image.height == height) return image;
    return across(across(image, width), height);
}
