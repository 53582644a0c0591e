#include "bootstrap.hpp"
#include "labelled.hpp"
#include "pixel_draws.hpp"
#include "pixels.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <utility>

namespace {

using evaluate::ImagePixels;
using evaluate::Interval;
using fettle::Error;
using fettle::Fault;
using fettle::Label;
using fettle::Split;

constexpr auto judged_images = "test images to judge";
constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What is kept of one set of maps: four bytes a pixel.
struct Kept {
    std::vector<ImagePixels> test;           ///< labelled images; anomalous ones where their mask is known
    std::vector<std::string> classes;        ///< of each of them: that of its anomaly, empty for normal ones
    std::vector<std::uint32_t> calibration;  ///< keys of all pixels of sound calibration images
    std::size_t with_mask = 0, without_mask = 0, normal = 0, unlabelled = 0;
    /// Id and class of each image that would be judged and whose map holds a value that isn't finite.
    std::vector<std::pair<std::string, std::string>> lost;

    fettle::Missing missing() const {
        fettle::Missing out;
        for (std::size_t i = 0; i < test.size(); ++i) out.add("", true);
        for (const auto& [id, name] : lost) out.add(id, false);
        return out;
    }
};

/// How well anomalous pixels are found, where masks say which they are. An image without a mask is left out if it is
/// anomalous; a normal one has no anomalous pixel, whatever its mask.
struct Localisation final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<fettle::Maps>> maps;
    };
    struct Out {
        fettle::Ref<fettle::Measures> measures;
    };
    double limit = 0.3;
    double at = 0.99;
    double confidence = 0.95;
    int draws = 1000;
    bool classes = false;

    static void describe(fettle::Describe<Localisation>& d) {
        d.summary("Pixel AUROC, average precision, AUPRO, Dice and IoU of maps whose test images have masks.")
            .in("maps", &In::maps, "Maps of test images, and of calibration images for the threshold of Dice and IoU.")
            .out("measures", &Out::measures, "A table with a row for each set of maps.")
            .param("limit", &Localisation::limit, "Share of sound pixels up to which AUPRO is taken, 0.001 to 1.",
                   fettle::between(0.001, 1))
            .param("at", &Localisation::at,
                   "Share of the pixels of sound calibration images, 0 to 1, below the threshold of Dice and IoU.",
                   fettle::between(0, 1))
            .param("confidence", &Localisation::confidence, "Of the intervals: how often they hold the true figure.",
                   fettle::between(0.5, 0.9999))
            .param("classes", &Localisation::classes,
                   "Whether each class of anomalies has a row of its own, beside the one of all: its images with all "
                   "normal ones.")
            .param("draws", &Localisation::draws, "How often the images are drawn anew for the intervals.",
                   fettle::between(100, 1e6))
            .random()
            .check(&Localisation::trouble);
    }

    std::string trouble() const { return evaluate::too_few_draws(draws, confidence); }

    Out run(const In& in, fettle::Context& context) const {
        auto measures = std::make_shared<fettle::Measures>();
        fettle::Table table{"Where anomalies are",
                            "Pixels of all test images ranked together; intervals by drawing whole images anew.",
                            {}};
        for (const auto& maps : in.maps) {
            if (measures->scores.rows.empty())
                for (std::size_t i = 0; i < maps->size(); ++i) measures->scores.rows.push_back(maps->info(i));
            Kept kept = read(*maps, context);
            kept.missing().require_any("the map `" + maps->label() + "`", judged_images);
            const auto threshold = threshold_of(kept);
            table.rows.push_back(row(maps->label(), kept, threshold, context));
            if (!classes) continue;
            std::set<std::string> names(kept.classes.begin(), kept.classes.end());
            for (const auto& [id, name] : kept.lost) names.insert(name);
            for (const std::string& name : names)
                if (!name.empty()) table.rows.push_back(class_row(maps->label(), name, kept, threshold, context));
        }
        measures->tables.push_back(std::move(table));
        return {measures};
    }

   private:
    static Kept read(const fettle::Maps& maps, fettle::Context& context) {
        Kept out;
        fettle::for_each_batch(maps, 32, [&](std::size_t first, const fettle::Batch& batch) {
            context.check_stop();
            const auto masks = masks_of(maps, batch, first);
            std::vector<ImagePixels> pixels(batch.size());
            std::vector<char> lost(batch.size());
            fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) {
                const fettle::SampleInfo& info = batch.info(i);
                const bool calibrates = info.split == Split::calibrate && info.label != Label::anomalous;
                const bool judged = info.split == Split::test && info.label != Label::unknown &&
                                    (info.label == Label::normal || masks[i] != nullptr);
                if (!calibrates && !judged) return;
                const fettle::Plane plane = batch.plane(i);
                lost[i] = !fettle::can_be_scored(plane, info, maps.label());
                if (lost[i]) return;
                pixels[i] = masks[i] == nullptr
                                ? evaluate::pixels_of(plane, {})
                                : evaluate::pixels_of(plane, evaluate::fitting_mask(masks[i]->mask, plane, info.id));
            });
            for (std::size_t i = 0; i < batch.size(); ++i)
                if (lost[i])
                    out.lost.emplace_back(batch.info(i).id, class_of(batch.info(i)));
                else
                    keep(out, batch.info(i), std::move(pixels[i]));
            context.progress(first + batch.size(), maps.size());
        });
        return out;
    }

    /// For each sample of the batch that is judged by its mask the sample that holds it, else null.
    static std::vector<fettle::Ref<fettle::Sample>> masks_of(const fettle::Maps& maps, const fettle::Batch& batch,
                                                             std::size_t first) {
        std::vector<fettle::Ref<fettle::Sample>> out(batch.size());
        std::vector<std::size_t> wanted;
        for (std::size_t i = 0; i < batch.size(); ++i)
            if (batch.info(i).split == Split::test && batch.info(i).label == Label::anomalous)
                wanted.push_back(first + i);
        if (wanted.empty() || !maps.reference()) return out;
        const auto references = maps.reference()->read(wanted);
        for (std::size_t k = 0; k < wanted.size(); ++k) {
            const auto& sample = references->sample(k);
            const auto& pixels = sample->mask.pixels;
            if (std::any_of(pixels.begin(), pixels.end(), [](std::uint8_t v) { return v > 127; }))
                out[wanted[k] - first] = sample;
        }
        return out;
    }

    static std::string class_of(const fettle::SampleInfo& info) {
        return info.label == Label::normal ? "" : info.category;
    }

    static void keep(Kept& out, const fettle::SampleInfo& info, ImagePixels pixels) {
        if (info.split == Split::calibrate)
            out.calibration.insert(out.calibration.end(), pixels.sound.begin(), pixels.sound.end());
        if (info.split != Split::test) return;
        if (info.label == Label::unknown) return void(++out.unlabelled);
        if (info.label == Label::normal)
            ++out.normal;
        else
            ++(pixels.regions > 0 ? out.with_mask : out.without_mask);
        // One whose whole mask lies in the border that its map lacks has nothing to find.
        if (info.label != Label::normal && pixels.regions == 0) return;
        out.test.push_back(std::move(pixels));
        out.classes.push_back(class_of(info));
    }

    /// Sound calibration images aren't needed any more after it.
    std::optional<double> threshold_of(Kept& kept) const {
        auto keys = std::exchange(kept.calibration, {});
        if (keys.empty()) return {};
        return key_quantile(std::move(keys));
    }

    /// Images of one class of anomalies and all normal ones. Their pixels are moved there and back, not copied.
    fettle::Table::Row class_row(const std::string& label, const std::string& name, Kept& kept,
                                 const std::optional<double>& threshold, const fettle::Context& context) const {
        Kept part;
        part.normal = kept.normal;
        for (const auto& each : kept.lost)
            if (each.second.empty() || each.second == name) part.lost.push_back(each);
        std::vector<std::size_t> places;
        for (std::size_t i = 0; i < kept.test.size(); ++i)
            if (kept.classes[i].empty() || kept.classes[i] == name) {
                places.push_back(i);
                part.with_mask += kept.classes[i] == name;
                part.test.push_back(std::move(kept.test[i]));
            }
        auto out = row(label + ": " + name, part, threshold, context);
        for (std::size_t k = 0; k < places.size(); ++k) kept.test[places[k]] = std::move(part.test[k]);
        return out;
    }

    fettle::Table::Row row(const std::string& label, const Kept& kept, const std::optional<double>& threshold,
                           const fettle::Context& context) const {
        fettle::Table::Row out{label, {}, {}};
        std::size_t sound = 0, regions = 0;
        for (const ImagePixels& image : kept.test) sound += image.sound.size(), regions += image.regions;
        if (regions == 0 || sound == 0) {
            out.verdict = regions > 0 ? "no test image has a sound pixel: there is nothing to rank"
                                      : "no test image has a mask: there is nothing to measure";
            if (const auto missing = kept.missing(); missing.count() > 0)
                out.verdict += " (" + std::to_string(missing.count()) +
                               " left out, whose maps aren't finite, the first `" + missing.first() + "`)";
            context.warn("`" + label + "`: " + out.verdict);
            return out;
        }
        const auto ranking = evaluate::rank_pixels(kept.test, limit);
        const auto called = threshold ? std::optional(evaluate::key_above(*threshold)) : std::nullopt;
        const auto intervals = evaluate::pixel_intervals(kept.test, ranking, limit, called, draws, confidence, context);
        const auto add = [&out](const char* name, double value, const std::optional<Interval>& interval = {}) {
            out.figures.push_back({name, value, interval ? interval->low : none, interval ? interval->high : none});
        };
        add("pixel_auroc", ranking.auroc, intervals.auroc);
        add("pixel_average_precision", ranking.average_precision, intervals.average_precision);
        add("aupro", ranking.region_overlap, intervals.region_overlap);
        if (called) {
            const auto calls = evaluate::calls_from(kept.test, *called);
            add("dice", calls.dice(), intervals.dice);
            add("iou", calls.intersection_over_union(), intervals.intersection_over_union);
        }
        const std::string without_interval = evaluate::without_interval(out.figures);
        if (called) add("threshold", *threshold);
        add("images_with_mask", static_cast<double>(kept.with_mask));
        add("regions", static_cast<double>(regions));
        out.verdict = remarks(kept, called.has_value(), without_interval);
        return out;
    }

    /// Type 7 of Hyndman and Fan, as `threshold.quantile` has it, without a second copy of the pixels.
    double key_quantile(std::vector<std::uint32_t> keys) const {
        const double place = at * static_cast<double>(keys.size() - 1);
        const auto below = keys.begin() + static_cast<std::ptrdiff_t>(place);
        std::nth_element(keys.begin(), below, keys.end());
        const auto above = std::min_element(below + 1, keys.end());
        const double low = evaluate::ordered_value(*below);
        return std::lerp(low, above == keys.end() ? low : static_cast<double>(evaluate::ordered_value(*above)),
                         place - std::floor(place));
    }

    static std::string remarks(const Kept& kept, bool called, const std::string& without_interval) {
        std::string out;
        const auto say = [&out](const std::string& words) { out += (out.empty() ? "" : "; ") + words; };
        if (const auto missing = kept.missing(); missing.count() > 0) say(missing.words(judged_images, "map"));
        if (kept.without_mask > 0)
            say(std::to_string(kept.without_mask) + " anomalous test images without a mask were left out");
        if (kept.unlabelled > 0) say(std::to_string(kept.unlabelled) + " without a label were left out");
        if (kept.normal == 0) say("no normal test image: sound pixels are those beside defects");
        if (!called) say("no maps of sound calibration images: no threshold, and no Dice or IoU");
        if (kept.with_mask < 2)
            say("fewer than two images with a mask: no intervals");
        else if (!without_interval.empty())
            say("no interval of " + without_interval +
                ": redrawn sets don't differ, or too few of them hold a sound pixel; that doesn't mean that it is "
                "certain");
        return out;
    }
};

}  // namespace

void add_localisation(fettle::PluginBuilder& plugin) { plugin.add<Localisation>("evaluate.localisation"); }
