#include "lessons.hpp"

#include <chrono>

namespace train {

using fettle::Error;
using fettle::Fault;
using fettle::Tensor;

std::string sides(const Tensor& images) {
    return std::to_string(images.size(3)) + "x" + std::to_string(images.size(2));
}

std::int64_t masked_in(const Lesson& lesson) {
    return lesson.masks.defined() ? lesson.masks.flatten(1).any(1).sum().item<std::int64_t>() : 0;
}

void require_size(const Lesson& lesson, const Lesson& example) {
    if (lesson.inputs.sizes().slice(1) == example.inputs.sizes().slice(1)) return;
    throw Error(Fault::shape, "images of one training differ in size: `" + lesson.samples.front() + "` is " +
                                  sides(lesson.inputs) + ", `" + example.samples.front() + "` " + sides(example.inputs))
        .help("give the data set a `size`, or put a `transform.resize` before this stage");
}

Lessons::Lessons(fettle::Ref<fettle::Images> inputs, fettle::Ref<fettle::Images> targets, bool masks,
                 bool channels_last, const fettle::Context& context)
    : inputs_(std::move(inputs)),
      targets_(std::move(targets)),
      masks_(masks),
      format_(channels_last ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous),
      context_(&context),
      transfer_(torch_device(context.device())) {
    if (inputs_->size() != targets_->size())
        throw Error(Fault::shape, "`inputs` has " + std::to_string(inputs_->size()) + " samples and `targets` " +
                                      std::to_string(targets_->size()))
            .help("sample i of one has to belong to sample i of the other");
    if (inputs_->size() == 0)
        throw Error(Fault::data, "there is no image to train on").help("see what the stages before this one leave");
}

/// On the host where they are there: they travel to the device together.
Tensor Lessons::images_of(const fettle::Batch& batch) const {
    const bool there = batch.tensors() != nullptr && !batch.on_host();
    return tensor_of(batch, there ? context_->device() : fettle::Device{}).contiguous(format_);
}

Tensor Lessons::masks_of(const fettle::Batch& batch) const {
    if (!batch.on_host())
        throw Error(Fault::data, "`" + batch.info(0).id +
                                     "` comes from a stage that computes with tensors, and what "
                                     "it gives has no masks")
            .help("connect `in.inputs` to the stage that makes the defects");
    Tensor masks;
    for (std::size_t i = 0; i < batch.size(); ++i) {
        const fettle::Sample& sample = *batch.sample(i);
        const fettle::Image &image = sample.image, &mask = sample.mask;
        if (i == 0) masks = torch::zeros({static_cast<std::int64_t>(batch.size()), 1, image.height, image.width});
        if (mask.pixels.empty()) continue;
        if (mask.width != image.width || mask.height != image.height)
            throw Error(Fault::shape, "the mask of `" + batch.info(i).id + "` is " + std::to_string(mask.width) + "x" +
                                          std::to_string(mask.height) + ", its image " + std::to_string(image.width) +
                                          "x" + std::to_string(image.height))
                .help("change image and mask together, by the transform stages");
        float* const row = masks[static_cast<std::int64_t>(i)].data_ptr<float>();
        const auto channels = static_cast<std::size_t>(mask.channels);
        for (std::size_t p = 0; p < mask.pixels.size() / channels; ++p) row[p] = mask.pixels[p * channels] >= 128;
    }
    return masks;
}

Lesson Lessons::read(const std::vector<std::size_t>& indices, std::uint32_t round) const {
    const auto targets = targets_->read(indices, round);
    const auto inputs = inputs_ == targets_ ? targets : inputs_->read(indices, round);
    Lesson lesson;
    for (std::size_t i = 0; i < inputs->size(); ++i) lesson.samples.push_back(inputs->info(i).id);
    const auto begin = std::chrono::steady_clock::now();
    lesson.inputs = images_of(*inputs);
    lesson.targets = inputs == targets ? lesson.inputs : images_of(*targets);
    if (masks_) lesson.masks = masks_of(*inputs);
    if (lesson.inputs.sizes() != lesson.targets.sizes())
        throw Error(Fault::shape, "`" + lesson.samples.front() + "` is " + sides(lesson.inputs) + " in `inputs` and " +
                                      sides(lesson.targets) + " in `targets`")
            .help("bring them to one size before the inputs are damaged");
    const bool same = lesson.inputs.is_same(lesson.targets);
    lesson.arrival = transfer_.send({&lesson.inputs, same ? &lesson.inputs : &lesson.targets, &lesson.masks});
    if (same) lesson.targets = lesson.inputs;
    context_->traced("copy", begin);
    return lesson;
}

}  // namespace train
