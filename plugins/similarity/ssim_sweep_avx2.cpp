// SSIM for x86 processors with AVX2 and FMA.
#ifdef __x86_64__
#pragma GCC target("avx2,fma")
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no border of this file
#define SSIM_NAMESPACE avx2
#define SSIM_VECTOR_BYTES 32
#define SSIM_BLOCK 2
#include "ssim_sweep.hpp"

namespace ssim {
const Sweeps avx2_sweeps{avx2::sweep<float>, avx2::sweep<double>};
}
#endif
