// One comparison by SSIM as plain data: what the kernels for processors and for CUDA get, and nothing else. No LibTorch
// here, so that nvcc and files for one kind of processor can include it.
#pragma once

#include <cstdint>

#ifdef __CUDACC__
#define SSIM_INLINE __host__ __device__ __forceinline__
#else
#define SSIM_INLINE __attribute__((always_inline)) inline
#endif

namespace ssim {

/// Where the values of a batch lie, N x C x H x W with any strides, counted in elements. Null: there are none.
template <class T>
struct View {
    T* data = nullptr;
    std::int64_t image = 0, channel = 0, row = 0, column = 0;

    /// The row's first value. Always inlined: an instruction set of its own stays in the file that asked for it.
    SSIM_INLINE T* at(std::int64_t n, std::int64_t c, std::int64_t y) const {
        return data + n * image + c * channel + y * row;
    }
};

/// Two batches and what is wanted of them. The map is N x 1 x (H - count + 1) x (W - count + 1): one minus SSIM,
/// averaged over channels. The gradients are those of sum(share * map).
template <class T>
struct Job {
    std::int64_t images = 0, channels = 0, height = 0, width = 0;
    const T* taps = nullptr;  ///< the window's weights along one side: symmetric; on the host
    int count = 0;            ///< how many; odd
    T mass = 1;               ///< what the weights of the whole window sum to, exactly
    T inverse_mass = 1;       ///< 1 / mass
    T c1 = 0, c2 = 0;
    T correction = 1;  ///< of variances and covariance: n / (n - 1) makes them those of a sample
    T luminance = 1;   ///< 0 leaves the comparison of means out
    View<const T> reference, candidate;
    View<T> map;          ///< null: not wanted
    View<const T> share;  ///< one value per pixel of the map; null: `even_share` for each
    T even_share = 0;
    View<T> reference_gradient, candidate_gradient;  ///< null: not wanted; the first alone is never asked for
};

constexpr int most_taps = 255, most_rows_together = 4, widest_vector = 64;  // bytes

/// How many values a sweep needs beside the images: rings of rows, some of them with zeros at both ends.
template <class T>
std::int64_t scratch_values(const Job<T>& job) {
    const std::int64_t pitch =
        job.width + 2 * (job.count - 1) + 3 * widest_vector / static_cast<std::int64_t>(sizeof(T));
    const std::int64_t planes = job.reference_gradient.data ? 4 : job.candidate_gradient.data ? 3 : 0;
    const std::int64_t ring = job.channels * (job.count + most_rows_together - 1) * (2 + planes);
    return pitch * (ring + 5 * most_rows_together + 2);
}

/// Rows [from, to) of the gradients of one image, and those of the map among them; `scratch` is zero. Several
/// instruction sets, the same arithmetic; the caller sees to it that the processor has them. [any thread, concurrent]
template <class T>
using Sweep = void (*)(const Job<T>& job, std::int64_t image, std::int64_t from, std::int64_t to, T* scratch);
struct Sweeps {
    Sweep<float> single;
    Sweep<double> twofold;
};
extern const Sweeps portable_sweeps, avx2_sweeps, avx512_sweeps;

}  // namespace ssim
