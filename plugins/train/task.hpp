// What a training is about: the part in which trainers differ.
#pragma once

#include "lessons.hpp"
#include "loss.hpp"
#include "recipe.hpp"

#include <memory>
#include <string>
#include <vector>

namespace train {

/// A network and what is made small. Made for one run.
class Task {
   public:
    virtual ~Task() = default;

    /// A network as the model component builds it, from LibTorch's generator.       [one at a time per device]
    virtual std::shared_ptr<torch::nn::Module> build(const fettle::ImageShape& input) const = 0;
    /// The terms of the loss on a lesson; their sum is made small. Always the same ones in the same order while `net`
    /// learns; while it evaluates, without penalties of its own. Throws Error(Fault::shape) where images and network
    /// don't fit.                                                                    [one at a time per device]
    virtual std::vector<Term> terms(torch::nn::Module& net, const Lesson& lesson) const = 0;
    /// What `net` gives as it evaluates: images, and the map of anomalies where it segments.
    ///                                                                               [one at a time per device]
    virtual std::vector<fettle::Tensor> outputs(torch::nn::Module& net, const fettle::Tensor& images) const = 0;
    /// Whether it tells where images are anomalous; its lessons have masks then.
    virtual bool segments() const = 0;
};

/// Throws Error(Fault::shape) where `output` doesn't have the sizes of `targets`.
void require_same_sizes(const fettle::Tensor& output, const Lesson& lesson);

}  // namespace train
