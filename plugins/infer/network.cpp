#include "network.hpp"

#include <ATen/Context.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <optional>
#include <sstream>

namespace infer {
namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Tensor;

std::string shape_of(std::int64_t width, std::int64_t height, std::int64_t channels) {
    return std::to_string(width) + "x" + std::to_string(height) + " with " + std::to_string(channels) +
           (channels == 1 ? " channel" : " channels");
}

/// While one lives, convolutions on CUDA devices compute in float32 as the CPU does, not in TensorFloat-32, so that a
/// network's scores are the same on both to within rounding. The setting is the process's.  [one at a time per device]
class Exact {
   public:
    Exact() : before_(at::globalContext().allowTF32CuDNN()) { at::globalContext().setAllowTF32CuDNN(false); }
    ~Exact() { at::globalContext().setAllowTF32CuDNN(before_); }
    Exact(const Exact&) = delete;
    Exact& operator=(const Exact&) = delete;

   private:
    bool before_;
};

std::vector<Tensor> tensors_in(const torch::IValue& result) {
    if (result.isTensor()) return {result.toTensor()};
    std::vector<Tensor> tensors;
    if (result.isTuple())
        for (const torch::IValue& element : result.toTupleRef().elements())
            if (element.isTensor()) tensors.push_back(element.toTensor());
    if (tensors.empty())
        throw Error(Fault::data, "the network gives a " + result.tagKind() + ", and no images")
            .help("its `forward` has to return a tensor, or a pair of images and anomalies");
    return tensors;
}

}  // namespace

std::vector<fettle::SampleInfo> infos_of(const fettle::Batch& batch) {
    std::vector<fettle::SampleInfo> infos;
    for (std::size_t i = 0; i < batch.size(); ++i) infos.push_back(batch.info(i));
    return infos;
}

std::vector<Tensor> Program::run(const fettle::Batch& batch) const {
    const Tensor images = tensor_of(batch, context_->device());
    require_shape(images, batch.info(0).id);
    const torch::jit::GraphOptimizerEnabledGuard unoptimised(false);  // every call computes as the first one did
    torch::jit::Module& program = script();
    std::optional<Exact> exact;
    if (images.is_cuda()) exact.emplace();
    try {
        auto made = tensors_in(program.forward({images.contiguous(at::MemoryFormat::ChannelsLast)}));
        for (Tensor& each : made) each = each.contiguous();
        return made;
    } catch (const c10::Error& error) {
        const std::string why = error.what_without_backtrace();
        if (why.find("out of memory") != std::string::npos || why.find("not enough memory") != std::string::npos ||
            why.find("can't allocate memory") != std::string::npos)
            throw;  // the framework has words for it
        throw Error(Fault::data, "the network fails on images of " +
                                     shape_of(images.size(3), images.size(2), images.size(1)) + ": " + why);
    }
}

void Program::require_shape(const Tensor& images, const std::string& id) const {
    const fettle::Network& net = *network_;
    if (images.size(2) == net.height && images.size(3) == net.width && images.size(1) == net.channels) return;
    throw Error(Fault::shape, "`" + id + "` is " + shape_of(images.size(3), images.size(2), images.size(1)) +
                                  ", the network was made for " + shape_of(net.width, net.height, net.channels))
        .help(images.size(1) == net.channels
                  ? "bring the images to its size with a `transform.resize` or the data set's `size`"
                  : "images here have 3 channels, RGB; export the network so that it takes them");
}

/// Loaded by the first reader, who holds the device.
torch::jit::Module& Program::script() const {
    std::call_once(loaded_, [this] {
        try {
            std::istringstream bytes(network_->script);
            script_ = torch::jit::load(bytes, torch_device(context_->device()));
            script_.eval();
        } catch (const c10::Error& error) {
            throw Error(Fault::data,
                        "the network can't be loaded as TorchScript: " + std::string(error.what_without_backtrace()));
        }
    });
    return script_;
}

}  // namespace infer
