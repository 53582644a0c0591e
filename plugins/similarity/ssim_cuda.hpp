// SSIM's kernels for CUDA, where this was built for it (the `cuda` preset); without it, nothing is taken. No LibTorch
// here, so that nvcc can include it.
#pragma once

#include "ssim_job.hpp"

#include <cstddef>

namespace ssim {

#ifdef FETTLE_CUDA

/// Whether the current device takes a window of so many taps and values of so many bytes: a tile's sums have to fit
/// into the memory that a block shares.                                                  [any thread, concurrent]
bool cuda_takes(int count, std::size_t value_bytes);
/// The map and the gradients of a job whose images lie on the current device and whose taps on the host, on this stream
/// (a cudaStream_t). Returns at once: null, or why the device refuses.       [any thread, concurrent]
template <class T>
const char* launch_on_cuda(const Job<T>& job, void* stream);

#else

inline bool cuda_takes(int, std::size_t) { return false; }

#endif

}  // namespace ssim
