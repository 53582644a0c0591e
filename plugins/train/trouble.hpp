// What can go wrong while a network learns, in words.
#pragma once

#include "task.hpp"

#include <functional>
#include <string>
#include <vector>

namespace train {

/// One forward and backward pass, on `batch` copies of an image, of a network that is thrown away: what doesn't fit is
/// said before the first epoch. Where memory runs out, the error names a batch that does fit. Returns the names of the
/// loss's terms.                                                                    [one at a time per device]
std::vector<std::string> try_one_step(const Task& task, const Lesson& example,
                                      const std::function<std::shared_ptr<torch::nn::Module>()>& fresh,
                                      std::size_t batch);

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
