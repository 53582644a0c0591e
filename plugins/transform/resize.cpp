#include "lanczos.hpp"

#include <fettle/sdk.hpp>

#include <array>
#include <map>

namespace {

/// Brings every image to one size. Its mask follows: any new pixel that a quarter of a defect covers belongs to it.
struct Resize final : fettle::Transform {
    std::array<int, 2> size{128, 128};
    std::string filter = "area";

    static void describe(fettle::Describe<Resize>& d) {
        d.summary("Images brought to one size, their masks with them.")
            .param("size", &Resize::size, "Width and height in pixels.", fettle::between(1, 16384))
            .param(
                "filter", &Resize::filter,
                "How pixels are interpolated: \"area\" (the mean of what a pixel covers) suits shrinking, \"lanczos\" "
                "keeps it sharper.",
                fettle::one_of({"area", "linear", "cubic", "lanczos", "nearest"}));
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        static const std::map<std::string, fettle::Filter> filters{{"area", fettle::Filter::area},
                                                                   {"linear", fettle::Filter::linear},
                                                                   {"cubic", fettle::Filter::cubic},
                                                                   {"nearest", fettle::Filter::nearest}};
        sample.image = filter == "lanczos" ? resize_lanczos(sample.image, size[0], size[1])
                                           : fettle::resize_image(sample.image, size[0], size[1], filters.at(filter));
        sample.mask = fettle::resize_mask(sample.mask, size[0], size[1]);
        return sample;
    }
};

}  // namespace

void add_resize(fettle::PluginBuilder& plugin) { plugin.add<Resize>("transform.resize"); }
