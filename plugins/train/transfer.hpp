// How images reach the device that computes.
#pragma once

#include <fettle/sdk.hpp>

#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <initializer_list>
#include <memory>
#include <optional>

namespace train {

/// Something that is on its way to a device, or there.
class Arrival {
   public:
    Arrival() = default;
    explicit Arrival(std::shared_ptr<c10::Event> event) : event_(std::move(event)) {}

    /// Makes what this thread computes from now on wait for it; `tensors` are what is under way. Returns at once.
    ///                                                                                [one at a time per device]
    void wait(std::initializer_list<fettle::Tensor> tensors) const;

   private:
    std::shared_ptr<c10::Event> event_;
};

/// Copies tensors to a device. To a CUDA device they go from pinned memory on a stream of their own, while others
/// compute; on the CPU they stay where they are.                                      [any thread, concurrent]
class Transfer {
   public:
    explicit Transfer(torch::Device device);

    /// Replaces each defined tensor by one on the device.
    Arrival send(std::initializer_list<fettle::Tensor*> tensors) const;

   private:
    torch::Device device_;
    std::optional<c10::Stream> stream_;  ///< for copies; none on the CPU
};

}  // namespace train
