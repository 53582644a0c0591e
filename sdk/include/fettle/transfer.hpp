// How tensors reach the device that computes. Includes LibTorch.
#pragma once

#include <torch/torch.h>

#include <c10/core/Event.h>
#include <c10/core/Stream.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <initializer_list>
#include <memory>
#include <optional>
#include <utility>

namespace fettle {

/// Something that is on its way to a device, or there.
class Arrival {
   public:
    Arrival() = default;
    explicit Arrival(std::shared_ptr<c10::Event> event) : event_(std::move(event)) {}

    /// Makes what this thread computes from now on wait for it; `tensors` are what is under way. Returns at once.
    ///                                                                                [one at a time per device]
    void wait(std::initializer_list<torch::Tensor> tensors) const {
        if (!event_) return;
        for (const torch::Tensor& tensor : tensors) {
            if (!tensor.defined()) continue;
            const c10::impl::VirtualGuardImpl device(tensor.device().type());
            const c10::Stream computing = device.getStream(tensor.device());
            event_->block(computing);
            tensor.record_stream(computing);  // its memory isn't given away before what computes with it is done
        }
    }

   private:
    std::shared_ptr<c10::Event> event_;
};

/// Copies tensors to a device. To a CUDA device they go from pinned memory on a stream of their own, while others
/// compute; on the CPU they stay where they are.                                      [any thread, concurrent]
class Transfer {
   public:
    explicit Transfer(torch::Device device) : device_(device) {
        if (device.is_cpu()) return;
        stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
    }

    /// Replaces each defined tensor by one on the device. Returns before they are there.
    Arrival send(std::initializer_list<torch::Tensor*> tensors) const {
        if (!stream_) return {};
        const c10::StreamGuard copying(*stream_);
        for (torch::Tensor* tensor : tensors) {
            if (!tensor->defined()) continue;
            const torch::Tensor pinned = tensor->is_cpu() ? tensor->pin_memory() : *tensor;
            *tensor = pinned.to(device_, /*non_blocking=*/true);
        }
        auto event = std::make_shared<c10::Event>(device_.type());
        event->record(*stream_);
        return Arrival(std::move(event));
    }

   private:
    torch::Device device_;
    std::optional<c10::Stream> stream_;  ///< for copies; none on the CPU
};

}  // namespace fettle
