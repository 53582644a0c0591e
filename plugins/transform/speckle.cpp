#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <array>

namespace {

/// Salt and pepper: pixels made black or white, each on its own.
struct Speckle final : fettle::Transform {
    std::array<double, 2> share{0.01, 0.05};

    static void describe(fettle::Describe<Speckle>& d) {
        d.summary("Salt and pepper: single pixels made black or white.")
            .param("share", &Speckle::share,
                   "Least and greatest share of the pixels that are changed; half of them, on average, become white.",
                   fettle::between(0, 1))
            .random()
            .check(&Speckle::ranges_ascend);
    }

    std::string ranges_ascend() const { return share[0] > share[1] ? "`share` begins with the greater number" : ""; }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const double drawn = random.uniform(share[0], share[1]);
        auto& pixels = sample.image.pixels;
        for (std::size_t i = 0; i + 2 < pixels.size(); i += 3) {
            const double at = random.uniform();
            if (at < drawn) pixels[i] = pixels[i + 1] = pixels[i + 2] = at < drawn / 2 ? 0 : 255;
        }
        tell(sample, {{"stage", "transform.speckle"}, {"share", drawn}});
        return sample;
    }
};

}  // namespace

void add_speckle(fettle::PluginBuilder& plugin) { plugin.add<Speckle>("transform.speckle"); }
