#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

/// A box of drawn size at a drawn place. The label stays the image's, whatever the box leaves of the defect.
struct RandomCrop final : fettle::Transform {
    std::array<double, 2> share{0.2, 1};
    bool same = false;

    static void describe(fettle::Describe<RandomCrop>& d) {
        d.summary("A box of random size at a random place of every image, and of its mask.")
            .param("share", &RandomCrop::share,
                   "Least and greatest width and height of the box, as shares of the image's.",
                   fettle::above(0) & fettle::Constraint{.highest = 1})
            .param("same", &RandomCrop::same, "Whether width and height get the same share.")
            .random()
            .check(&RandomCrop::ranges_ascend);
    }

    std::string ranges_ascend() const { return share[0] > share[1] ? "`share` begins with the greater number" : ""; }

    fettle::Sample apply(fettle::Sample sample, fettle::Random& random) const override {
        const double across = random.uniform(share[0], share[1]), other = random.uniform(share[0], share[1]);
        const int width = pixels_of(across, sample.image.width);
        const int height = pixels_of(same ? across : other, sample.image.height);
        const int x = random.integer(0, sample.image.width - width),
                  y = random.integer(0, sample.image.height - height);
        sample.image = part_of(sample.image, x, y, width, height);
        sample.mask = part_of(sample.mask, x, y, width, height);
        tell(sample, {{"stage", "transform.random_crop"}, {"x", x}, {"y", y}, {"width", width}, {"height", height}});
        return sample;
    }

   private:
    static int pixels_of(double share, int side) {
        return std::clamp(static_cast<int>(std::lround(share * side)), 1, side);
    }
};

}  // namespace

void add_random_crop(fettle::PluginBuilder& plugin) { plugin.add<RandomCrop>("transform.random_crop"); }
