#include "script.hpp"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/script.h>

#include <sstream>

namespace train {
namespace {

using CompilationUnit = std::shared_ptr<torch::jit::CompilationUnit>;

/// The module's tensors as attributes of a TorchScript module, submodules likewise.
torch::jit::Module mirrored(const torch::nn::Module& source, const std::string& name, const CompilationUnit& unit) {
    torch::jit::Module mirror(c10::QualifiedName("__torch__." + name), unit, /*shouldMangle=*/true);
    mirror.register_attribute("training", c10::BoolType::get(), false);
    for (const auto& tensor : source.named_parameters(/*recurse=*/false))
        mirror.register_parameter(tensor.key(), tensor.value(), /*is_buffer=*/false);
    for (const auto& tensor : source.named_buffers(/*recurse=*/false))
        mirror.register_buffer(tensor.key(), tensor.value());
    for (const auto& child : source.named_children())
        mirror.register_module(child.key(), mirrored(*child.value(), "Part", unit));
    return mirror;
}

void require_faithful(torch::jit::Module& script, fettle::ReconstructionNet& net, const torch::Tensor& images) {
    const torch::Tensor scripted = script.forward({images}).toTensor(), direct = net.forward(images);
    if (scripted.sizes() != direct.sizes() || !torch::allclose(scripted, direct, 1e-5, 1e-6))
        throw fettle::Error(fettle::Fault::plugin,
                            "the network could not be stored as TorchScript: the stored one gives other images")
            .help("an architecture's `forward` has to do the same operations whatever the values and the batch size");
}

}  // namespace

std::string script_of(fettle::ReconstructionNet& net, const fettle::ImageShape& input, torch::Device device) {
    net.eval();
    const auto images = [&](std::int64_t count) {
        const auto values = torch::linspace(0, 1, count * input.channels * input.height * input.width, device);
        return values.view({count, input.channels, input.height, input.width});
    };
    const auto unit = std::make_shared<torch::jit::CompilationUnit>();
    torch::jit::Module script = mirrored(net, "Reconstruction", unit);
    const auto traced = torch::jit::tracer::trace(
        {images(2)},
        [&](torch::jit::Stack stack) -> torch::jit::Stack { return {net.forward(stack.at(0).toTensor())}; },
        [](const torch::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false, &script,
        {"images"});
    script.type()->addMethod(
        unit->create_function(c10::QualifiedName(*script.type()->name(), "forward"), traced.first->graph));

    std::ostringstream archive;
    script.save(archive);
    std::istringstream stored(archive.str());
    torch::jit::Module loaded = torch::jit::load(stored, device);
    for (const std::int64_t count : {1, 3}) require_faithful(loaded, net, images(count));
    return archive.str();
}

}  // namespace train
