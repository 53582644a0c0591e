#include "blob.hpp"
#include "pixels.hpp"
#include "shade.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>
#include <optional>

namespace {

using fettle::edge;
using fettle::Noise;
using fettle::Random;

/// A step of fewer levels than this, in the blurred image's gradient per pixel, is no edge of a part.
constexpr int least_step = 4;

/// A place on an edge of the part; the normal points into the part, unit length.
struct Rim {
    Point at;
    float nx, ny;
};

/// Material missing at an edge of the part: what lies outside shows instead, behind a rough, shaded fracture.
struct Chip final : Drawn {
    Range radius{0.015, 0.05}, depth{0.3, 0.7};
    double roughness = 1, glint = 0.25;

    Chip() { contrast = 0.06; }

    static void describe(fettle::Describe<Chip>& d) {
        d.summary("Chips: material missing at an edge of the part, with a rough fracture.")
            .param("radius", &Chip::radius, "Least and greatest radius, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 0.5})
            .param("depth", &Chip::depth, "Least and greatest share of the light that is lost in the gap.",
                   fettle::between(0, 1))
            .param("roughness", &Chip::roughness, "How ragged the outline is: 0 is round.", fettle::between(0, 3))
            .param("glint", &Chip::glint, "Brightness of fresh fracture where it faces the light: 0 is none, 1 white.",
                   fettle::between(0, 1));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "chip"; }
    std::string own_contradiction() const override { return descending({{"radius", radius}, {"depth", depth}}); }
    std::string no_place_help() const override {
        return "a chip lies at an edge, where the part is brighter than what is around it (darker with `on = "
               "\"dark\"`), "
               "and the image seems to have none";
    }

    Change draw(const Ground& ground, Random& random) const override {
        const std::optional<Rim> rim = found(ground, random);
        if (!rim) return {};
        const float size = std::max(1.5f, ground.side() * between(radius, random)), dark = between(depth, random),
                    light = static_cast<float>(random.uniform(0, 2 * std::numbers::pi));
        Change change = change_around(ground.image(), {rim->at}, size * (1.8f + 1.2f * static_cast<float>(roughness)));
        if (change.pixels.empty()) return change;
        paint(change, ground.image(), *rim, size, dark, light, random);
        change.told = {{"radius", size},
                       {"depth", dark},
                       {"light", light * 180 / pi},
                       {"normal", std::atan2(rim->ny, rim->nx) * 180 / pi}};
        return change;
    }

   private:
    /// A random one of the places with a steep step, by Sobel's gradient of the blurred grey image: steeper than a
    /// third of the steepest. The part is its brighter side, or the darker one where defects lie on what is dark.
    std::optional<Rim> found(const Ground& ground, Random& random) const {
        cv::Mat grey, along_x, along_y;
        cv::cvtColor(matrix_of(ground.image()), grey, cv::COLOR_RGB2GRAY);
        cv::GaussianBlur(grey, grey, {}, std::max(0.8, ground.side() / 250.0));
        cv::Sobel(grey, along_x, CV_16S, 1, 0);
        cv::Sobel(grey, along_y, CV_16S, 0, 1);
        std::vector<std::pair<int, int>> steep;  // square of the gradient, and where
        int steepest = 0;
        for (int y = 0; y < grey.rows; ++y) {
            const auto *a = along_x.ptr<short>(y), *b = along_y.ptr<short>(y);
            for (int x = 0; x < grey.cols; ++x) {
                const int square = a[x] * a[x] + b[x] * b[x];
                if (square < 64 * least_step * least_step || square < steepest / 9 || !ground.allows(x, y)) continue;
                steepest = std::max(steepest, square);
                steep.emplace_back(square, y * grey.cols + x);
            }
        }
        std::erase_if(steep, [&](const auto& each) { return each.first < steepest / 9; });
        if (steep.empty()) return {};
        const int at = steep[static_cast<std::size_t>(random.integer(0, static_cast<int>(steep.size()) - 1))].second;
        const int x = at % grey.cols, y = at / grey.cols;
        const float gx = along_x.at<short>(y, x), gy = along_y.at<short>(y, x);
        const float length = std::sqrt(gx * gx + gy * gy) * (on == "dark" ? -1.0f : 1.0f);
        return Rim{{static_cast<float>(x), static_cast<float>(y)}, gx / length, gy / length};
    }

    /// What lies outside is mirrored in across the edge, a little beyond the step's own blur.
    void paint(Change& change, const fettle::Image& image, const Rim& rim, float size, float depth, float light,
               Random& random) const {
        const float stretch = static_cast<float>(random.uniform(1, 2));
        const Blob blob(rim.at, size, stretch, std::atan2(rim.nx, -rim.ny), 0.4f * static_cast<float>(roughness),
                        random.bits());
        const Noise facets(random.bits()), grain(random.bits());
        const float light_x = std::cos(light), light_y = std::sin(light), shine = static_cast<float>(glint);
        for_each_near(change, rim.at, blob.reach() + 3, [&](std::uint8_t* pixel, float x, float y) {
            const float deep = blob.depth(x, y), into = (x - rim.at.x) * rim.nx + (y - rim.at.y) * rim.ny;
            const float part = edge(into + 1.2f, 1.2f), gap = edge(deep, 0.9f) * part;
            const float wall = (edge(deep + 1.2f + 0.1f * size, 0.9f) * part - gap);
            if (gap + wall <= 0.02f) return;
            const float back = 2 * std::max(0.0f, into) + 3;
            const auto outside = colour_at(image, x - back * rim.nx, y - back * rim.ny);
            const float facet = facets.fractal(x * 3 / size, y * 3 / size, 3);
            const float hollow = depth * std::clamp(0.75f + 0.7f * facet +
                                                        0.15f * grain.lattice(static_cast<int>(x), static_cast<int>(y)),
                                                    0.0f, 1.0f);
            const float dx = (x - rim.at.x) / size, dy = (y - rim.at.y) / size;
            const float lit = wall * shine * std::clamp(-(dx * light_x + dy * light_y) + facet, 0.0f, 1.0f);
            for (std::size_t c = 0; c < 3; ++c) {
                const float value = pixel[c] + gap * (outside[c] * (1 - hollow) - pixel[c]);
                pixel[c] = to_level(shaded(value, -lit));
            }
        });
    }
};

}  // namespace

void add_chip(fettle::PluginBuilder& plugin) { plugin.add<Chip>("synthesize.chip"); }
