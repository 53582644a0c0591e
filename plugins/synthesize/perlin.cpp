#include "perlin_noise.hpp"

#include "drawn.hpp"
#include "pixels.hpp"
#include "shade.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <cmath>

namespace {

using fettle::Image;
using fettle::Random;

/// How a texture is varied before it is blended in.
struct Variation {
    int roll_x, roll_y;  ///< pixels
    bool mirror, invert;
    float brightness, contrast;  ///< factors
    std::array<int, 3> channels;
};

/// Islands where Perlin noise is high, filled from a texture: images connected as objects, or the image itself, rolled.
/// Source: Zavrtanik, Kristan, Skocaj, "DRAEM: a discriminatively trained reconstruction embedding for surface anomaly
/// detection" (ICCV 2021).
struct Perlin final : Drawn {
    std::array<int, 2> scale{0, 6};
    Range angle{-90, 90}, opacity{0.2, 1};
    double threshold = 0.5;
    bool vary = true;

    Perlin() { contrast = 0.06; }

    static void describe(fettle::Describe<Perlin>& d) {
        d.summary("Islands of Perlin noise filled from a texture: other images, or the image itself.")
            .param("scale", &Perlin::scale,
                   "Least and greatest power of two of the noise's cells along the image, drawn for each side.",
                   fettle::between(0, 8))
            .param("angle", &Perlin::angle, "Least and greatest turn of the noise in degrees.",
                   fettle::between(-360, 360))
            .param("threshold", &Perlin::threshold, "Where the noise, from -1 to 1, is above it, the texture shows.",
                   fettle::between(-0.9, 0.9))
            .param("opacity", &Perlin::opacity, "Least and greatest opacity of the texture.", fettle::between(0.02, 1))
            .param(
                "vary", &Perlin::vary,
                "Whether the texture is mirrored, inverted, lit otherwise and has its channels exchanged, by chance.");
        describe_common(d);
    }

   protected:
    const char* name() const override { return "perlin"; }
    std::string own_contradiction() const override {
        if (scale[0] > scale[1]) return "`scale` begins with the greater number";
        return descending({{"angle", angle}, {"opacity", opacity}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const Image& image = ground.image();
        const std::array<int, 2> powers{between(scale, random), between(scale, random)};
        const float turn = between(angle, random), strength = between(opacity, random);
        const PerlinNoise noise(random.bits());
        const fettle::Field field = noise.field(image.width, image.height, lattice(image, powers, turn, random));
        std::string source = "itself";
        const Image texture = textured(ground, source, random);
        const Variation variation = varied(ground, random);
        Change change{0, 0, image, {}};
        paint(change, field, texture, variation, strength);
        change.told = {{"scale", powers},
                       {"angle", turn},
                       {"opacity", strength},
                       {"texture", source},
                       {"roll_x", variation.roll_x},
                       {"roll_y", variation.roll_y},
                       {"mirror", variation.mirror},
                       {"invert", variation.invert},
                       {"brightness", variation.brightness},
                       {"contrast_factor", variation.contrast},
                       {"channels", variation.channels}};
        return change;
    }

   private:
    /// As many cells along each side as the powers say, turned about the middle, at a random place of the noise.
    static PerlinNoise::Lattice lattice(const Image& image, std::array<int, 2> powers, float turn, Random& random) {
        const float c = std::cos(turn * pi / 180), s = std::sin(turn * pi / 180);
        const float cells_x = std::ldexp(1.0f, powers[0]) / static_cast<float>(image.width),
                    cells_y = std::ldexp(1.0f, powers[1]) / static_cast<float>(image.height);
        const auto x = static_cast<float>(random.uniform(0, 1000)), y = static_cast<float>(random.uniform(0, 1000));
        return {x, y, c * cells_x, s * cells_y, -s * cells_x, c * cells_y};
    }

    /// The image itself, or one of the objects at its size; its mask plays no part.
    static Image textured(const Ground& ground, std::string& source, Random& random) {
        if (ground.objects() == nullptr || ground.objects()->size() == 0) return ground.image();
        const auto index = static_cast<std::size_t>(random.integer(0, static_cast<int>(ground.objects()->size()) - 1));
        const auto object = ground.objects()->read({&index, 1})->sample(0);
        source = object->info.id;
        return fettle::resize_image(object->image, ground.image().width, ground.image().height, fettle::Filter::linear);
    }

    /// Everything is drawn, wanted or not, so that turning `vary` off leaves the islands where they are.
    Variation varied(const Ground& ground, Random& random) const {
        Variation out{random.integer(0, ground.image().width - 1),
                      random.integer(0, ground.image().height - 1),
                      random.chance(0.5),
                      random.chance(0.3),
                      static_cast<float>(random.uniform(0.7, 1.3)),
                      static_cast<float>(random.uniform(0.7, 1.3)),
                      {0, 1, 2}};
        const auto order = random.permutation(3);
        if (!ground.grey())
            for (std::size_t c = 0; c < 3; ++c) out.channels[c] = static_cast<int>(order[c]);
        if (!vary) out = {out.roll_x, out.roll_y, false, false, 1, 1, {0, 1, 2}};
        return out;
    }

    void paint(Change& change, const fettle::Field& field, const Image& texture, const Variation& v,
               float strength) const {
        const int width = texture.width, height = texture.height;
        const auto limit = static_cast<float>(threshold);
        for (int y = 0; y < height; ++y) {
            const int from_y = (y + v.roll_y) % height;
            for (int x = 0; x < width; ++x) {
                if (field.at(x, y) <= limit) continue;
                const int rolled = (x + v.roll_x) % width;
                const std::uint8_t* from = texture.at(v.mirror ? width - 1 - rolled : rolled, from_y);
                std::uint8_t* to = change.pixels.at(x, y);
                for (std::size_t c = 0; c < 3; ++c) {
                    const int level = from[v.channels[c]];
                    const float lit = 128 + v.contrast * (static_cast<float>(v.invert ? 255 - level : level) - 128);
                    to[c] = to_level(to[c] + strength * (v.brightness * lit - to[c]));
                }
            }
        }
    }
};

}  // namespace

void add_perlin(fettle::PluginBuilder& plugin) { plugin.add<Perlin>("synthesize.perlin"); }
