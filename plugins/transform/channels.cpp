#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <array>
#include <map>

namespace {

/// Keeps one or two of red, green and blue; the others become 0.
struct Channels final : fettle::Transform {
    std::string keep = "random";

    static void describe(fettle::Describe<Channels>& d) {
        d.summary("One or two of the colours red, green and blue kept, the others made 0.")
            .param("keep", &Channels::keep,
                   "What is kept: one colour, two (purple is red and blue, yellow red and green, cyan green and blue), "
                   "or one of these six at random.",
                   fettle::one_of({"red", "green", "blue", "purple", "yellow", "cyan", "random"}))
            .random();
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        static const std::map<std::string, std::array<bool, 3>> kept{
            {"red", {true, false, false}},   {"green", {false, true, false}}, {"blue", {false, false, true}},
            {"purple", {true, false, true}}, {"yellow", {true, true, false}}, {"cyan", {false, true, true}}};
        const auto drawn = std::next(kept.begin(), random.integer(0, static_cast<int>(kept.size()) - 1));
        const auto& [name, keeps] = keep == "random" ? *drawn : *kept.find(keep);
        auto& pixels = sample.image.pixels;
        for (std::size_t i = 0; i < pixels.size(); ++i)
            if (!keeps[i % 3]) pixels[i] = 0;
        if (keep == "random") tell(sample, {{"stage", "transform.channels"}, {"keep", name}});
        return sample;
    }
};

}  // namespace

void add_channels(fettle::PluginBuilder& plugin) { plugin.add<Channels>("transform.channels"); }
