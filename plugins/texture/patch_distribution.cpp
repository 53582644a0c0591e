#include "cells.hpp"
#include "filters.hpp"
#include "usual.hpp"

#include <fettle/parallel.hpp>
#include <fettle/planes.hpp>

#include <opencv2/imgproc.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Images;
using fettle::Maps;
using fettle::Plane;
using fettle::Ref;
using fettle::SampleInfo;
using texture::Cells;

/// What a surface looks like at each cell of a grid.
struct Features {
    std::array<int, 2> cells{32, 32};
    std::vector<double> scales{1, 2, 4};
    std::string light = "linear";
    bool level = true;

    std::size_t cell_count() const { return static_cast<std::size_t>(cells[0]) * cells[1]; }
    /// Numbers per cell.
    std::size_t count() const { return 4 * scales.size() + (level ? 1 : 0); }

    /// cell_count() x count(), row by row.                                            [any thread, concurrent]
    std::vector<float> of(const fettle::Sample& sample) const {
        require_size(sample);
        const cv::Mat values = texture::brightness(sample.image, light);
        std::vector<float> out(cell_count() * count());
        std::size_t next = 0;
        const auto put = [&](const cv::Mat& plane) {
            cv::Mat means;  // of the pixels that a cell covers, in part or whole
            cv::resize(plane, means, {cells[0], cells[1]}, 0, 0, cv::INTER_AREA);
            for (std::size_t cell = 0; cell < cell_count(); ++cell)
                out[cell * count() + next] = means.at<float>(static_cast<int>(cell));
            ++next;
        };
        for (const double scale : scales) {
            const texture::Gradient gradient = texture::gradient(values, scale);
            put(logarithm_of_strength(gradient.across, scale));
            put(logarithm_of_strength(gradient.down, scale));
            const cv::Mat raised = texture::smoothed(values, 1.6 * scale) - texture::smoothed(values, scale);
            put(cv::max(raised, 0));  // dark spots and lines
            put(cv::max(-raised, 0));
        }
        if (level) {
            cv::Mat smooth = texture::smoothed(values, 2);
            put(smooth - median(smooth));
        }
        return out;
    }

   private:
    static cv::Mat logarithm_of_strength(const cv::Mat& slope, double scale) {
        constexpr double still = 1e-3;  // a quarter of a grey level: below it there is nothing but rounding
        cv::Mat out;
        cv::log(cv::abs(slope) * scale + still, out);
        return out;
    }

    static double median(const cv::Mat& values) {
        std::vector<float> sorted(values.begin<float>(), values.end<float>());
        const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
        std::nth_element(sorted.begin(), middle, sorted.end());
        return *middle;
    }

    void require_size(const fettle::Sample& sample) const {
        const fettle::Image& image = sample.image;
        if (image.width >= cells[0] && image.height >= cells[1]) return;
        throw Error(Fault::shape, "`" + sample.info.id + "` is " + std::to_string(image.width) + "x" +
                                      std::to_string(image.height) + ", smaller than `cells`, " +
                                      std::to_string(cells[0]) + "x" + std::to_string(cells[1]))
            .parameter("cells")
            .help("take at most [" + std::to_string(image.width) + ", " + std::to_string(image.height) +
                  "], or give the data set a greater `size`");
    }
};

class PatchMaps final : public Maps {
   public:
    PatchMaps(Ref<Images> images, Features features, std::shared_ptr<const Cells> usual, std::string label)
        : images_(std::move(images)),
          features_(std::move(features)),
          usual_(std::move(usual)),
          label_(std::move(label)) {}

    std::size_t size() const override { return images_->size(); }
    const SampleInfo& info(std::size_t index) const override { return images_->info(index); }
    std::size_t block() const override { return images_->block(); }
    bool varies() const override { return images_->varies(); }
    std::string label() const override { return label_; }
    Ref<Images> reference() const override { return images_; }
    Ref<Images> candidate() const override { return images_; }

    Ref<fettle::Batch> read(std::span<const std::size_t> indices, std::uint32_t round) const override {
        const auto batch = images_->read(indices, round);
        std::vector<SampleInfo> infos;
        for (std::size_t k = 0; k < indices.size(); ++k) infos.push_back(batch->info(k));
        std::vector<std::shared_ptr<const Plane>> rows(indices.size());
        fettle::parallel_for_each_index(
            indices.size(), [&](std::size_t k) { rows[k] = std::make_shared<Plane>(map_of(*batch->sample(k))); });
        return std::make_shared<fettle::Batch>(std::move(infos), std::make_shared<fettle::PlanePart>(std::move(rows)));
    }

   private:
    /// As large as the image, bilinear between the cells' centres.
    Plane map_of(const fettle::Sample& sample) const {
        std::vector<float> distances = usual_->distances(features_.of(sample));
        const cv::Mat coarse(features_.cells[1], features_.cells[0], CV_32F, distances.data());
        Plane out{sample.image.width, sample.image.height, {}};
        out.values.resize(static_cast<std::size_t>(out.width) * out.height);
        cv::Mat fine(out.height, out.width, CV_32F, out.values.data());
        cv::resize(coarse, fine, fine.size(), 0, 0, cv::INTER_LINEAR);
        return out;
    }

    Ref<Images> images_;
    Features features_;
    std::shared_ptr<const Cells> usual_;
    std::string label_;
};

/// Where an image doesn't look as sound ones do at that place. What PaDiM takes from a network trained on other
/// pictures are filters here: at each scale the strength of changes across and down, and how far a spot is darker or
/// brighter than what surrounds it; and how bright a place is beside the whole image.
struct PatchDistribution final : fettle::Stage {
    struct In {
        Ref<Images> train;
        std::vector<Ref<Images>> images;
    };
    struct Out {
        Ref<Maps> maps;
    };

    std::array<int, 2> cells = Features{}.cells;
    std::vector<double> scales = Features{}.scales;
    std::string light = Features{}.light;
    bool level = Features{}.level;
    double shrink = 0.1;

    static void describe(fettle::Describe<PatchDistribution>& d) {
        d.summary(
             "Maps of how unusual each place is: features of its surroundings against those of sound images there.")
            .in("train", &In::train, "Sound images of things that lie alike, which say what is usual at each place.",
                fettle::learns())
            .in("images", &In::images, "The images to look at; of any size.")
            .out("maps", &Out::maps, "Distance from what is usual at that place, in standard deviations.", {},
                 fettle::Labels::kept)
            .param("cells", &PatchDistribution::cells, "Places across and down.", fettle::between(1, 1024))
            .param("scales", &PatchDistribution::scales, "Standard deviations of the filters, in pixels; one at least.",
                   fettle::between(0.5, 64))
            .param(
                "light", &PatchDistribution::light,
                "Filters see the brightness itself (\"linear\"), or its \"logarithm\", whose changes the strength of "
                "the light doesn't change.",
                fettle::one_of({"linear", "logarithm"}))
            .param("level", &PatchDistribution::level,
                   "Whether it counts how bright a place is, beside the image's median.")
            .param("shrink", &PatchDistribution::shrink,
                   "How much of each place's covariance is taken from the mean of all places: more for fewer images.",
                   fettle::between(0, 1))
            .check(&PatchDistribution::contradiction);
    }

    std::string contradiction() const { return scales.empty() ? "`scales` is empty: it needs one at least" : ""; }

    Out run(const In& in, fettle::Context& context) const {
        const Ref<Images> images = fettle::join_images(in.images);
        const Features wanted{cells, scales, light, level};
        const auto sound = texture::sound_places(*in.train, context);
        auto usual = std::make_shared<Cells>(wanted.cell_count(), wanted.count());
        std::vector<std::vector<float>> waiting(sound.size());
        texture::for_each_sample(
            *in.train, sound, context,
            [&](std::size_t place, const fettle::Sample& sample) { waiting[place] = wanted.of(sample); },
            [&](std::size_t done) {
                while (usual->count() < done) {  // in order, whatever the threads
                    std::vector<float>& next = waiting[usual->count()];
                    usual->add(next);
                    next = {};
                }
                context.progress(done, sound.size());
            });
        if (!usual->fit(shrink))
            throw Error(Fault::data,
                        "all " + std::to_string(sound.size()) + " training images look the same everywhere")
                .help("look at `in.train`: is it one image, many times over?");
        warn_of_own(*images, texture::ids_of(*in.train, sound), context);
        return {std::make_shared<PatchMaps>(images, wanted, usual, context.label())};
    }

   private:
    static void warn_of_own(const Images& images, const std::unordered_set<std::string>& own,
                            const fettle::Context& context) {
        std::size_t count = 0;
        for (std::size_t i = 0; i < images.size(); ++i)
            count += images.info(i).label != fettle::Label::anomalous && own.contains(images.info(i).id);
        if (count > 0)
            context.warn(std::to_string(count) +
                         " of the images are among those that said what is usual: they look more usual than new ones");
    }
};

}  // namespace

void add_patch_distribution(fettle::PluginBuilder& plugin) {
    plugin.add<PatchDistribution>("texture.patch_distribution");
}
