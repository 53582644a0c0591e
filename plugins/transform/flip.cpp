#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/core.hpp>

namespace {

/// Mirrors an image, or leaves it, by chance. (`transform.augment` mirrors too, half of the time and with other
/// changes.)
struct Flip final : fettle::Transform {
    std::string axis = "random";
    double chance = 1;

    static void describe(fettle::Describe<Flip>& d) {
        d.summary("Images mirrored, each with a given probability.")
            .param("axis", &Flip::axis,
                   "Which way: left and right change places (\"horizontal\"), top and bottom (\"vertical\"), \"both\", "
                   "or one of the three at \"random\".",
                   fettle::one_of({"random", "horizontal", "vertical", "both"}))
            .param("chance", &Flip::chance, "Probability that an image is mirrored at all.", fettle::between(0, 1))
            .random();
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const bool wanted = random.chance(chance);
        static const char* const axes[] = {"horizontal", "vertical", "both"};
        const std::string drawn = axes[random.integer(0, 2)], way = axis == "random" ? drawn : axis;
        if (!wanted) return sample;
        for (fettle::Image* image : {&sample.image, &sample.mask}) {
            if (image->empty()) continue;
            cv::Mat pixels = view(*image);
            cv::flip(pixels, pixels, way == "both" ? -1 : way == "horizontal" ? 1 : 0);
        }
        tell(sample, {{"stage", "transform.flip"}, {"axis", way}});
        return sample;
    }
};

}  // namespace

void add_flip(fettle::PluginBuilder& plugin) { plugin.add<Flip>("transform.flip"); }
