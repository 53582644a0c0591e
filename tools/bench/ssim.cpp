// SSIM as a loss: ssim PLUGIN THREADS. Prints the median milliseconds of comparing 16 x 3 x 256 x 256 in float32 (the
// map alone, then with the candidate's gradient): by the plugin, by the plugin on channels-last images, and by two
// matrix products per window mean. `tools/bench/ssim` compares them with each other and with a peer.
#include "../memory.hpp"

#include <fettle/sdk.hpp>
#include <fettle/testing.hpp>

#include <tbb/global_control.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>

namespace {

using fettle::Tensor;
using Map = std::function<Tensor(const Tensor&, const Tensor&)>;

/// The formulation without a kernel: filtering as a product with a banded matrix from both sides.
Tensor by_matrices(const Tensor& x, const Tensor& y) {
    const auto band = [&](std::int64_t side) {
        Tensor taps = torch::exp(-(torch::arange(11, torch::kFloat64) - 5).square() / (2 * 1.5 * 1.5));
        taps /= taps.sum();
        Tensor matrix = torch::zeros({side - 10, side}, torch::kFloat64);
        for (int k = 0; k < 11; ++k) matrix.diagonal(k).fill_(taps[k]);
        return matrix.to(torch::kFloat32);
    };
    const Tensor rows = band(x.size(2)), columns = band(x.size(3)).t();
    const auto blur = [&](const Tensor& values) { return torch::matmul(torch::matmul(rows, values), columns); };
    const Tensor mean_x = blur(x), mean_y = blur(y);
    const Tensor mean_xx = mean_x * mean_x, mean_yy = mean_y * mean_y, mean_xy = mean_x * mean_y;
    const Tensor variances = blur(x * x + y * y) - mean_xx - mean_yy, covariance = blur(x * y) - mean_xy;
    const Tensor luminance = (2 * mean_xy + 1e-4) / (mean_xx + mean_yy + 1e-4);
    return 1 - (luminance * (2 * covariance + 9e-4) / (variances + 9e-4)).mean(1, true);
}

/// Of nine times, and of as many more as a second and a half has room for.
template <class Body>
double median_ms(const Body& body) {
    std::vector<double> times;
    for (double spent = 0; times.size() < 9 || spent < 1500; spent += times.back()) {
        const auto begin = std::chrono::steady_clock::now();
        body();
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

void measure(const Map& map, const Tensor& reference, const Tensor& candidate) {
    const double forward = median_ms([&] {
        const torch::NoGradGuard no_gradients;
        map(reference, candidate).mean();
    });
    const double both = median_ms([&] {
        const Tensor image = candidate.detach().requires_grad_(true);
        map(reference, image).mean().backward();
    });
    std::printf("%.3f %.3f\n", forward, both);
}

}  // namespace

int main(int argc, char** argv) {
    keep_memory();  // as the command line does
    if (argc != 3) {
        std::fprintf(stderr, "usage: ssim PLUGIN THREADS\n");
        return 1;
    }
    const int threads = std::atoi(argv[2]);
    fettle::testing::Library library{std::filesystem::path(argv[1])};
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads));
    at::set_num_threads(threads);
    tbb::task_arena arena(threads);
    arena.execute([&] {
        torch::manual_seed(1);
        const Tensor reference = torch::rand({16, 3, 256, 256});
        const Tensor candidate = (reference + 0.1 * torch::randn({16, 3, 256, 256})).clamp(0, 1);
        const auto ssim = std::dynamic_pointer_cast<fettle::Similarity>(library.make("similarity.ssim"));
        measure([&](const Tensor& x, const Tensor& y) { return ssim->compare(x, y); }, reference, candidate);
        const auto last = at::MemoryFormat::ChannelsLast;
        measure([&](const Tensor& x, const Tensor& y) { return ssim->compare(x, y); }, reference.contiguous(last),
                candidate.contiguous(last));
        measure(by_matrices, reference, candidate);
    });
    return 0;
}
