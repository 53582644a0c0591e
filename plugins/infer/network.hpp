// A network at work: images in, what it makes of them out.
#pragma once

#include <fettle/sdk.hpp>

#include <torch/script.h>

#include <mutex>
#include <string>
#include <vector>

namespace infer {

/// A network's program, loaded when it is first used.
class Program {
   public:
    Program(fettle::Ref<fettle::Network> network, const fettle::Context& context)
        : network_(std::move(network)), context_(&context) {}

    /// What the network makes of a batch: images, and the map of anomalies where it segments. The caller holds the
    /// device. Throws Error(Fault::shape) where the images aren't of the network's size, naming one, and
    /// Error(Fault::data) where the network is none.                             [one at a time per device]
    std::vector<fettle::Tensor> run(const fettle::Batch& batch) const;

   private:
    torch::jit::Module& script() const;
    void require_shape(const fettle::Tensor& images, const std::string& id) const;

    fettle::Ref<fettle::Network> network_;
    const fettle::Context* context_;
    mutable std::once_flag loaded_;
    mutable torch::jit::Module script_;
};

/// The infos of a batch's samples.
std::vector<fettle::SampleInfo> infos_of(const fettle::Batch& batch);

}  // namespace infer
