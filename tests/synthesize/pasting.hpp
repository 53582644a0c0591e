// What the tests of pasting share: grounds, objects, and a paste of them.
#pragma once

#include "transform/transforms.hpp"

namespace pasting {

using namespace support;

constexpr int side = 96;

inline Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/synthesize.so");
    return library;
}

inline Ref<Images> grounds(int count = 6) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i) {
        Image image = noise_image(static_cast<std::uint64_t>(i), side, side);
        for (auto& value : image.pixels) value = static_cast<std::uint8_t>(150 + value / 16);
        samples.push_back(sample_of("ground" + std::to_string(i), std::move(image)));
    }
    return fixed_images(std::move(samples));
}

/// A dark bar with rounded, soft ends.
inline Sample bar(const std::string& id, int width, int height, const std::string& category = "") {
    Sample sample = sample_of(id, Image(width, height, 3, 20), Image(width, height, 1), Label::anomalous);
    sample.info.category = category;
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x) {
            const double u = (x + 0.5) / width * 2 - 1, v = (y + 0.5) / height * 2 - 1;
            *sample.mask.at(x, y) = static_cast<std::uint8_t>(std::clamp(900 * (1 - u * u - v * v), 0.0, 255.0));
        }
    return sample;
}

inline Ref<Images> objects() {
    return fixed_images({bar("cracks/a", 60, 14), bar("b", 40, 40, "pore"), bar("c", 20, 50)});
}

using Parts = std::map<std::string, std::shared_ptr<Component>>;

inline Ref<Images> pasted(const Ref<Images>& images, const Ref<Images>& objects, const Settings& settings,
                          const Ref<Images>& places = nullptr, const Parts& parts = {}) {
    TestContext context({}, 5);
    std::map<std::string, std::vector<ValueRef>> in{{"images", {images}}, {"objects", {objects}}};
    if (places) in["places"] = {places};
    return as_images(
        library().run("synthesize.paste", *library().make("synthesize.paste", settings, parts), in, context)["images"]);
}

inline std::vector<Json> lines_of(const Sample& sample) {
    std::vector<Json> lines;
    for (const auto& line : sample.lineage) lines.push_back(Json::parse(line));
    return lines;
}

inline long marked(const Image& mask) { return std::count(mask.pixels.begin(), mask.pixels.end(), 255); }

/// [left, top, right, bottom) of what an instance covers.
inline std::array<int, 4> box_of(const Image& instances, int number) {
    std::array<int, 4> box{instances.width, instances.height, 0, 0};
    for (int y = 0; y < instances.height; ++y)
        for (int x = 0; x < instances.width; ++x)
            if (*instances.at(x, y) == number)
                box = {std::min(box[0], x), std::min(box[1], y), std::max(box[2], x + 1), std::max(box[3], y + 1)};
    return box;
}

inline std::array<int, 4> box_of(const Json& line) {
    const int x = line.at("x"), y = line.at("y");
    return {x, y, x + line.at("width").get<int>(), y + line.at("height").get<int>()};
}

}  // namespace pasting
