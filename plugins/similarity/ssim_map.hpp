// The map of one minus SSIM as a differentiable function of two batches; what `ssim` and `multiscale_ssim` share.
#pragma once

#include <fettle/sdk.hpp>

#include <vector>

namespace ssim {

using fettle::Tensor;

/// What SSIM looks at, and how: all that doesn't depend on the images. Their range is 1.
struct Window {
    /// The window's weights along one side, but for a factor: symmetric, an odd number, 255 at most. The factor is
    /// their sum, of which `float` holds the square exactly.
    std::vector<double> taps;
    double c1 = 0, c2 = 0;  ///< keep the comparisons of means and of contrasts stable
    double correction = 1;  ///< of variances and covariance: n / (n - 1) makes them those of a sample
    bool luminance = true;  ///< false leaves the comparison of means out: contrast and structure alone
};

std::vector<double> gaussian(int count, double sigma);  ///< sum 1
std::vector<double> uniform(int count);                 ///< powers of two

/// N x 1 x (H - w + 1) x (W - w + 1) of N x C x H x W, for every place where the window fits inside the image; averaged
/// over channels. Any layout in memory; float32 and double in their own precision, others in float32. On the CPU, and
/// on CUDA where this was built for it, one kernel that makes the gradients too; elsewhere, and for gradients of
/// gradients, LibTorch's operations. The images are as large as the window.          [any thread, concurrent]
Tensor map_of(const Tensor& reference, const Tensor& candidate, const Window& window);

}  // namespace ssim
