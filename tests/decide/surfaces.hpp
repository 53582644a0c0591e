// Drawn surfaces to learn from and to look at.
#pragma once

#include "fakes.hpp"

#include <fettle/random.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace drawn_surfaces {

using fettle::Image;
using fettle::Label;
using fettle::Split;

struct Set {
    std::vector<fettle::SampleInfo> infos;
    std::vector<Image> images;
    void add(Split split, Image image, Label label = Label::normal) {
        infos.push_back(fakes::info(std::to_string(infos.size()) + ".png", split, label));
        images.push_back(std::move(image));
    }
    fettle::Ref<fettle::Images> values(Split split) const {
        auto all = fettle::lazy_images(infos, [images = images](std::size_t i, std::uint32_t) {
            fettle::Sample sample;
            sample.image = images[i];
            return sample;
        });
        std::vector<std::size_t> chosen;
        for (std::size_t i = 0; i < infos.size(); ++i)
            if (infos[i].split == split) chosen.push_back(i);
        return fettle::select_images(all, chosen);
    }
};

/// A bright slope with noise: strong across, weak down.
inline Image surface(fettle::Random& random, int width, int height, double noise = 12) {
    Image out(width, height, 3);
    for (int y = 0; y < height; ++y)
        for (int x = 0; x < width; ++x)
            for (int c = 0; c < 3; ++c)
                out.at(x, y)[c] = static_cast<std::uint8_t>(
                    std::clamp(90 + 60.0 * x / width + 15 * std::sin(0.9 * x) + noise * random.normal(), 0.0, 255.0));
    return out;
}

inline Set surfaces(std::uint64_t seed, int train, int test, int width = 40, int height = 32) {
    fettle::Random random(seed);
    Set out;
    for (int i = 0; i < train; ++i) out.add(Split::train, surface(random, width, height, 8 + i % 5));
    for (int i = 0; i < test; ++i) out.add(Split::test, surface(random, width, height, 6 + 3 * (i % 4)));
    return out;
}

}  // namespace drawn_surfaces
