#include "drawn.hpp"
#include "normal_table.hpp"
#include "pixels.hpp"

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using fettle::Image;
using fettle::Random;

/// What a denoising autoencoder is taught to undo: the whole image made noisy or blurred. Its mask is every pixel that
/// came out changed, by however little; see `kinds` for what is drawn.
/// Source: Vincent, Larochelle, Bengio, Manzagol, "Extracting and composing robust features with denoising
/// autoencoders" (ICML 2008).
struct Corruption final : Drawn {
    std::vector<std::string> kinds{"gaussian"};
    Range sigma{0.03, 0.1}, density{0.01, 0.05}, blur{0.8, 2};

    Corruption() { contrast = 0.002; }

    static void describe(fettle::Describe<Corruption>& d) {
        d.summary("Noise over the whole image: Gaussian, salt and pepper, or a blur.")
            .param("kinds", &Corruption::kinds, "What is done to an image: one of these, each as likely.",
                   fettle::one_of({"gaussian", "salt_and_pepper", "blur"}))
            .param("sigma", &Corruption::sigma,
                   "Least and greatest standard deviation of the Gaussian noise, as shares of black to white.",
                   fettle::between(0, 1))
            .param("density", &Corruption::density,
                   "Least and greatest share of the pixels that become black or white, as likely either.",
                   fettle::between(0, 1))
            .param("blur", &Corruption::blur, "Least and greatest standard deviation of the blur, in pixels.",
                   fettle::between(0, 50));
        describe_places(d);
    }

   protected:
    const char* name() const override { return "noise"; }
    int least_change() const override { return 1; }
    std::string own_contradiction() const override {
        if (kinds.empty()) return "`kinds` is empty; name one kind at least";
        return descending({{"sigma", sigma}, {"density", density}, {"blur", blur}});
    }

    Change draw(const Ground& ground, Random& random) const override {
        const std::string& kind =
            kinds[static_cast<std::size_t>(random.integer(0, static_cast<int>(kinds.size()) - 1))];
        Change change{0, 0, ground.image(), {{"kind", kind}}};
        if (kind == "blur") {
            const float wide = between(blur, random);
            cv::Mat pixels = matrix_of(change.pixels);
            if (wide > 0) cv::GaussianBlur(pixels, pixels, {}, wide, wide, cv::BORDER_REFLECT_101);
            change.told["blur"] = wide;
            return change;
        }
        const float amount = between(kind == "gaussian" ? sigma : density, random);
        const std::uint64_t seed = std::uint64_t{random.bits()} << 32 | random.bits();
        if (kind == "gaussian")
            add_gaussian(change.pixels, amount, ground.grey(), seed);
        else
            add_salt_and_pepper(change.pixels, amount, seed);
        change.told[kind == "gaussian" ? "sigma" : "density"] = amount;
        return change;
    }

   private:
    /// An image of greys stays one: its noise is the same in all channels.
    static void add_gaussian(Image& image, float sigma, bool grey, std::uint64_t seed) {
        std::array<std::int16_t, 4096> steps;  // rounded here: adding a whole level changes nothing about it
        for (std::size_t k = 0; k < steps.size(); ++k)
            steps[k] = static_cast<std::int16_t>(std::lround(255 * sigma * normal_table()[k]));
        std::uint8_t* pixel = image.pixels.data();
        for (std::size_t i = 0; i < image.pixels.size() / 3; ++i, pixel += 3) {
            const std::uint64_t bits = split_mix(seed, i);
            for (int c = 0; c < 3; ++c)
                pixel[c] = static_cast<std::uint8_t>(
                    std::clamp(pixel[c] + steps[(bits >> (grey ? 0 : 12 * c)) & 4095], 0, 255));
        }
    }

    static void add_salt_and_pepper(Image& image, float density, std::uint64_t seed) {
        const auto below = static_cast<std::uint64_t>(static_cast<double>(density) * 9007199254740992.0);  // of 2^53
        std::uint8_t* pixel = image.pixels.data();
        for (std::size_t i = 0; i < image.pixels.size() / 3; ++i, pixel += 3)
            if (const std::uint64_t bits = split_mix(seed, i); bits >> 11 < below)
                std::fill_n(pixel, 3, static_cast<std::uint8_t>((bits & 1) != 0 ? 255 : 0));
    }
};

}  // namespace

void add_noise(fettle::PluginBuilder& plugin) { plugin.add<Corruption>("synthesize.noise"); }
