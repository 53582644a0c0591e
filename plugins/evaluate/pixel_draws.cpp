#include "pixel_draws.hpp"

#include "bootstrap.hpp"

#include <fettle/parallel.hpp>
#include <fettle/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>

namespace evaluate {
namespace {

/// What is called at each of some thresholds: of one image, or of a drawn set of them.
struct Curve {
    std::vector<double> sound, hits, overlap;  ///< overlap: sum over regions of the share called
    double all_sound = 0, all_hits = 0, regions = 0;
    PixelCalls calls;

    explicit Curve(std::size_t thresholds) : sound(thresholds), hits(thresholds), overlap(thresholds) {}

    void clear() {
        for (auto* values : {&sound, &hits, &overlap}) std::fill(values->begin(), values->end(), 0);
        all_sound = all_hits = regions = 0;
        calls = {};
    }
    void add(const Curve& image, double times) {
        const auto add_all = [times](std::vector<double>& to, const std::vector<double>& values) {
            for (std::size_t k = 0; k < to.size(); ++k) to[k] += times * values[k];
        };
        add_all(sound, image.sound);
        if (image.regions > 0) add_all(hits, image.hits), add_all(overlap, image.overlap);
        all_sound += times * image.all_sound, all_hits += times * image.all_hits, regions += times * image.regions;
        calls.hits += times * image.calls.hits, calls.missed += times * image.calls.missed;
        calls.false_alarms += times * image.calls.false_alarms;
    }
};

Curve curve_of(const ImagePixels& image, const std::vector<std::uint32_t>& thresholds,
               std::optional<std::uint32_t> lowest_called) {
    Curve out(thresholds.size());
    out.all_sound = static_cast<double>(image.sound.size());
    out.all_hits = static_cast<double>(image.anomalous.size());
    out.regions = static_cast<double>(image.regions);
    double overlap = 0;
    std::size_t done = 0;
    for (std::size_t k = 0; k < thresholds.size(); ++k) {
        out.sound[k] = static_cast<double>(image.sound_from(thresholds[k]));
        const std::size_t hits = image.anomalous_from(thresholds[k]);
        for (; done < hits; ++done)
            overlap += 1 / static_cast<double>(image.anomalous[image.anomalous.size() - 1 - done] & 0xFFFFFFFFu);
        out.hits[k] = static_cast<double>(hits);
        out.overlap[k] = overlap;
    }
    if (lowest_called) out.calls = calls_from({&image, 1}, *lowest_called);
    return out;
}

/// AUROC, average precision and AUPRO of what is called at the thresholds, then Dice and IoU.
std::array<double, 5> figures_of(const Curve& curve, double limit) {
    const double most_sound = limit * curve.all_sound;
    double area = 0, precision = 0, overlap = 0, sound = 0, hits = 0, shares = 0;
    const auto to = [&](double next_sound, double next_hits, double next_shares) {
        area += (next_sound - sound) * (hits + next_hits) / 2;
        if (next_hits > hits) precision += (next_hits - hits) * next_hits / (next_hits + next_sound);
        const double within = std::min(next_sound, most_sound) - sound;
        if (within > 0) overlap += within * (shares + (next_shares - shares) * within / (next_sound - sound) / 2);
        sound = next_sound, hits = next_hits, shares = next_shares;
    };
    for (std::size_t k = 0; k < curve.sound.size(); ++k) to(curve.sound[k], curve.hits[k], curve.overlap[k]);
    to(curve.all_sound, curve.all_hits, curve.regions);
    return {area / curve.all_sound / curve.all_hits, precision / curve.all_hits, overlap / most_sound / curve.regions,
            curve.calls.dice(), curve.calls.intersection_over_union()};
}

}  // namespace

PixelCalls calls_from(std::span<const ImagePixels> images, std::uint32_t lowest_called) {
    PixelCalls out;
    for (const ImagePixels& image : images) {
        const std::size_t hits = image.anomalous_from(lowest_called);
        out.hits += static_cast<double>(hits);
        out.missed += static_cast<double>(image.anomalous.size() - hits);
        out.false_alarms += static_cast<double>(image.sound_from(lowest_called));
    }
    return out;
}

PixelIntervals pixel_intervals(std::span<const ImagePixels> images, const PixelRanking& exact, double limit,
                               std::optional<std::uint32_t> lowest_called, int draws, double confidence,
                               const fettle::Context& context) {
    std::vector<std::size_t> kinds[2];
    for (std::size_t i = 0; i < images.size(); ++i) kinds[images[i].regions > 0].push_back(i);
    if (kinds[1].size() < 2) return {};
    const auto thresholds = spread_keys(images, 400);
    std::vector<Curve> curves(images.size(), Curve(thresholds.size()));
    fettle::parallel_for_each_index(images.size(),
                                    [&](std::size_t i) { curves[i] = curve_of(images[i], thresholds, lowest_called); });
    Curve whole(thresholds.size());
    for (const Curve& curve : curves) whole.add(curve, 1);
    const auto rough = figures_of(whole, limit);
    const std::array<double, 5> value{exact.auroc, exact.average_precision, exact.region_overlap, rough[3], rough[4]};

    const auto count = static_cast<std::size_t>(draws);
    std::array<std::vector<double>, 5> drawn;
    for (auto& values : drawn) values.resize(count);
    fettle::parallel_for_each_index(count, [&](std::size_t draw) {
        context.check_stop();
        std::vector<std::uint32_t> times(images.size());
        fettle::Random random(context.seed(), draw);
        for (const auto& kind : kinds)
            for (std::size_t k = 0; k < kind.size(); ++k)
                ++times[kind[static_cast<std::size_t>(random.integer(0, static_cast<int>(kind.size()) - 1))]];
        Curve set(thresholds.size());
        for (std::size_t i = 0; i < images.size(); ++i)
            if (times[i] > 0) set.add(curves[i], times[i]);
        const auto figures = figures_of(set, limit);
        for (std::size_t f = 0; f < figures.size(); ++f)
            drawn[f][draw] = std::clamp(figures[f] + value[f] - rough[f], 0.0, 1.0);
    });
    const auto interval = [&](std::size_t f) -> std::optional<Interval> {
        std::erase_if(drawn[f], [](double each) { return std::isnan(each); });  // no sound pixel was drawn
        if (!too_few_draws(static_cast<int>(drawn[f].size()), confidence).empty()) return std::nullopt;
        return percentile(std::move(drawn[f]), confidence);
    };
    PixelIntervals out{interval(0), interval(1), interval(2), {}, {}};
    if (lowest_called) out.dice = interval(3), out.intersection_over_union = interval(4);
    return out;
}

}  // namespace evaluate
