#include "network.hpp"

#include <fettle/thrown.hpp>

#include <torch/csrc/jit/runtime/graph_executor.h>

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

/// On the CPU a batch goes through in slices, one for each thread; what they take doesn't depend on the batch.
Error out_of_memory(const Tensor& images) {
    const std::int64_t count = images.size(0);
    Error error(Fault::memory, "a pass of " + std::to_string(count) + (count == 1 ? " image of " : " images of ") +
                                   shape_of(images.size(3), images.size(2), images.size(1)) +
                                   " through the network doesn't fit into memory");
    if (images.is_cpu()) return error.help("take fewer --threads, smaller images or a smaller network");
    if (count < 4) return error.help("take smaller images or a smaller network");
    return error.parameter("batch").help("say batch = " + std::to_string(count / 2));
}

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

std::vector<Tensor> Program::run(const fettle::Batch& batch, std::size_t wanted) const {
    send_ahead(batch, *context_);
    const Tensor images = tensor_of(batch, context_->device());
    require_shape(images, batch.info(0).id);
    torch::jit::Module& program = script();
    try {
        return in_slices(images.size(0), *context_, [&](std::int64_t from, std::int64_t to) {
            const torch::jit::GraphOptimizerEnabledGuard unoptimised(
                false);  // every call computes as the first one did
            const Tensor some = images.slice(0, from, to).contiguous(at::MemoryFormat::ChannelsLast);
            return wanted_of(program.forward({some}), wanted, to - from);
        });
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        if (fettle::means_out_of_memory(error)) throw out_of_memory(images);
        throw Error(Fault::data, "the network fails on images of " +
                                     shape_of(images.size(3), images.size(2), images.size(1)) + ": " +
                                     fettle::sentence_of(error));
    }
}

/// What else a network gives (a loss, features) is let go.
std::vector<Tensor> Program::wanted_of(const torch::IValue& result, std::size_t wanted, std::int64_t rows) const {
    auto made = tensors_in(result);
    if (made.size() < wanted)
        throw Error(Fault::data, "the network gives images alone and no map of anomalies")
            .help("train it with train.discriminative, or take infer.reconstruct");
    made.resize(wanted);
    for (Tensor& each : made) {
        if (each.dim() != 4 || each.size(0) != rows)
            throw Error(Fault::data, "the network doesn't give one image for each that it was shown")
                .help("its `forward` has to return N x C x H x W for N images");
        each = each.contiguous();
    }
    return made;
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

/// Loaded by the first reader.
torch::jit::Module& Program::script() const {
    std::call_once(loaded_, [this] {
        try {
            std::istringstream bytes(network_->script);
            script_ = torch::jit::load(bytes, torch_device(context_->device()));
            script_.eval();
        } catch (const c10::Error& error) {
            throw Error(Fault::data, "the network can't be loaded as TorchScript: " + fettle::sentence_of(error));
        }
    });
    return script_;
}

}  // namespace infer
