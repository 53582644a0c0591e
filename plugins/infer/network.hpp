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

    /// The first `wanted` things that the network makes of a batch: images, and the map of anomalies where it segments.
    /// Throws Error(Fault::shape) where the images aren't of the network's size, naming one, Error(Fault::data) where
    /// the network is none or gives less, and Error(Fault::memory) with what takes less.   [any thread, concurrent]
    std::vector<fettle::Tensor> run(const fettle::Batch& batch, std::size_t wanted) const;

   private:
    torch::jit::Module& script() const;
    std::vector<fettle::Tensor> wanted_of(const torch::IValue& result, std::size_t wanted, std::int64_t rows) const;
    void require_shape(const fettle::Tensor& images, const std::string& id) const;

    fettle::Ref<fettle::Network> network_;
    const fettle::Context* context_;
    mutable std::once_flag loaded_;
    mutable torch::jit::Module script_;
};

/// How many images go through a network together, at least: a parameter of every stage that infers. Two at least: one
/// by one they would not be read in blocks, in which the same neighbours always share a pass.
constexpr int usual_batch = 16;
template <class T>
void describe_batch(fettle::Describe<T>& d) {
    d.param("batch", &T::batch,
            "How many images are given through the network together; on a GPU, as many as its memory holds.",
            fettle::between(2, 4096));
}

/// The infos of a batch's samples.
std::vector<fettle::SampleInfo> infos_of(const fettle::Batch& batch);

}  // namespace infer
