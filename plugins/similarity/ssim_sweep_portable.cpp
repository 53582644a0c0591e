// SSIM for any processor: vectors of 16 bytes, which every one of the common ones has.
#define SSIM_NAMESPACE portable
#define SSIM_VECTOR_BYTES 16
#define SSIM_BLOCK 2
#include "ssim_sweep.hpp"

namespace ssim {
const Sweeps portable_sweeps{portable::sweep<float>, portable::sweep<double>};
}
