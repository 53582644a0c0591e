#include "smooth.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <functional>
#include <numeric>

namespace {

/// A map's values as one number. What a defect does to a map decides: a mean sees what is spread out, a maximum one
/// bad pixel; a quantile, the mean of the top few per cent, and the maximum of a smoothed map lie between. The area
/// above a level says how large a defect is, not how strong.
struct Pool final : fettle::Pooling {
    std::string by = "mean";
    double at = 0.99, smooth = 4, level = 0;

    static void describe(fettle::Describe<Pool>& d) {
        d.summary(
             "One number per map: its mean, maximum, a quantile, the mean of its highest values, the maximum after "
             "smoothing, or the area above a level.")
            .param("by", &Pool::by,
                   "What is taken of a map's values; \"top_share\" is the mean of the highest ones, \"area\" the share "
                   "of pixels above a level.",
                   fettle::one_of({"mean", "maximum", "quantile", "top_share", "smoothed_maximum", "area"}))
            .param("at", &Pool::at,
                   "For \"quantile\" which one, for \"top_share\" from which one up: 0.99 leaves the top 1%.",
                   fettle::between(0, 1))
            .param("smooth", &Pool::smooth,
                   "For \"smoothed_maximum\": the Gaussian's standard deviation, in the map's pixels.",
                   fettle::between(0, 1000) & fettle::above(0))
            .param("level", &Pool::level, "For \"area\": that level, above 0, in the map's unit.", fettle::at_least(0))
            .check(&Pool::only_what_is_used);
    }

    /// A parameter that would change nothing is a mistake, and one that has no sensible default must be said.
    std::string only_what_is_used() const {
        const Pool plain;
        const auto unused = [&](const char* name, const std::string& reader) {
            return std::string("`") + name + "` is read by " + reader + " alone; `by = \"" + by +
                   "\"` makes no use of it";
        };
        if (at != plain.at && by != "quantile" && by != "top_share")
            return unused("at", "`by = \"quantile\"` and \"top_share\"");
        if (smooth != plain.smooth && by != "smoothed_maximum") return unused("smooth", "`by = \"smoothed_maximum\"`");
        if (level != plain.level && by != "area") return unused("level", "`by = \"area\"`");
        if (by == "area" && level == 0) return "`by = \"area\"` needs `level`: the value above which a pixel counts";
        return {};
    }

    double pool(const fettle::Plane& plane) const override {
        const std::vector<float>& values = plane.values;
        if (by == "mean") return mean(values);
        if (by == "maximum") return *std::max_element(values.begin(), values.end());
        if (by == "quantile") return fettle::quantile(values, at);
        if (by == "smoothed_maximum") return score::maximum_of_smoothed(plane, smooth);
        if (by == "area") return share_above_level(values);
        return mean_of_highest(values);
    }

    std::string name() const override {
        if (by == "quantile") return "quantile " + short_number(at);
        if (by == "top_share") return "top " + short_number(100 * (1 - at)) + "%";
        if (by == "smoothed_maximum") return "maximum smoothed by " + short_number(smooth);
        if (by == "area") return "area above " + short_number(level);
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

    double share_above_level(const std::vector<float>& values) const {
        const auto above = std::count_if(values.begin(), values.end(), [&](float value) { return value > level; });
        return static_cast<double>(above) / static_cast<double>(values.size());
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
