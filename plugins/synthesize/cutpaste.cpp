#include "pixels.hpp"
#include "shade.hpp"

#include "drawn.hpp"

#include <algorithm>
#include <cmath>

namespace {

using fettle::Image;
using fettle::Random;

/// What is drawn for one patch; lengths in pixels.
struct Plan {
    bool scar;
    int width, height, from_x, from_y;
    float angle;                             ///< radians
    float brightness, contrast, saturation;  ///< factors
};

/// A patch of the image itself, pasted elsewhere on it with other colours: a rectangle, or a thin, turned scar.
/// Source: Li, Sohn, Yoon, Pfister, "CutPaste: self-supervised learning for anomaly detection and localization"
/// (CVPR 2021); its figures are the defaults.
struct CutPaste final : Drawn {
    std::string variant = "patch";
    Range area{0.02, 0.15}, aspect{0.3, 3.3}, scar_width{0.0078, 0.0625}, scar_length{0.039, 0.098}, angle{-45, 45};
    double jitter = 0.1;

    CutPaste() { contrast = 0.035; }

    static void describe(fettle::Describe<CutPaste>& d) {
        d.summary("CutPaste: a patch of the image pasted elsewhere on it, as a rectangle or a thin scar.")
            .param("variant", &CutPaste::variant, "A \"patch\", a \"scar\", or either, half of the time each.",
                   fettle::one_of({"patch", "scar", "either"}))
            .param("area", &CutPaste::area, "Least and greatest area of a patch, as shares of the image's.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("aspect", &CutPaste::aspect, "Least and greatest width of a patch by its height.",
                   fettle::between(0.05, 20))
            .param("scar_width", &CutPaste::scar_width,
                   "Least and greatest thickness of a scar, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("scar_length", &CutPaste::scar_length,
                   "Least and greatest length of a scar, as shares of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("angle", &CutPaste::angle, "Least and greatest turn of a scar in degrees, clockwise.",
                   fettle::between(-360, 360))
            .param("jitter", &CutPaste::jitter,
                   "Greatest relative change of a patch's brightness, contrast and saturation, each on its own.",
                   fettle::between(0, 1));
        describe_common(d);
    }

   protected:
    const char* name() const override { return "cutpaste"; }
    std::string own_contradiction() const override {
        return descending({{"area", area},
                           {"aspect", aspect},
                           {"scar_width", scar_width},
                           {"scar_length", scar_length},
                           {"angle", angle}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const Image& image = ground.image();
        const Plan plan = planned(ground, random);
        const Point to = target(ground, plan, random);
        const float c = std::cos(plan.angle), s = std::sin(plan.angle);
        const float half_x = static_cast<float>(plan.width) / 2, half_y = static_cast<float>(plan.height) / 2;
        Change change = change_around(image, {to}, std::hypot(half_x, half_y) + 1);
        if (change.pixels.empty()) return change;
        const auto mean = mean_of(image, plan);
        for (int y = 0; y < change.pixels.height; ++y)
            for (int x = 0; x < change.pixels.width; ++x) {
                const float dx = static_cast<float>(x + change.left) - to.x,
                            dy = static_cast<float>(y + change.top) - to.y;
                const float u = c * dx + s * dy + half_x - 0.5f, v = c * dy - s * dx + half_y - 0.5f;
                if (u < -0.5f || v < -0.5f || u >= 2 * half_x - 0.5f || v >= 2 * half_y - 0.5f) continue;
                const auto colour =
                    colour_at(image, u + static_cast<float>(plan.from_x), v + static_cast<float>(plan.from_y));
                jittered(colour, mean, plan, change.pixels.at(x, y));
            }
        change.told = {{"variant", plan.scar ? "scar" : "patch"},
                       {"from_x", plan.from_x},
                       {"from_y", plan.from_y},
                       {"patch_width", plan.width},
                       {"patch_height", plan.height},
                       {"angle", plan.angle * 180 / pi},
                       {"brightness", plan.brightness},
                       {"contrast_factor", plan.contrast},
                       {"saturation", plan.saturation}};
        return change;
    }

   private:
    Plan planned(const Ground& ground, Random& random) const {
        const Image& image = ground.image();
        Plan plan{};
        plan.scar = random.chance(0.5) ? variant != "patch" : variant == "scar";
        const auto limited = [](double length, int side) {
            return std::clamp(static_cast<int>(std::lround(length)), 1, side);
        };
        if (plan.scar) {
            plan.width = limited(ground.side() * between(scar_width, random), image.width);
            plan.height = limited(ground.side() * between(scar_length, random), image.height);
            plan.angle = between(angle, random) * pi / 180;
        } else {
            const double pixels = between(area, random) * image.width * image.height;
            // Wide and high patches are equally likely: the logarithm of the aspect is drawn.
            const double shape = std::exp(random.uniform(std::log(aspect[0]), std::log(aspect[1])));
            plan.width = limited(std::sqrt(pixels * shape), image.width);
            plan.height = limited(std::sqrt(pixels / shape), image.height);
        }
        plan.from_x = random.integer(0, image.width - plan.width);
        plan.from_y = random.integer(0, image.height - plan.height);
        const auto factor = [&] { return static_cast<float>(random.uniform(1 - jitter, 1 + jitter)); };
        plan.brightness = factor(), plan.contrast = factor(), plan.saturation = factor();
        return plan;
    }

    /// The patch's middle. A rectangle lies wholly inside, on whole pixels.
    static Point target(const Ground& ground, const Plan& plan, Random& random) {
        Point to = ground.place(random);
        if (plan.scar) return to;
        const auto inside = [](float middle, int length, int side) {
            const int first = std::clamp(static_cast<int>(middle) - length / 2, 0, side - length);
            return static_cast<float>(first) + static_cast<float>(length) / 2 - 0.5f;
        };
        to.x = inside(to.x, plan.width, ground.image().width);
        to.y = inside(to.y, plan.height, ground.image().height);
        return to;
    }

    /// The patch's mean grey, about which its contrast is changed.
    static float mean_of(const Image& image, const Plan& plan) {
        long sum = 0;
        for (int y = 0; y < plan.height; ++y)
            for (int x = 0; x < plan.width; ++x) {
                const std::uint8_t* pixel = image.at(plan.from_x + x, plan.from_y + y);
                sum += pixel[0] + pixel[1] + pixel[2];
            }
        return static_cast<float>(sum) / (3.0f * static_cast<float>(plan.width) * static_cast<float>(plan.height));
    }

    static void jittered(const std::array<float, 3>& colour, float mean, const Plan& plan, std::uint8_t* pixel) {
        const float grey = (colour[0] + colour[1] + colour[2]) / 3;
        for (std::size_t c = 0; c < 3; ++c) {
            const float vivid = grey + plan.saturation * (colour[c] - grey);
            pixel[c] = to_level(plan.brightness * (mean + plan.contrast * (vivid - mean)));
        }
    }
};

}  // namespace

void add_cutpaste(fettle::PluginBuilder& plugin) { plugin.add<CutPaste>("synthesize.cutpaste"); }
