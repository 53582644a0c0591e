// What can go wrong while a network learns, in words.
#pragma once

#include "task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace train {

/// What a network that hasn't learnt yet makes of an image.
struct Trial {
    std::vector<std::string> names;  ///< of the loss's terms
    double loss = 0;                 ///< as `loss_on` has it
};

/// A forward and backward pass each on as many copies of an image as a batch has at most and at least, of networks
/// that are thrown away: what doesn't fit is said before the first epoch. Where memory runs out, the error names a
/// batch that does fit.                                                             [one at a time per device]
Trial try_one_step(const Task& task, const Lesson& example,
                   const std::function<std::shared_ptr<torch::nn::Module>()>& fresh, const Order& order);

/// The loss of `net`, which learns, on `batch` copies of an image, without what it asks for itself: a divergence of
/// codes begins near 0, and rises while the network learns.              [one at a time per device, no gradients]
double loss_on(const Task& task, const Lesson& example, torch::nn::Module& net, std::size_t batch);

/// Says `what`, and that the steps were too long for it.
fettle::Error diverged(const std::string& what);

/// Where a training stands, for messages; both counted from 1.
struct Place {
    std::int64_t epoch, batch, of;
};

/// Writes the lesson into `folder` as a file that Python's torch.load reads, and says that its loss isn't finite and
/// where the file lies.
fettle::Error not_finite(const Lesson& lesson, const std::vector<Term>& terms, const Place& place,
                         const std::filesystem::path& folder);

/// Says that memory ran out in the middle of a training.
fettle::Error out_of_memory(std::size_t batch, const Place& place);

}  // namespace train
