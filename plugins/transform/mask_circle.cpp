#include <fettle/sdk.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

/// Calls use(x, y, inside) for every pixel.
template <class Use>
void for_each_pixel(const fettle::Image& image, double x0, double y0, double radius, const Use& use) {
    for (int y = 0; y < image.height; ++y)
        for (int x = 0; x < image.width; ++x) use(x, y, std::hypot(x - x0, y - y0) <= radius);
}

/// Leaves a round part and takes away what lies around it, which no model then needs to learn.
struct MaskCircle final : fettle::Transform {
    std::array<double, 2> centre{0.5, 0.5};
    double radius = 0.5;
    std::string fill = "grey";
    int grey = 0;

    static void describe(fettle::Describe<MaskCircle>& d) {
        d.summary("Everything outside a circle painted over; nothing there is anomalous any more.")
            .param("centre", &MaskCircle::centre, "The circle's centre, as shares of the image's width and height.",
                   fettle::between(-1, 2))
            .param("radius", &MaskCircle::radius, "Its radius, as a share of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 4})
            .param("fill", &MaskCircle::fill,
                   "What is painted: one \"grey\" for all images, or each image's \"mean\" inside the circle.",
                   fettle::one_of({"grey", "mean"}))
            .param("grey", &MaskCircle::grey, "The grey value painted, of 255.", fettle::between(0, 255));
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        fettle::Image& image = sample.image;
        const double x0 = centre[0] * image.width - 0.5, y0 = centre[1] * image.height - 0.5;
        const double pixels = radius * std::min(image.width, image.height);
        const auto paint = fill == "mean" ? mean_inside(sample, x0, y0, pixels) : std::array{grey, grey, grey};
        for_each_pixel(image, x0, y0, pixels, [&](int x, int y, bool inside) {
            if (inside) return;
            for (int c = 0; c < 3; ++c) image.at(x, y)[c] = static_cast<std::uint8_t>(paint[c]);
            if (!sample.mask.empty()) *sample.mask.at(x, y) = 0;
        });
        return sample;
    }

   private:
    static std::array<int, 3> mean_inside(const fettle::Sample& sample, double x0, double y0, double radius) {
        std::array<std::int64_t, 3> sums{};
        std::int64_t count = 0;
        for_each_pixel(sample.image, x0, y0, radius, [&](int x, int y, bool inside) {
            if (!inside) return;
            for (int c = 0; c < 3; ++c) sums[c] += sample.image.at(x, y)[c];
            ++count;
        });
        if (count == 0)
            throw fettle::Error(fettle::Fault::data, "the circle covers no pixel of `" + sample.info.id + "`")
                .parameter("radius")
                .help("with `fill = \"mean\"` the circle must cover some of the image");
        std::array<int, 3> mean{};
        for (int c = 0; c < 3; ++c) mean[c] = static_cast<int>((sums[c] + count / 2) / count);
        return mean;
    }
};

}  // namespace

void add_mask_circle(fettle::PluginBuilder& plugin) { plugin.add<MaskCircle>("transform.mask_circle"); }
