// SSIM on CUDA: one kernel for the map, one for gradients. No LibTorch here: nvcc compiles this anywhere.
#include "ssim_cuda.hpp"
#include "ssim_tile.hpp"

#include <cuda_runtime.h>

#include <algorithm>
#include <cstddef>

namespace ssim {
namespace {

/// A job's taps, by value: they reach the device as a kernel's arguments do, and nobody waits for a copy.
template <class T>
struct Weights {
    T values[most_taps];
};
static_assert(sizeof(Job<double>) + sizeof(Weights<double>) <= 4096, "more than a kernel's arguments may take");

/// A tile by its block's threads.
template <class T, int Taps, int Planes>
__device__ void make_tile(Job<T> job, const Weights<T>& weights) {
    extern __shared__ __align__(16) unsigned char memory[];
    T* const taps = reinterpret_cast<T*>(memory);
    for (int k = threadIdx.x; k < job.count; k += blockDim.x) taps[k] = weights.values[k];
    __syncthreads();
    job.taps = taps;
    using Of = Tile<T, Taps, Planes>;
    for (std::int64_t image = blockIdx.z; image < job.images; image += gridDim.z) {
        const Of tile{job, taps + (job.count | 1), image, static_cast<int>(blockIdx.x) * Of::width,
                      static_cast<int>(blockIdx.y) * Of::height};
        tile.make([](const auto& body) {
            body(static_cast<int>(threadIdx.x));
            __syncthreads();
        });
    }
}
template <class T, int Taps>
__global__ void __launch_bounds__(256) compare_tile(const Job<T> job, const __grid_constant__ Weights<T> weights) {
    make_tile<T, Taps, 0>(job, weights);
}
template <class T, int Taps, int Planes>
__global__ void __launch_bounds__(256) gradient_tile(const Job<T> job, const __grid_constant__ Weights<T> weights) {
    make_tile<T, Taps, Planes>(job, weights);
}

template <class T, int Planes>
std::size_t shared_bytes(const Job<T>& job) {
    const Tile<T, 0, Planes> tile{job, nullptr, 0, 0, 0};
    return (static_cast<std::size_t>(tile.shared_values()) + (job.count | 1)) * sizeof(T);
}

/// One launch for an area of height x width: of the map, or of the image.
template <class T, int Planes>
cudaError_t launch(void (*kernel)(Job<T>, Weights<T>), const Job<T>& job, std::int64_t height, std::int64_t width,
                   cudaStream_t stream) {
    const std::size_t bytes = shared_bytes<T, Planes>(job);
    // More than 48 KiB has to be asked for.
    const cudaError_t allowed =
        cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(bytes));
    if (allowed != cudaSuccess) return allowed;
    using Of = Tile<T, 0, Planes>;
    const dim3 tiles(static_cast<unsigned>((width + Of::width - 1) / Of::width),
                     static_cast<unsigned>((height + Of::height - 1) / Of::height),
                     static_cast<unsigned>(std::min<std::int64_t>(job.images, 65535)));
    Weights<T> weights;
    std::copy_n(job.taps, job.count, weights.values);
    kernel<<<tiles, Of::threads, bytes, stream>>>(job, weights);
    return cudaGetLastError();
}

template <class T, int Taps>
cudaError_t launch_all(const Job<T>& job, cudaStream_t stream) {
    cudaError_t done = cudaSuccess;
    if (job.map.data != nullptr)
        done = launch<T, 0>(compare_tile<T, Taps>, job, job.height - job.count + 1, job.width - job.count + 1, stream);
    if (done != cudaSuccess || job.candidate_gradient.data == nullptr) return done;
    return job.reference_gradient.data != nullptr
               ? launch<T, 4>(gradient_tile<T, Taps, 4>, job, job.height, job.width, stream)
               : launch<T, 3>(gradient_tile<T, Taps, 3>, job, job.height, job.width, stream);
}

}  // namespace

bool cuda_takes(int count, std::size_t value_bytes) {
    int device = 0, most = 0;
    if (cudaGetDevice(&device) != cudaSuccess ||
        cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device) != cudaSuccess) {
        cudaGetLastError();  // so that nobody else is told of it
        return false;
    }
    Job<double> twofold;
    Job<float> single;
    twofold.count = single.count = count;
    const std::size_t bytes =
        value_bytes == sizeof(double) ? shared_bytes<double, 4>(twofold) : shared_bytes<float, 4>(single);
    return bytes <= static_cast<std::size_t>(most);
}

template <class T>
const char* launch_on_cuda(const Job<T>& job, void* stream) {
    const auto on = static_cast<cudaStream_t>(stream);
    const cudaError_t done = job.count == 11 ? launch_all<T, 11>(job, on) : launch_all<T, 0>(job, on);
    return done == cudaSuccess ? nullptr : cudaGetErrorString(done);
}
template const char* launch_on_cuda(const Job<float>&, void*);
template const char* launch_on_cuda(const Job<double>&, void*);

}  // namespace ssim
