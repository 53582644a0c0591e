#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

namespace {

/// The mean or the median of each pixel's neighbours. (`transform.augment` blurs by a Gaussian.)
struct Smooth final : fettle::Transform {
    std::string by = "median";
    int window = 5;

    static void describe(fettle::Describe<Smooth>& d) {
        d.summary("Every pixel replaced by the mean or the median of a window around it.")
            .param("by", &Smooth::by, "\"mean\" softens edges; \"median\" keeps them and takes single pixels away.",
                   fettle::one_of({"mean", "median"}))
            .param("window", &Smooth::window, "The window's side in pixels, odd.",
                   fettle::between(1, 255) & fettle::odd());
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        cv::Mat pixels = view(sample.image);
        if (by == "mean")
            cv::blur(pixels.clone(), pixels, {window, window}, {-1, -1}, cv::BORDER_REFLECT_101);
        else
            cv::medianBlur(pixels.clone(), pixels, window);
        return sample;
    }
};

}  // namespace

void add_smooth(fettle::PluginBuilder& plugin) { plugin.add<Smooth>("transform.smooth"); }
