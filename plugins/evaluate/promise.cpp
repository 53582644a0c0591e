#include "promise.hpp"

#include <boost/math/special_functions/gamma.hpp>

#include <algorithm>
#include <cmath>

namespace evaluate {

std::pair<std::size_t, std::size_t> beta_binomial(std::size_t trials, double a, double b, double confidence) {
    using boost::math::lgamma;
    const auto count = static_cast<double>(trials);
    const auto log_beta = [](double x, double y) { return lgamma(x) + lgamma(y) - lgamma(x + y); };
    const double whole = log_beta(a, b), tail = (1 - confidence) / 2;
    std::pair<std::size_t, std::size_t> out{trials, trials};
    double sum = 0;
    for (std::size_t j = 0; j <= trials; ++j) {
        const auto hits = static_cast<double>(j);
        const double before = sum;
        sum += std::exp(-std::log1p(count) - log_beta(hits + 1, count - hits + 1) +
                        log_beta(hits + a, count - hits + b) - whole);
        if (before < tail && sum >= tail) out.first = j;
        if (sum >= 1 - tail) {
            out.second = j;
            break;
        }
    }
    return out;
}

fettle::Plot promise(std::vector<double> calibration, std::span<const double> test, double confidence) {
    fettle::Plot plot{
        "false alarms, promised and seen", "share promised by calibration", "share seen in test", {}, {}, {}, {}};
    std::sort(calibration.begin(), calibration.end(), std::greater<>());
    std::vector<double> sorted(test.begin(), test.end());
    std::sort(sorted.begin(), sorted.end());
    const auto all = static_cast<double>(calibration.size());
    constexpr double points = 49;
    std::size_t last = 0;
    for (double p = 0; p <= points; ++p) {  // from the highest score to the lowest, closer together at the top
        const auto k = static_cast<std::size_t>(std::llround(std::pow(all, p / points)));
        if (k == last) continue;
        last = k;
        const auto above =
            static_cast<std::size_t>(sorted.end() - std::upper_bound(sorted.begin(), sorted.end(), calibration[k - 1]));
        const auto rank = static_cast<double>(k), trials = static_cast<double>(sorted.size());
        const auto [low, high] = beta_binomial(sorted.size(), rank, all + 1 - rank, confidence);
        plot.x.push_back(rank / (all + 1));
        plot.y.push_back(static_cast<double>(above) / trials);
        plot.low.push_back(static_cast<double>(low) / trials);
        plot.high.push_back(static_cast<double>(high) / trials);
    }
    return plot;
}

}  // namespace evaluate
