#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace {

using fettle::Image;
using fettle::Random;
using fettle::Sample;
using Range = std::array<double, 2>;

/// What was drawn for one image.
struct Draw {
    bool flip_horizontal = false, flip_vertical = false;
    int quarters = 0;  ///< quarter turns, counter-clockwise
    double angle = 0, contrast = 1, brightness = 0, blur = 0, noise = 0;
    int quality = 0;
};

bool is_on(const Range& range, double nothing) { return range[0] != nothing || range[1] != nothing; }

void turn(Sample& sample, double degrees) {
    if (degrees == 0) return;
    const double angle = degrees * std::numbers::pi / 180, c = std::cos(angle), s = std::sin(angle);
    const double x = (sample.image.width - 1) / 2.0, y = (sample.image.height - 1) / 2.0;
    warp(sample, {c, -s, x - c * x + s * y, s, c, y - s * x - c * y}, {sample.image.width, sample.image.height},
         cv::BORDER_REFLECT_101);
}

void flip(Image& image, int code) {
    if (image.empty()) return;
    cv::Mat pixels = view(image);
    cv::flip(pixels, pixels, code);
}

/// By quarters of a circle, counter-clockwise: pixels change places, none is computed.
void turn_quarters(Image& image, int quarters) {
    if (image.empty() || quarters == 0) return;
    constexpr int codes[] = {cv::ROTATE_90_COUNTERCLOCKWISE, cv::ROTATE_180, cv::ROTATE_90_CLOCKWISE};
    cv::Mat turned;
    cv::rotate(view(std::as_const(image)), turned, codes[quarters - 1]);
    image = image_of(turned);
}

/// A picture of one grey per pixel stays one: its noise is the same in all channels.
bool is_grey(const Image& image) {
    for (std::size_t i = 0; i < image.pixels.size(); i += 3)
        if (image.pixels[i] != image.pixels[i + 1] || image.pixels[i] != image.pixels[i + 2]) return false;
    return true;
}

void add_noise(cv::Mat& values, double sigma, bool grey, Random& random) {
    for (int y = 0; y < values.rows; ++y)
        for (auto *pixel = values.ptr<cv::Vec3f>(y), *end = pixel + values.cols; pixel != end; ++pixel) {
            const auto first = static_cast<float>(sigma * random.normal());
            for (int c = 0; c < 3; ++c)
                (*pixel)[c] += grey || c == 0 ? first : static_cast<float>(sigma * random.normal());
        }
}

/// Small changes that a part may show without being anomalous, drawn for each image. In this order: mirrored, turned by
/// quarters, turned, blurred, contrast and brightness, noise, JPEG.
struct Augment final : fettle::Transform {
    std::string flips = "none";
    bool quarter_turns = false;
    Range rotate{0, 0}, contrast{1, 1}, brightness{0, 0}, blur{0, 0}, noise{0, 0};
    std::vector<int> jpeg;
    bool fresh = true;

    static void describe(fettle::Describe<Augment>& d) {
        d.summary("Images mirrored, turned, lit otherwise, blurred, made noisy or compressed, as drawn for each.")
            .param("flip", &Augment::flips, "Which ways images are mirrored, each half of the time.",
                   fettle::one_of({"none", "horizontal", "vertical", "both"}))
            .param("quarter_turns", &Augment::quarter_turns,
                   "Turned by none, one, two or three quarters of a circle, equally often; half a circle or none where "
                   "an image isn't square.")
            .param("rotate", &Augment::rotate,
                   "Least and greatest turn in degrees, counter-clockwise; what comes in at the border is mirrored.",
                   fettle::between(-360, 360))
            .param("contrast", &Augment::contrast,
                   "Least and greatest factor on a value's distance from the image's mean.", fettle::between(0, 10))
            .param("brightness", &Augment::brightness, "Least and greatest number of grey values (of 255) added.",
                   fettle::between(-255, 255))
            .param("blur", &Augment::blur, "Least and greatest standard deviation of the blur, in pixels.",
                   fettle::between(0, 50))
            .param("noise", &Augment::noise, "Least and greatest standard deviation of the noise, in grey values.",
                   fettle::between(0, 255))
            .param("jpeg", &Augment::jpeg, "Least and greatest quality of JPEG compression; empty for none.",
                   fettle::between(1, 100))
            .param("fresh", &Augment::fresh, "New draws in every epoch; otherwise one fixed set.")
            .random()
            .check(&Augment::ranges_ascend);
    }

    std::string ranges_ascend() const {
        for (const auto& [name, range] :
             {std::pair{"rotate", rotate}, std::pair{"contrast", contrast}, std::pair{"brightness", brightness},
              std::pair{"blur", blur}, std::pair{"noise", noise}})
            if (range[0] > range[1]) return std::string("`") + name + "` begins with the greater number";
        if (jpeg.size() > 2) return "`jpeg` is a quality, or a list of the least and the greatest";
        if (!jpeg.empty() && jpeg.front() > jpeg.back()) return "`jpeg` begins with the greater number";
        return "";
    }

    bool is_fresh() const override { return fresh; }

    Sample apply(Sample sample, Random& random) const override {
        const Draw draw = drawn(random, sample.image.width == sample.image.height);
        for (const auto& [wanted, code] : {std::pair{draw.flip_horizontal, 1}, std::pair{draw.flip_vertical, 0}})
            if (wanted) flip(sample.image, code), flip(sample.mask, code);
        turn_quarters(sample.image, draw.quarters);
        turn_quarters(sample.mask, draw.quarters);
        turn(sample, draw.angle);
        relight(sample.image, draw, random);
        if (draw.quality > 0)
            sample.image =
                fettle::decode_image(fettle::encode_image(sample.image, ".jpg", draw.quality), sample.info.id).image;
        if (const auto step = told(draw); step.size() > 1) tell(sample, step);
        return sample;
    }

   private:
    /// Everything is drawn, wanted or not: turning one change on leaves what is drawn for the others.
    Draw drawn(Random& random, bool square) const {
        Draw draw;
        const bool across = random.chance(0.5), down = random.chance(0.5);
        draw.flip_horizontal = across && (flips == "horizontal" || flips == "both");
        draw.flip_vertical = down && (flips == "vertical" || flips == "both");
        for (const auto& [range, value] :
             {std::pair{rotate, &draw.angle}, std::pair{contrast, &draw.contrast},
              std::pair{brightness, &draw.brightness}, std::pair{blur, &draw.blur}, std::pair{noise, &draw.noise}})
            *value = random.uniform(range[0], range[1]);
        const int quarters = random.integer(0, 3);
        if (quarter_turns) draw.quarters = square ? quarters : quarters / 2 * 2;
        if (!jpeg.empty()) draw.quality = random.integer(jpeg.front(), jpeg.back());
        return draw;
    }

    static void relight(Image& image, const Draw& draw, Random& random) {
        if (draw.contrast == 1 && draw.brightness == 0 && draw.blur == 0 && draw.noise == 0) return;
        cv::Mat pixels = view(image), values;
        pixels.convertTo(values, CV_32F);
        if (draw.blur > 0) cv::GaussianBlur(values, values, {}, draw.blur, draw.blur, cv::BORDER_REFLECT_101);
        const cv::Scalar means = cv::mean(values);
        const double mean = (means[0] + means[1] + means[2]) / 3;
        values.convertTo(values, CV_32F, draw.contrast, mean - draw.contrast * mean + draw.brightness);
        if (draw.noise > 0) add_noise(values, draw.noise, is_grey(image), random);
        values.convertTo(pixels, CV_8U);
    }

    nlohmann::json told(const Draw& draw) const {
        nlohmann::json step{{"stage", "transform.augment"}};
        if (flips == "horizontal" || flips == "both") step["flip_horizontal"] = draw.flip_horizontal;
        if (flips == "vertical" || flips == "both") step["flip_vertical"] = draw.flip_vertical;
        if (quarter_turns) step["quarter_turns"] = draw.quarters;
        if (is_on(rotate, 0)) step["angle"] = draw.angle;
        if (is_on(contrast, 1)) step["contrast"] = draw.contrast;
        if (is_on(brightness, 0)) step["brightness"] = draw.brightness;
        if (is_on(blur, 0)) step["blur"] = draw.blur;
        if (is_on(noise, 0)) step["noise"] = draw.noise;
        if (!jpeg.empty()) step["quality"] = draw.quality;
        return step;
    }
};

}  // namespace

void add_augment(fettle::PluginBuilder& plugin) { plugin.add<Augment>("transform.augment"); }
