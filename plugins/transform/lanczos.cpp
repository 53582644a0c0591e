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
std::vector<float> across(const std::vector<float>& from, int width, int height, int channels, int to) {
    const auto columns = windows(width, to);
    std::vector<float> out(static_cast<std::size_t>(to) * height * channels);
    for (int y = 0; y < height; ++y) {
        const float* row = from.data() + static_cast<std::size_t>(y) * width * channels;
        for (int x = 0; x < to; ++x)
            for (int c = 0; c < channels; ++c) {
                const float* value = row + static_cast<std::size_t>(columns[x].first) * channels + c;
                float sum = 0;
                for (const float weight : columns[x].weights) sum += weight * *value, value += channels;
                out[(static_cast<std::size_t>(x) * height + y) * channels + c] = sum;
            }
    }
    return out;
}

}  // namespace

fettle::Image resize_lanczos(const fettle::Image& image, int width, int height) {
    if (image.width == width && image.height == height) return image;
    const std::vector<float> values(image.pixels.begin(), image.pixels.end());
    const auto narrow = across(values, image.width, image.height, image.channels, width);
    const auto both = across(narrow, image.height, width, image.channels, height);
    fettle::Image out(width, height, image.channels);
    std::transform(both.begin(), both.end(), out.pixels.begin(),
                   [](float value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0f, 255.0f))); });
    return out;
}
