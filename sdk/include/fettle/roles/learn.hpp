// Roles that compute with tensors: Autoencoder, Similarity, Trainer. With transfer.hpp the only SDK header that
// includes LibTorch. Tensors are N x C x H x W float32, images in [0, 1].
#pragma once

#include <fettle/describe.hpp>
#include <fettle/parallel.hpp>
#include <fettle/random.hpp>
#include <fettle/transfer.hpp>

#include <torch/torch.h>

#include <chrono>
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

/// While one lives, LibTorch computes on this thread alone and without gradients.                  [one thread]
class OnOneThread {
   public:
    OnOneThread() : threads_(at::get_num_threads()) { at::set_num_threads(1); }
    ~OnOneThread() { at::set_num_threads(threads_); }
    OnOneThread(const OnOneThread&) = delete;
    OnOneThread& operator=(const OnOneThread&) = delete;

   private:
    int threads_;
    torch::NoGradGuard no_gradients_;
};

/// What `make(from, to)` gives for rows [from, to) of a batch of `rows`, joined: some tensors, each with those rows.
/// Rows must not know of each other. On the CPU it gets a few rows at a time, and each time computes on one thread,
/// several threads side by side: LibTorch's convolutions sum in another order for another number of threads, and what
/// comes out of this doesn't depend on it. On a GPU it gets all rows. Call it under a TensorWork; the run's threads
/// call `make` concurrently.                                                               [one at a time per device]
template <class Make>
std::vector<Tensor> in_slices(std::int64_t rows, const Device& device, const Make& make) {
    if (device.type != Device::Type::cpu || rows == 0) return make(std::int64_t{0}, rows);
    constexpr std::int64_t slice = 4;
    std::vector<std::vector<Tensor>> made(static_cast<std::size_t>((rows + slice - 1) / slice));
    parallel_for_each_index(made.size(), [&](std::size_t k) {
        const OnOneThread alone;
        const auto from = static_cast<std::int64_t>(k) * slice;
        made[k] = make(from, std::min(from + slice, rows));
    });
    std::vector<Tensor> joined;
    for (std::size_t part = 0; part < made.front().size(); ++part) {
        std::vector<Tensor> slices;
        for (const auto& each : made) slices.push_back(each[part]);
        joined.push_back(slices.size() == 1 ? slices.front() : torch::cat(slices));
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
        Arrival arrival = Transfer(torch_device(device)).send({&out});
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

/// Channels, height and width of what a network takes and gives.
struct ImageShape {
    int channels = 3, height = 0, width = 0;
};

/// A network that gives back what it was shown. Register every parameter and submodule as LibTorch asks; `forward`
/// must be traceable: the same operations whatever the values and the batch size.
class ReconstructionNet : public torch::nn::Module {
   public:
    /// N x C x H x W in [0, 1] to the same shape.                                    [one at a time per device]
    virtual Tensor forward(Tensor images) = 0;

    /// What training makes small.
    struct Learnt {
        Tensor images;   ///< as from `forward`
        Tensor penalty;  ///< a number that is added to the loss (a divergence, an entropy); undefined for none
    };
    /// `forward` as training sees it; it may draw from LibTorch's generator.         [one at a time per device]
    virtual Learnt learn(Tensor images) { return {forward(std::move(images)), {}}; }
};

/// A network that rebuilds images and tells where they are anomalous. `forward` must be traceable, as above.
class DiscriminativeNet : public torch::nn::Module {
   public:
    struct Judged {
        Tensor images;   ///< rebuilt, N x C x H x W
        Tensor anomaly;  ///< how likely each pixel is anomalous, N x 1 x H x W in [0, 1]
    };
    /// N x C x H x W in [0, 1].                                                       [one at a time per device]
    virtual Judged forward(Tensor images) = 0;

    /// What training makes small.
    struct Learnt : Judged {
        Tensor penalty;  ///< as ReconstructionNet's
    };
    /// `forward` as training sees it; it may draw from LibTorch's generator.         [one at a time per device]
    virtual Learnt learn(Tensor images) { return {forward(std::move(images)), {}}; }
};

/// An architecture: parameters that become a network once the input is known. A component of trainers.
class Autoencoder : public Component {
   public:
    static constexpr const char* role_name = "autoencoder";

    /// A network for this input, freshly initialised from LibTorch's generator (which the trainer has seeded).
    /// Throws Error(Fault::shape) with the nearest sides that work where it can't take these. [one at a time per
    /// device]
    virtual std::shared_ptr<ReconstructionNet> build(const ImageShape& input) const = 0;

    template <class T>
    static void describe_role(Describe<T>&) {}
};

/// An architecture of discriminative networks. A component of trainers.
class Discriminative : public Component {
   public:
    static constexpr const char* role_name = "discriminative";

    /// As Autoencoder::build.                                                         [one at a time per device]
    virtual std::shared_ptr<DiscriminativeNet> build(const ImageShape& input) const = 0;

    template <class T>
    static void describe_role(Describe<T>&) {}
};

/// A network that was trained elsewhere and stays as it is: a component that gives its features, or a stage that
/// gives it as a network.
///   out  network
class Pretrained : public Component {
   public:
    static constexpr const char* role_name = "pretrained";
    struct In {};
    struct Out {
        Ref<Network> network;
    };

    /// What the network makes of images N x C x H x W in [0, 1]: one tensor N x D x h x w or several, on the images'
    /// device. Gradients flow to the images where they are asked for, never to the network's own numbers.
    ///                                        [one at a time per GPU; on the CPU any thread, concurrent with itself]
    virtual std::vector<Tensor> features(const Tensor& images) const = 0;
    /// The network as a value.                                                        [any thread]
    virtual Network network(Context& context) const = 0;

    Out run(const In&, Context& context) const { return {std::make_shared<Network>(network(context))}; }

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.out("network", &Out::network, "The network, to give images through.").on_device();
    }
};

/// A differentiable map of how two images differ: a score and a loss alike.
///   in   reference, candidate   sample i of one is compared with sample i of the other
///   out  maps
class Similarity : public Component {
   public:
    static constexpr const char* role_name = "similarity";
    struct In {
        Ref<Images> reference, candidate;
    };
    struct Out {
        Ref<Maps> maps;
    };
    /// What the map is multiplied by: its share where a loss is a sum of several.
    double weight = 1;

    /// Both N x C x H x W; returns N x 1 x h x w, 0 where they are equal, higher where they differ more. h and w may
    /// be smaller by an even border. Differentiable in both; as a loss its mean is taken. Throws Error(Fault::shape)
    /// where the images are too small. A map may be 1 x 1 where there is one number per pair. The weight isn't in it.
    ///                                                                [any thread, concurrent with itself]
    virtual Tensor compare(const Tensor& reference, const Tensor& candidate) const = 0;
    /// `compare` times `weight`.                                      [any thread, concurrent with itself]
    Tensor weighted(const Tensor& reference, const Tensor& candidate) const {
        const Tensor map = compare(reference, candidate);
        return weight == 1 ? map : map * weight;
    }

    Out run(const In& in, Context& context) const;

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("reference", &In::reference, "The images as they are.")
            .in("candidate", &In::candidate, "The images to compare with them, sample by sample.")
            .out("maps", &Out::maps, "How much they differ, per pixel.")
            .param("weight", &Similarity::weight,
                   "What the map is multiplied by: its share where a loss is a sum of several.", above(0))
            .on_device();
    }
};

/// Trains a network to turn inputs into targets.
///   in   inputs, targets   sample i of one belongs to sample i of the other; both refuse `test`
///   in   calibrate         sound images kept apart, by whose loss a trainer may stop early (optional); no `test`
///   out  network
class Trainer : public Component {
   public:
    static constexpr const char* role_name = "trainer";
    struct In {
        Ref<Images> inputs, targets, calibrate;
    };
    struct Out {
        Ref<Network> network;
    };

    /// Call context.check_stop() between steps, after a checkpoint into context.checkpoint_folder(); continue from
    /// one that is there. Throws Error(Fault::numeric) where the loss isn't finite, with epoch and batch. [any thread]
    virtual Network train(const In& in, Context& context) const = 0;

    Out run(const In& in, Context& context) const { return {std::make_shared<Network>(train(in, context))}; }

    template <class T>
    static void describe_role(Describe<T>& d) {
        d.in("inputs", &In::inputs, "What the network is shown.", learns())
            .in("targets", &In::targets, "What it should give back.", learns())
            .in("calibrate", &In::calibrate, "Sound images kept apart from training; their loss tells when to stop.",
                learns() & optional_port())
            .out("network", &Out::network, "The trained network.")
            .random()
            .on_device()
            .depends_on_threads();
    }
};

namespace detail {

/// The lazy maps of a Similarity over two sequences.
class ComparedMaps final : public Maps {
   public:
    ComparedMaps(std::shared_ptr<const Similarity> similarity, Similarity::In in, const Context& context)
        : similarity_(std::move(similarity)), in_(std::move(in)), context_(&context), label_(context.label()) {}

    std::size_t size() const override { return in_.reference->size(); }
    const SampleInfo& info(std::size_t index) const override { return in_.reference->info(index); }
    std::size_t block() const override {
        return std::max({std::size_t{16}, in_.reference->block(), in_.candidate->block()});
    }
    bool varies() const override { return in_.reference->varies() || in_.candidate->varies(); }
    std::string label() const override { return label_; }
    Ref<Images> reference() const override { return in_.reference; }
    Ref<Images> candidate() const override { return in_.candidate; }

    Ref<Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto reference = in_.reference->read(indices, round);
        const auto candidate = in_.candidate->read(indices, round);
        std::vector<SampleInfo> infos;
        for (std::size_t i = 0; i < indices.size(); ++i) infos.push_back(reference->info(i));
        send_ahead(*reference, *context_);
        send_ahead(*candidate, *context_);
        const TensorWork work(*context_);
        const Tensor a = tensor_of(*reference, context_->device()), b = tensor_of(*candidate, context_->device());
        if (a.sizes() != b.sizes())
            throw Error(Fault::shape, "`" + infos.front().id + "` is " + std::to_string(a.size(3)) + "x" +
                                          std::to_string(a.size(2)) + " in `reference`, and `" + candidate->info(0).id +
                                          "` " + std::to_string(b.size(3)) + "x" + std::to_string(b.size(2)) +
                                          " in `candidate`")
                .help("put a transform.resize before one of them, so that both have one size");
        auto maps = in_slices(a.size(0), context_->device(), [&](std::int64_t from, std::int64_t to) {
            return std::vector<Tensor>{similarity_->weighted(a.slice(0, from, to), b.slice(0, from, to))};
        });
        return std::make_shared<Batch>(std::move(infos), std::make_shared<TorchPart>(std::move(maps.front())));
    }

   private:
    std::shared_ptr<const Similarity> similarity_;
    Similarity::In in_;
    const Context* context_;
    std::string label_;
};

}  // namespace detail

inline Similarity::Out Similarity::run(const In& in, Context& context) const {
    if (in.reference->size() != in.candidate->size())
        throw Error(Fault::shape, "`reference` has " + std::to_string(in.reference->size()) + " samples, `candidate` " +
                                      std::to_string(in.candidate->size()));
    auto self = std::static_pointer_cast<const Similarity>(shared_from_this());
    return {std::make_shared<detail::ComparedMaps>(std::move(self), in, context)};
}

}  // namespace fettle
