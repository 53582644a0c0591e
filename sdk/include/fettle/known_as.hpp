// Scores that people know by another figure.
#pragma once

#include <string>

namespace fettle {

/// A similarity or distance derives from this too where its score stands for a figure that people use and that isn't a
/// dissimilarity: a ratio that is higher for more alike images, say.
class KnownAs {
   public:
    virtual ~KnownAs() = default;
    /// The figure that a score of one pair stands for, with its name and unit: "PSNR 7.724 dB".
    ///                                                                [any thread, concurrent with itself]
    virtual std::string known_as(double score) const = 0;
};

}  // namespace fettle
