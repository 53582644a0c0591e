#include "checkpoint.hpp"
#include "script.hpp"

#include <chrono>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <sstream>

namespace {

using fettle::Batch;
using fettle::Context;
using fettle::Error;
using fettle::Fault;
using fettle::ImageShape;
using fettle::Tensor;
using fettle::TensorWork;

std::string sides(const Tensor& images) {
    return std::to_string(images.size(3)) + "x" + std::to_string(images.size(2));
}

/// Which samples make up which step: every epoch a fresh permutation, cut into batches as even as can be, so that no
/// small remainder weighs as much as a whole batch.                                 [any thread, concurrent]
class Order {
   public:
    Order(std::uint64_t seed, std::size_t samples, std::size_t batch)
        : seed_(fettle::derive_seed(seed, "order")), samples_(samples), batches_((samples + batch - 1) / batch) {}

    std::size_t batches() const { return batches_; }  ///< per epoch

    std::vector<std::size_t> indices(std::size_t step) const {
        const std::size_t epoch = step / batches_, batch = step % batches_;
        const auto order = permutation(epoch);
        const auto begin = order->begin() + static_cast<std::ptrdiff_t>(batch * samples_ / batches_);
        const auto end = order->begin() + static_cast<std::ptrdiff_t>((batch + 1) * samples_ / batches_);
        return {begin, end};
    }

   private:
    using Permutation = std::shared_ptr<const std::vector<std::size_t>>;

    /// Kept until another epoch is asked for: drawing one takes as long as the set is large.
    Permutation permutation(std::size_t epoch) const {
        const std::lock_guard lock(mutex_);
        if (!kept_ || kept_epoch_ != epoch) {
            kept_ =
                std::make_shared<const std::vector<std::size_t>>(fettle::Random(seed_, epoch).permutation(samples_));
            kept_epoch_ = epoch;
        }
        return kept_;
    }

    std::uint64_t seed_;
    std::size_t samples_, batches_;
    mutable std::mutex mutex_;
    mutable Permutation kept_;
    mutable std::size_t kept_epoch_ = 0;
};

/// One step's images as tensors.
struct Pair {
    Tensor inputs, targets;
};

/// Runs what a component does; a parameter its errors name becomes the stage's: `window` is `loss.window` here.
template <class Use>
auto of_component(const char* name, const Use& use) {
    try {
        return use();
    } catch (Error& error) {
        if (!error.parameter().empty()) error.parameter(std::string(name) + "." + error.parameter());
        throw;
    }
}

/// Trains an autoencoder to give back the targets: where they are the inputs themselves it learns to compress them,
/// where the inputs are damaged it learns to mend.
struct Reconstruction final : fettle::Trainer {
    int epochs = 40;
    int batch = 16;
    double learning_rate = 2e-3;
    int warm_up = 50;
    double final_rate = 0.02;
    double pixel_weight = 10;
    double checkpoint_every = 30;
    fettle::Ref<fettle::Autoencoder> model;
    fettle::Ref<fettle::Similarity> loss;

    static void describe(fettle::Describe<Reconstruction>& d) {
        d.summary("Trains an autoencoder to give back its targets, with Adam, a warm-up and a cosine schedule.")
            .param("epochs", &Reconstruction::epochs, "How often every image is seen.", fettle::at_least(1))
            .param("batch", &Reconstruction::batch, "Images per step, at most; an epoch is cut into even batches.",
                   fettle::at_least(1))
            .param("learning_rate", &Reconstruction::learning_rate, "Adam's step size after the warm-up.",
                   fettle::above(0))
            .param("warm_up", &Reconstruction::warm_up, "Steps over which the step size rises from zero.",
                   fettle::at_least(0))
            .param("final_rate", &Reconstruction::final_rate,
                   "The step size at the end, as a fraction of `learning_rate`; in between it falls as a cosine.",
                   fettle::between(0, 1))
            .param("pixel_weight", &Reconstruction::pixel_weight,
                   "Weight of the mean squared error, which is added to the mean of the loss's map.",
                   fettle::at_least(0))
            .param("checkpoint_every", &Reconstruction::checkpoint_every,
                   "Seconds between checkpoints; with 0 there is one after every step.", fettle::at_least(0))
            .component("model", &Reconstruction::model, "The architecture to train.")
            .component("loss", &Reconstruction::loss, "What to make small: the mean of its map.");
    }

    fettle::Network train(const In& in, Context& context) const override;

   private:
    Pair read(const In& in, const std::vector<std::size_t>& indices, std::size_t epoch, const Context& context) const;
    std::shared_ptr<fettle::ReconstructionNet> fresh_net(const ImageShape& shape, const Context& context) const;
    Tensor loss_of(fettle::ReconstructionNet& net, const Pair& images) const;
    void try_one_step(const Pair& example, const ImageShape& shape, std::size_t count, const Context& context) const;
    double rate_at(std::int64_t step, std::int64_t steps) const;
    double take_step(fettle::ReconstructionNet& net, torch::optim::Adam& optimizer, const Pair& images,
                     std::int64_t step, std::int64_t steps, const Context& context) const;
    std::string work(const Context& context, const ImageShape& shape, std::size_t samples) const;
    fettle::Network described(fettle::ReconstructionNet& net, const ImageShape& shape, const train::Progress& progress,
                              const Context& context) const;
};

/// Damaged and whole images of one size; that they have the network's is for the caller to see.
Pair Reconstruction::read(const In& in, const std::vector<std::size_t>& indices, std::size_t epoch,
                          const Context& context) const {
    const auto round = static_cast<std::uint32_t>(epoch);
    const auto targets = in.targets->read(indices, round);
    const auto inputs = in.inputs == in.targets ? targets : in.inputs->read(indices, round);
    Pair images{tensor_of(*inputs, context.device()), tensor_of(*targets, context.device())};
    if (images.inputs.sizes() != images.targets.sizes())
        throw Error(Fault::shape, "`" + inputs->info(0).id + "` is " + sides(images.inputs) + " in `inputs` and " +
                                      sides(images.targets) + " in `targets`")
            .help("bring them to one size before the inputs are damaged");
    return images;
}

/// A network initialised from the stage's seed, whatever ran before.
std::shared_ptr<fettle::ReconstructionNet> Reconstruction::fresh_net(const ImageShape& shape,
                                                                     const Context& context) const {
    torch::manual_seed(fettle::derive_seed(context.seed(), "network"));
    auto net = of_component("model", [&] { return model->build(shape); });
    net->to(torch_device(context.device()));
    net->train();
    return net;
}

Tensor Reconstruction::loss_of(fettle::ReconstructionNet& net, const Pair& images) const {
    const Tensor output = net.forward(images.inputs.contiguous(at::MemoryFormat::ChannelsLast));
    if (output.sizes() != images.targets.sizes())
        throw Error(Fault::shape, "the network makes " + sides(output) + " of " + sides(images.inputs))
            .help("an autoencoder gives back images of the size and channels that it was shown");
    const Tensor map = of_component("loss", [&] { return loss->compare(images.targets, output); });
    return pixel_weight == 0 ? map.mean() : map.mean() + pixel_weight * torch::mse_loss(output, images.targets);
}

/// One forward and backward pass of a network that is thrown away: what doesn't fit is said before the first epoch.
void Reconstruction::try_one_step(const Pair& example, const ImageShape& shape, std::size_t count,
                                  const Context& context) const {
    const auto repeated = [&](const Tensor& image) {
        return image.repeat({static_cast<std::int64_t>(count), 1, 1, 1});
    };
    const Pair images{repeated(example.inputs), repeated(example.targets)};
    try {
        loss_of(*fresh_net(shape, context), images).backward();
    } catch (const c10::Error& error) {
        throw Error(Fault::shape, "the network can't be trained on " + sides(images.inputs) + " in batches of " +
                                      std::to_string(count) + ": " + error.what_without_backtrace())
            .help("larger images, more of them in a batch, or a network of less depth may fit");
    }
}

/// Linear warm-up, then half a cosine down to `final_rate` (Loshchilov and Hutter, "SGDR", 2017, without restarts).
double Reconstruction::rate_at(std::int64_t step, std::int64_t steps) const {
    if (step < warm_up) return learning_rate * static_cast<double>(step + 1) / warm_up;
    const double done = static_cast<double>(step - warm_up) / static_cast<double>(steps - warm_up);
    return learning_rate * (final_rate + (1 - final_rate) * 0.5 * (1 + std::cos(std::numbers::pi * done)));
}

/// The loss before the step.
double Reconstruction::take_step(fettle::ReconstructionNet& net, torch::optim::Adam& optimizer, const Pair& images,
                                 std::int64_t step, std::int64_t steps, const Context& context) const {
    const TensorWork work(context, /*gradients=*/true);
    // A network with dropout draws the same whatever else used the generator, and after a resumption.
    torch::manual_seed(fettle::derive_seed(context.seed(), "step " + std::to_string(step)));
    for (auto& group : optimizer.param_groups()) group.options().set_lr(rate_at(step, steps));
    optimizer.zero_grad();
    const Tensor value = loss_of(net, images);
    value.backward();
    optimizer.step();
    return value.item<double>();
}

/// What a checkpoint has to agree with to be carried on from.
std::string Reconstruction::work(const Context& context, const ImageShape& shape, std::size_t samples) const {
    std::ostringstream text;
    text.precision(17);
    text << context.component_text("model") << context.component_text("loss") << shape.channels << ' ' << shape.height
         << ' ' << shape.width << ' ' << samples << ' ' << epochs << ' ' << batch << ' ' << learning_rate << ' '
         << warm_up << ' ' << final_rate << ' ' << pixel_weight << ' ' << context.seed();
    return text.str();
}

fettle::Network Reconstruction::train(const In& in, Context& context) const {
    const std::size_t samples = in.inputs->size();
    if (samples != in.targets->size())
        throw Error(Fault::shape, "`inputs` has " + std::to_string(samples) + " samples and `targets` " +
                                      std::to_string(in.targets->size()))
            .help("sample i of one has to belong to sample i of the other");
    if (samples == 0)
        throw Error(Fault::data, "there is no image to train on").help("see what the stages before this one leave");

    const Order order(context.seed(), samples, static_cast<std::size_t>(batch));
    const auto per_epoch = static_cast<std::int64_t>(order.batches()), steps = per_epoch * epochs;
    const Pair example = read(in, {0}, 0, context);
    const ImageShape shape{static_cast<int>(example.inputs.size(1)), static_cast<int>(example.inputs.size(2)),
                           static_cast<int>(example.inputs.size(3))};
    std::shared_ptr<fettle::ReconstructionNet> net;
    {
        const TensorWork work(context, /*gradients=*/true);
        try_one_step(example, shape, order.indices(0).size(), context);
        net = fresh_net(shape, context);
    }
    torch::optim::Adam optimizer(net->parameters(), torch::optim::AdamOptions(learning_rate));
    train::Progress progress;
    const train::Checkpoints checkpoints(context.checkpoint_folder(), work(context, shape, samples));
    if (checkpoints.restore(*net, optimizer, progress, context))
        context.note("resumed", "after step " + std::to_string(progress.step) + " of " + std::to_string(steps));

    const auto first = static_cast<std::size_t>(progress.step);
    fettle::Lookahead<Pair> next(static_cast<std::size_t>(steps) - first, 2, [&](std::size_t k) {
        Pair images = read(in, order.indices(first + k), (first + k) / order.batches(), context);
        if (images.inputs.sizes().slice(1) != example.inputs.sizes().slice(1))
            throw Error(Fault::shape, "images of one training differ in size: " + sides(images.inputs) + " and " +
                                          sides(example.inputs))
                .help("give the data set a `size`, or put a `transform.resize` before this stage");
        return images;
    });
    using Clock = std::chrono::steady_clock;
    auto saved = Clock::now();
    const auto save = [&] {
        checkpoints.write(*net, optimizer, progress);
        context.note("checkpoint", "after step " + std::to_string(progress.step) + " of " + std::to_string(steps));
        saved = Clock::now();
    };
    const auto take = [&] {
        const auto before = Clock::now();
        try {
            Pair images = next.take();
            context.waited_since(before);
            return images;
        } catch (const fettle::Interrupted&) {  // asked to stop while images were being made
            save();
            throw;
        }
    };
    while (progress.step < steps) {
        const Pair images = take();
        const double value = take_step(*net, optimizer, images, progress.step, steps, context);
        const std::int64_t epoch = progress.step / per_epoch + 1, place = progress.step % per_epoch + 1;
        if (!std::isfinite(value))
            throw Error(Fault::numeric, "the loss is not finite in epoch " + std::to_string(epoch) + ", batch " +
                                            std::to_string(place) + " of " + std::to_string(per_epoch))
                .parameter("learning_rate")
                .help("take a smaller `learning_rate` or a longer `warm_up`");
        ++progress.step;
        progress.loss_sum += value * static_cast<double>(images.inputs.size(0));
        progress.images += images.inputs.size(0);
        char note[32];
        std::snprintf(note, sizeof note, "loss %.4f", progress.loss_sum / static_cast<double>(progress.images));
        if (place == per_epoch) {
            progress.losses.push_back(progress.loss_sum / static_cast<double>(progress.images));
            progress.loss_sum = 0;
            progress.images = 0;
        }
        context.progress(static_cast<std::size_t>(progress.step), static_cast<std::size_t>(steps), note);
        if (context.stop_requested() || Clock::now() - saved >= std::chrono::duration<double>(checkpoint_every)) save();
        context.check_stop();
    }
    return described(*net, shape, progress, context);
}

fettle::Network Reconstruction::described(fettle::ReconstructionNet& net, const ImageShape& shape,
                                          const train::Progress& progress, const Context& context) const {
    const TensorWork work(context);
    fettle::Network network;
    network.script = train::script_of(net, shape, torch_device(context.device()));
    network.architecture = context.component_text("model");
    network.channels = shape.channels;
    network.height = shape.height;
    network.width = shape.width;
    for (const Tensor& parameter : net.parameters()) network.parameters += static_cast<std::size_t>(parameter.numel());
    fettle::Curve& curve = network.history.emplace_back(fettle::Curve{.name = "loss"});
    for (const double mean : progress.losses) {
        curve.steps.push_back(static_cast<double>(curve.steps.size() + 1));
        curve.values.push_back(mean);
    }
    return network;
}

}  // namespace

void add_reconstruction(fettle::PluginBuilder& plugin) { plugin.add<Reconstruction>("train.reconstruction"); }
