// What the tests of learning share: small pictures drawn from a seed, and a training of them.
#pragma once

#include <fettle/sdk.hpp>
#include <fettle/testing.hpp>

#include <torch/script.h>

#include <gmock/gmock.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>

namespace learn {

using fettle::Ref;
using fettle::Tensor;
using fettle::testing::Library;
using fettle::testing::Settings;
using fettle::testing::TestContext;
using Components = std::map<std::string, std::shared_ptr<fettle::Component>>;

inline Library& library(const std::string& family) {
    static std::map<std::string, Library> libraries;
    const auto [place, isnew] = libraries.try_emplace(family, FETTLE_PLUGIN_FOLDER "/" + family + ".so");
    return place->second;
}

template <class Role>
std::shared_ptr<Role> make(const std::string& id, const Settings& settings = {}) {
    return std::dynamic_pointer_cast<Role>(library(id.substr(0, id.find('.'))).make(id, settings));
}

/// A folder that goes away with the test.
class Folder {
   public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "fettle-learn-XXXXXX").string();
        if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
        path = name;
    }
    ~Folder() { std::filesystem::remove_all(path); }
    std::filesystem::path path;
};

/// A disc at a place of its own on a soft slope of light; `hole` sets a black square into it.
inline fettle::Image picture(std::size_t index, int width, int height, bool hole = false) {
    fettle::Random random(11, index);
    const double x0 = random.uniform(0.3, 0.7) * width, y0 = random.uniform(0.3, 0.7) * height;
    const double radius = random.uniform(0.15, 0.3) * std::min(width, height), slope = random.uniform(-60, 60);
    fettle::Image image(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const bool inside = std::hypot(x - x0, y - y0) < radius;
            const bool black = hole && std::abs(x - x0) < 3 && std::abs(y - y0) < 3;
            for (int c = 0; c < 3; ++c)
                image.at(x, y)[c] = static_cast<std::uint8_t>(
                    black ? 0 : (inside ? 190 - 20 * c : 90) + slope * x / width + 5 * random.uniform());
        }
    return image;
}

inline Ref<fettle::Images> pictures(std::size_t count, int width = 32, int height = 32, bool hole = false) {
    std::vector<fettle::SampleInfo> infos;
    for (std::size_t i = 0; i < count; ++i)
        infos.push_back({"picture-" + std::to_string(i), fettle::Label::normal, fettle::Split::train});
    return fettle::lazy_images(std::move(infos), [=](std::size_t index, std::uint32_t) {
        fettle::Sample sample;
        sample.image = picture(index, width, height, hole);
        return sample;
    });
}

/// Hands on another sequence, and tells `seen` of every read before it.
class Watched final : public fettle::Images {
   public:
    using Seen = std::function<void(std::span<const std::size_t>, std::uint32_t round)>;
    Watched(Ref<fettle::Images> images, Seen seen) : images_(std::move(images)), seen_(std::move(seen)) {}

    std::size_t size() const override { return images_->size(); }
    const fettle::SampleInfo& info(std::size_t index) const override { return images_->info(index); }
    Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        seen_(indices, round);
        return images_->read(indices, round);
    }

   private:
    Ref<fettle::Images> images_;
    Seen seen_;
};

/// Another architecture, whose last built network can be looked at.
class Kept final : public fettle::Autoencoder {
   public:
    explicit Kept(std::shared_ptr<const fettle::Autoencoder> inner) : inner_(std::move(inner)) {}
    std::shared_ptr<fettle::ReconstructionNet> build(const fettle::ImageShape& input) const override {
        return net = inner_->build(input);
    }
    mutable std::shared_ptr<fettle::ReconstructionNet> net;

   private:
    std::shared_ptr<const fettle::Autoencoder> inner_;
};

/// A network that trains within a second.
inline std::shared_ptr<fettle::Autoencoder> small_model() {
    return make<fettle::Autoencoder>(
        "model.dilated_autoencoder",
        {{"width", 8}, {"depth", 2}, {"bottleneck", 8}, {"dilations", fettle::Setting::List{1, 2}}});
}

inline Settings with(Settings settings, const Settings& more) {
    for (const auto& [name, value] : more) settings[name] = value;
    return settings;
}

/// Puts every one of `parts` into a list of components.
inline void plug(const std::string& id, fettle::Component& stage, const std::string& list,
                 const std::vector<std::shared_ptr<fettle::Component>>& parts) {
    const auto& type = library(id.substr(0, id.find('.'))).entry(id);
    for (std::size_t i = 0; i < type.info.components.size(); ++i)
        if (type.info.components[i].name == list) return type.plug[i](stage, parts);
    throw std::out_of_range("there is no " + list);
}

/// SSIM, and ten times the squared difference.
inline std::vector<std::shared_ptr<fettle::Component>> usual_loss() {
    return {make<fettle::Similarity>("similarity.ssim"), make<fettle::Similarity>("similarity.l2", {{"weight", 10}})};
}

/// The network that a trainer makes of its stage, with a map of its components; 4 epochs in batches of 4 unless
/// `settings` say otherwise.
inline Ref<fettle::Network> trained(
    const std::map<std::string, std::vector<fettle::ValueRef>>& inputs, fettle::Context& context,
    const Settings& settings, const std::map<std::string, std::vector<std::shared_ptr<fettle::Component>>>& components,
    const std::string& id = "train.reconstruction") {
    auto& train = library("train");
    const auto stage = train.make(id, with({{"epochs", 4}, {"batch", 4}, {"warm_up", 4}}, settings));
    for (const auto& [name, parts] : components) plug(id, *stage, name, parts);
    return std::dynamic_pointer_cast<const fettle::Network>(train.run(id, *stage, inputs, context).at("network"));
}

/// The network that `train.reconstruction` makes.
inline Ref<fettle::Network> trained(const Ref<fettle::Images>& inputs, const Ref<fettle::Images>& targets,
                                    fettle::Context& context, const Settings& settings = {},
                                    const std::shared_ptr<fettle::Component>& model = small_model(),
                                    const std::vector<std::shared_ptr<fettle::Component>>& loss = usual_loss()) {
    return trained({{"inputs", {inputs}}, {"targets", {targets}}}, context, settings,
                   {{"model", {model}}, {"loss", loss}});
}

inline torch::jit::Module loaded(const fettle::Network& network) {
    std::istringstream bytes(network.script);
    return torch::jit::load(bytes);
}

/// The error that `use` throws; fails where it throws none.
template <class Use>
fettle::Error error_of(const Use& use) {
    try {
        use();
    } catch (const fettle::Error& error) {
        return error;
    }
    ADD_FAILURE() << "no error was thrown";
    return {fettle::Fault::plugin, ""};
}

inline bool same_bits(const Tensor& a, const Tensor& b) { return a.sizes() == b.sizes() && torch::equal(a, b); }

}  // namespace learn
