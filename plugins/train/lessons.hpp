// The images of a training, step by step, as tensors where they are computed with.
#pragma once

#include "order.hpp"

#include <fettle/sdk.hpp>

#include <string>
#include <vector>

namespace train {

/// What one step learns from.
struct Lesson {
    std::vector<std::string> samples;  ///< their ids
    fettle::Tensor inputs, targets;    ///< N x C x H x W
    fettle::Tensor masks;              ///< N x 1 x H x W, 1 where an input is anomalous, else 0; undefined unless asked
    fettle::Arrival arrival;           ///< to be waited for before the first look
};

/// "32x48" of a tensor of images: width x height.
std::string sides(const fettle::Tensor& images);

/// How many of its masks show anything anomalous.
std::int64_t masked_in(const Lesson& lesson);
/// Throws Error(Fault::shape) where the inputs aren't as large as those of `example`, naming both.
void require_size(const Lesson& lesson, const Lesson& example);

/// Reads lessons from two sequences.                                                  [any thread, concurrent]
class Lessons {
   public:
    /// Throws Error where the two don't hold as many samples, or none.
    Lessons(fettle::Ref<fettle::Images> inputs, fettle::Ref<fettle::Images> targets, bool masks, bool channels_last,
            const fettle::Context& context);

    std::size_t samples() const { return inputs_->size(); }
    const fettle::Images& inputs() const { return *inputs_; }
    bool own_targets() const { return inputs_ == targets_; }  ///< whether inputs and targets are the same images
    /// Throws Error(Fault::shape) where inputs, targets or masks differ in size, naming the sample.
    Lesson read(const std::vector<std::size_t>& indices, std::uint32_t round) const;

   private:
    fettle::Tensor images_of(const fettle::Batch& batch) const;
    fettle::Tensor masks_of(const fettle::Batch& batch) const;

    fettle::Ref<fettle::Images> inputs_, targets_;
    bool masks_;
    at::MemoryFormat format_;
    const fettle::Context* context_;
    fettle::Transfer transfer_;
};

}  // namespace train
