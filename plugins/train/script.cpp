#include "script.hpp"

#include <torch/csrc/jit/frontend/tracer.h>
#include <torch/script.h>

#include <sstream>

namespace train {
namespace {

using CompilationUnit = std::shared_ptr<torch::jit::CompilationUnit>;
using Tensors = std::vector<fettle::Tensor>;

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

torch::IValue value_of(const Tensors& outputs) {
    if (outputs.size() == 1) return outputs.front();
    return c10::ivalue::Tuple::create(std::vector<torch::IValue>(outputs.begin(), outputs.end()));
}

Tensors tensors_in(const torch::IValue& value) {
    if (value.isTensor()) return {value.toTensor()};
    Tensors tensors;
    for (const torch::IValue& element : value.toTupleRef().elements()) tensors.push_back(element.toTensor());
    return tensors;
}

void require_faithful(torch::jit::Module& script, const Tensors& direct, const fettle::Tensor& images) {
    const Tensors scripted = tensors_in(script.forward({images}));
    bool same = scripted.size() == direct.size();
    std::string why = same ? "" : "another number of results";
    for (std::size_t i = 0; same && i < direct.size(); ++i) {
        same = scripted[i].sizes() == direct[i].sizes();
        if (!same) why = "results of another size";
        if (!same || torch::allclose(scripted[i], direct[i], 1e-5, 1e-6, /*equal_nan=*/true)) continue;
        same = false;
        why = "results that differ by up to " + std::to_string((scripted[i] - direct[i]).abs().max().item<double>());
    }
    if (!same)
        throw fettle::Error(fettle::Fault::plugin,
                            "the network could not be stored as TorchScript: the stored one gives " + why)
            .help("an architecture's `forward` has to do the same operations whatever the values and the batch size");
}

}  // namespace

std::string script_of(torch::nn::Module& net, const std::function<Tensors(const fettle::Tensor&)>& outputs,
                      const fettle::ImageShape& input, torch::Device device, const std::string& description) {
    const auto images = [&](std::int64_t count, torch::Device there) {
        const auto values = torch::linspace(0, 1, count * input.channels * input.height * input.width, there);
        return values.view({count, input.channels, input.height, input.width});
    };
    // Whoever loads it needs no GPU: what is traced on one names it.
    net.to(torch::kCPU);
    const auto unit = std::make_shared<torch::jit::CompilationUnit>();
    torch::jit::Module script = mirrored(net, "Network", unit);
    const auto traced = torch::jit::tracer::trace(
        {images(2, torch::kCPU)},
        [&](torch::jit::Stack stack) -> torch::jit::Stack { return {value_of(outputs(stack.at(0).toTensor()))}; },
        [](const torch::Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false, &script,
        {"images"});
    script.type()->addMethod(
        unit->create_function(c10::QualifiedName(*script.type()->name(), "forward"), traced.first->graph));

    std::ostringstream archive;
    script.save(archive, {{description_file, description}});
    std::istringstream stored(archive.str());
    torch::jit::Module loaded = torch::jit::load(stored, device);
    net.to(device);
    for (const std::int64_t count : {1, 3})
        require_faithful(loaded, outputs(images(count, device)), images(count, device));
    return archive.str();
}

}  // namespace train
