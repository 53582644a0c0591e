#include "cutout.hpp"

#include <fettle/sdk.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Image;
using fettle::Random;
using fettle::Sample;

/// Coverage (of 255) below this counts as none: nothing is drawn there, so the mask is exactly what was drawn on.
constexpr int least_cover = 24;
/// A paste that changes no pixel by so many of 255 levels can't be seen.
constexpr int least_change = 8;
/// Draws of object, pose and place for one paste, before it is given up.
constexpr int attempts = 16;

double drawn(const std::array<double, 2>& range, Random& random) { return random.uniform(range[0], range[1]); }

/// Where a length of `inner` may begin along `outer`: inside where it fits, else so that it covers all of it.
int placed(int inner, int outer, Random& random) {
    return random.integer(std::min(0, outer - inner), std::max(0, outer - inner));
}

/// Blends an object in at (left, top), clipped to the image; returns the greatest change of a value.
int blend(const cv::Mat& object, int left, int top, double opacity, Sample& onto) {
    const int strength = static_cast<int>(std::lround(opacity * 256));
    int greatest = 0;
    for (int y = std::max(0, -top); y < std::min(object.rows, onto.image.height - top); ++y) {
        const auto* row = object.ptr<cv::Vec4b>(y);
        for (int x = std::max(0, -left); x < std::min(object.cols, onto.image.width - left); ++x) {
            const cv::Vec4b& from = row[x];
            const int alpha = from[3];
            if (alpha < least_cover) continue;
            std::uint8_t* to = onto.image.at(left + x, top + y);
            for (int c = 0; c < 3; ++c) {
                const int before = to[c], difference = (from[c] - before * alpha / 255) * strength / 256;
                to[c] = static_cast<std::uint8_t>(std::clamp(before + difference, 0, 255));
                greatest = std::max(greatest, std::abs(difference));
            }
            *onto.mask.at(left + x, top + y) = 255;
        }
    }
    return greatest;
}

/// Objects flipped, turned, resized, placed and blended into an image.
struct Paste final : fettle::Synthesizer {
    std::vector<int> count{1};
    std::array<double, 2> scale{0.1, 0.35};
    std::array<double, 2> angle{0, 360};
    bool flip = true;
    std::array<double, 2> opacity{0.85, 1};
    double feather = 0.7;

    static void describe(fettle::Describe<Paste>& d) {
        d.summary("Objects flipped, turned, resized, placed and blended into images, with masks of where.")
            .param("count", &Paste::count, "Objects per image: a number, or the least and the most.",
                   fettle::between(1, 1000))
            .param("scale", &Paste::scale,
                   "Least and greatest longer side of what shows of an object, as a share of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 10})
            .param("angle", &Paste::angle, "Least and greatest turn in degrees, counter-clockwise.",
                   fettle::between(-360, 360))
            .param("flip", &Paste::flip, "Whether objects are mirrored, either way, half of the time.")
            .param("opacity", &Paste::opacity, "Least and greatest opacity.", fettle::between(0.05, 1))
            .param("feather", &Paste::feather, "Softness of an object's edge: the blur's standard deviation in pixels.",
                   fettle::between(0, 20))
            .check(&Paste::ranges_ascend);
    }

    std::string ranges_ascend() const {
        if (count.empty() || count.size() > 2) return "`count` is a number, or a list of the least and the most";
        if (count.front() > count.back()) return "`count` begins with the greater number";
        for (const auto& [name, range] :
             {std::pair{"scale", scale}, std::pair{"angle", angle}, std::pair{"opacity", opacity}})
            if (range[0] > range[1]) return std::string("`") + name + "` begins with the greater number";
        return "";
    }

    Sample damage(Sample clean, const fettle::Images* objects, Random& random) const override {
        if (objects == nullptr)
            throw Error(Fault::data, "there is nothing to paste: no objects are connected")
                .help(
                    "connect `in.objects` to images of cut-outs, as `dataset.procedural` with `what = \"cutouts\"` "
                    "gives");
        if (objects->size() == 0) throw Error(Fault::data, "there is nothing to paste: `in.objects` holds no image");
        if (clean.mask.empty()) clean.mask = Image(clean.image.width, clean.image.height, 1);
        const int wanted = random.integer(count.front(), count.back());
        for (int k = 0; k < wanted; ++k) paste_one(clean, *objects, random);
        return clean;
    }

   private:
    /// Pastes one object that can be seen; draws again where one can't (fully transparent, or of the ground's colour).
    void paste_one(Sample& onto, const fettle::Images& objects, Random& random) const {
        std::string last;
        for (int attempt = 0; attempt < attempts; ++attempt) {
            const auto index = static_cast<std::size_t>(random.integer(0, static_cast<int>(objects.size()) - 1));
            const auto object = objects.read({&index, 1})->sample(0);
            last = object->info.id;
            const cv::Mat whole = cut_out(*object);
            if (whole.empty()) continue;
            const Pose pose = draw_pose(std::max(whole.cols, whole.rows), onto.image, random);
            const double strength = drawn(opacity, random);
            const cv::Mat cutout = posed(whole, pose);
            if (cutout.empty()) continue;
            const int left = placed(cutout.cols, onto.image.width, random),
                      top = placed(cutout.rows, onto.image.height, random);
            Sample tried = onto;
            if (blend(cutout, left, top, strength, tried) < least_change) continue;
            tried.lineage.push_back(nlohmann::json{
                {"stage", "synthesize.paste"},
                {"object", last},
                {"x", left},
                {"y", top},
                {"width", cutout.cols},
                {"height", cutout.rows},
                {"scale", pose.scale},
                {"angle", pose.angle},
                {"flip_horizontal", pose.flip_horizontal},
                {"flip_vertical", pose.flip_vertical},
                {"opacity", strength}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
            onto = std::move(tried);
            return;
        }
        throw Error(Fault::data, "nothing could be pasted into `" + onto.info.id + "`: " + std::to_string(attempts) +
                                     " objects drawn in a row couldn't be seen, `" + last + "` the last of them")
            .help("look whether the objects' masks (their alpha) are empty, or raise `opacity` or `scale`");
    }

    Pose draw_pose(int longer_side, const Image& onto, Random& random) const {
        Pose pose;
        pose.flip_horizontal = flip && random.chance(0.5);
        pose.flip_vertical = flip && random.chance(0.5);
        pose.angle = drawn(angle, random);
        pose.feather = feather;
        pose.scale = drawn(scale, random) * std::min(onto.width, onto.height) / longer_side;
        return pose;
    }
};

}  // namespace

void add_paste(fettle::PluginBuilder& plugin) { plugin.add<Paste>("synthesize.paste"); }
