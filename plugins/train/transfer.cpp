#include "transfer.hpp"

#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

namespace train {

void Arrival::wait(std::initializer_list<fettle::Tensor> tensors) const {
    if (!event_) return;
    for (const fettle::Tensor& tensor : tensors) {
        if (!tensor.defined()) continue;
        const c10::impl::VirtualGuardImpl device(tensor.device().type());
        const c10::Stream computing = device.getStream(tensor.device());
        event_->block(computing);
        tensor.record_stream(computing);  // its memory isn't given away before what computes with it is done
    }
}

Transfer::Transfer(torch::Device device) : device_(device) {
    if (device.is_cpu()) return;
    stream_ = c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
}

Arrival Transfer::send(std::initializer_list<fettle::Tensor*> tensors) const {
    if (!stream_) return {};
    const c10::StreamGuard copying(*stream_);
    for (fettle::Tensor* tensor : tensors) {
        if (!tensor->defined()) continue;
        const fettle::Tensor pinned = tensor->is_cpu() ? tensor->pin_memory() : *tensor;
        *tensor = pinned.to(device_, /*non_blocking=*/true);
    }
    auto event = std::make_shared<c10::Event>(device_.type());
    event->record(*stream_);
    return Arrival(std::move(event));
}

}  // namespace train
