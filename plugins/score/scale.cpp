#include "scale.hpp"

#include <fettle/error.hpp>

#include <algorithm>

namespace score {

Scale::Scale(std::vector<double> values, std::string column)
    : ascending_(std::move(values)), column_(std::move(column)) {
    for (std::size_t i = 0; i < ascending_.size(); ++i) moments_.add(ascending_[i], i + 1);
    std::sort(ascending_.begin(), ascending_.end());
}

double Scale::deviations(double value, bool own) const {
    const std::size_t count = ascending_.size();
    if (ascending_.front() == ascending_.back())
        throw fettle::Error(fettle::Fault::data, "`" + column_ + "` is the same for all " + std::to_string(count) +
                                                     " normal calibration samples: it has no deviation to count in")
            .help("leave the column out, or take `by = \"rank\"`");
    const double all = moments_.deviation(count);
    if (!own) return (value - moments_.mean) / all;
    const Moments others = moments_.without(value, count);
    return (value - others.mean) / std::max(others.deviation(count - 1), all / 10);
}

double Scale::rank(double value, bool own) const {
    const auto [first, last] = std::equal_range(ascending_.begin(), ascending_.end(), value);
    const auto below = static_cast<double>(first - ascending_.begin());
    const double equal = static_cast<double>(last - first) - (own ? 1 : 0);
    return (below + equal / 2) / (static_cast<double>(ascending_.size()) - (own ? 1 : 0));
}

}  // namespace score
