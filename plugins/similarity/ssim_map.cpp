#include "ssim_map.hpp"

#include "ssim_cuda.hpp"
#include "ssim_job.hpp"

#include <fettle/parallel.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cmath>
#include <cstring>
#include <numeric>

#ifdef FETTLE_CUDA
#include <c10/cuda/CUDAStream.h>
#endif

namespace ssim {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

struct Made {
    Tensor map, reference_gradient, candidate_gradient;
};
struct Wanted {
    bool map = true, reference = false, candidate = false;
};

template <class T>
View<T> view(const Tensor& images) {
    return {images.data_ptr<std::remove_const_t<T>>(), images.stride(0), images.stride(1), images.stride(2),
            images.stride(3)};
}

/// The best that this processor has.
const Sweeps& sweeps() {
#ifdef __x86_64__
    static const Sweeps& best = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
                                        __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw")
                                    ? avx512_sweeps
                                : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? avx2_sweeps
                                                                                                  : portable_sweeps;
    return best;
#else
    return portable_sweeps;
#endif
}

double sum_of(const Window& window) { return std::accumulate(window.taps.begin(), window.taps.end(), 0.0); }

/// The window's weights in T, with the same sum: of weights that were rounded one by one it is 1 + e, and each variance
/// would lose 2e times the squared mean, which shows where images are flat. What rounding left over goes into the
/// middle, and what that leaves over into its neighbours, which are finer or as fine.
template <class T>
std::vector<T> weights_of(const Window& window) {
    std::vector<T> weights(window.taps.begin(), window.taps.end());
    for (std::size_t left = weights.size() / 2 + 1; !std::is_same_v<T, double> && left-- > 0;) {
        const std::size_t right = weights.size() - 1 - left;
        const double over = sum_of(window) - std::accumulate(weights.begin(), weights.end(), 0.0);
        weights[left] = weights[right] = static_cast<T>(weights[left] + over / (left == right ? 1 : 2));
    }
    return weights;
}

/// Images side by side, and strips of each where they are few. A row is the same in any strip.
template <class T>
void on_processor(const Job<T>& job, const Sweep<T>& sweep) {
    const std::int64_t most = std::max<std::int64_t>(job.height / 64, 1);
    const std::int64_t strips = std::clamp<std::int64_t>(16 / job.images, 1, most);
    const std::int64_t rows = (job.height + strips - 1) / strips;
    fettle::parallel_for_each_index(static_cast<std::size_t>(job.images * strips), [&](std::size_t k) {
        const auto image = static_cast<std::int64_t>(k) / strips, from = static_cast<std::int64_t>(k) % strips * rows;
        std::vector<T> scratch(static_cast<std::size_t>(scratch_values(job)));
        sweep(job, image, from, std::min(from + rows, job.height), scratch.data());
    });
}

/// On LibTorch's stream, so that its operations before and after wait for it.
template <class T>
void on_cuda([[maybe_unused]] const Job<T>& job, [[maybe_unused]] const torch::Device& device) {
#ifdef FETTLE_CUDA
    const c10::DeviceGuard guard(device);
    const char* const refused = launch_on_cuda(job, c10::cuda::getCurrentCUDAStream(device.index()).stream());
    if (refused != nullptr)
        throw fettle::Error(fettle::Fault::device, std::string("the GPU refuses to compare by SSIM: ") + refused);
#endif
}

/// What is wanted of two batches of one shape, type and device. `share`: the gradient that arrives at the map;
/// undefined where it is that of the map's mean.
template <class T>
Made compute(const Tensor& reference, const Tensor& candidate, const Window& window, const Wanted& wanted,
             const Tensor& share) {
    if (wanted.reference && !wanted.candidate) {  // SSIM is symmetric
        Made made = compute<T>(candidate, reference, window, {wanted.map, false, true}, share);
        std::swap(made.reference_gradient, made.candidate_gradient);
        return made;
    }
    Job<T> job;
    job.images = reference.size(0);
    job.channels = reference.size(1);
    job.height = reference.size(2);
    job.width = reference.size(3);
    job.count = static_cast<int>(window.taps.size());
    job.c1 = static_cast<T>(window.c1);
    job.c2 = static_cast<T>(window.c2);
    const double mass = sum_of(window) * sum_of(window);
    job.mass = static_cast<T>(mass);
    job.inverse_mass = static_cast<T>(1 / mass);
    job.correction = static_cast<T>(window.correction / (mass * mass));
    job.luminance = window.luminance ? 1 : 0;
    job.reference = view<const T>(reference);
    job.candidate = view<const T>(candidate);
    const std::int64_t height = job.height - job.count + 1, width = job.width - job.count + 1;
    Made made;
    if (wanted.map) {
        made.map = torch::empty({job.images, 1, height, width}, reference.options().requires_grad(false));
        job.map = view<T>(made.map);
    }
    const Tensor rows = share.defined() && share.stride(3) != 1 ? share.contiguous() : share;
    if (rows.defined())
        job.share = view<const T>(rows);
    else
        job.even_share = 1 / static_cast<T>(job.images * height * width);
    if (wanted.candidate) job.candidate_gradient = view<T>(made.candidate_gradient = torch::empty_like(candidate));
    if (wanted.reference) job.reference_gradient = view<T>(made.reference_gradient = torch::empty_like(reference));

    const std::vector<T> taps = weights_of<T>(window);
    job.taps = taps.data();
    if (job.images == 0 || job.channels == 0) return made;
    if (reference.is_cuda())
        on_cuda(job, reference.device());
    else if constexpr (std::is_same_v<T, float>)
        on_processor(job, sweeps().single);
    else
        on_processor(job, sweeps().twofold);
    return made;
}
Made compute(const Tensor& reference, const Tensor& candidate, const Window& window, const Wanted& wanted,
             const Tensor& share = {}) {
    return reference.scalar_type() == torch::kFloat64 ? compute<double>(reference, candidate, window, wanted, share)
                                                      : compute<float>(reference, candidate, window, wanted, share);
}

/// The window as a banded matrix, (side - w + 1) x side: filtering is a matrix product.
Tensor band(const Window& window, std::int64_t side, const Tensor& like) {
    const auto count = static_cast<std::int64_t>(window.taps.size());
    Tensor matrix = torch::zeros({side - count + 1, side}, torch::kFloat64);
    for (std::int64_t k = 0; k < count; ++k) matrix.diagonal(k).fill_(window.taps[static_cast<std::size_t>(k)]);
    return (matrix / sum_of(window)).to(like.options().requires_grad(false));
}

/// The same map by LibTorch's operations: for devices without a kernel of ours, and for second derivatives.
Tensor composed(const Tensor& reference, const Tensor& candidate, const Window& window) {
    const Tensor rows = band(window, reference.size(2), reference);
    const Tensor columns = band(window, reference.size(3), reference).t();
    const auto blur = [&](const Tensor& x) { return torch::matmul(torch::matmul(rows, x), columns); };
    const Tensor sum = reference + candidate - 1, difference = reference - candidate;
    const Tensor mean_s = blur(sum), mean_d = blur(difference);
    const Tensor variance_s = blur(sum * sum) - mean_s * mean_s;
    const Tensor variance_d = blur(difference * difference) - mean_d * mean_d;
    const Tensor structure =
        variance_d * window.correction / ((variance_s + variance_d) * (window.correction / 2) + window.c2);
    if (!window.luminance) return structure.mean(/*dim=*/1, /*keepdim=*/true);
    const Tensor luminance = mean_d.square() / (((mean_s + 1).square() + mean_d.square()) / 2 + window.c1);
    return (luminance + structure - luminance * structure).mean(/*dim=*/1, /*keepdim=*/true);
}

/// What the map's mean would hand to an image's gradient becomes what `share` does, where that is the same for all
/// pixels of each image: then by one factor per image. False where it isn't.
template <class T>
bool rescale(Tensor& gradient, const Tensor& share) {
    const Tensor values = share.contiguous();
    const std::int64_t images = values.size(0), pixels = values.numel() / std::max<std::int64_t>(images, 1);
    const T even = 1 / static_cast<T>(values.numel());
    Tensor factors = torch::empty({images, 1, 1, 1}, gradient.options());
    std::atomic<bool> same = true, flat = true;
    fettle::parallel_for_each_index(static_cast<std::size_t>(images), [&](std::size_t n) {
        const T* const from = values.data_ptr<T>() + static_cast<std::int64_t>(n) * pixels;
        if (pixels > 1 && std::memcmp(from, from + 1, static_cast<std::size_t>(pixels - 1) * sizeof(T)) != 0)
            flat = false;
        factors.data_ptr<T>()[n] = *from / even;
        if (*from != even) same = false;
    });
    if (!flat) return false;
    if (!same) gradient.mul_(factors);
    return true;
}
bool rescale(Tensor& gradient, const Tensor& share) {
    return gradient.scalar_type() == torch::kFloat64 ? rescale<double>(gradient, share)
                                                     : rescale<float>(gradient, share);
}

/// What the way back needs beside the images.
struct Kept : torch::CustomClassHolder {
    Window window;
    Wanted wanted;
    Made made;
};

/// A loss is the mean of its map, nearly always: on the processor the gradient of that mean is made in the sweep that
/// makes the map, from window means that are at hand. Where it turns out that another one is asked for, a sweep makes
/// that.
struct Fused : torch::autograd::Function<Fused> {
    static Tensor forward(AutogradContext* context, const Tensor& reference, const Tensor& candidate,
                          const Window& window) {
        auto kept = c10::make_intrusive<Kept>();
        kept->window = window;
        kept->wanted = {false, reference.requires_grad(), candidate.requires_grad()};
        const bool at_once = reference.device().is_cpu();
        kept->made = compute(reference, candidate, window,
                             {true, at_once && kept->wanted.reference, at_once && kept->wanted.candidate});
        Tensor map = std::move(kept->made.map);
        context->save_for_backward({reference, candidate});
        context->saved_data["kept"] = c10::IValue::make_capsule(kept);
        return map;
    }

    static variable_list backward(AutogradContext* context, variable_list upstream) {
        const auto images = context->get_saved_variables();
        const auto kept = c10::static_intrusive_pointer_cast<Kept>(context->saved_data["kept"].toCapsule());
        const Tensor& share = upstream[0];
        if (!share.defined()) return {{}, {}, {}};
        if (at::GradMode::is_enabled()) return again(images, *kept, share);
        // Taken out: nobody else holds them, so they may be changed and handed on; a second time they are made anew.
        Made made = std::exchange(kept->made, {});
        const bool at_hand = made.reference_gradient.defined() || made.candidate_gradient.defined();
        const auto fits = [&](Tensor& gradient) { return !gradient.defined() || rescale(gradient, share); };
        if (!at_hand || !fits(made.reference_gradient) || !fits(made.candidate_gradient))
            made = compute(images[0], images[1], kept->window, kept->wanted, share);
        return {made.reference_gradient, made.candidate_gradient, {}};
    }

    /// With a graph of their own, for gradients of gradients.
    static variable_list again(const variable_list& images, const Kept& kept, const Tensor& share) {
        variable_list of;
        if (kept.wanted.reference) of.push_back(images[0]);
        if (kept.wanted.candidate) of.push_back(images[1]);
        const Tensor map = composed(images[0], images[1], kept.window);
        auto gradients = torch::autograd::grad({map}, of, {share}, /*retain_graph=*/true, /*create_graph=*/true);
        return {kept.wanted.reference ? gradients.front() : Tensor(),
                kept.wanted.candidate ? gradients.back() : Tensor(),
                {}};
    }
};

bool has_kernel(const Tensor& images, const Window& window) {
    if (!images.is_cuda()) return images.device().is_cpu();
    const c10::DeviceGuard guard(images.device());
    return cuda_takes(static_cast<int>(window.taps.size()), images.element_size());
}

}  // namespace

std::vector<double> gaussian(int count, double sigma) {
    std::vector<double> taps(static_cast<std::size_t>(count));
    double total = 0;
    for (int k = 0; k < count; ++k) {
        const double place = k - (count - 1) / 2.0;
        total += taps[static_cast<std::size_t>(k)] = std::exp(-place * place / (2 * sigma * sigma));
    }
    for (double& tap : taps) tap /= total;
    return taps;
}
std::vector<double> uniform(int count) {
    return std::vector<double>(static_cast<std::size_t>(count), 1.0 / std::bit_ceil(static_cast<unsigned>(count)));
}

Tensor map_of(const Tensor& reference, const Tensor& candidate, const Window& window) {
    const auto precision = reference.scalar_type() == torch::kFloat64 || candidate.scalar_type() == torch::kFloat64
                               ? torch::kFloat64
                               : torch::kFloat32;
    const Tensor x = reference.to(precision), y = candidate.to(precision);
    if (!has_kernel(x, window)) return composed(x, y, window);
    if (at::GradMode::is_enabled() && (x.requires_grad() || y.requires_grad())) return Fused::apply(x, y, window);
    return compute(x, y, window, {}).map;
}

}  // namespace ssim
