// Computing with tensors on the run's device: whose turn it is, how batches get there, and what comes out of them.
// Includes LibTorch. Tensors are N x C x H x W float32, images in [0, 1].
#pragma once

#include <fettle/context.hpp>
#include <fettle/error.hpp>
#include <fettle/parallel.hpp>
#include <fettle/ports.hpp>
#include <fettle/transfer.hpp>

#include <torch/torch.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fettle {

using Tensor = torch::Tensor;

inline torch::Device torch_device(const Device& device) {
    return device.type == Device::Type::cpu
               ? torch::Device(torch::kCPU)
               : torch::Device(torch::kCUDA, static_cast<torch::DeviceIndex>(device.index));
}

/// Makes this thread ready to compute for the run, for as long as the object lives: the device is this thread's
/// alone, LibTorch uses the run's number of threads (its own default can be 1), and gradients are as asked,
/// whatever ran on this thread before. Without gradients, convolutions on CUDA devices compute in float32 as the CPU
/// does, not in TensorFloat-32, so that scores are the same on both to within rounding. Don't wait for a sequence while
/// holding one.
class TensorWork {
   public:
    explicit TensorWork(const Context& context, bool gradients = false)
        : lock_(context.use_device()),
          grad_(gradients),
          exact_(!gradients && context.device().type == Device::Type::cuda && at::globalContext().allowTF32CuDNN()) {
        if (at::get_num_threads() != context.threads()) at::set_num_threads(context.threads());
        if (exact_) at::globalContext().setAllowTF32CuDNN(false);  // the process's; the lock is held
    }
    ~TensorWork() {
        if (exact_) at::globalContext().setAllowTF32CuDNN(true);
    }
    TensorWork(const TensorWork&) = delete;
    TensorWork& operator=(const TensorWork&) = delete;

   private:
    std::unique_lock<std::mutex> lock_;
    torch::AutoGradMode grad_;
    bool exact_;
};

/// While one lives, LibTorch computes on this thread alone and without gradients. The number stays one on this thread
/// until a TensorWork sets another: setting it costs more than finding that it is right.          [one thread]
class OnOneThread {
   public:
    OnOneThread() {
        if (at::get_num_threads() != 1) at::set_num_threads(1);
    }

   private:
    torch::NoGradGuard no_gradients_;
};

/// What `make(from, to)` gives for rows [from, to) of a batch of `rows`, joined: some tensors, each with those rows.
/// Rows must not know of each other. On the CPU it gets a few rows at a time, and each time computes on one thread,
/// several threads side by side, for this batch and for others: LibTorch's convolutions sum in another order for
/// another number of threads, and what comes out of this doesn't depend on it. On a GPU it gets all rows, under a
/// TensorWork. Call it without one.                                                               [any thread,
/// concurrent]
template <class Make>
std::vector<Tensor> in_slices(std::int64_t rows, const Context& context, const Make& make) {
    if (context.device().type != Device::Type::cpu || rows == 0) {
        const TensorWork work(context);
        return make(std::int64_t{0}, rows);
    }
    constexpr std::int64_t slice = 4;
    std::vector<std::vector<Tensor>> made(static_cast<std::size_t>((rows + slice - 1) / slice));
    parallel_for_each_index(made.size(), [&](std::size_t k) {
        const OnOneThread alone;
        const auto from = static_cast<std::int64_t>(k) * slice;
        made[k] = make(from, std::min(from + slice, rows));
    });
    if (made.size() == 1) return made.front();
    std::vector<Tensor> joined;
    for (std::size_t part = 0; part < made.front().size(); ++part) {
        std::vector<Tensor> slices;
        for (const auto& each : made) slices.push_back(each[part]);
        joined.push_back(torch::cat(slices));
    }
    return joined;
}

/// The tensor side of a batch: N x C x H x W float32 on some device.
class TorchPart final : public TensorPart {
   public:
    /// `arrival`: where they are still on their way to the device.
    explicit TorchPart(Tensor values, Arrival arrival = {})
        : values_(std::move(values)), arrival_(std::move(arrival)) {}

    /// There for whatever this thread computes next.                                  [one at a time per device]
    const Tensor& values() const {
        arrival_.wait({values_});
        return values_;
    }
    std::size_t count() const override { return static_cast<std::size_t>(values_.size(0)); }
    std::size_t bytes() const override { return values_.numel() * values_.element_size(); }

    Image image(std::size_t row) const override {
        Tensor hwc = host()[static_cast<std::int64_t>(row)];
        if (hwc.size(0) == 1) hwc = hwc.expand({3, hwc.size(1), hwc.size(2)});
        hwc = hwc.permute({1, 2, 0}).mul(255).round().clamp(0, 255).to(torch::kUInt8).contiguous();
        Image out(static_cast<int>(hwc.size(1)), static_cast<int>(hwc.size(0)), 3);
        std::copy_n(hwc.data_ptr<std::uint8_t>(), out.pixels.size(), out.pixels.data());
        return out;
    }

    Plane plane(std::size_t row) const override {
        const Tensor hw = host()[static_cast<std::int64_t>(row)][0].contiguous();
        Plane out{static_cast<int>(hw.size(1)), static_cast<int>(hw.size(0)), {}};
        out.values.assign(hw.data_ptr<float>(), hw.data_ptr<float>() + hw.numel());
        return out;
    }

    Floats floats(std::size_t row) const override {
        const Tensor chw = host()[static_cast<std::int64_t>(row)].contiguous();
        Floats out{static_cast<int>(chw.size(0)), static_cast<int>(chw.size(1)), static_cast<int>(chw.size(2)), {}};
        out.values.assign(chw.data_ptr<float>(), chw.data_ptr<float>() + chw.numel());
        return out;
    }

    std::shared_ptr<const TensorPart> gather(std::span<const Row> rows) const override {
        std::vector<Tensor> parts;
        for (const auto& [part, row] : rows)
            parts.push_back(dynamic_cast<const TorchPart&>(*part).values()[static_cast<std::int64_t>(row)]);
        return std::make_shared<TorchPart>(torch::stack(parts));
    }

   private:
    /// All rows brought back at once, when the first of them is asked for.
    const Tensor& host() const {
        std::call_once(brought_, [this] { host_ = values().detach().to(torch::kCPU, torch::kFloat32); });
        return host_;
    }

    Tensor values_;
    Arrival arrival_;
    mutable std::once_flag brought_;
    mutable Tensor host_;
};

namespace detail {

/// One for each device, so that what was copied on its stream is given back to it.            [any thread, concurrent]
inline const Transfer& transfer_to(torch::Device device) {
    static std::mutex mutex;
    static std::map<std::pair<torch::DeviceType, torch::DeviceIndex>, Transfer> transfers;
    const std::lock_guard lock(mutex);
    return transfers.try_emplace({device.type(), device.index()}, device).first->second;
}

/// The tensor side of a batch: made of its images, and on its way to `device`, where there was none.
inline std::shared_ptr<const TensorPart> part_of(const Batch& batch, const Device& device) {
    return batch.tensors([&](const Batch& host) -> std::shared_ptr<const TensorPart> {
        const Image& first = host.sample(0)->image;
        Tensor out = torch::empty({static_cast<std::int64_t>(host.size()), 3, first.height, first.width});
        for (std::size_t i = 0; i < host.size(); ++i) {
            const Image& image = host.sample(i)->image;
            if (image.width != first.width || image.height != first.height)
                throw Error(Fault::shape, "images of one batch differ in size: `" + host.info(0).id + "` is " +
                                              std::to_string(first.width) + "x" + std::to_string(first.height) + ", `" +
                                              host.info(i).id + "` is " + std::to_string(image.width) + "x" +
                                              std::to_string(image.height))
                    .help("give the data set a `size`, or put a `transform.resize` before this stage");
            // Planes from interleaved bytes in one sweep; the division keeps n/255 exact to the nearest float.
            float* const planes = out[static_cast<std::int64_t>(i)].data_ptr<float>();
            const std::size_t area = static_cast<std::size_t>(image.width) * image.height;
            for (std::size_t p = 0; p < area; ++p)
                for (std::size_t c = 0; c < 3; ++c) planes[c * area + p] = image.pixels[3 * p + c] / 255.0f;
        }
        Arrival arrival = transfer_to(torch_device(device)).send({&out});
        return std::make_shared<TorchPart>(std::move(out), std::move(arrival));
    });
}

}  // namespace detail

/// Makes the tensor of a batch and begins to bring it to the run's device, so that `tensor_of` finds it there. Call it
/// before there is a TensorWork: other threads compute meanwhile. Throws as `tensor_of`.   [any thread, concurrent]
inline void send_ahead(const Batch& batch, const Context& context) {
    if (batch.tensors()) return;
    const auto begin = std::chrono::steady_clock::now();
    detail::part_of(batch, context.device());
    context.traced("copy", begin);
}

/// A batch as a tensor on `device`: N x 3 x H x W, value / 255. Converted once per batch and kept. Throws
/// Error(Fault::shape) where the images differ in size, naming two of them.          [one at a time per device]
inline Tensor tensor_of(const Batch& batch, const Device& device) {
    const auto part = detail::part_of(batch, device);
    if (const auto* torch_part = dynamic_cast<const TorchPart*>(part.get()))
        return torch_part->values().to(torch_device(device));
    std::vector<Tensor> rows;  // kept in the cache, and read back without LibTorch
    for (std::size_t i = 0; i < part->count(); ++i) {
        Floats row = part->floats(i);
        rows.push_back(torch::from_blob(row.values.data(), {row.channels, row.height, row.width}).clone());
    }
    return torch::stack(rows).to(torch_device(device));
}

}  // namespace fettle
