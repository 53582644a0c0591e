#include "mixture.hpp"

#include <fettle/error.hpp>
#include <fettle/parameter.hpp>

#include <algorithm>

namespace threshold {

std::vector<double> Mixture::scores(const fettle::Calibration& calibration) const {
    std::vector<double> all = calibration.normal;
    if (anomalies) {
        all.insert(all.end(), calibration.anomalous.begin(), calibration.anomalous.end());
        std::inplace_merge(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(calibration.normal.size()),
                           all.end());
    }
    if (all.size() < 2)
        throw fettle::Error(fettle::Fault::data, "there are no two groups among " + std::to_string(all.size()) +
                                                     " calibration score" + (all.size() == 1 ? "" : "s"))
            .help("score at least 2 `calibrate` samples, better some hundred, of both kinds");
    if (all.front() == all.back())
        throw fettle::Error(fettle::Fault::data, "all " + std::to_string(all.size()) + " calibration scores are " +
                                                     fettle::Setting(all.front()).text() +
                                                     ": there are no two groups among them")
            .help("look at the maps: a metric that is the same for every image can't be used");
    return all;
}

std::string Mixture::few(const std::vector<double>& scores) {
    constexpr std::size_t enough = 40;  // 20 in each group, as where labels are known
    if (scores.size() >= enough) return {};
    return std::to_string(scores.size()) + " calibration scores hardly show two groups; " + std::to_string(enough) +
           ", of both kinds, are the least to trust";
}

}  // namespace threshold
