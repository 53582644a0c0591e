#include "weights.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <numbers>
#include <utility>

namespace hash {
namespace {

constexpr double lobes = 3;
constexpr int fraction_bits = 22;  // 8 bits of pixel and 2 of headroom fill an int32

double sinc(double x) {
    if (x == 0) return 1;
    x *= std::numbers::pi;
    return std::sin(x) / x;
}

double lanczos(double x) { return -lobes <= x && x < lobes ? sinc(x) * sinc(x / lobes) : 0; }

Weights computed(int from, int to) {
    const double scale = static_cast<double>(from) / to;
    const double stretch = std::max(scale, 1.0), support = lobes * stretch, shrink = 1 / stretch;
    Weights out;
    out.stride = std::min(from, static_cast<int>(std::ceil(support)) * 2 + 1);
    out.values.resize(static_cast<std::size_t>(to) * out.stride);
    for (int i = 0; i < to; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first = std::max(static_cast<int>(centre - support + 0.5), 0);
        const int end = std::min(static_cast<int>(centre + support + 0.5), from);
        std::vector<double> exact;
        double sum = 0;
        for (int x = first; x < end; ++x) sum += exact.emplace_back(lanczos((x - centre + 0.5) * shrink));
        out.first.push_back(first);
        out.count.push_back(end - first);
        std::transform(
            exact.begin(), exact.end(), out.values.begin() + static_cast<std::ptrdiff_t>(i) * out.stride,
            [&](double weight) { return static_cast<std::int32_t>(std::round(weight / sum * (1 << fraction_bits))); });
    }
    return out;
}

}  // namespace

std::shared_ptr<const Weights> lanczos_weights(int from, int to) {
    constexpr std::size_t most = 32;  // pairs of sizes; the images of a set mostly share one
    static std::mutex mutex;
    static std::map<std::pair<int, int>, std::shared_ptr<const Weights>> known;
    {
        const std::lock_guard lock(mutex);
        if (const auto found = known.find({from, to}); found != known.end()) return found->second;
    }
    auto weights = std::make_shared<const Weights>(computed(from, to));
    const std::lock_guard lock(mutex);
    if (known.size() >= most) known.clear();
    known[{from, to}] = weights;
    return weights;
}

}  // namespace hash
