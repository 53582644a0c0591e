#include "divisions.hpp"

#include <fettle/sdk.hpp>
#include <fettle/statistics.hpp>

namespace {

/// The score that a share `at` of the normal calibration scores stays below (Hyndman and Fan type 7, numpy's default).
///
/// How many scores that takes: with n of them fewer than one lies above the quantile where n (1 - at) < 1, so the
/// threshold hangs on the highest score alone and lets more pass than was asked for. On average over samples of size n
/// the share (n (1 - at) + at) / (n + 1) of further normal scores lies above it (exact for uniform scores, since
/// order statistics cut [0, 1] into n + 1 equal parts on average); that is told to the user, who may still want it.
struct Quantile final : fettle::Threshold {
    double at = 0.95;

    static void describe(fettle::Describe<Quantile>& d) {
        d.summary("The threshold that a given share of the normal calibration scores stays below. Needs no labels.")
            .param("at", &Quantile::at,
                   "That share, between 0 and 1: 0.95 calls about 5% of sound images anomalous; 1 takes the highest "
                   "score.",
                   fettle::between(0, 1));
    }

    double fit(const fettle::Calibration& calibration) const override {
        const std::size_t count = calibration.normal.size();
        if (count < 2)
            throw fettle::Error(fettle::Fault::data, "a quantile can't be taken of " + std::to_string(count) +
                                                         " calibration score" + (count == 1 ? "" : "s"))
                .parameter("at")
                .help("give the `calibrate` output of the split at least " + std::to_string(needed()) +
                      " normal images");
        return fettle::quantile(calibration.normal, at);
    }

    std::string caution(const fettle::Calibration& calibration) const override {
        if (auto words = threshold::all_equal(calibration); !words.empty()) return words;
        const auto count = static_cast<double>(calibration.normal.size());
        if (at == 1 || count >= static_cast<double>(needed())) return {};
        const double expected = (count * (1 - at) + at) / (count + 1);
        return std::to_string(calibration.normal.size()) + " calibration scores can't tell where the quantile " +
               fettle::Setting(at).text() + " lies; that takes " + std::to_string(needed()) + ". Expect about " +
               threshold::percent(expected) + " of sound images above the threshold, not " + threshold::percent(1 - at);
    }

   private:
    std::size_t needed() const { return threshold::needed_for(at); }
};

}  // namespace

void add_quantile(fettle::PluginBuilder& plugin) { plugin.add<Quantile>("threshold.quantile"); }
