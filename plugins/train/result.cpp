#include "result.hpp"

#include "script.hpp"
#include "trouble.hpp"

#include <torch/version.h>

#include <nlohmann/json.hpp>

#include <algorithm>

namespace train {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const fettle::Setting& setting) {
    if (setting.is<bool>()) return setting.as<bool>();
    if (setting.is<std::int64_t>()) return setting.as<std::int64_t>();
    if (setting.is<double>()) return setting.as<double>();
    return setting.as<std::string>();
}

/// How the network came to be, in one line.
std::string lineage_of(const Task& task, const Recipe& recipe, const Progress& progress, const Lessons& lessons,
                       const Calibration* calibration, const fettle::Context& context) {
    Json line{{"stage", task.segments() ? "train.discriminative" : "train.reconstruction"}};
    for (const auto& [name, value] : recipe.settings()) line[name] = json_of(value);
    for (const char* component : {"model", "loss", "segmentation"})
        if (const std::string text = context.component_text(component); !text.empty()) line[component] = text;
    line["seed"] = context.seed();
    line["threads"] = context.threads();
    line["images"] = lessons.samples();
    line["targets"] = lessons.own_targets() ? "the inputs" : "others";
    line["calibration_images"] = calibration == nullptr ? 0 : calibration->lessons().samples();
    if (task.segments() && calibration != nullptr) line["calibration_images_with_masks"] = calibration->masked();
    line["epochs_done"] = progress.epoch;
    line["steps_done"] = progress.step;
    line["images_seen"] = progress.seen;
    if (task.segments()) line["images_seen_with_masks"] = progress.masked;
    if (progress.best_epoch > 0) line["best_epoch"] = progress.best_epoch;
    line["libtorch"] = TORCH_VERSION;
    return line.dump();
}

std::vector<fettle::Network::Example> examples_of(torch::nn::Module& net, const Task& task, const Lessons& shown,
                                                  const fettle::Context& context) {
    std::vector<std::size_t> indices(std::min<std::size_t>(shown.samples(), 4));
    for (std::size_t i = 0; i < indices.size(); ++i) indices[i] = i;
    const Lesson lesson = shown.read(indices, 0);
    const fettle::TensorWork work(context);
    lesson.arrival.wait({lesson.inputs, lesson.targets});
    const std::vector<fettle::Tensor> made = task.outputs(net, lesson.inputs);
    for (const fettle::Tensor& each : made)
        if (!torch::isfinite(each).all().item<bool>())
            throw diverged("the trained network makes values that are not finite of `" + lesson.samples.front() +
                           "` and those after it");
    const fettle::TorchPart inputs(lesson.inputs), targets(lesson.targets), outputs(made.front());
    std::vector<fettle::Network::Example> examples;
    for (const std::size_t i : indices)
        examples.push_back({shown.inputs().info(i), inputs.image(i), targets.image(i), outputs.image(i)});
    return examples;
}

}  // namespace

fettle::Network network_of(torch::nn::Module& net, const Task& task, const Recipe& recipe,
                           const fettle::ImageShape& shape, const Progress& progress, const Lessons& lessons,
                           const Calibration* calibration, const fettle::Context& context) {
    net.eval();
    fettle::Network network;
    network.architecture = context.component_text("model");
    network.channels = shape.channels;
    network.height = shape.height;
    network.width = shape.width;
    for (const fettle::Tensor& parameter : net.parameters())
        network.parameters += static_cast<std::size_t>(parameter.numel());
    network.segments = task.segments();
    network.preprocessing = "RGB, value / 255, " + std::to_string(shape.width) + "x" + std::to_string(shape.height);
    network.lineage = {lineage_of(task, recipe, progress, lessons, calibration, context)};
    network.history = progress.curves;
    network.examples = examples_of(net, task, calibration == nullptr ? lessons : calibration->lessons(), context);
    const Json description{{"architecture", network.architecture},
                           {"channels", network.channels},
                           {"height", network.height},
                           {"width", network.width},
                           {"parameters", network.parameters},
                           {"segments", network.segments},
                           {"preprocessing", network.preprocessing},
                           {"lineage", Json::parse(network.lineage.front())}};
    const fettle::TensorWork work(context);
    network.script = script_of(
        net, [&](const fettle::Tensor& images) { return task.outputs(net, images); }, shape,
        torch_device(context.device()), description.dump(1));
    return network;
}

}  // namespace train
