// What strategies share that divide a mixture of sound and anomalous scores without knowing which is which.
#pragma once

#include <fettle/roles/decide.hpp>

#include <string>
#include <vector>

namespace threshold {

/// A strategy that looks for two groups.
struct Mixture : fettle::Threshold {
    bool anomalies = true;

    bool needs_anomalies() const override { return anomalies; }

   protected:
    template <class T>
    static void describe_mixture(fettle::Describe<T>& d) {
        d.param("anomalies", &Mixture::anomalies,
                "Whether synthetic anomalies made from calibration images are put among the scores, their labels "
                "unseen; `false` where the calibration images, unlabelled, are of both kinds already.")
            .needs_anomalies("scores", "anomalies");
    }

    /// The scores to divide, ascending. Throws Error(Fault::data) where all of them are equal.
    std::vector<double> scores(const fettle::Calibration& calibration) const;

    /// What to say where there are too few of them for two groups to show; else empty.
    static std::string few(const std::vector<double>& scores);
};

}  // namespace threshold
