// What the tests of similarities share: comparing two tensors, gradients by finite differences, a peer in Python.
#pragma once

#include "learn.hpp"
#include "python.hpp"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace learn {

inline Tensor compare(const std::string& id, const Tensor& a, const Tensor& b, const Settings& settings = {}) {
    return make<fettle::Similarity>(id, settings)->compare(a, b);
}

/// The gradient of the mean of `map(images[0], images[1])` against central differences, at every `stride`th element
/// of both. Double precision.
template <class Map>
void expect_gradient(const Map& map, std::vector<Tensor> images, std::int64_t stride = 1, double tolerance = 1e-8) {
    const auto value = [&] { return map(images[0], images[1]).mean(); };
    for (auto& image : images) image = image.detach().clone().contiguous().requires_grad_(true);
    value().backward();
    const torch::NoGradGuard no_gradients;
    constexpr double step = 1e-6;
    for (auto& image : images) {
        const Tensor gradient = image.grad().flatten();
        double* const values = image.data_ptr<double>();
        for (std::int64_t i = 0; i < image.numel(); i += stride) {
            const double kept = values[i];
            values[i] = kept + step;
            const double above = value().template item<double>();
            values[i] = kept - step;
            const double below = value().template item<double>();
            values[i] = kept;
            ASSERT_NEAR(gradient[i].template item<double>(), (above - below) / (2 * step), tolerance)
                << "element " << i;
        }
    }
}

/// Doubles as bytes, for numpy.fromfile.
inline void write_numbers(const std::filesystem::path& path, const Tensor& values) {
    const Tensor numbers = values.detach().to(torch::kFloat64).contiguous();
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(numbers.data_ptr<double>()), numbers.numel() * 8);
}
/// What numpy's tofile wrote, as a tensor of one dimension.
inline Tensor read_numbers(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    Tensor out = torch::empty({static_cast<std::int64_t>(bytes.size() / 8)}, torch::kFloat64);
    std::copy(bytes.begin(), bytes.end(), static_cast<char*>(out.data_ptr()));
    return out;
}

}  // namespace learn
