#include "exported.hpp"

#include <nlohmann/json.hpp>

#include <memory>
#include <mutex>
#include <sstream>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Setting;
using fettle::Tensor;

std::string sides(std::int64_t width, std::int64_t height) {
    return std::to_string(width) + "x" + std::to_string(height);
}

/// "N x 3 x 128 x 128"
std::string shape_of(const Tensor& tensor) {
    std::ostringstream text;
    text << 'N';
    for (std::int64_t dim = 1; dim < tensor.dim(); ++dim) text << " x " << tensor.size(dim);
    return tensor.dim() == 0 ? "one number" : text.str();
}

/// A module that was exported elsewhere, in Python or C++: as a stage a network like one that was trained here, as a
/// component frozen features.
struct TorchScript final : fettle::Pretrained {
    std::filesystem::path path;
    std::array<int, 2> size{0, 0};
    std::array<double, 3> mean{0, 0, 0}, deviation{1, 1, 1};

    static void describe(fettle::Describe<TorchScript>& d) {
        d.summary("A TorchScript file that you exported: a network for inference, or frozen features for a distance.")
            .param("path", &TorchScript::path,
                   "The file, as `torch.jit.trace` or `torch.jit.script` and `.save` make it.", fettle::required())
            .param(
                "size", &TorchScript::size,
                "Width and height in pixels of the images it takes; a stage needs it, a component goes by its images.",
                fettle::between(0, 16384))
            .param(
                "mean", &TorchScript::mean,
                "Subtracted from red, green and blue in [0, 1] beforehand; [0.485, 0.456, 0.406] for what was trained "
                "on ImageNet as torchvision's networks were.")
            .param("deviation", &TorchScript::deviation,
                   "What red, green and blue are divided by afterwards; [0.229, 0.224, 0.225] for ImageNet.",
                   fettle::above(0));
    }

    std::vector<Tensor> features(const Tensor& images) const override {
        {
            const std::lock_guard lock(loading_);
            if (!exported_) exported_ = std::make_unique<model::Exported>(path, images.device());
            exported_->move_to(images.device());
        }
        return exported_->run(normalised(images));
    }

    fettle::Network network(fettle::Context& context) const override {
        if (size[0] == 0 || size[1] == 0)
            throw Error(Fault::shape, "`size` is " + sides(size[0], size[1]) + ", and a network is made for one size")
                .parameter("size")
                .help("say the width and height of the images that the network takes: `size = [256, 256]`");
        const fettle::TensorWork work(context);
        const auto device = torch_device(context.device());
        model::Exported exported(path, device);
        fettle::Network network;
        network.segments = tried(exported, device, context);
        network.script = normalises() ? exported.behind(mean, deviation) : exported.bytes();
        network.architecture = "use = \"model.torchscript\"\npath = " + Setting(path.filename().string()).text() + "\n";
        network.width = size[0];
        network.height = size[1];
        network.parameters = exported.parameters();
        network.preprocessing = "RGB, value / 255, " + sides(size[0], size[1]);
        network.lineage = {nlohmann::json{
            {"stage", "model.torchscript"},
            {"file", path.filename().string()},
            {"mean", mean},
            {"deviation",
             deviation}}.dump()};
        return network;
    }

   private:
    bool normalises() const { return mean != std::array{0.0, 0.0, 0.0} || deviation != std::array{1.0, 1.0, 1.0}; }

    Tensor normalised(const Tensor& images) const {
        if (!normalises()) return images;
        const auto channels = [&](const std::array<double, 3>& values) {
            return torch::tensor(at::ArrayRef<double>(values), images.options()).view({1, 3, 1, 1});
        };
        return (images - channels(mean)) / channels(deviation);
    }

    /// Whether it segments, from what it makes of black images: one, and two at once.
    bool tried(model::Exported& exported, torch::Device device, const fettle::Context& context) const {
        std::vector<Tensor> made;
        for (const std::int64_t count : {1, 2}) {
            const Tensor black = torch::zeros({count, 3, size[1], size[0]}, device);
            try {
                made = exported.run(normalised(black));
            } catch (Error& error) {
                if (count == 2) error.help("it was exported for batches of 1: trace it so that any number fits");
                throw;
            }
            require_images(made, black);
        }
        caution_of_values(made, context);
        return made.size() == 2;
    }

    /// No error: a network that divides by the spread of an image's values can't do so on a black one.
    void caution_of_values(const std::vector<Tensor>& made, const fettle::Context& context) const {
        for (const Tensor& each : made)
            if (!torch::isfinite(each).all().item<bool>())
                return context.warn("`" + path.filename().string() + "` makes values that are not finite " +
                                    (each.is_same(made[0]) ? "" : "in its map of anomalies ") +
                                    "of a black image; images of which it does so can't be scored");
        const double least = made[0].min().item<double>(), greatest = made[0].max().item<double>();
        if (least < -0.01 || greatest > 1.01)
            context.warn("`" + path.filename().string() + "` makes values from " + std::to_string(least) + " to " +
                         std::to_string(greatest) + " of a black image; images are within 0 and 1");
    }

    void require_images(const std::vector<Tensor>& made, const Tensor& shown) const {
        const bool images = !made.empty() && made[0].sizes() == shown.sizes();
        const bool maps = made.size() == 2 && made[1].sizes() == shown.narrow(1, 0, 1).sizes();
        if (images && (made.size() == 1 || maps)) return;
        std::string shapes;
        for (const Tensor& each : made) shapes += (shapes.empty() ? "" : ", ") + shape_of(each);
        throw Error(Fault::shape, "`" + path.filename().string() + "` makes " + (shapes.empty() ? "nothing" : shapes) +
                                      " of " + std::to_string(shown.size(0)) + " x 3 x " + std::to_string(size[1]) +
                                      " x " + std::to_string(size[0]))
            .parameter("path")
            .help(
                "a network gives images of the size it was shown, or these and a map of anomalies with 1 channel; "
                "what gives features can be a component");
    }

    mutable std::mutex loading_;
    mutable std::unique_ptr<model::Exported> exported_;
};

}  // namespace

void add_torchscript(fettle::PluginBuilder& plugin) { plugin.add<TorchScript>("model.torchscript"); }
