#include "paster.hpp"

#include <fettle/sdk.hpp>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Image;
using fettle::Images;
using fettle::Random;
using fettle::Ref;
using fettle::Sample;

/// Objects flipped, turned, resized, placed and blended into images.
struct Paste final : fettle::Synthesizer, PasteSettings {
    struct In : fettle::Synthesizer::In {
        Ref<Images> places;
    };

    Paster::Steps object_steps, ground_steps, after_steps;

    static void describe(fettle::Describe<Paste>& d) {
        d.summary("Objects flipped, turned, resized, placed and blended into images, with masks of where.")
            .in("places", &In::places,
                "Where objects may lie: sample i's mask belongs to image i, and what is set there is allowed.",
                fettle::optional_port())
            .components("object", &Paste::object_steps, "What each object goes through before it is pasted.",
                        fettle::Presence::optional)
            .components("ground", &Paste::ground_steps, "What each image goes through before objects are pasted.",
                        fettle::Presence::optional)
            .components("after", &Paste::after_steps, "What the finished image goes through, masks with it.",
                        fettle::Presence::optional);
        describe_objects(d);
        describe_places(d);
        describe_blending(d);
        d.check(&Paste::contradictions);
    }

    std::string contradictions() const { return contradiction(); }

    Out run(const In& in, fettle::Context& context) const {
        require(in);
        auto shelf = std::make_shared<const CutoutShelf>(in.objects, static_cast<std::size_t>(memory) << 20);
        const bool varies = fresh || in.images->varies() || (in.places && in.places->varies());
        std::vector<fettle::SampleInfo> infos;
        std::size_t untold = 0;
        for (std::size_t i = 0; i < in.images->size(); ++i) {
            infos.push_back(in.images->info(i));
            if (is_told_by_making(in, i, context.seed())) {
                infos.back().label = fettle::Label::unknown;
                untold += infos.back().split == fettle::Split::calibrate;
            } else if (Random(context.seed(), i).chance(share)) {  // as below, where the sample is made
                infos.back().label = fettle::Label::anomalous;
            }
        }
        require_told(untold);
        return {fettle::lazy_images(
            std::move(infos),
            [me = std::static_pointer_cast<const Paste>(shared_from_this()), in, shelf, varies, seed = context.seed()](
                std::size_t index, std::uint32_t round) {
                return me->sample(in, *shelf, {seed, index, varies ? round : 0});
            },
            varies)};
    }

    /// What the role asks for: anywhere in the image, objects cut out anew.
    Sample damage(Sample clean, const Images* objects, Random& random) const override {
        const Ref<Images> borrowed(Ref<Images>(), objects);
        require_objects(borrowed);
        return damaged(std::move(clean), CutoutShelf(borrowed, 0), {}, {}, random);
    }

   private:
    static void describe_objects(fettle::Describe<Paste>& d) {
        d.param("count", &Paste::count, "Objects per image: a number, or the least and the most.",
                fettle::between(1, 1000))
            .param("replace", &Paste::replace, "Whether one image may get the same object more than once.")
            .param("scale", &Paste::scale,
                   "Least and greatest longer side of what shows of an object, as a share of the image's shorter side.",
                   fettle::above(0) & fettle::Constraint{.highest = 10})
            .param("size", &Paste::size,
                   "The same in pixels, in place of `scale`: a number, or the least and the greatest.",
                   fettle::between(1, 16384))
            .param("stretch", &Paste::stretch,
                   "Least and greatest factor by which an object's width grows against its height; its area stays.",
                   fettle::between(0.05, 20))
            .param("angle", &Paste::angle, "Least and greatest turn in degrees, counter-clockwise.",
                   fettle::between(-360, 360))
            .param("flip", &Paste::flips, "Which ways objects are mirrored, each half of the time.",
                   fettle::one_of({"none", "horizontal", "vertical", "both"}))
            .param("class", &Paste::class_name,
                   "What all objects are examples of; empty: each one's category, or its folder's name.")
            .param("memory", &Paste::memory, "Most memory for objects that were cut out, in MiB.",
                   fettle::between(1, 1 << 20));
    }

    static void describe_places(fettle::Describe<Paste>& d) {
        d.param("left", &Paste::left,
                "Least and greatest place of an object's left edge, from the image's; empty: anywhere.",
                fettle::between(-65536, 65536))
            .param("top", &Paste::top, "The same of its top edge.", fettle::between(-65536, 65536))
            .param("limits", &Paste::limits, "What `left` and `top` count: shares of the image's side, or pixels.",
                   fettle::one_of({"shares", "pixels"}))
            .param("stick_out", &Paste::stick_out,
                   "Largest share of an object's width or height that may lie beyond the image's border.",
                   fettle::between(0, 1))
            .param("overlap", &Paste::overlap,
                   "Largest share of the smaller of two objects that may cover or be covered by the other: 0 forbids "
                   "that, 1 allows all of it.",
                   fettle::between(0, 1))
            .param("on_places", &Paste::on_places,
                   "With `in.places`: least share of an object that lies on an allowed place.", fettle::between(0, 1))
            .param("empty_places", &Paste::empty_places,
                   "What becomes of an image without any allowed place: an error, or it stays clean.",
                   fettle::one_of({"fail", "leave"}))
            .param("no_room", &Paste::no_room,
                   "What becomes of an object that finds no room or can't be seen, sixteen times drawn: an error, or "
                   "it is left out and its image's lineage says so.",
                   fettle::one_of({"fail", "drop"}));
    }

    static void describe_blending(fettle::Describe<Paste>& d) {
        d.param("opacity", &Paste::opacity, "Least and greatest opacity.", fettle::between(0.05, 1))
            .param("feather", &Paste::feather, "Softness of an object's edge: the blur's standard deviation in pixels.",
                   fettle::between(0, 20))
            .param("blend", &Paste::blending,
                   "How objects meet the ground: laid over it (\"alpha\"), by their gradients (\"poisson...\"), or as "
                   "a filter that darkens (\"multiply\") or lightens (\"screen\").",
                   fettle::one_of(blend_names()))
            .param("match", &Paste::matching,
                   "What of an object is fitted to the ground beneath it first: its mean brightness (\"light\"), or "
                   "its histograms.",
                   fettle::one_of(match_names()))
            .param("match_share", &Paste::match_share, "How far `match` goes: 1 is all the way.", fettle::between(0, 1))
            .param("contrast", &Paste::contrast,
                   "Least mean absolute difference that an object makes within its mask, as a share of the full "
                   "range; fainter ones are drawn again.",
                   fettle::between(0, 1));
    }

    static void require_objects(const Ref<Images>& objects) {
        if (!objects)
            throw Error(Fault::data, "there is nothing to paste: no objects are connected")
                .help(
                    "connect `in.objects` to images of cut-outs, as `dataset.procedural` with `what = \"cutouts\"` "
                    "gives");
        if (objects->size() == 0) throw Error(Fault::data, "there is nothing to paste: `in.objects` holds no image");
    }

    void require(const In& in) const {
        require_objects(in.objects);
        const auto most = static_cast<std::size_t>(count.back());
        if (!replace && most > in.objects->size())
            throw Error(Fault::data, "an image may get " + std::to_string(most) + " different objects, and " +
                                         "`in.objects` holds " + std::to_string(in.objects->size()))
                .parameter("count")
                .help("lower `count`, connect more objects, or let `replace = true` take one more than once");
        if (in.places && in.places->size() != in.images->size())
            throw Error(Fault::data, "`in.places` has " + std::to_string(in.places->size()) + " samples, `in.images` " +
                                         std::to_string(in.images->size()))
                .help("sample i of `in.places` tells where objects may lie in image i");
    }

    /// Whether only making the sample tells whether something was pasted into it.
    bool is_told_by_making(const In& in, std::size_t index, std::uint64_t seed) const {
        if (fresh && share > 0 && share < 1) return true;
        const bool may_stay_clean = drops() || (in.places && empty_places == "leave");
        return may_stay_clean && Random(seed, index).chance(share);
    }

    /// Refuses so many calibration images of that kind: whatever looks for sound ones would take them for sound.
    void require_told(std::size_t count) const {
        if (count == 0) return;
        if (fresh && share < 1)
            throw Error(Fault::data, "which of " + std::to_string(count) +
                                         " calibration images are damaged isn't known: `share` = " +
                                         fettle::Setting(share).text() + " of them, drawn anew in every round")
                .parameter("share")
                .help("`fresh = false` draws once which ones are damaged and how; `share = 1` damages all of them");
        throw Error(Fault::data, "which of " + std::to_string(count) +
                                     " calibration images stay clean isn't known before objects are pasted")
            .parameter(drops() ? "no_room" : "empty_places")
            .help("for images that calibrate, leave `no_room` and `empty_places` at `\"fail\"`");
    }

    Sample sample(const In& in, const CutoutShelf& shelf, const Origin& origin) const {
        Random random(origin.seed, origin.index, fresh ? origin.round : 0);
        Sample clean = *in.images->read({&origin.index, 1}, origin.round)->sample(0);
        if (!random.chance(share)) return clean;
        Image places;
        if (in.places) places = places_for(*in.places->read({&origin.index, 1}, origin.round)->sample(0), clean);
        return damaged(std::move(clean), shelf, std::move(places), origin, random);
    }

    static Image places_for(const Sample& places, const Sample& image) {
        if (places.mask.empty())
            throw Error(Fault::data, "`" + places.info.id + "` doesn't say where objects may lie: it has no mask")
                .help("connect `in.places` to images whose masks tell, as `transform.region` makes them");
        if (places.mask.width != image.image.width || places.mask.height != image.image.height)
            throw Error(Fault::shape, "the allowed places of `" + image.info.id + "` are " + sides(places.mask) +
                                          ", and the image is " + sides(image.image))
                .help("put the same `transform.resize` before `in.images` and `in.places`");
        return places.mask;
    }

    static std::string sides(const Image& image) {
        return std::to_string(image.width) + "x" + std::to_string(image.height);
    }

    /// `places` is empty where objects may lie anywhere.
    Sample damaged(Sample clean, const CutoutShelf& shelf, Image places, const Origin& origin, Random& random) const {
        for (const auto& step : ground_steps) {
            Sample follower;
            follower.info = clean.info, follower.image = clean.image, follower.mask = places;
            Random same = random;
            clean = step->change(std::move(clean), random);
            if (!places.empty()) places = step->apply(std::move(follower), same).mask;
        }
        std::optional<Allowed> allowed;
        if (!places.empty()) allowed.emplace(places);
        if (allowed && allowed->count() == 0) {
            if (empty_places == "leave") return clean;
            throw Error(Fault::data, "objects may lie nowhere in `" + clean.info.id +
                                         "`: its mask of allowed places "
                                         "is empty")
                .help("look at what `in.places` makes of it, or let `empty_places = \"leave\"` keep such images clean");
        }
        Paster paster(*this, object_steps, shelf, allowed ? &*allowed : nullptr, origin, random);
        const std::size_t first_line = clean.lineage.size();
        const int pasted = paster.paste_into(clean);
        if (pasted > 0) clean.info.label = fettle::Label::anomalous;
        if (after_steps.empty()) return clean;
        const std::size_t last_line = clean.lineage.size();
        const int first_instance = static_cast<int>(clean.instance_classes.size()) - pasted + 1;
        for (const auto& step : after_steps) clean = step->change(std::move(clean), random);
        if (!clean.instances.empty()) add_final_boxes(clean, first_line, last_line, first_instance);
        return clean;
    }

    /// The passports of the lines first..last say where their objects lie now, as far as they still show.
    static void add_final_boxes(Sample& sample, std::size_t first, std::size_t last, int instance) {
        const cv::Mat instances(sample.instances.height, sample.instances.width, CV_8UC1,
                                sample.instances.pixels.data());
        for (std::size_t k = first; k < last; ++k) {
            auto line = nlohmann::json::parse(sample.lineage[k]);
            if (line.contains("dropped")) continue;
            const cv::Rect box = cv::boundingRect(instances == instance++);
            line["after"] =
                box.empty() ? nlohmann::json(nullptr)
                            : nlohmann::json{{"x", box.x}, {"y", box.y}, {"width", box.width}, {"height", box.height}};
            sample.lineage[k] = line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
        }
    }
};

}  // namespace

void add_paste(fettle::PluginBuilder& plugin) { plugin.add<Paste>("synthesize.paste"); }
