#include "filters.hpp"
#include "usual.hpp"

#include <fettle/mahalanobis.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Images;
using fettle::Ref;
using fettle::Scores;

/// Which zone a pixel belongs to, and which way the centre lies.
struct Zones {
    std::vector<int> of;  ///< per pixel, row by row
    int count = 0;
};

/// How an image's gradients are distributed, zone by zone, against how those of sound images are: a histogram of
/// gradients per zone as in N. Dalal and B. Triggs, "Histograms of oriented gradients for human detection" (CVPR 2005),
/// but of their strength; roots of shares, so that plain distances are Hellinger's (R. Arandjelovic and A. Zisserman,
/// "Three things everyone should know to improve object retrieval", CVPR 2012); the distance from sound images by how
/// those scatter (Mahalanobis, with Ledoit and Wolf's shrinkage).
struct GradientHistogram final : fettle::Stage {
    struct In {
        Ref<Images> train;
        std::vector<Ref<Images>> images;
    };
    struct Out {
        Ref<Scores> scores;
    };
    std::string zones = "grid", directions = "axes", light = "linear";
    int count = 4, bins = 8;
    double scale = 1;
    std::array<double, 2> range{0.001, 0.3};

    static void describe(fettle::Describe<GradientHistogram>& d) {
        d.summary(
             "How unusual an image's edges are, zone by zone: histograms of gradients against those of sound images.")
            .in("train", &In::train, "Sound images, which say what is usual.", fettle::learns())
            .in("images", &In::images, "The images to score; of any size.")
            .out("scores", &Out::scores, "One column: the distance from sound images, in standard deviations.", {},
                 fettle::Labels::kept)
            .param("zones", &GradientHistogram::zones,
                   "What has a histogram of its own: the cells of a \"grid\" over the image, or \"rings\" about its "
                   "centre and the corners beyond them, which don't notice that a round part is turned.",
                   fettle::one_of({"grid", "rings"}))
            .param("count", &GradientHistogram::count,
                   "Cells of the grid, across and down alike; or rings from the centre to the nearest border.",
                   fettle::between(1, 256))
            .param("directions", &GradientHistogram::directions,
                   "Which changes are told apart: across and down (\"axes\"), along and across the way to the centre "
                   "(\"radius\"), or none (\"any\").",
                   fettle::one_of({"axes", "radius", "any"}))
            .param("scale", &GradientHistogram::scale,
                   "Standard deviation of the Gaussian that gradients are taken at, in pixels.",
                   fettle::between(0.5, 32))
            .param("light", &GradientHistogram::light,
                   "Gradients of the brightness itself (\"linear\"), or of its \"logarithm\", which the strength of "
                   "the light doesn't change.",
                   fettle::one_of({"linear", "logarithm"}))
            .param("bins", &GradientHistogram::bins, "Of each histogram; a gradient counts for the nearest two.",
                   fettle::between(2, 256))
            .param("range", &GradientHistogram::range,
                   "What the first and the last bin stand for: change of brightness (black to white is 1, or in units "
                   "of the logarithm) over `scale` pixels; bins between them are even in its logarithm.",
                   fettle::above(0))
            .check(&GradientHistogram::contradiction);
    }

    std::string contradiction() const {
        if (range[0] >= range[1]) return "`range` begins with the greater number";
        constexpr int most = 2048;  // their covariance takes 32 MiB, and its inverse seconds
        const long numbers =
            long{bins} * (directions == "any" ? 1 : 2) * (zones == "grid" ? long{count} * count : count + 1);
        if (numbers > most)
            return "`count = " + std::to_string(count) + "` and `bins = " + std::to_string(bins) + "` make " +
                   std::to_string(numbers) + " numbers of an image; " + std::to_string(most) +
                   " are the most that are compared";
        return "";
    }

    Out run(const In& in, fettle::Context& context) const {
        const Ref<Images> images = fettle::join_images(in.images);
        const auto sound = texture::sound_places(*in.train, context);
        const std::size_t total = sound.size() + images->size();
        const auto usual =
            histograms(*in.train, sound, context, [&](std::size_t done) { context.progress(done, total); });
        const fettle::Mahalanobis distances(usual, /*shrink=*/true);
        if (distances.all_equal())
            throw Error(Fault::data, "the gradients of all " + std::to_string(sound.size()) +
                                         " training images are distributed alike, down to the last pixel")
                .help("look at `in.train`: is it one image, many times over, or are its images without any content?");
        std::vector<std::size_t> all(images->size());
        for (std::size_t i = 0; i < all.size(); ++i) all[i] = i;
        const auto rows =
            histograms(*images, all, context, [&](std::size_t done) { context.progress(sound.size() + done, total); });
        const auto own = texture::ids_of(*in.train, sound);
        auto out = std::make_shared<Scores>();
        out->columns.push_back({context.label(), {}});
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const fettle::SampleInfo& info = images->info(i);
            const bool is_own = info.label != fettle::Label::anomalous && own.contains(info.id);  // not it, damaged
            out->rows.push_back(info);
            out->columns.front().values.push_back(distances.distance(rows[i], is_own));
        }
        fettle::settle_missing(out->columns.front(), out->rows, context);
        return {out};
    }

   private:
    std::vector<std::vector<double>> histograms(const Images& images, const std::vector<std::size_t>& places,
                                                const fettle::Context& context,
                                                const std::function<void(std::size_t)>& done) const {
        std::vector<std::vector<double>> rows(places.size());
        texture::for_each_sample(
            images, places, context,
            [&](std::size_t place, const fettle::Sample& sample) { rows[place] = histograms_of(sample); }, done);
        return rows;
    }

    std::vector<double> histograms_of(const fettle::Sample& sample) const {
        const fettle::Image& image = sample.image;
        const Zones zone = zones_of(image.width, image.height);
        require_pixels_in_each(zone, sample);
        const texture::Gradient gradient = texture::gradient(texture::brightness(image, light), scale);
        const int kinds = directions == "any" ? 1 : 2;
        const auto stride = static_cast<std::size_t>(bins) * static_cast<std::size_t>(zone.count);
        std::vector<double> sums(stride * static_cast<std::size_t>(kinds));
        const double steps = (bins - 1) / std::log(range[1] / range[0]);
        for (int y = 0; y < image.height; ++y)
            for (int x = 0; x < image.width; ++x) {
                const auto strengths = strengths_at(gradient, x, y);
                const auto place = static_cast<std::size_t>(y) * image.width + x;
                for (int kind = 0; kind < kinds; ++kind) {
                    const double strength = std::max(strengths[kind] * scale, range[0]);
                    const double at = std::min(std::log(strength / range[0]) * steps, bins - 1.0);
                    const int below = std::min(static_cast<int>(at), bins - 2);
                    double* bin = &sums[kind * stride + static_cast<std::size_t>(zone.of[place]) * bins + below];
                    bin[0] += 1 - (at - below);
                    bin[1] += at - below;
                }
            }
        for (std::size_t first = 0; first < sums.size(); first += bins) take_roots(&sums[first]);
        return sums;
    }

    /// Of the histogram's shares.
    void take_roots(double* histogram) const {
        double sum = 0;
        for (int b = 0; b < bins; ++b) sum += histogram[b];
        for (int b = 0; b < bins; ++b) histogram[b] = std::sqrt(histogram[b] / sum);
    }

    /// How strongly brightness changes at a pixel, in each direction that is told apart.
    std::array<double, 2> strengths_at(const texture::Gradient& gradient, int x, int y) const {
        const double across = gradient.across.at<float>(y, x), down = gradient.down.at<float>(y, x);
        if (directions == "axes") return {std::abs(across), std::abs(down)};
        if (directions == "any") return {std::hypot(across, down), 0};
        const double right = x - (gradient.across.cols - 1) / 2.0, below = y - (gradient.across.rows - 1) / 2.0;
        const double radius = std::hypot(right, below);
        if (radius == 0) return {std::hypot(across, down), 0};
        return {std::abs(across * right + down * below) / radius, std::abs(down * right - across * below) / radius};
    }

    Zones zones_of(int width, int height) const {
        Zones out{std::vector<int>(static_cast<std::size_t>(width) * height),
                  zones == "grid" ? count * count : count + 1};
        for (int y = 0; y < height; ++y)
            for (int x = 0; x < width; ++x) {
                int& zone = out.of[static_cast<std::size_t>(y) * width + x];
                if (zones == "grid") {
                    zone = y * count / height * count + x * count / width;
                    continue;
                }
                const double radius = std::hypot((2 * x + 1.0 - width) / width, (2 * y + 1.0 - height) / height);
                zone = std::min(static_cast<int>(radius * count), count);
            }
        return out;
    }

    void require_pixels_in_each(const Zones& zone, const fettle::Sample& sample) const {
        std::vector<bool> filled(static_cast<std::size_t>(zone.count));
        for (const int each : zone.of) filled[static_cast<std::size_t>(each)] = true;
        if (std::find(filled.begin(), filled.end(), false) == filled.end()) return;
        const int side = std::min(sample.image.width, sample.image.height);
        throw Error(Fault::shape, "`" + sample.info.id + "` is " + std::to_string(sample.image.width) + "x" +
                                      std::to_string(sample.image.height) +
                                      ", too small for `count = " + std::to_string(count) + "`: a zone has no pixel")
            .parameter("count")
            .help("at most " + std::to_string(std::max(1, zones == "grid" ? side : side / 4)) +
                  " suit it, or give the data set a greater `size`");
    }
};

}  // namespace

void add_gradient_histogram(fettle::PluginBuilder& plugin) {
    plugin.add<GradientHistogram>("texture.gradient_histogram");
}
