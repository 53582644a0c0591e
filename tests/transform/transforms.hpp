// What the tests of transforms share.
#pragma once

#include "data/support.hpp"
#include "python.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace support {

using Json = nlohmann::json;

inline Library& transforms() {
    static Library library(FETTLE_PLUGIN_FOLDER "/transform.so");
    return library;
}

inline Ref<Images> transformed(const std::string& id, const Ref<Images>& images, const Settings& settings,
                               std::uint64_t seed = 1) {
    TestContext context({}, seed);
    return as_images(transforms().run(id, *transforms().make(id, settings), {{"images", {images}}}, context)["images"]);
}

inline Sample transformed(const std::string& id, Sample sample, const Settings& settings, std::uint64_t seed = 1) {
    return sample_at(*transformed(id, fixed_images({std::move(sample)}), settings, seed), 0);
}

/// What a stage says of its parameters before anything runs.
inline std::string complaint(const std::string& id, const Settings& settings) {
    return transforms().entry(id).check(*transforms().make(id, settings));
}

/// Smooth colours with some texture: a picture that compression and colour spaces can treat as one.
inline Image picture(std::uint64_t seed, int width, int height) {
    Random random(seed);
    double phases[9];
    for (double& phase : phases) phase = random.uniform(0, 6.28);
    Image image(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                image.at(x, y)[c] = static_cast<std::uint8_t>(
                    std::clamp(128 + 60 * std::sin(x * 0.09 + phases[c]) + 50 * std::cos(y * 0.07 + phases[3 + c]) +
                                   10 * std::sin((x + y) * 0.9 + phases[6 + c]) + random.integer(-4, 4),
                               0.0, 255.0));
    return image;
}

/// All channels alike.
inline Image grey_picture(std::uint64_t seed, int width, int height) {
    Image image = picture(seed, width, height);
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        image.pixels[i + 1] = image.pixels[i + 2] = image.pixels[i];
    return image;
}

/// An image by way of Python: `script` sees it as the array `a` (height x width x 3, uint8) and leaves its result,
/// values from 0 to 255, in `out`. `modules` are imported.
inline Image by_python(const Image& image, const std::string& modules, const std::string& script) {
    const TemporaryFolder folder;
    write_file(folder / "in.png", encode_image(image, ".png"));
    run_python(folder.path(),
               "import sys, io, numpy as np\nfrom PIL import Image, ImageOps\n"
               "import " +
                   modules +
                   "\n"
                   "image = Image.open(sys.argv[1] + '/in.png')\na = np.asarray(image)\n" +
                   script +
                   "\nout = np.clip(np.rint(np.asarray(out)), 0, 255).astype(np.uint8)\n"
                   "if out.ndim == 2: out = np.stack([out] * 3, axis=2)\n"
                   "Image.fromarray(out).save(sys.argv[1] + '/out.png')\n");
    return decode_image(read_bytes(folder / "out.png"), "out.png").image;
}

/// The greatest difference of a value.
inline int greatest_difference(const Image& a, const Image& b) {
    EXPECT_EQ(a.width, b.width);
    EXPECT_EQ(a.height, b.height);
    if (a.pixels.size() != b.pixels.size()) return 256;
    int greatest = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i)
        greatest = std::max(greatest, std::abs(a.pixels[i] - b.pixels[i]));
    return greatest;
}

inline double mean_difference(const Image& a, const Image& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.pixels.size(); ++i) sum += std::abs(a.pixels[i] - b.pixels[i]);
    return sum / static_cast<double>(a.pixels.size());
}

}  // namespace support

/// Where Python hasn't got what a test compares with, the test is skipped in words.
#define NEEDS_PYTHON(MODULES) \
    if (!support::has_python(MODULES)) GTEST_SKIP() << "there is no python3 with " MODULES " to compare with"
