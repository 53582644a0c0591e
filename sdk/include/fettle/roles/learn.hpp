// Roles that compute with tensors: Autoencoder, Similarity, Trainer. Includes LibTorch, by tensors.hpp.
// Tensors are N x C x H x W float32, images in [0, 1].
#pragma once

#include <fettle/describe.hpp>
#include <fettle/tensors.hpp>

#include <algorithm>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace fettle {

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
            .out("maps", &Out::maps, "How much they differ, per pixel.", {}, Labels::kept)
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
        const Tensor a = tensor_of(*reference, context_->device()), b = tensor_of(*candidate, context_->device());
        if (a.sizes() != b.sizes())
            throw Error(Fault::shape, "`" + infos.front().id + "` is " + std::to_string(a.size(3)) + "x" +
                                          std::to_string(a.size(2)) + " in `reference`, and `" + candidate->info(0).id +
                                          "` " + std::to_string(b.size(3)) + "x" + std::to_string(b.size(2)) +
                                          " in `candidate`")
                .help("put a transform.resize before one of them, so that both have one size");
        auto maps = in_slices(a.size(0), *context_, [&](std::int64_t from, std::int64_t to) {
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
