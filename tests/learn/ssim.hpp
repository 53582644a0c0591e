// What the tests of SSIM share: pairs of images, and SSIM by the formula that its maps must agree with.
#pragma once

#include "similarity.hpp"

#include <tbb/global_control.h>
#include <tbb/task_arena.h>

namespace ssim_tests {

using fettle::Tensor;
using learn::compare;

/// The pair of 96x64 whose SSIM several public implementations agree on: 1 x 1 x 64 x 96 in [0, 1], float64.
inline std::pair<Tensor, Tensor> reference_pair() {
    Tensor a = torch::empty({1, 1, 64, 96}, torch::kFloat64), b = torch::empty_like(a);
    for (int y = 0; y < 64; ++y)
        for (int x = 0; x < 96; ++x) {
            const int value = (3 * x + 5 * y) % 256;
            const bool patch = y >= 20 && y < 36 && x >= 30 && x < 50;
            a.data_ptr<double>()[y * 96 + x] = value / 255.0;
            b.data_ptr<double>()[y * 96 + x] =
                (patch ? 128 : std::clamp(value + (7 * x + 11 * y) % 41 - 20, 0, 255)) / 255.0;
        }
    return {a, b};
}

/// Two batches of noise of which one is partly the other, in [0, 1].
inline std::vector<Tensor> noise(std::vector<std::int64_t> sizes, std::uint64_t seed,
                                 torch::ScalarType type = torch::kFloat64) {
    torch::manual_seed(seed);
    const Tensor a = torch::rand(sizes, type);
    return {a, 0.6 * a + 0.4 * torch::rand(sizes, type)};
}

/// One minus SSIM as two matrix products per window mean, with the moments of x and y themselves: the formulation that
/// came before the kernel.
inline Tensor by_matrices(const Tensor& x, const Tensor& y, int window = 11, double sigma = 1.5) {
    const auto band = [&](std::int64_t side) {
        Tensor taps = torch::arange(window, torch::kFloat64) - (window - 1) / 2.0;
        taps = torch::exp(-taps.square() / (2 * sigma * sigma));
        taps /= taps.sum();
        Tensor matrix = torch::zeros({side - window + 1, side}, torch::kFloat64);
        for (int k = 0; k < window; ++k) matrix.diagonal(k).fill_(taps[k]);
        return matrix.to(x.options().requires_grad(false));
    };
    const Tensor rows = band(x.size(2)), columns = band(x.size(3)).t();
    const auto blur = [&](const Tensor& values) { return torch::matmul(torch::matmul(rows, values), columns); };
    const Tensor mean_x = blur(x), mean_y = blur(y);
    const Tensor mean_xx = mean_x * mean_x, mean_yy = mean_y * mean_y, mean_xy = mean_x * mean_y;
    const Tensor variances = blur(x * x + y * y) - mean_xx - mean_yy, covariance = blur(x * y) - mean_xy;
    const Tensor luminance = (2 * mean_xy + 1e-4) / (mean_xx + mean_yy + 1e-4);
    return 1 - (luminance * (2 * covariance + 9e-4) / (variances + 9e-4)).mean(1, true);
}

/// body() on so many threads.
template <class Body>
auto with_threads(int threads, const Body& body) {
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
    tbb::task_arena arena(threads);
    return arena.execute(body);
}

}  // namespace ssim_tests
