#include "moments.hpp"
#include "reference.hpp"

#include <fettle/ahead.hpp>
#include <fettle/parallel.hpp>
#include <fettle/planes.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Maps;
using fettle::Plane;
using fettle::Ref;
using fettle::SampleInfo;
using score::is_reference;
using score::Moments;

std::string sides(const Plane& plane) { return std::to_string(plane.width) + "x" + std::to_string(plane.height); }

/// What is usual at each pixel.
class Usual {
   public:
    /// Adds a map; all must be of one size.
    void add(const Plane& plane, const SampleInfo& info) {
        if (count_ == 0) {
            shape_ = {plane.width, plane.height, {}};
            first_ = info.id;
            pixels_.resize(plane.values.size());
        }
        require_shape(plane, info);
        ++count_;
        fettle::parallel_for_each_index(static_cast<std::size_t>(plane.height), [&](std::size_t y) {
            const auto width = static_cast<std::size_t>(plane.width);
            for (std::size_t i = y * width; i < (y + 1) * width; ++i) pixels_[i].add(plane.values[i], count_);
        });
    }

    /// To be called once all were added: no pixel's deviation is taken for less than `floor` times what is typical.
    void set_floor(double floor) {
        double squares = 0;
        for (const Moments& pixel : pixels_) squares += pixel.squares;
        const double typical =
            std::sqrt(squares / static_cast<double>(count_ - 1) / static_cast<double>(pixels_.size()));
        if (typical == 0)
            throw Error(Fault::data, "all " + std::to_string(count_) + " calibration maps are equal")
                .help("look at the maps: a metric that is the same for every image can't be used");
        lowest_ = floor * typical;
    }

    /// In deviations from the mean. A map that was among those added is compared with all the others: by itself it
    /// would look more usual than a new one does.
    Plane standardised(Plane plane, const SampleInfo& info) const {
        require_shape(plane, info);
        const bool own = is_reference(info);
        for (std::size_t i = 0; i < plane.values.size(); ++i) {
            const double value = plane.values[i];
            const Moments usual = own ? pixels_[i].without(value, count_) : pixels_[i];
            const double deviation = std::max(usual.deviation(own ? count_ - 1 : count_), lowest_);
            plane.values[i] = static_cast<float>((value - usual.mean) / deviation);
        }
        return plane;
    }

    std::size_t count() const { return count_; }

   private:
    void require_shape(const Plane& plane, const SampleInfo& info) const {
        if (plane.width == shape_.width && plane.height == shape_.height) return;
        throw Error(Fault::shape,
                    "the map of `" + info.id + "` is " + sides(plane) + ", that of `" + first_ + "` " + sides(shape_))
            .help(
                "what is usual at a pixel takes maps of one size: bring the images to one with the data set's "
                "`size` or a `transform.resize`");
    }

    Plane shape_;  ///< without values
    std::string first_;
    std::size_t count_ = 0;
    double lowest_ = 0;
    std::vector<Moments> pixels_;
};

class StandardisedMaps final : public Maps {
   public:
    StandardisedMaps(Ref<Maps> maps, std::shared_ptr<const Usual> usual, std::string label)
        : maps_(std::move(maps)), usual_(std::move(usual)), label_(std::move(label)) {}

    std::size_t size() const override { return maps_->size(); }
    const SampleInfo& info(std::size_t index) const override { return maps_->info(index); }
    std::size_t block() const override { return maps_->block(); }
    bool varies() const override { return maps_->varies(); }
    std::string label() const override { return label_; }
    Ref<fettle::Images> reference() const override { return maps_->reference(); }
    Ref<fettle::Images> candidate() const override { return maps_->candidate(); }

    Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto batch = maps_->read(indices, round);
        std::vector<SampleInfo> infos;
        for (const std::size_t i : indices) infos.push_back(info(i));
        std::vector<std::shared_ptr<const Plane>> rows(indices.size());
        fettle::parallel_for_each_index(indices.size(), [&](std::size_t k) {
            rows[k] = std::make_shared<Plane>(usual_->standardised(batch->plane(k), infos[k]));
        });
        return std::make_shared<fettle::Batch>(std::move(infos), std::make_shared<fettle::PlanePart>(std::move(rows)));
    }

   private:
    Ref<Maps> maps_;
    std::shared_ptr<const Usual> usual_;
    std::string label_;
};

/// Each pixel in standard deviations from what it is on sound calibration images: where an edge or a texture always
/// differs a little, differing a little means nothing.
struct Standardise final : fettle::Stage {
    struct In {
        Ref<Maps> maps;
    };
    struct Out {
        Ref<Maps> maps;
    };
    double floor = 0.1;

    static void describe(fettle::Describe<Standardise>& d) {
        d.summary("Maps in standard deviations from the mean of normal calibration maps, pixel by pixel.")
            .in("maps", &In::maps, "Maps of one size; those of normal calibration samples say what is usual.",
                fettle::needs_calibration())
            .out("maps", &Out::maps, "The same maps, each pixel less its mean, over its deviation.", {},
                 fettle::Labels::kept)
            .param("floor", &Standardise::floor,
                   "The least deviation a pixel is taken to have, as a share of the deviation typical of all pixels "
                   "(their root mean square).",
                   fettle::between(0, 1) & fettle::above(0));
    }

    Out run(const In& in, fettle::Context& context) const {
        const Maps& maps = *in.maps;
        std::vector<std::size_t> chosen;
        for (std::size_t i = 0; i < maps.size(); ++i)
            if (is_reference(maps.info(i))) chosen.push_back(i);
        require_enough(chosen.size(), context);
        auto usual = std::make_shared<Usual>();
        const auto read = [&](std::size_t first, std::size_t count) {
            return maps.read(std::span(chosen).subspan(first, std::min(count, chosen.size() - first)));
        };
        const auto look_at = [&](const fettle::Batch& batch) {
            context.check_stop();
            for (std::size_t k = 0; k < batch.size(); ++k) {
                const Plane map = batch.plane(k);
                fettle::can_be_scored(map, batch.info(k), maps.label());  // of calibration: throws where it can't
                usual->add(map, batch.info(k));
            }
            context.progress(usual->count(), chosen.size());
        };
        // Two batches at a time, one looked at and one being made, within what the runtime allows; how large maps are,
        // the first ones tell.
        const std::size_t limit = fettle::AheadLimit::bytes(),
                          least = std::max(maps.block(), static_cast<std::size_t>(context.threads()));
        std::size_t each = 1;
        {
            const auto some = read(0, least);
            look_at(*some);
            each = std::max<std::size_t>(1, some->bytes() / some->size());
        }
        const std::size_t first = usual->count(), left = chosen.size() - first;
        const std::size_t step = std::clamp(limit / 2 / each, least, std::max<std::size_t>(32, least));
        fettle::Lookahead<Ref<fettle::Batch>> next((left + step - 1) / step, limit / each / step < 2 ? 0 : 1,
                                                   [&](std::size_t k) { return read(first + k * step, step); });
        while (usual->count() < chosen.size()) look_at(*next.take());
        usual->set_floor(floor);
        return {std::make_shared<StandardisedMaps>(in.maps, usual, maps.label() + " " + context.label())};
    }

   private:
    static void require_enough(std::size_t count, const fettle::Context& context) {
        constexpr std::size_t fewest = 3, few = 20;  // leaving one out must leave a deviation
        if (count < fewest)
            throw Error(Fault::data, "what is usual can't be told from " + std::to_string(count) +
                                         " normal calibration map" + (count == 1 ? "" : "s"))
                .help("give the `calibrate` output of the split at least " + std::to_string(fewest) +
                      " normal images, better a hundred");
        if (count >= few) return;
        // The relative standard error of a standard deviation, of normally distributed values.
        const double error = 1 / std::sqrt(2 * static_cast<double>(count - 1));
        context.warn("each pixel's deviation is told from " + std::to_string(count) +
                     " calibration maps and is wrong by about " + std::to_string(std::lround(100 * error)) + " %; " +
                     std::to_string(few) + " make it 16 %");
    }
};

}  // namespace

void add_standardise(fettle::PluginBuilder& plugin) { plugin.add<Standardise>("score.standardise"); }
