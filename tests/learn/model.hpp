// What the tests of architectures share.
#pragma once

#include "learn.hpp"

#include <torch/csrc/jit/frontend/tracer.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace learn {

/// An architecture with its settings, and a name for the test.
struct Architecture {
    std::string name, id;
    Settings settings;
};
inline std::string name_of(const ::testing::TestParamInfo<Architecture>& info) { return info.param.name; }
inline void PrintTo(const Architecture& architecture, std::ostream* out) { *out << architecture.name; }

inline const std::vector<Architecture>& autoencoders() {
    static const std::vector<Architecture> all{
        {"plain", "model.autoencoder", {}},
        {"plain_transposed", "model.autoencoder", {{"upsample", "transposed"}}},
        {"dilated", "model.dilated_autoencoder", {}},
        {"dilated_channels", "model.dilated_autoencoder", {{"along", "channels"}}},
        {"variational_map", "model.variational_autoencoder", {}},
        {"variational_vector", "model.variational_autoencoder", {{"code", "vector"}}},
        {"unet", "model.unet_autoencoder", {}},
        {"memory", "model.memory_autoencoder", {}}};
    return all;
}

inline std::shared_ptr<fettle::ReconstructionNet> build(const Architecture& architecture, const Settings& more,
                                                        const fettle::ImageShape& shape) {
    torch::manual_seed(4);
    return make<fettle::Autoencoder>(architecture.id, with(architecture.settings, more))->build(shape);
}

inline std::int64_t parameters(const torch::nn::Module& net) {
    std::int64_t count = 0;
    for (const Tensor& each : net.parameters()) count += each.numel();
    return count;
}

/// Whether a backward pass has reached every parameter of `net`.
inline void expect_gradients(const torch::nn::Module& net) {
    for (const auto& parameter : net.named_parameters()) {
        ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
        EXPECT_GT(parameter.value().grad().abs().max().item<float>(), 0) << parameter.key();
    }
}

/// `forward` as a program that was traced with two images, written and read again.
inline torch::jit::Module stored(const torch::nn::Module& net, const Tensor& images,
                                 const std::function<torch::IValue(Tensor)>& forward) {
    for (Tensor parameter : net.parameters()) parameter.set_requires_grad(false);
    torch::jit::Module script("Traced");
    const auto traced = torch::jit::tracer::trace(
        {images}, [&](torch::jit::Stack stack) -> torch::jit::Stack { return {forward(stack.at(0).toTensor())}; },
        [](const Tensor&) { return std::string(); }, /*strict=*/true, /*force_outplace=*/false, &script, {"images"});
    script.type()->addMethod(script._ivalue()->compilation_unit()->create_function(
        c10::QualifiedName(*script.type()->name(), "forward"), traced.first->graph));
    std::stringstream archive;
    script.save(archive);
    return torch::jit::load(archive);
}

/// The greatest absolute difference.
inline double apart(const Tensor& a, const Tensor& b) { return (a - b).abs().max().item<double>(); }

/// Mean loss before and after `steps` of Adam on four small pictures.
template <class Loss>
std::array<double, 2> overfitted(torch::nn::Module& net, int steps, const Loss& loss) {
    Tensor images = torch::empty({4, 3, 32, 32});
    for (int i = 0; i < 4; ++i)
        images[i] =
            torch::from_blob(picture(static_cast<std::size_t>(i), 32, 32).pixels.data(), {32, 32, 3}, torch::kUInt8)
                .permute({2, 0, 1})
                .to(torch::kFloat32) /
            255;
    torch::optim::Adam optimizer(net.parameters(), 5e-3);
    std::vector<double> values;
    for (int step = 0; step < steps; ++step) {
        optimizer.zero_grad();
        const Tensor value = loss(images);
        value.backward();
        optimizer.step();
        values.push_back(value.template item<double>());
    }
    return {values.front(), values.back()};
}

}  // namespace learn
