// A whole run by hand, up to what a report is given: real magnetic tiles (or drawn ones, where they are missing), a
// blurred copy in the place of a network's reconstruction, and the stages score, threshold and evaluate as they are.
#pragma once

#include "fakes.hpp"

#include <fettle/random.hpp>
#include <fettle/testing.hpp>

#include <cmath>
#include <cstdlib>
#include <limits>
#include <memory>

namespace material {

using fettle::Label;
using fettle::Split;

inline fettle::testing::Library& plugin(const std::string& family) {
    static std::map<std::string, std::unique_ptr<fettle::testing::Library>> libraries;
    auto& library = libraries[family];
    if (!library) library = std::make_unique<fettle::testing::Library>(FETTLE_PLUGIN_FOLDER "/" + family + ".so");
    return *library;
}

/// A brushed plate, with a dark spot where it is anomalous; each another.
inline fettle::Sample drawn(std::size_t index, bool anomalous) {
    fettle::Random random(17, index);
    fettle::Sample out;
    out.image = fettle::Image(160, 120, 3);
    if (anomalous) out.mask = fettle::Image(160, 120, 1);
    const int cx = random.integer(25, 135), cy = random.integer(25, 95), radius = random.integer(2, 14);
    for (int y = 0; y < 120; ++y) {
        const double streak = random.normal() * 6;
        for (int x = 0; x < 160; ++x) {
            const bool inside = anomalous && std::hypot(x - cx, y - cy) < radius;
            const double grey = 120 + streak + 20 * std::sin(x / 30.0) + random.normal() * 4 - (inside ? 60 : 0);
            for (int c = 0; c < 3; ++c) out.image.at(x, y)[c] = static_cast<std::uint8_t>(std::clamp(grey, 0.0, 255.0));
            if (inside) *out.mask.at(x, y) = 255;
        }
    }
    return out;
}

inline std::vector<std::filesystem::path> tiles(const std::string& folder) {
    const char* data = std::getenv("FETTLE_DATA");
    const auto root = std::filesystem::path(data != nullptr ? data : FETTLE_SOURCE_FOLDER "/../shared/data") / "tiles" /
                      folder / "Imgs";
    std::vector<std::filesystem::path> out;
    if (!std::filesystem::is_directory(root)) return out;
    for (const auto& entry : std::filesystem::directory_iterator(root))
        if (entry.path().extension() == ".jpg") out.push_back(entry.path());
    std::sort(out.begin(), out.end());
    return out;
}

struct Counts {
    int calibrate = 60, normal = 60, anomalous = 60;
    std::vector<std::size_t> lost = {};  ///< images whose maps hold a value that isn't finite
};

/// Originals; the first ones calibrate. Names hold what must not be taken for markup.
inline fettle::Ref<fettle::Images> originals(Counts counts) {
    const auto sound = tiles("MT_Free"), broken = tiles("MT_Blowhole"), cracked = tiles("MT_Crack");
    std::vector<fettle::SampleInfo> infos;
    std::vector<std::filesystem::path> files;
    for (int i = 0; i < counts.calibrate + counts.normal + counts.anomalous; ++i) {
        const bool anomalous = i >= counts.calibrate + counts.normal;
        const int k = anomalous ? i - counts.calibrate - counts.normal : i;
        const auto& from = !anomalous ? sound : k % 2 == 0 ? broken : cracked;
        const std::size_t place = anomalous ? static_cast<std::size_t>(k / 2) : static_cast<std::size_t>(k);
        files.push_back(place < from.size() ? from[place] : std::filesystem::path{});
        const std::string folder = !anomalous ? "free" : k % 2 == 0 ? "blowhole" : "crack";
        infos.push_back({folder + "/" + std::to_string(k) + "<script>document.title = 'broken'</script>.jpg",
                         anomalous ? Label::anomalous : Label::normal,
                         i < counts.calibrate ? Split::calibrate : Split::test, folder, ""});
    }
    auto labels = infos;
    return fettle::lazy_images(std::move(infos), [files, labels](std::size_t index, std::uint32_t) {
        if (files[index].empty()) return drawn(index, labels[index].label == Label::anomalous);
        fettle::Sample out;
        out.image = fettle::decode_image(fettle::read_bytes(files[index]), files[index].string()).image;
        const auto mask = std::filesystem::path(files[index]).replace_extension(".png");
        if (labels[index].label == Label::anomalous && std::filesystem::exists(mask))
            out.mask = fettle::decode_mask(fettle::read_bytes(mask), mask.string());
        return out;
    });
}

inline fettle::Image blurred(const fettle::Image& image) {
    const auto small = fettle::resize_image(image, std::max(image.width / 12, 1), std::max(image.height / 12, 1));
    return fettle::resize_image(small, image.width, image.height, fettle::Filter::cubic);
}

/// Absolute difference, `border` pixels narrower on every side.
inline fettle::Plane difference(const fettle::Image& a, const fettle::Image& b, int border) {
    fettle::Plane out{a.width - 2 * border, a.height - 2 * border, {}};
    for (int y = border; y < a.height - border; ++y)
        for (int x = border; x < a.width - border; ++x) {
            float sum = 0;
            for (int c = 0; c < 3; ++c)
                sum += std::abs(static_cast<float>(a.at(x, y)[c]) - static_cast<float>(b.at(x, y)[c]));
            out.values.push_back(sum / (3 * 255));
        }
    return out;
}

struct Run {
    fettle::Ref<fettle::Measures> measures;
    std::vector<fettle::ValueRef> examples, networks;
};

inline Run make(Counts counts = {}) {
    const auto images = originals(counts);
    std::vector<fettle::SampleInfo> infos;
    for (std::size_t i = 0; i < images->size(); ++i) infos.push_back(images->info(i));
    const auto rebuilt = fettle::lazy_images(infos, [images](std::size_t index, std::uint32_t) {
        fettle::Sample out;
        out.image = blurred(images->read({&index, 1})->sample(0)->image);
        return out;
    });
    Run run;
    for (const int border : {0, 8}) {
        std::vector<fettle::Plane> planes;
        for (std::size_t i = 0; i < images->size(); ++i)
            planes.push_back(
                difference(images->read({&i, 1})->sample(0)->image, rebuilt->read({&i, 1})->sample(0)->image, border));
        for (const std::size_t i : counts.lost) planes.at(i).values[7] = std::numeric_limits<float>::quiet_NaN();
        run.examples.push_back(
            std::make_shared<fakes::FixedMaps>(border == 0 ? "l1" : "l1(border=8)", infos, planes, images, rebuilt));
    }
    fettle::testing::TestContext context;
    std::vector<fettle::ValueRef> decisions;
    const std::pair<const char*, const char*> cuts[] = {{"mean", "quantile"}, {"top_share", "quantile(at=0.9)"}};
    for (std::size_t i = 0; i < 2; ++i) {
        context.set_label(cuts[i].second);
        const auto pool = plugin("score").make("score.pool", {{"by", cuts[i].first}, {"at", 0.98}});
        const auto scores =
            plugin("score").run("score.pool", *pool, {{"maps", {run.examples[i]}}}, context).at("scores");
        const auto cut = plugin("threshold").make("threshold.quantile", {{"at", i == 0 ? 0.95 : 0.9}});
        decisions.push_back(
            plugin("threshold").run("threshold.quantile", *cut, {{"scores", {scores}}}, context).at("decisions"));
    }
    const auto judge = plugin("evaluate").make("evaluate.detection");
    run.measures = std::dynamic_pointer_cast<const fettle::Measures>(
        plugin("evaluate").run("evaluate.detection", *judge, {{"decisions", decisions}}, context).at("measures"));

    auto network = std::make_shared<fettle::Network>();
    network->architecture = "use = \"model.dilated_autoencoder\"\nwidth = 32\n";
    network->height = network->width = 128;
    network->parameters = 184227;
    fettle::Curve loss{"loss", {}, {}};
    for (int epoch = 1; epoch <= 40; ++epoch) {
        loss.steps.push_back(epoch);
        loss.values.push_back(0.9 * std::exp(-epoch / 4.0) + 0.01 + 0.002 * std::sin(epoch));
    }
    network->history.push_back(loss);
    network->examples.push_back({{"free/<i>example</i>.jpg", Label::normal, Split::train, "free", ""},
                                 drawn(1, true).image,
                                 drawn(1, false).image,
                                 blurred(drawn(1, false).image)});
    run.networks.push_back(network);
    return run;
}

/// Writes the report `id` into `folder`/output.
inline fettle::Ref<fettle::Files> files(const std::string& id, const Run& run, const std::filesystem::path& folder,
                                        const fettle::testing::Settings& settings = {}) {
    fettle::testing::TestContext context(folder);
    const auto object = plugin("report").make(id, settings);
    const auto out = plugin("report").run(
        id, *object, {{"measures", {run.measures}}, {"examples", run.examples}, {"networks", run.networks}}, context);
    return std::dynamic_pointer_cast<const fettle::Files>(out.at("files"));
}

/// The same; returns that folder.
inline std::filesystem::path write(const std::string& id, const Run& run, const std::filesystem::path& folder,
                                   const fettle::testing::Settings& settings = {}) {
    return files(id, run, folder, settings)->folder;
}

}  // namespace material
