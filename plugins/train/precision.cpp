#include "precision.hpp"

#include <ATen/autocast_mode.h>
#include <torch/version.h>

namespace train {
namespace {

bool has_bfloat16(torch::Device device) {
    if (!device.is_cpu()) return true;  // CUDA devices without it compute the same, slowly
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16");  // processors with AMX have it too
#else
    return false;
#endif
}

}  // namespace

Precision::Precision(const std::string& name, torch::Device device) : lowered_(name == "bfloat16"), device_(device) {
    turn(true);
}

Precision::~Precision() { turn(false); }

void Precision::turn(bool on) const {
    if (!lowered_) return;
#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 4)
    at::autocast::set_autocast_enabled(device_.type(), on);
    at::autocast::set_autocast_dtype(device_.type(), at::kBFloat16);
#else
    if (device_.is_cpu()) {
        at::autocast::set_cpu_enabled(on);
        at::autocast::set_autocast_cpu_dtype(at::kBFloat16);
    } else {
        at::autocast::set_enabled(on);
        at::autocast::set_autocast_gpu_dtype(at::kBFloat16);
    }
#endif
    if (!on) at::autocast::clear_cache();  // weights in bfloat16, which the next step changes
}

void require_precision(const std::string& name, torch::Device device) {
    if (name != "bfloat16" || has_bfloat16(device)) return;
    throw fettle::Error(fettle::Fault::device, "this processor can't compute in bfloat16 (AVX512-BF16 or AMX)")
        .parameter("precision")
        .help("leave `precision` out, or say \"float32\"");
}

}  // namespace train
