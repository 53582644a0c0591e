#include "task.hpp"

namespace train {

void require_same_sizes(const fettle::Tensor& output, const Lesson& lesson) {
    if (output.sizes() == lesson.targets.sizes()) return;
    const auto shape = [](const fettle::Tensor& images) {
        return sides(images) + " with " + std::to_string(images.size(1)) +
               (images.size(1) == 1 ? " channel" : " channels");
    };
    throw fettle::Error(fettle::Fault::shape, "the network makes " + shape(output) + " of " + shape(lesson.inputs))
        .help("it has to give back images of the size and channels that it was shown");
}

}  // namespace train
