#include "exported.hpp"

#include <fettle/thrown.hpp>

#include <torch/csrc/jit/runtime/graph_executor.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace model {
namespace {

using fettle::Error;
using fettle::Fault;
using torch::Tensor;

std::vector<Tensor> tensors_in(const torch::IValue& value) {
    if (value.isTensor()) return {value.toTensor()};
    std::vector<torch::IValue> parts;
    if (value.isTuple()) parts = value.toTupleRef().elements().vec();
    if (value.isList()) parts = value.toListRef().vec();
    if (value.isGenericDict())
        for (const auto& entry : value.toGenericDict()) parts.push_back(entry.value());
    std::vector<Tensor> tensors;
    for (const torch::IValue& part : parts) {
        if (!part.isTensor()) return {};
        tensors.push_back(part.toTensor());
    }
    return tensors;
}

}  // namespace

Exported::Exported(std::filesystem::path file, torch::Device device) : file_(std::move(file)), device_(device) {
    try {
        module_ = torch::jit::load(file_.string(), device);
    } catch (const std::exception& error) {
        throw Error(Fault::data, name() + " is no TorchScript file: " + fettle::sentence_of(error))
            .parameter("path")
            .help(
                "export the module with `torch.jit.trace(module.eval(), images).save(\"x.pt\")` or `torch.jit.script`; "
                "a file of `torch.save` holds numbers without the program");
    }
    module_.eval();
    for (Tensor parameter : module_.parameters()) parameter.set_requires_grad(false);
}

void Exported::move_to(torch::Device device) {
    if (device == device_) return;
    module_.to(device);
    device_ = device;
}

std::vector<Tensor> Exported::given(const Tensor& images) {
    const torch::jit::GraphOptimizerEnabledGuard unoptimised(false);  // every call computes as the first one did
    const torch::IValue value = module_.forward({images});
    auto tensors = tensors_in(value);
    if (tensors.empty())
        throw Error(Fault::data, name() + " gives a " + value.tagKind())
            .parameter("path")
            .help("its `forward` has to return a tensor, or a tuple, list or dictionary of tensors");
    return tensors;
}

std::vector<Tensor> Exported::run(const Tensor& images) {
    try {
        return given(images);
    } catch (const Error&) {
        throw;
    } catch (const std::exception& error) {
        if (fettle::means_out_of_memory(error)) throw;  // the framework has words for it
        const std::string why = fettle::sentence_of(error);
        std::ostringstream shape;
        shape << images.size(0) << " x " << images.size(1) << " x " << images.size(2) << " x " << images.size(3);
        throw Error(Fault::shape, name() + " can't take images " + shape.str() + ": " + why)
            .parameter("path")
            .help(what_fits(images));
    }
}

/// Tried with black images: the sides that networks are usually made for, the nearest first; other channels.
std::string Exported::what_fits(const Tensor& images) {
    const torch::NoGradGuard no_gradients;
    const auto takes = [&](std::int64_t channels, std::int64_t height, std::int64_t width) {
        try {
            given(torch::zeros({1, channels, height, width}, images.options().requires_grad(false)));
            return true;
        } catch (const std::exception&) {
            return false;
        }
    };
    std::vector<std::int64_t> usual{28, 32, 64, 96, 112, 128, 160, 192, 224, 227, 256, 299, 320, 384, 448, 512};
    const auto away = [&](std::int64_t side) { return std::abs(side - images.size(3)); };
    std::sort(usual.begin(), usual.end(),
              [&](auto a, auto b) { return std::pair(away(a), a) < std::pair(away(b), b); });
    for (const std::int64_t channels : {images.size(1), std::int64_t{1}, std::int64_t{4}}) {
        if (channels != images.size(1) && takes(channels, images.size(2), images.size(3)))
            return "it takes images of " + std::to_string(channels) + (channels == 1 ? " channel" : " channels") +
                   "; here they are RGB";
        for (const std::int64_t side : usual)
            if (takes(channels, side, side)) {
                const std::string text = "it takes images of " + std::to_string(side) + "x" + std::to_string(side);
                return channels == images.size(1)
                           ? text
                           : text + " with " + std::to_string(channels) + (channels == 1 ? " channel" : " channels") +
                                 "; here they are RGB";
            }
    }
    return "export it for images N x 3 x height x width, float32 in [0, 1]";
}

std::string Exported::bytes() const {
    std::ifstream file(file_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string Exported::behind(const std::array<double, 3>& mean, const std::array<double, 3>& deviation) const {
    torch::jit::Module whole("Normalised");
    whole.register_attribute("training", c10::BoolType::get(), false);
    whole.register_module("network", module_);
    for (const auto& [name, values] : {std::pair{"mean", mean}, std::pair{"deviation", deviation}})
        whole.register_buffer(
            name, torch::tensor(at::ArrayRef<double>(values), torch::kFloat32).view({1, 3, 1, 1}).to(device_));
    whole.define(R"(
def forward(self, images):
    return self.network.forward((images - self.mean) / self.deviation)
)");
    std::ostringstream archive;
    whole.save(archive);
    return archive.str();
}

std::size_t Exported::parameters() const {
    std::size_t count = 0;
    for (const Tensor& parameter : module_.parameters()) count += static_cast<std::size_t>(parameter.numel());
    return count;
}

}  // namespace model
