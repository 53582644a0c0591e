#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

namespace {

/// A map's values as one number. What a defect does to a map decides: a mean sees what is spread out, a maximum one
/// bad pixel, a quantile or the mean of the top few per cent lie between.
struct Pool final : fettle::Pooling {
    std::string by = "mean";
    double at = 0.99;

    static void describe(fettle::Describe<Pool>& d) {
        d.summary("One number per map: its mean, maximum, a quantile, or the mean of its highest values.")
            .param("by", &Pool::by, "What is taken of a map's values; \"top_share\" is the mean of the highest ones.",
                   fettle::one_of({"mean", "maximum", "quantile", "top_share"}))
            .param("at", &Pool::at,
                   "For \"quantile\" which one, for \"top_share\" from which one up: 0.99 leaves the top 1%.",
                   fettle::between(0, 1));
    }

    double pool(const fettle::Plane& plane) const override {
        const std::vector<float>& values = plane.values;
        if (by == "mean") return mean(values);
        if (by == "maximum") return *std::max_element(values.begin(), values.end());
        if (by == "quantile") return fettle::quantile(values, at);
        return mean_of_highest(values);
    }

    std::string name() const override {
        if (by == "quantile") return "quantile " + short_number(at);
        if (by == "top_share") return "top " + short_number(100 * (1 - at)) + "%";
        return by;
    }

   private:
    static double mean(const std::vector<float>& values) {
        return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    }

    /// Of the share 1 - at, rounded to whole values, one at least.
    double mean_of_highest(std::vector<float> values) const {
        const auto count = std::max(std::lround((1 - at) * static_cast<double>(values.size())), 1L);
        std::nth_element(values.begin(), values.begin() + (count - 1), values.end(), std::greater<>());
        values.resize(static_cast<std::size_t>(count));
        return mean(values);
    }

    /// Ten digits tell any two levels apart that a person would write, and hide that 1 - 0.99 isn't 0.01.
    static std::string short_number(double value) {
        char text[32];
        std::snprintf(text, sizeof text, "%.10g", value);
        return text;
    }
};

}  // namespace

void add_pool(fettle::PluginBuilder& plugin) { plugin.add<Pool>("score.pool"); }
