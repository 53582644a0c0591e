// SSIM's kernels for CUDA, where this was built for it (the `cuda` preset); without it, nothing is taken.
#pragma once

#include "ssim_job.hpp"

#include <cstddef>

namespace ssim {

#ifdef FETTLE_CUDA

/// Whether the kernels take a window of so many taps and values of so many bytes: a tile's sums have to fit into the
/// memory that a block shares.                                                      [any thread, concurrent]
bool cuda_takes(int count, std::size_t value_bytes);
/// The map and the gradients of a job whose memory lies on this device, on the current stream of it. Throws
/// Error(Fault::device) where the device refuses.                                   [any thread, concurrent]
template <class T>
void on_cuda(const Job<T>& job, int device);

#else

inline bool cuda_takes(int, std::size_t) { return false; }
template <class T>
void on_cuda(const Job<T>&, int) {}

#endif

}  // namespace ssim
