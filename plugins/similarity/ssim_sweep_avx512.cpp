// SSIM for x86 processors with AVX-512.
#ifdef __x86_64__
#pragma GCC target("avx512f,avx512vl,avx512dq,avx512bw,avx2,fma")
#pragma GCC diagnostic ignored "-Wpsabi"  // vectors cross no border of this file
#define SSIM_NAMESPACE avx512
#define SSIM_VECTOR_BYTES 64
#define SSIM_BLOCK 4
#include "ssim_sweep.hpp"

namespace ssim {
const Sweeps avx512_sweeps{avx512::sweep<float>, avx512::sweep<double>};
}
#endif
