#include "drawing.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace {

using fettle::Image;
using fettle::Random;

bool touches_border(const Field& alpha) {
    for (int x = 0; x < alpha.width; ++x)
        if (alpha.at(x, 0) > 0 || alpha.at(x, alpha.height - 1) > 0) return true;
    for (int y = 0; y < alpha.height; ++y)
        if (alpha.at(0, y) > 0 || alpha.at(alpha.width - 1, y) > 0) return true;
    return false;
}

std::uint8_t to_byte(float value) { return static_cast<std::uint8_t>(std::clamp(value, 0.0f, 1.0f) * 255 + 0.5f); }

/// Draws parts, sound and damaged, or lone defects to paste; no file is read. Sample i of one seed is always the same
/// part, whether damaged or not: two sets that differ in `anomalous` alone show what the damage changed.
struct Procedural final : fettle::Dataset {
    std::string kind = "casting";
    std::string what = "parts";
    int count = 300;
    double anomalous = 0.25;
    std::vector<std::string> defects{"crack", "pore", "scratch", "chip"};
    std::array<int, 2> size{128, 128};

    static void describe(fettle::Describe<Procedural>& d) {
        d.summary("Parts drawn from a seed, sound and damaged, with exact masks; needs no file.")
            .param("kind", &Procedural::kind, "What is drawn.",
                   fettle::one_of({"casting", "concrete", "brushed_metal"}))
            .param("what", &Procedural::what,
                   "Whole \"parts\", or \"cutouts\": lone defects whose mask is their alpha, to be pasted.",
                   fettle::one_of({"parts", "cutouts"}))
            .param("count", &Procedural::count, "Number of images.", fettle::between(1, 10000000))
            .param("anomalous", &Procedural::anomalous,
                   "How many of the parts are damaged: a number, or below 1 their share. They come last.",
                   fettle::at_least(0))
            .param("defects", &Procedural::defects, "Kinds of damage, taken in turn; each is a class.",
                   fettle::one_of({"crack", "pore", "scratch", "chip"}))
            .param("size", &Procedural::size, "Width and height in pixels.", fettle::between(16, 4096))
            .random()
            .check(&Procedural::numbers_agree);
    }

    std::string numbers_agree() const {
        if (defects.empty()) return "`defects` is empty; name one kind at least";
        if (anomalous >= 1 && anomalous != std::floor(anomalous))
            return "`anomalous` is neither a share below 1 nor a whole number";
        if (anomalous > count) return "`anomalous` is more than the `count` of images";
        return "";
    }

    fettle::Ref<fettle::Images> open(fettle::Context& context) const override {
        std::vector<fettle::SampleInfo> infos;
        for (int i = 0; i < count; ++i) infos.push_back(info_of(i));
        auto self = std::static_pointer_cast<const Procedural>(shared_from_this());
        return fettle::lazy_images(std::move(infos), [self, seed = context.seed()](std::size_t index, std::uint32_t) {
            return self->what == "parts" ? self->part(seed, index) : self->cutout(seed, index);
        });
    }

   private:
    std::size_t first_damaged() const {
        if (what == "cutouts") return 0;
        const double damaged = anomalous < 1 ? std::round(anomalous * count) : anomalous;
        return static_cast<std::size_t>(count - static_cast<int>(damaged));
    }
    /// The damage of sample i, or null where it is sound.
    const std::string* damage_of(std::size_t index) const {
        return index < first_damaged() ? nullptr : &defects[(index - first_damaged()) % defects.size()];
    }

    fettle::SampleInfo info_of(int index) const {
        const std::string* const damage = damage_of(static_cast<std::size_t>(index));
        char number[16];
        std::snprintf(number, sizeof number, "%05d", index);
        fettle::SampleInfo info;
        info.category = damage != nullptr ? *damage : "good";
        info.id = info.category + "/" + number;
        info.label = damage != nullptr ? fettle::Label::anomalous : fettle::Label::normal;
        return info;
    }

    Part drawn(std::uint64_t seed, std::size_t index) const {
        const Random design(fettle::derive_seed(seed, "design")), one(fettle::derive_seed(seed, "part"), index);
        if (kind == "concrete") return draw_concrete(size[0], size[1], design, one);
        if (kind == "brushed_metal") return draw_brushed_metal(size[0], size[1], design, one);
        return draw_casting(size[0], size[1], design, one);
    }

    fettle::Sample part(std::uint64_t seed, std::size_t index) const {
        Part part = drawn(seed, index);
        fettle::Sample sample;
        if (const std::string* const damage = damage_of(index)) {
            const Defect defect = draw_defect(*damage, part, Random(fettle::derive_seed(seed, "damage"), index));
            sample.mask = Image(size[0], size[1], 1);
            for (std::size_t i = 0; i < sample.mask.pixels.size(); ++i) {
                const float alpha = defect.alpha.values[i];
                part.light.values[i] *= 1 - alpha + alpha * defect.gain.values[i];
                sample.mask.pixels[i] = alpha > 0 ? 255 : 0;
            }
        }
        sample.image = Image(size[0], size[1], 3);
        for (std::size_t i = 0; i < part.light.values.size(); ++i)
            for (std::size_t c = 0; c < 3; ++c)
                sample.image.pixels[3 * i + c] = to_byte(part.light.values[i] * part.tint[c]);
        return sample;
    }

    /// A defect as on an evenly lit surface, cropped to what covers; its alpha becomes the mask.
    fettle::Sample cutout(std::uint64_t seed, std::size_t index) const {
        Random random(fettle::derive_seed(seed, "cutout"), index);
        Part plain{Field(size[0], size[1], 0), Field(size[0], size[1], 1)};
        const float angle = static_cast<float>(random.uniform(0, 6.2831853)),
                    base = static_cast<float>(random.uniform(0.45, 0.7));
        plain.light_x = std::cos(angle);
        plain.light_y = std::sin(angle);
        const Noise grain(random.bits());
        // One that the canvas cuts off is drawn again, smaller ones being likelier to fit.
        Defect defect = draw_defect(*damage_of(index), plain, random);
        for (int attempt = 0; attempt < 20 && touches_border(defect.alpha); ++attempt) {
            random.bits();
            defect = draw_defect(*damage_of(index), plain, random);
        }
        int x0 = size[0], y0 = size[1], x1 = 0, y1 = 0;
        for (int y = 0; y < size[1]; ++y)
            for (int x = 0; x < size[0]; ++x)
                if (defect.alpha.at(x, y) > 0) {
                    x0 = std::min(x0, x), x1 = std::max(x1, x + 1);
                    y0 = std::min(y0, y), y1 = std::max(y1, y + 1);
                }
        fettle::Sample sample;
        sample.image = Image(std::max(1, x1 - x0), std::max(1, y1 - y0), 3);
        sample.mask = Image(sample.image.width, sample.image.height, 1);
        for (int y = 0; y < y1 - y0; ++y)
            for (int x = 0; x < x1 - x0; ++x) {
                const float value = base * defect.gain.at(x0 + x, y0 + y) + 0.02f * grain.lattice(x, y);
                std::fill_n(sample.image.at(x, y), 3, to_byte(value));
                *sample.mask.at(x, y) = to_byte(defect.alpha.at(x0 + x, y0 + y));
            }
        return sample;
    }
};

}  // namespace

void add_procedural(fettle::PluginBuilder& plugin) { plugin.add<Procedural>("dataset.procedural"); }
