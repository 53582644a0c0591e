#include "labelled.hpp"
#include "paired.hpp"
#include "ranking.hpp"
#include "trivial.hpp"

#include <fettle/sdk.hpp>
#include <fettle/unique_ids.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

namespace {

using evaluate::distance_name;
using evaluate::Labelled;
using evaluate::Ranking;
using evaluate::Trivial;
using fettle::Error;
using fettle::Fault;
using fettle::Label;
using fettle::Split;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// What trivial scores reach on the images that metrics are judged by, and what the metrics reach where brightness
/// can't help them. A score's direction isn't chosen by labels: `auroc_departure` takes how far it lies from its mean
/// over calibration images, either way; `auroc_high` and `auroc_low` show both directions.
struct Baselines final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<fettle::Images>> images;
        std::vector<fettle::Ref<fettle::Scores>> scores;
        std::vector<fettle::Ref<fettle::Decisions>> decisions;
    };
    struct Out {
        fettle::Ref<fettle::Measures> measures;
        fettle::Ref<fettle::Scores> scores;
    };
    double reach = 0.1;
    double confidence = 0.95;

    static void describe(fettle::Describe<Baselines>& d) {
        d.summary("What trivial scores reach on the same images, and metrics on images of equal brightness.")
            .in("images", &In::images, "The images that are judged, and the calibration images as they came in.")
            .in("scores", &In::scores, "Metrics to judge again on images of equal brightness.", fettle::optional_port())
            .in("decisions", &In::decisions, "The same, of tables that have thresholds.", fettle::optional_port())
            .out("measures", &Out::measures, "A table of trivial scores, and one of metrics on matched images.")
            .out("scores", &Out::scores,
                 "Departures of trivial scores from their calibration means, a column each: higher is more anomalous, "
                 "as of any metric, to compare metrics with.")
            .param("reach", &Baselines::reach,
                   "How far the mean grey of a matched pair may differ, in standard deviations of that of all judged "
                   "images.",
                   fettle::between(0.001, 1))
            .param("confidence", &Baselines::confidence, "Of the intervals: how often they hold the true figure.",
                   fettle::between(0.5, 0.9999));
    }

    Out run(const In& in, fettle::Context& context) const {
        const auto images = fettle::join_images(in.images);
        const auto scores = score(*images, context);
        const Labelled labelled(scores->rows);
        auto measures = std::make_shared<fettle::Measures>();
        const fettle::Decisions metrics = evaluate::gathered(in.scores, in.decisions);
        measures->scores.rows = metrics.scores.rows.empty() ? scores->rows : metrics.scores.rows;
        measures->tables.push_back(of_trivial(*scores, labelled));
        if (!metrics.scores.columns.empty()) measures->tables.push_back(of_matched(*scores, labelled, metrics.scores));
        return {measures, departures(*scores)};
    }

   private:
    static std::shared_ptr<fettle::Scores> score(const fettle::Images& images, fettle::Context& context) {
        auto out = std::make_shared<fettle::Scores>();
        for (std::size_t i = 0; i < images.size(); ++i) {
            out->rows.push_back(images.info(i));
            if (out->rows.back().split == Split::train || out->rows.back().split == Split::none)
                throw Error(Fault::data, "`" + out->rows.back().id + "` is neither a calibration nor a test image")
                    .help("give the `calibrate` and `test` outputs of a split stage");
        }
        for (const char* name : Trivial::names) out->columns.push_back({name, std::vector<double>(images.size())});
        evaluate::MeanImage mean;
        fettle::for_each_batch(images, 32, [&](std::size_t first, const fettle::Batch& batch) {
            context.check_stop();
            fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) {
                if (batch.sample(i)->image.empty())
                    throw Error(Fault::data, "`" + batch.info(i).id + "` has no pixels");
                const auto values = evaluate::trivial_scores(batch.sample(i)->image).values();
                for (std::size_t c = 0; c < values.size(); ++c) out->columns[c].values[first + i] = values[c];
            });
            for (std::size_t i = 0; i < batch.size(); ++i)
                if (is_sound_calibration(batch.info(i))) mean.add(batch.sample(i)->image);
            context.progress(first + batch.size(), 2 * images.size());
        });
        add_distances(*out, images, mean, context);
        return out;
    }

    /// A column of distances, unless an image has none.
    static void add_distances(fettle::Scores& scores, const fettle::Images& images, const evaluate::MeanImage& mean,
                              fettle::Context& context) {
        if (mean.count() == 0) return;
        std::vector<double> distances(images.size());
        fettle::for_each_batch(images, 32, [&](std::size_t first, const fettle::Batch& batch) {
            context.check_stop();
            fettle::parallel_for_each_index(batch.size(), [&](std::size_t i) {
                distances[first + i] = mean.distance(batch.sample(i)->image).value_or(none);
            });
            context.progress(images.size() + first + batch.size(), 2 * images.size());
        });
        const bool all = std::none_of(distances.begin(), distances.end(), [](double d) { return std::isnan(d); });
        if (all) scores.columns.push_back({distance_name, std::move(distances)});
    }

    /// As scores that need no label to be read; none without calibration images.
    static std::shared_ptr<fettle::Scores> departures(const fettle::Scores& trivial) {
        auto out = std::make_shared<fettle::Scores>();
        out->rows = trivial.rows;
        for (const auto& column : trivial.columns) {
            const auto mean = calibration_mean(column, trivial.rows);
            if (!mean) continue;
            const bool is_departure = column.name == distance_name;
            out->columns.push_back({is_departure ? column.name : evaluate::departure_of(column.name), column.values});
            if (!is_departure)
                for (double& value : out->columns.back().values) value = std::abs(value - *mean);
        }
        return out;
    }

    static std::optional<double> calibration_mean(const fettle::Scores::Column& column,
                                                  const std::vector<fettle::SampleInfo>& rows) {
        double sum = 0;
        std::size_t count = 0;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (is_sound_calibration(rows[i])) sum += column.values[i], ++count;
        return count == 0 ? std::nullopt : std::optional(sum / static_cast<double>(count));
    }

    static bool is_sound_calibration(const fettle::SampleInfo& info) {
        return info.split == Split::calibrate && info.label != Label::anomalous;
    }

    // ---- Trivial scores ----

    fettle::Table of_trivial(const fettle::Scores& scores, const Labelled& labelled) const {
        fettle::Table out{"What trivial scores reach", "", {}};
        out.note = "AUROC on " + std::to_string(labelled.counts.anomalous) + " anomalous and " +
                   std::to_string(labelled.counts.normal) +
                   " normal test images. Departure: from the mean of sound calibration images, either way, so no label "
                   "chose the direction; high and low show both.";
        const auto calibrates =
            static_cast<std::size_t>(std::count_if(scores.rows.begin(), scores.rows.end(), is_sound_calibration));
        if (calibrates == 0)
            out.note +=
                " There are no sound calibration images, so departures and the distance to their mean are left "
                "out, and there are no scores to hand on.";
        else if (scores.columns.back().name != distance_name)
            out.note += " Images are of different sizes, so the distance to their mean is left out.";
        if (labelled.unlabelled > 0)
            out.note += " " + std::to_string(labelled.unlabelled) + " test images without a label were left out.";
        for (const auto& column : scores.columns) out.rows.push_back(trivial_row(column, scores.rows, labelled));
        return out;
    }

    fettle::Table::Row trivial_row(const fettle::Scores::Column& column, const std::vector<fettle::SampleInfo>& rows,
                                   const Labelled& labelled) const {
        fettle::Table::Row out{column.name, {}, ""};
        const auto mean = calibration_mean(column, rows);
        if (labelled.counts.anomalous == 0 || labelled.counts.normal == 0) {
            out.verdict = std::string("no ") + (labelled.counts.anomalous == 0 ? "anomalous" : "normal") +
                          " test image: AUROC is undefined";
            return out;
        }
        const auto values = labelled.scores(column, rows);
        if (column.name == distance_name) {  // is a departure
            out.figures.push_back(area("auroc_departure", values, labelled.anomalous));
            return out;
        }
        if (mean) {
            std::vector<double> apart;
            for (const double value : values) apart.push_back(std::abs(value - *mean));
            out.figures.push_back(area("auroc_departure", apart, labelled.anomalous));
        }
        const fettle::Figure high = area("auroc_high", values, labelled.anomalous);
        out.figures.push_back(high);
        out.figures.push_back({"auroc_low", 1 - high.value, 1 - high.high, 1 - high.low});
        out.verdict = std::isnan(high.low) ? "no interval"
                      : high.low > 0.5     ? "anomalous images are higher"
                      : high.high < 0.5    ? "anomalous images are lower"
                                           : "not distinguishable from chance";
        return out;
    }

    fettle::Figure area(const char* name, const std::vector<double>& scores, const std::vector<bool>& anomalous) const {
        const Ranking ranking(scores, anomalous);
        const auto interval = ranking.auroc_interval(evaluate::deviations_for(confidence));
        return {name, ranking.auroc(), interval ? interval->low : none, interval ? interval->high : none};
    }

    // ---- The control ----

    /// Metrics on pairs of an anomalous and a normal image of nearly one brightness. DeLong's interval takes the two
    /// halves for independent; matching makes them alike, which makes it too wide rather than too narrow.
    fettle::Table of_matched(const fettle::Scores& trivial, const Labelled& labelled,
                             const fettle::Scores& metrics) const {
        const auto row_of = places(metrics.rows, trivial.rows, labelled);
        const auto grey = labelled.scores(trivial.columns.front(), trivial.rows);
        std::vector<std::size_t> high, low;  // labelled samples of each kind
        std::vector<double> grey_high, grey_low;
        for (std::size_t k = 0; k < grey.size(); ++k) {
            (labelled.anomalous[k] ? high : low).push_back(k);
            (labelled.anomalous[k] ? grey_high : grey_low).push_back(grey[k]);
        }
        const auto pairs = evaluate::matched(grey_high, grey_low, reach * deviation(grey));
        fettle::Table out{"The same metrics on images of equal brightness", "", {}};
        out.note = std::to_string(pairs.size()) +
                   " pairs of an anomalous and a normal test image whose mean grey differs "
                   "by at most " +
                   fettle::Setting(reach).text() +
                   " standard deviations; nearest pairs first, each image once. What mean grey itself reaches on them "
                   "shows how well the match took it away. Over mean grey: on all images, against mean grey in the "
                   "direction that suits it best.";
        const auto add = [&](const std::string& name, const std::vector<double>& scores) {
            out.rows.push_back(matched_row(name, scores, grey, labelled, pairs, high, low));
        };
        add(trivial.columns.front().name, grey);
        for (const auto& column : metrics.columns) {
            fettle::Missing missing;
            std::vector<double> scores;
            for (const std::size_t row : row_of)
                scores.push_back(missing.holds(column.values[row], metrics.rows[row].id) ? column.values[row] : none);
            missing.require_any("the score `" + column.name + "`", labelled.words());
            add(column.name, scores);
            if (missing.count() > 0) say(out.rows.back().verdict, missing.words(labelled.words()));
        }
        return out;
    }

    fettle::Table::Row matched_row(const std::string& name, const std::vector<double>& scores,
                                   const std::vector<double>& grey, const Labelled& labelled,
                                   const std::vector<std::pair<std::size_t, std::size_t>>& pairs,
                                   const std::vector<std::size_t>& high, const std::vector<std::size_t>& low) const {
        fettle::Table::Row out{name, {}, ""};
        if (high.empty() || low.empty()) {
            out.verdict = "test images of one kind only: AUROC is undefined";
            return out;
        }
        const auto there = evaluate::known_in_both(scores, grey);  // all have a mean grey
        const Labelled scored = labelled.only(there);
        if (scored.counts.anomalous == 0 || scored.counts.normal == 0) {
            out.verdict = "test images of one kind only have a score: AUROC is undefined";
            return out;
        }
        const auto values = evaluate::chosen(scores, there);
        out.figures.push_back(area("auroc", values, scored.anomalous));
        if (&scores != &grey) out.figures.push_back(gain(values, evaluate::chosen(grey, there), scored.anomalous));
        std::vector<double> chosen;
        std::vector<bool> anomalous;
        for (const auto& [of_high, of_low] : pairs) {
            const double one = scores[high[of_high]], other = scores[low[of_low]];
            if (std::isnan(one) || std::isnan(other)) continue;
            chosen.push_back(one), anomalous.push_back(true);
            chosen.push_back(other), anomalous.push_back(false);
        }
        if (chosen.size() < 4) {
            out.verdict = "fewer than two pairs of equal brightness: the two kinds can't be matched";
            return out;
        }
        const fettle::Figure matched = area("auroc_matched", chosen, anomalous);
        out.figures.push_back(matched);
        out.figures.push_back({"pairs", static_cast<double>(chosen.size() / 2), none, none});
        if (matched.low <= 0.5 && matched.high >= 0.5)
            out.verdict = "not distinguishable from chance on matched images";
        return out;
    }

    /// How much more a metric's AUROC is than mean grey's, in the direction that suits mean grey best (labels choose
    /// it, to its favour); DeLong's paired interval.
    fettle::Figure gain(const std::vector<double>& scores, std::vector<double> grey,
                        const std::vector<bool>& anomalous) const {
        if (Ranking(grey, anomalous).auroc() < 0.5)
            for (double& value : grey) value = -value;
        const auto difference = evaluate::auroc_difference(evaluate::placements(scores, anomalous),
                                                           evaluate::placements(grey, anomalous), confidence);
        return {"auroc_over_mean_grey", difference.value, difference.interval ? difference.interval->low : none,
                difference.interval ? difference.interval->high : none};
    }

    /// The row of each labelled image in the metrics' table.
    static std::vector<std::size_t> places(const std::vector<fettle::SampleInfo>& metrics,
                                           const std::vector<fettle::SampleInfo>& images, const Labelled& labelled) {
        std::unordered_map<std::string, std::size_t> known;
        for (std::size_t i = 0; i < metrics.size(); ++i) known.emplace(metrics[i].id, i);
        std::vector<std::size_t> out;
        for (const std::size_t row : labelled.rows) {
            const auto found = known.find(images[row].id);
            if (found == known.end())
                throw Error(Fault::data, "the image `" + images[row].id + "` has no score")
                    .help("connect to `in.images` what the metrics scored: the same `calibrate` and `test` images");
            fettle::require_same_label(metrics[found->second], images[row]);
            out.push_back(found->second);
        }
        return out;
    }

    static void say(std::string& verdict, const std::string& words) {
        verdict += (verdict.empty() ? "" : "; ") + words;
    }

    static double deviation(const std::vector<double>& values) {
        double mean = 0, squares = 0;
        for (const double v : values) mean += v / static_cast<double>(values.size());
        for (const double v : values) squares += (v - mean) * (v - mean);
        return std::sqrt(squares / static_cast<double>(values.size()));
    }
};

}  // namespace

void add_baselines(fettle::PluginBuilder& plugin) { plugin.add<Baselines>("evaluate.baselines"); }
