// SSIM as a loss on a GPU against its memory: ssim_gpu PLUGIN. Prints the bandwidth of a copy in GB/s, the milliseconds
// of 16 x 3 x 256 x 256 in float32 forward and backward, and how many times longer that is than reading both images and
// writing map and gradient once. Exit status 2 where LibTorch sees no GPU. `tools/bench/cuda` runs it.
#include <fettle/sdk.hpp>
#include <fettle/testing.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace {

using fettle::Tensor;

/// Of 51 times, each until the GPU is done; the first ten are left out.
template <class Body>
double median_ms(const Body& body) {
    std::vector<double> times;
    for (int i = 0; i < 61; ++i) {
        torch::cuda::synchronize();
        const auto begin = std::chrono::steady_clock::now();
        body();
        torch::cuda::synchronize();
        if (i >= 10)
            times.push_back(
                std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::fprintf(stderr, "usage: ssim_gpu PLUGIN\n");
        return 1;
    }
    if (!torch::cuda::is_available()) {
        std::printf("LibTorch sees no GPU here\n");
        return 2;
    }
    fettle::testing::Library library{std::filesystem::path(argv[1])};
    const auto ssim = std::dynamic_pointer_cast<fettle::Similarity>(library.make("similarity.ssim"));
    const Tensor from = torch::rand({1 << 28}, torch::kCUDA);
    Tensor to = torch::empty_like(from);
    const double copy_ms = median_ms([&] { to.copy_(from); });
    const double bytes_per_ms = 2.0 * from.numel() * sizeof(float) / copy_ms;
    std::printf("copy: %.0f GB/s\n", bytes_per_ms / 1e6);

    const Tensor reference = torch::rand({16, 3, 256, 256}, torch::kCUDA);
    const Tensor candidate = (reference + 0.1 * torch::randn_like(reference)).clamp(0, 1);
    const double both = median_ms([&] {
        const Tensor image = candidate.detach().requires_grad_(true);
        ssim->compare(reference, image).mean().backward();
    });
    const double once = sizeof(float) * (3.0 * reference.numel() + 16.0 * 246 * 246) / bytes_per_ms;
    std::printf("SSIM forward and backward: %.3f ms, %.2f times reading and writing once (aim 3)\n", both, both / once);
    return 0;
}
