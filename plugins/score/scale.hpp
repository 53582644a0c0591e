// One column of scores on the scale of its calibration scores, so that columns of different units can be summed.
#pragma once

#include "moments.hpp"

#include <string>
#include <vector>

namespace score {

/// What sound calibration samples score in one column. A calibration sample is measured by all the others: by itself
/// it would look more usual than a new one does, and a threshold found on such scores would be too low.
class Scale {
   public:
    /// `values`: of the calibration samples, finite, 3 or more. `column` is for errors.
    Scale(std::vector<double> values, std::string column);

    /// In standard deviations from the mean. `own`: whether the value is one of those given above. Without it, the
    /// deviation is taken for a tenth of all values' at least. Throws Error(Fault::data) where all values are equal.
    double deviations(double value, bool own) const;
    /// The share of calibration scores below, those that are equal counting half: 0 to 1.
    double rank(double value, bool own) const;

   private:
    std::vector<double> ascending_;
    Moments moments_;
    std::string column_;
};

}  // namespace score
