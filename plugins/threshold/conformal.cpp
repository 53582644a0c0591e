#include "divisions.hpp"

#include <fettle/sdk.hpp>

#include <boost/math/distributions/beta.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// The lowest calibration score with a guarantee: of further sound images, exchangeable with the calibration ones, at
/// most the share `false_alarms` lies above it, on average over calibration sets, whatever the scores' distribution.
/// With n scores that is the one in place ceil((n + 1) (1 - a)) from below: a further score is as likely to fall into
/// each of the n + 1 gaps. Source: Vovk, Gammerman, Shafer, "Algorithmic Learning in a Random World" (Springer, 2005);
/// ties make alarms rarer. With this one set the share is distributed as Beta(n + 1 - k, k) where there are no ties
/// (Vovk, "Conditional validity of inductive conformal predictors", ACML 2012).
struct Conformal final : fettle::Threshold {
    double false_alarms = 0.05;

    static void describe(fettle::Describe<Conformal>& d) {
        d.summary("The lowest threshold that guarantees a rate of false alarms, for any distribution. Needs no labels.")
            .param("false_alarms", &Conformal::false_alarms,
                   "The share of sound images that may be called anomalous, on average over calibration sets.",
                   fettle::between(0, 1))
            .check(&Conformal::rate_is_possible);
    }

    std::string rate_is_possible() const {
        if (false_alarms > 0 && false_alarms < 1) return {};
        return "`false_alarms` must lie between 0 and 1, both excluded: no number of samples guarantees that there are "
               "none";
    }

    double fit(const fettle::Calibration& calibration) const override {
        const std::size_t count = calibration.normal.size(), place = place_of(count);
        if (place > count)
            throw fettle::Error(
                fettle::Fault::data,
                std::to_string(count) +
                    (count == 1 ? " calibration score of a sound sample" : " calibration scores of sound samples") +
                    " can't guarantee at most " + threshold::percent(false_alarms) + " false alarms; that takes " +
                    std::to_string(needed()))
                .parameter("false_alarms")
                .help("give the `calibrate` output of the split at least " + std::to_string(needed()) +
                      " normal images" + (count > 0 ? ", or ask for " + nearest(count) : ""));
        return calibration.normal[place - 1];
    }

    /// The promise is about the average of calibration sets; a single small one may be far from it.
    std::string caution(const fettle::Calibration& calibration) const override {
        const std::size_t count = calibration.normal.size();
        if (place_of(count) > count || bound(count) <= loose * false_alarms) return {};
        return bound_in_words(count) + "; " + std::to_string(needed_for_one_set()) + " calibration images make it " +
               threshold::percent(loose * false_alarms);
    }

    /// The role's; what holds for this one set stands with each threshold, be it a warning or not.
    Out run(const In& in, fettle::Context& context) const {
        auto decisions = std::make_shared<fettle::Decisions>(*Threshold::run(in, context).decisions);
        for (fettle::Cut& cut : decisions->cuts)
            if (cut.caution.empty()) cut.caution = bound_in_words(cut.fitted);
        return {decisions};
    }

   private:
    static constexpr double loose = 2;  ///< times as many false alarms as asked for deserve a warning

    /// What the share of sound images above the threshold stays below with 95 % certainty, for one set of `count`.
    double bound(std::size_t count) const {
        const std::size_t place = place_of(count);
        const boost::math::beta_distribution<> share(static_cast<double>(count + 1 - place),
                                                     static_cast<double>(place));
        return boost::math::quantile(share, 0.95);
    }

    std::string bound_in_words(std::size_t count) const {
        const auto above = static_cast<double>(count + 1 - place_of(count));
        return "of sound images like the " + std::to_string(count) + " calibration ones at most " +
               threshold::percent(above / static_cast<double>(count + 1)) +
               " lie above the threshold, on average over such sets; of this one set, with 95 % certainty, at most " +
               threshold::percent(bound(count));
    }

    /// Where the threshold moves down by one place, the bound is at its loosest until the next.
    std::size_t needed_for_one_set() const {
        for (double above = 1;; ++above) {
            const auto count = static_cast<std::size_t>(std::ceil(above / false_alarms * (1 - rounding))) - 1;
            if (bound(count) <= loose * false_alarms) return count;
        }
    }

    /// A rate written as a decimal number, 0.05 say, isn't exactly that: 20 times it must still be 1.
    static constexpr double rounding = 1e-12;

    std::size_t place_of(std::size_t count) const {
        const auto gaps = static_cast<double>(count + 1);
        return std::max<std::size_t>(
            count + 1 - static_cast<std::size_t>(std::floor(gaps * false_alarms * (1 + rounding))), 1);
    }
    std::size_t needed() const { return static_cast<std::size_t>(std::ceil(1 / false_alarms * (1 - rounding))) - 1; }
    static std::string nearest(std::size_t count) {
        return "`false_alarms` of " + threshold::percent(1 / static_cast<double>(count + 1)) + " or more";
    }
};

}  // namespace

void add_conformal(fettle::PluginBuilder& plugin) { plugin.add<Conformal>("threshold.conformal"); }
