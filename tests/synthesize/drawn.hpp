// What the tests of drawn defects share.
#pragma once

#include "data/support.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

namespace drawn {

using namespace support;
using ::testing::HasSubstr;
using Json = nlohmann::json;

inline Library& library() {
    static Library library(FETTLE_PLUGIN_FOLDER "/synthesize.so");
    return library;
}

/// Every drawn stage's name after its dot; its defects have that class.
inline const std::vector<std::string> names{"crack", "scratch",  "pore",   "chip", "stain",
                                            "warp",  "cutpaste", "perlin", "noise"};

constexpr int width = 120, height = 96;

/// A bright, mottled disc on a dark ground, in colour: there are edges, light and dark places, and structure.
inline Image part(std::uint64_t seed, int wide = width, int high = height) {
    Image image = noise_image(seed, wide, high);
    const double radius = std::min(wide, high) * 0.4;
    for (int y = 0; y < high; ++y)
        for (int x = 0; x < wide; ++x) {
            const double distance = std::hypot(x - wide / 2.0, y - high / 2.0) - radius;
            const double share = std::clamp(0.5 - distance / 3, 0.0, 1.0),
                         light = 60 + share * (110 + 45 * std::sin(x / 3.0) * std::cos(y / 4.0));
            for (int c = 0; c < 3; ++c)
                image.at(x, y)[c] = static_cast<std::uint8_t>(light + image.at(x, y)[c] / 16.0 + 6 * c);
        }
    return image;
}

inline Ref<Images> parts(int count = 6) {
    std::vector<Sample> samples;
    for (int i = 0; i < count; ++i)
        samples.push_back(sample_of("part" + std::to_string(i), part(static_cast<std::uint64_t>(i))));
    return fixed_images(std::move(samples));
}

inline Ref<Images> damaged(const std::string& name, const Ref<Images>& images, const Settings& settings = {},
                           std::uint64_t seed = 1, const Ref<Images>& objects = nullptr) {
    TestContext context({}, seed);
    std::map<std::string, std::vector<ValueRef>> in{{"images", {images}}};
    if (objects) in["objects"] = {objects};
    const std::string id = "synthesize." + name;
    return as_images(library().run(id, *library().make(id, settings), in, context)["images"]);
}

/// A single image, damaged.
inline Sample damaged(const std::string& name, const Image& image, const Settings& settings = {},
                      std::uint64_t seed = 1) {
    return sample_at(*damaged(name, fixed_images({sample_of("only", image)}), settings, seed), 0);
}

inline Setting::List range(double low, double high) { return {low, high}; }
inline Setting::List range(int low, int high) { return {low, high}; }

inline bool differs(const Image& a, const Image& b, int x, int y) {
    return !std::equal(a.at(x, y), a.at(x, y) + 3, b.at(x, y));
}

inline Json told(const Sample& sample, std::size_t line = 0) { return Json::parse(sample.lineage.at(line)); }

/// Mean over the changed pixels and their channels of the absolute change, 0..1; 0 where nothing changed.
inline double contrast_of(const Image& before, const Image& after) {
    double sum = 0;
    int pixels = 0;
    for (int y = 0; y < before.height; ++y)
        for (int x = 0; x < before.width; ++x) {
            if (!differs(before, after, x, y)) continue;
            ++pixels;
            for (int c = 0; c < 3; ++c) sum += std::abs(before.at(x, y)[c] - after.at(x, y)[c]);
        }
    return pixels == 0 ? 0 : sum / (765.0 * pixels);
}

struct Box {
    int x0 = 1 << 20, y0 = 1 << 20, x1 = 0, y1 = 0;
};

inline Box box_of(const Image& mask) {
    Box box;
    for (int y = 0; y < mask.height; ++y)
        for (int x = 0; x < mask.width; ++x)
            if (*mask.at(x, y) != 0)
                box = {std::min(box.x0, x), std::min(box.y0, y), std::max(box.x1, x + 1), std::max(box.y1, y + 1)};
    return box;
}

inline int marked(const Image& mask) {
    return static_cast<int>(std::count(mask.pixels.begin(), mask.pixels.end(), 255));
}

}  // namespace drawn
