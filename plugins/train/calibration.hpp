// The images that tell how a training goes, without being learnt from.
#pragma once

#include "task.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace train {

/// The images of `in.calibrate`, which are their own targets.                                  [one thread]
class Calibration {
   public:
    /// `images` isn't empty. Throws Error(Fault::data) where one is anomalous and `task` only rebuilds.
    Calibration(const Recipe& recipe, const Task& task, fettle::Ref<fettle::Images> images,
                const fettle::Context& context);

    const Lessons& lessons() const { return lessons_; }
    /// How many of the images had something in their mask when the loss was last asked for.
    std::int64_t masked() const { return masked_; }
    /// The mean loss of `net`, which is left learning. Where a mask shows anything anomalous, that of the terms that
    /// compare masks, alone: a network that gives a defect back is no better for it. At most `ahead` batches are made
    /// before they are needed; `epoch` is for messages. Throws Error(Fault::shape) where an image isn't as large as
    /// `example`, Error(Fault::numeric) where the loss isn't finite.
    double loss(torch::nn::Module& net, std::size_t ahead, const Lesson& example, std::int64_t epoch);

   private:
    struct Sums;
    Lesson read(std::size_t batch) const;
    void caution();

    const Recipe& recipe_;
    const Task& task_;
    const fettle::Context& context_;
    Lessons lessons_;
    std::int64_t masked_ = 0;
    bool cautioned_ = false;
};

}  // namespace train
