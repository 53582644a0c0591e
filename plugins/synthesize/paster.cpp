#include "paster.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

using fettle::Error;
using fettle::Fault;
using fettle::Image;
using fettle::Sample;
using nlohmann::json;

namespace {

/// A paste that changes no pixel by so many of 255 levels can't be seen.
constexpr int least_change = 8;
/// Draws of object, pose and place for one paste, before it is given up.
constexpr int attempts = 16;
/// More defects than an 8-bit map of them can hold.
constexpr std::size_t most_instances = 255;

std::string line_of(const json& step) { return step.dump(-1, ' ', false, json::error_handler_t::replace); }

json parsed(const std::string& line) {
    json step = json::parse(line, nullptr, false);
    return step.is_discarded() ? json(line) : step;
}

std::string counted(int count, const char* one, const char* many) {
    return std::to_string(count) + " " + (count == 1 ? one : many);
}

}  // namespace

/// Everything drawn for one attempt.
struct Paster::Drawn {
    std::shared_ptr<const Cutout> cutout;
    Pose pose;
    double scale = 0, stretch = 1, opacity = 1;
    json steps = json::array();
    std::optional<BitMask> bits;  ///< where they matter
    cv::Point corner;
};

Paster::Paster(const PasteSettings& settings, const Steps& object_steps, const CutoutShelf& shelf,
               const Allowed* allowed, const Origin& origin, fettle::Random& random)
    : settings_(settings),
      object_steps_(object_steps),
      shelf_(shelf),
      allowed_(allowed),
      origin_(origin),
      random_(random) {}

int Paster::paste_into(Sample& ground) {
    const int width = ground.image.width, height = ground.image.height;
    const bool was_known = !ground.mask.empty() && ground.instances.empty() &&
                           std::any_of(ground.mask.pixels.begin(), ground.mask.pixels.end(), [](auto v) { return v; });
    if (ground.mask.empty()) ground.mask = Image(width, height, 1);
    if (ground.instances.empty()) ground.instances = Image(width, height, 1);
    if (was_known) {  // defects it had before, of which nobody knows how many there are
        ground.instance_classes.push_back(ground.info.category.empty() ? "defect" : ground.info.category);
        for (std::size_t i = 0; i < ground.mask.pixels.size(); ++i)
            ground.instances.pixels[i] = ground.mask.pixels[i] != 0 ? 1 : 0;
    }
    const int wanted = random_.integer(settings_.count.front(), settings_.count.back());
    int pasted = 0;
    for (int k = 0; k < wanted; ++k) pasted += paste_one(ground);
    if (ground.instance_classes.size() > most_instances) {
        ground.instances = {};
        ground.instance_classes.clear();
    }
    return pasted;
}

/// Draws again where an object can't be seen (transparent, too faint) or finds no room.
bool Paster::paste_one(Sample& ground) {
    unseen_ = without_room_ = 0;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        Drawn drawn;
        const std::size_t index = draw_object();
        drawn.cutout = cutout_of(index, drawn.steps);
        last_ = drawn.cutout->id;
        const auto patch = tried(ground, drawn);
        if (!patch) continue;
        keep(ground, drawn, *patch);
        if (!settings_.replace) used_.insert(std::upper_bound(used_.begin(), used_.end(), index), index);
        return true;
    }
    give_up(ground);
    return false;
}

std::optional<Patch> Paster::tried(const Sample& ground, Drawn& drawn) {
    if (drawn.cutout->empty()) return ++unseen_, std::nullopt;
    drawn.pose = draw_pose(*drawn.cutout, ground.image, drawn);
    drawn.opacity = random_.uniform(settings_.opacity[0], settings_.opacity[1]);
    cv::Mat object = posed(*drawn.cutout, drawn.pose);
    if (object.empty()) return ++unseen_, std::nullopt;
    const cv::Size image(ground.image.width, ground.image.height);
    const auto in_pixels = [&](std::vector<double> edge, int side) {
        if (settings_.limits == "shares")
            for (double& value : edge) value *= side;
        return edge;
    };
    const Room room = room_for(object.size(), image, settings_.stick_out, in_pixels(settings_.left, image.width),
                               in_pixels(settings_.top, image.height));
    const bool minds_others = settings_.overlap < 1;
    if (minds_others || allowed_ != nullptr) drawn.bits = BitMask::of(object, 3, least_cover);
    const bool anywhere = allowed_ == nullptr && (!minds_others || laid_.empty());
    const std::function<bool(int, int)> fitting = [&](int x, int y) { return fits(*drawn.bits, {x, y}); };
    const auto corner = draw_place(room, anywhere ? nullptr : fitting, random_);
    if (!corner) return ++without_room_, std::nullopt;
    drawn.corner = *corner;
    if (settings_.match() != Match::none)
        object = matched(object, *corner, ground.image, settings_.match(), settings_.match_share);
    Patch patch = blended(object, *corner, ground.image, settings_.blend(), drawn.opacity);
    if (patch.greatest < least_change || patch.contrast < settings_.contrast) return ++unseen_, std::nullopt;
    return patch;
}

std::size_t Paster::draw_object() {
    const int count = static_cast<int>(shelf_.objects().size() - used_.size());
    auto index = static_cast<std::size_t>(random_.integer(0, count - 1));
    for (const std::size_t used : used_) index += used <= index;
    return index;
}

std::shared_ptr<const Cutout> Paster::cutout_of(std::size_t index, json& steps) {
    if (object_steps_.empty()) return shelf_.cutout(index);
    Sample object = shelf_.object(index);
    const std::size_t known = object.lineage.size();
    for (const auto& step : object_steps_) object = step->apply(std::move(object), random_);
    for (std::size_t k = known; k < object.lineage.size(); ++k) steps.push_back(parsed(object.lineage[k]));
    object.lineage.resize(std::min(known, object.lineage.size()));
    return std::make_shared<const Cutout>(object);
}

Pose Paster::draw_pose(const Cutout& cutout, const Image& onto, Drawn& drawn) {
    Pose pose;
    const bool across = random_.chance(0.5), down = random_.chance(0.5);
    pose.flip_horizontal = across && (settings_.flips == "both" || settings_.flips == "horizontal");
    pose.flip_vertical = down && (settings_.flips == "both" || settings_.flips == "vertical");
    pose.angle = random_.uniform(settings_.angle[0], settings_.angle[1]);
    pose.feather = settings_.feather;
    const double longer = settings_.size.empty() ? random_.uniform(settings_.scale[0], settings_.scale[1]) *
                                                       std::min(onto.width, onto.height)
                                                 : random_.uniform(settings_.size.front(), settings_.size.back());
    drawn.scale = longer / std::max(cutout.width(), cutout.height());
    // Even in the logarithm: twice as wide is as likely as half as wide.
    drawn.stretch = std::exp(random_.uniform(std::log(settings_.stretch[0]), std::log(settings_.stretch[1])));
    pose.scale_x = drawn.scale * std::sqrt(drawn.stretch);
    pose.scale_y = drawn.scale / std::sqrt(drawn.stretch);
    return pose;
}

bool Paster::fits(const BitMask& object, cv::Point corner) const {
    if (allowed_ != nullptr) {
        const int least = std::max(1, static_cast<int>(std::ceil(settings_.on_places * object.count() - 1e-9)));
        if (!allowed_->holds(object, corner.x, corner.y, least)) return false;
    }
    return settings_.overlap >= 1 || std::all_of(laid_.begin(), laid_.end(), [&](const Laid& other) {
               const int shared = other.bits.shared(object, corner.x - other.corner.x, corner.y - other.corner.y);
               return shared <= settings_.overlap * std::min(object.count(), other.bits.count());
           });
}

void Paster::keep(Sample& ground, const Drawn& drawn, const Patch& patch) {
    for (int y = 0; y < patch.box.height; ++y)
        std::memcpy(ground.image.at(patch.box.x, patch.box.y + y), patch.rgb.ptr(y),
                    static_cast<std::size_t>(patch.box.width) * 3);
    const std::string kind = settings_.class_name.empty() ? drawn.cutout->kind : settings_.class_name;
    mark(ground, patch, kind);
    const cv::Rect drawn_box = box_around(patch.drawn, 0, 255) + patch.box.tl();
    json line{{"stage", "synthesize.paste"},
              {"background", ground.info.id},
              {"object", drawn.cutout->id},
              {"class", kind},
              {"x", drawn_box.x},
              {"y", drawn_box.y},
              {"width", drawn_box.width},
              {"height", drawn_box.height},
              {"corner", {drawn.corner.x, drawn.corner.y}},
              {"pixels", patch.pixels},
              {"scale", drawn.scale},
              {"angle", drawn.pose.angle},
              {"flip_horizontal", drawn.pose.flip_horizontal},
              {"flip_vertical", drawn.pose.flip_vertical},
              {"opacity", drawn.opacity},
              {"contrast", patch.contrast},
              {"seed", origin_.seed},
              {"index", origin_.index},
              {"round", origin_.round}};
    if (drawn.stretch != 1) line["stretch"] = drawn.stretch;
    if (!drawn.steps.empty()) line["steps"] = drawn.steps;
    for (const std::string& own : drawn.cutout->lineage) line["object_lineage"].push_back(parsed(own));
    ground.lineage.push_back(line_of(line));
    if (settings_.overlap < 1) laid_.push_back({*drawn.bits, drawn.corner});
}

void Paster::mark(Sample& ground, const Patch& patch, const std::string& kind) const {
    ground.instance_classes.push_back(kind);
    const auto number = static_cast<std::uint8_t>(std::min(ground.instance_classes.size(), most_instances));
    for (int y = 0; y < patch.box.height; ++y) {
        const std::uint8_t* drawn = patch.drawn.ptr(y);
        std::uint8_t* mask = ground.mask.at(patch.box.x, patch.box.y + y);
        std::uint8_t* instance = ground.instances.at(patch.box.x, patch.box.y + y);
        for (int x = 0; x < patch.box.width; ++x) {  // drawn is 0 or 255
            mask[x] |= drawn[x];
            instance[x] = static_cast<std::uint8_t>((instance[x] & ~drawn[x]) | (number & drawn[x]));
        }
    }
}

void Paster::give_up(Sample& ground) {
    const bool crowded = without_room_ > unseen_;
    const std::string why = crowded ? "found no room" + std::string(allowed_ != nullptr ? " in the places allowed" : "")
                                    : "couldn't be seen";
    if (settings_.drops()) {
        ground.lineage.push_back(line_of({{"stage", "synthesize.paste"},
                                          {"background", ground.info.id},
                                          {"dropped", why},
                                          {"object", last_},
                                          {"unseen", unseen_},
                                          {"without_room", without_room_},
                                          {"seed", origin_.seed},
                                          {"index", origin_.index},
                                          {"round", origin_.round}}));
        return;
    }
    std::string others;
    if (crowded && unseen_ > 0) others = ", and " + counted(unseen_, "couldn't be seen", "couldn't be seen");
    if (!crowded && without_room_ > 0) others = ", and " + counted(without_room_, "found no room", "found no room");
    throw Error(Fault::data, "nothing could be pasted into `" + ground.info.id + "`: of " + std::to_string(attempts) +
                                 " objects drawn in a row " + std::to_string(crowded ? without_room_ : unseen_) + " " +
                                 why + others + "; `" + last_ + "` was the last of them")
        .help(crowded
                  ? "lower `count`, `scale` or `size`, allow more `overlap`, widen `left` and `top`, or let "
                    "`no_room = \"drop\"` leave such objects out"
                  : "look whether the objects' masks (their alpha) are empty or their colour is the ground's, raise "
                    "`opacity` or `scale`, lower `contrast`, or let `no_room = \"drop\"` leave such objects out");
}
