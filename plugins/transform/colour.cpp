#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <array>

namespace {

/// Other coordinates for the same colours, in the three channels of 8 bit that every image has:
///
///   grey   luminance after ITU-R BT.601 in all three
///   hsv    hue 0..255 for 0..360 degrees, saturation and value 0..255
///   lab    CIE Lab of sRGB under D65: L times 255/100, a and b plus 128
///   xyz    CIE XYZ under D65 of the values as they are (sRGB's curve isn't undone)
///   luv    CIE Luv: L times 255/100, u plus 134 and v plus 140, times 255/354 and 255/262
///   clahe  still RGB: the lightness L, stretched tile by tile (contrast-limited adaptive histogram equalisation,
///   Zuiderveld 1994)
struct Colour final : fettle::Transform {
    std::string to = "grey";
    double clip = 2;
    std::array<int, 2> grid{8, 8};

    static void describe(fettle::Describe<Colour>& d) {
        d.summary("Colours in other coordinates, or with their contrast evened out.")
            .param("to", &Colour::to,
                   "\"grey\" (ITU-R BT.601), \"hsv\", \"lab\", \"xyz\" and \"luv\" (8 bit, each channel over its whole "
                   "range), or \"clahe\": lightness stretched tile by tile.",
                   fettle::one_of({"grey", "hsv", "lab", "xyz", "luv", "clahe"}))
            .param(
                "clip", &Colour::clip,
                "Of \"clahe\": the most that a grey value may count in a tile's histogram, in multiples of the mean.",
                fettle::between(1, 256))
            .param("grid", &Colour::grid, "Of \"clahe\": how many tiles there are across and down.",
                   fettle::between(1, 256));
    }

    fettle::Sample apply(fettle::Sample sample, fettle::Random&) const override {
        cv::Mat image = view(sample.image);
        if (to == "grey")
            cv::cvtColor(luminance(sample.image), image, cv::COLOR_GRAY2RGB);
        else if (to == "hsv")
            cv::cvtColor(image, image, cv::COLOR_RGB2HSV_FULL);
        else if (to == "lab")
            cv::cvtColor(image, image, cv::COLOR_RGB2Lab);
        else if (to == "xyz")
            cv::cvtColor(image, image, cv::COLOR_RGB2XYZ);
        else if (to == "luv")
            cv::cvtColor(image, image, cv::COLOR_RGB2Luv);
        else
            equalise(image);
        return sample;
    }

   private:
    void equalise(cv::Mat& image) const {
        cv::Mat lab, lightness;
        cv::cvtColor(image, lab, cv::COLOR_RGB2Lab);
        cv::extractChannel(lab, lightness, 0);
        cv::createCLAHE(clip, {grid[0], grid[1]})->apply(lightness, lightness);
        cv::insertChannel(lightness, lab, 0);
        cv::cvtColor(lab, image, cv::COLOR_Lab2RGB);
    }
};

}  // namespace

void add_colour(fettle::PluginBuilder& plugin) { plugin.add<Colour>("transform.colour"); }
