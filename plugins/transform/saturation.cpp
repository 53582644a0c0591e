#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace {

/// Saturation and value of HSV times a factor; the hue stays.
struct Saturation final : fettle::Transform {
    std::array<double, 2> saturation{0.5, 1.5};
    std::array<double, 2> value{1, 1};

    static void describe(fettle::Describe<Saturation>& d) {
        d.summary("Colours made stronger or weaker, lighter or darker, hues kept.")
            .param("saturation", &Saturation::saturation,
                   "Least and greatest factor on a colour's saturation (of HSV); 0 makes it grey.",
                   fettle::between(0, 100))
            .param("value", &Saturation::value, "Least and greatest factor on its value (of HSV).",
                   fettle::between(0, 100))
            .random()
            .check(&Saturation::ranges_ascend);
    }

    std::string ranges_ascend() const {
        for (const auto& [name, range] : {std::pair{"saturation", saturation}, std::pair{"value", value}})
            if (range[0] > range[1]) return std::string("`") + name + "` begins with the greater number";
        return "";
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const double by_saturation = random.uniform(saturation[0], saturation[1]);
        const double by_value = random.uniform(value[0], value[1]);
        auto& pixels = sample.image.pixels;
        for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) {
            const double most = std::max({pixels[i], pixels[i + 1], pixels[i + 2]});
            const double least = std::min({pixels[i], pixels[i + 1], pixels[i + 2]});
            // Full saturation is reached where the least of the three is 0.
            const double spread = most > least ? std::min(by_saturation, most / (most - least)) : 0;
            const double scale = most > 0 ? std::min(by_value, 255 / most) : 0;
            for (std::size_t c = i; c < i + 3; ++c)
                pixels[c] = static_cast<std::uint8_t>(
                    std::lround(std::clamp((most - (most - pixels[c]) * spread) * scale, 0.0, 255.0)));
        }
        tell(sample, {{"stage", "transform.saturation"}, {"saturation", by_saturation}, {"value", by_value}});
        return sample;
    }
};

}  // namespace

void add_saturation(fettle::PluginBuilder& plugin) { plugin.add<Saturation>("transform.saturation"); }
