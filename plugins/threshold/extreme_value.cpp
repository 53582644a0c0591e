#include "divisions.hpp"
#include "pareto.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// Peaks over threshold: the highest sound scores follow a generalised Pareto distribution above a high enough level,
/// whatever distribution they come from, and it tells where rarer ones would lie. Sources: Pickands, "Statistical
/// inference using extreme order statistics" (Annals of Statistics 3, 1975); for anomalies Siffer, Fouque, Termier,
/// Largouet, "Anomaly detection in streams with extreme value theory" (KDD 2017).
struct ExtremeValue final : fettle::Threshold {
    double false_alarms = 0.01, tail = 0.1;
    std::string by = "likelihood";

    static void describe(fettle::Describe<ExtremeValue>& d) {
        d.summary(
             "The threshold that a given rate of false alarms lies above, by a generalised Pareto distribution of the "
             "highest normal calibration scores; reaches rates that are rarer than one in their number. Needs no "
             "labels.")
            .param("false_alarms", &ExtremeValue::false_alarms,
                   "The share of sound images to be called anomalous, above 0 and below `tail`.",
                   fettle::between(0, 1) & fettle::above(0))
            .param("tail", &ExtremeValue::tail, "The share of the scores, the highest ones, to which it is fitted.",
                   fettle::between(0, 0.5) & fettle::above(0))
            .param("by", &ExtremeValue::by,
                   "How it is fitted; \"moments\" (probability-weighted) is steadier with few scores.",
                   fettle::one_of({"likelihood", "moments"}))
            .check(&ExtremeValue::rate_lies_in_tail);
    }

    std::string rate_lies_in_tail() const {
        return false_alarms < tail ? "" : "`false_alarms` must be below `tail`: what lies in it is told by the fit";
    }

    double fit(const fettle::Calibration& calibration) const override {
        const Peaks peaks = peaks_of(calibration);
        const double rate = false_alarms / peaks.share;
        if (rate >= 1)
            throw fettle::Error(fettle::Fault::data,
                                "because of equal scores only " + threshold::percent(peaks.share) +
                                    " of the calibration scores lie above the level that `tail` asks for; that is less "
                                    "than `false_alarms`")
                .parameter("tail")
                .help("raise `tail`, or take `threshold.conformal`, which bears equal scores");
        return peaks.level + fitted(peaks).above(rate);
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        constexpr std::size_t few = 30;  // Hosking and Wallis: below, no estimate of the shape is any good
        const Peaks peaks = peaks_of(calibration);
        const auto count = static_cast<double>(calibration.normal.size());
        if (peaks.excesses.size() < few)
            return "the tail is fitted to " + std::to_string(peaks.excesses.size()) + " scores; " +
                   std::to_string(few) + " (some " + std::to_string(scores_for(few)) +
                   " calibration samples) tell its shape";
        if (false_alarms * count >= 0.1) return {};
        return "a rate of " + threshold::percent(false_alarms) + " is told from " +
               std::to_string(calibration.normal.size()) + " calibration scores, ten times rarer than one of them";
    }

   private:
    struct Peaks {
        double level, share;           ///< of the scores that lie above the level
        std::vector<double> excesses;  ///< by how much, ascending
    };

    Peaks peaks_of(const fettle::Calibration& calibration) const {
        constexpr std::size_t fewest = 10;
        threshold::require_normal(calibration, scores_for(fewest), "a tail's shape");
        const std::vector<double>& scores = calibration.normal;
        Peaks peaks{fettle::quantile(scores, 1 - tail), 0, {}};
        for (auto score = std::upper_bound(scores.begin(), scores.end(), peaks.level); score != scores.end(); ++score)
            peaks.excesses.push_back(*score - peaks.level);
        const std::size_t above = peaks.excesses.size();
        if (above < fewest)
            throw fettle::Error(fettle::Fault::data,
                                std::to_string(above) + " of " + std::to_string(scores.size()) +
                                    " calibration scores lie above " + fettle::Setting(peaks.level).text() +
                                    ", where the tail begins: too many are equal, and a tail's shape takes " +
                                    std::to_string(fewest))
                .parameter("tail")
                .help("raise `tail`, or take `threshold.conformal`, which bears equal scores");
        peaks.share = static_cast<double>(above) / static_cast<double>(scores.size());
        return peaks;
    }

    threshold::Pareto fitted(const Peaks& peaks) const {
        return by == "likelihood" ? threshold::most_likely_pareto(peaks.excesses)
                                  : threshold::pareto_by_moments(peaks.excesses);
    }

    /// How many scores it takes for so many of them to lie in the tail: the quantile lies between the two it divides.
    std::size_t scores_for(std::size_t in_tail) const {
        return static_cast<std::size_t>(std::ceil(static_cast<double>(in_tail) / tail - 1e-9));
    }
};

}  // namespace

void add_extreme_value(fettle::PluginBuilder& plugin) { plugin.add<ExtremeValue>("threshold.extreme_value"); }
