#include "bootstrap.hpp"
#include "calls.hpp"
#include "labelled.hpp"
#include "promise.hpp"
#include "ranking.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace {

using evaluate::Interval;
using evaluate::Ranking;
using evaluate::Step;

/// How well anomalous images are told from normal ones: ranking by raw scores and what happens at the threshold. A
/// figure that is undefined for these samples is left out with a remark, never given a conventional value.
struct Detection final : fettle::Measure {
    double confidence = 0.95;
    int draws = 1000;
    std::vector<double> false_alarms{0.01, 0.05};

    static void describe(fettle::Describe<Detection>& d) {
        d.summary(
             "AUROC, average precision and detection at fixed false alarms of the raw scores; accuracy, precision, "
             "recall and more at the threshold; each with its interval.")
            .param("confidence", &Detection::confidence, "Of the intervals: how often they hold the true figure.",
                   fettle::between(0.5, 0.9999))
            .param("draws", &Detection::draws,
                   "How often the samples are drawn anew for the intervals that have no formula.",
                   fettle::between(100, 1e6))
            .param("false_alarms", &Detection::false_alarms,
                   "Shares of normal test images that may be called anomalous, 0 to 1: for each, how many of the "
                   "anomalous are found at the best threshold that keeps it.",
                   fettle::between(0, 1))
            .random()
            .check(&Detection::trouble);
    }

    std::string trouble() const {
        for (std::size_t k = 0; k < false_alarms.size(); ++k)
            if (std::find(false_alarms.begin(), false_alarms.begin() + static_cast<std::ptrdiff_t>(k),
                          false_alarms[k]) != false_alarms.begin() + static_cast<std::ptrdiff_t>(k))
                return "`false_alarms` holds " + fettle::Setting(false_alarms[k]).text() + " twice";
        return evaluate::too_few_draws(draws, confidence);
    }

    /// The role's, with this stage's seed, and what needs calibration scores too.
    Out run(const In& in, fettle::Context& context) const {
        Detection seeded = *this;
        seeded.seed_ = context.seed();
        seeded.context_ = &context;
        auto measures = std::make_shared<fettle::Measures>(*seeded.Measure::run(in, context).measures);
        auto judged = measures->judgements.begin();
        for (const auto& decisions : in.decisions)
            for (const fettle::Cut& cut : decisions->cuts) add_promise(*judged++, decisions->scores, cut);
        return {measures};
    }

    fettle::Judgement judge(std::span<const double> scores, const std::vector<bool>& anomalous,
                            const fettle::Cut& cut) const override {
        if (std::isnan(cut.threshold))
            throw fettle::Error(fettle::Fault::numeric, "the threshold of `" + cut.column + "` is not a number");
        for (const double score : scores)
            if (std::isnan(score))
                throw fettle::Error(fettle::Fault::numeric, "a score of `" + cut.column + "` is not a number");
        fettle::Judgement out;
        out.cut = cut;
        if (scores.empty()) {
            out.remarks.push_back("no test sample with a label: there is nothing to judge");
            return out;
        }
        const Ranking ranking(scores, anomalous);
        out.confusion = evaluate::confusion(ranking.steps(), cut.threshold);
        const Spread spread = spread_of(ranking, cut.threshold);
        add_ranking(out, ranking, spread);
        add_rates(out, spread);
        add_uncertain(out, ranking);
        return out;
    }

   private:
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();
    static constexpr std::size_t points = 50;  // of the curve of precision and recall

    /// What drawing the samples anew says.
    struct Spread {
        std::optional<Interval> average_precision, f1, mcc;
        std::vector<std::optional<Interval>> detection;
        std::vector<double> recalls;
        std::vector<std::optional<Interval>> precision;  ///< at each recall
    };

    Spread spread_of(const Ranking& ranking, double threshold) const {
        Spread out;
        out.detection.resize(false_alarms.size());
        const std::size_t wanted = std::min(points, ranking.anomalous());
        for (std::size_t i = 1; i <= wanted; ++i)
            out.recalls.push_back(static_cast<double>(i) / static_cast<double>(wanted));
        out.precision.resize(wanted);
        if (ranking.anomalous() < 2 || ranking.normal() < 2) return out;
        const std::size_t first_rate = 3, first_precision = first_rate + false_alarms.size();
        auto drawn = evaluate::redraw(
            ranking, draws, seed_, first_precision + wanted, [&](evaluate::Steps steps, std::span<double> figures) {
                if (context_ != nullptr) context_->check_stop();
                figures[0] = evaluate::average_precision(steps);
                const fettle::Confusion calls = evaluate::confusion(steps, threshold);
                figures[1] = evaluate::f1(calls);
                // Where all calls are alike they say nothing of the labels.
                figures[2] = evaluate::mcc_is_defined(calls) ? evaluate::mcc(calls) : 0;
                for (std::size_t k = 0; k < false_alarms.size(); ++k)
                    figures[first_rate + k] = evaluate::detection_at(steps, false_alarms[k]);
                const auto precision = evaluate::precision_at(steps, out.recalls);
                std::copy(precision.begin(), precision.end(), figures.begin() + first_precision);
            });
        const fettle::Confusion calls = evaluate::confusion(ranking.steps(), threshold);
        const auto bent = [&](std::size_t figure, double value, double acceleration) {
            return evaluate::accelerated(std::move(drawn[figure]), value, acceleration, confidence);
        };
        out.average_precision = bent(0, ranking.average_precision(), average_precision_acceleration(ranking));
        out.f1 = bent(1, evaluate::f1(calls), evaluate::acceleration(calls, evaluate::f1));
        if (evaluate::mcc_is_defined(calls))
            out.mcc = bent(2, evaluate::mcc(calls), evaluate::acceleration(calls, evaluate::mcc));
        for (std::size_t k = 0; k < false_alarms.size(); ++k)
            out.detection[k] = evaluate::percentile(std::move(drawn[first_rate + k]), confidence);
        for (std::size_t i = 0; i < wanted; ++i)
            out.precision[i] = evaluate::percentile(std::move(drawn[first_precision + i]), confidence);
        return out;
    }

    static std::string detection_name(double false_alarms) {
        return "detection_at_" + fettle::Setting(false_alarms).text();
    }
    static fettle::Figure figure(std::string name, double value, const std::optional<Interval>& interval) {
        return {std::move(name), value, interval ? interval->low : none, interval ? interval->high : none};
    }

    void add_ranking(fettle::Judgement& out, const Ranking& ranking, const Spread& spread) const {
        if (ranking.anomalous() == 0 || ranking.normal() == 0) {
            out.remarks.push_back(std::string("no ") + (ranking.anomalous() == 0 ? "anomalous" : "normal") +
                                  " test sample: AUROC, average precision and the ROC curve are undefined");
            return;
        }
        const double deviations = evaluate::deviations_for(confidence);
        const auto interval = ranking.auroc_interval(deviations);
        out.figures.push_back(figure("auroc", ranking.auroc(), interval));
        const auto perfect = ranking.perfect_precision_interval(deviations);
        out.figures.push_back(
            figure("average_precision", ranking.average_precision(), perfect ? perfect : spread.average_precision));
        for (std::size_t k = 0; k < false_alarms.size(); ++k) {
            const std::string name = detection_name(false_alarms[k]);
            const double rate = evaluate::detection_at(ranking.steps(), false_alarms[k]);
            const auto hits = static_cast<std::size_t>(std::llround(rate * static_cast<double>(ranking.anomalous())));
            out.figures.push_back(figure(
                name, rate,
                spread.detection[k] ? spread.detection[k] : evaluate::wilson(hits, ranking.anomalous(), deviations)));
            if (auto words = few_allowed(false_alarms[k], ranking.normal()); !words.empty())
                out.remarks.push_back(name + " allows " + words);
        }
        out.roc = ranking.roc();
        add_precision_curve(out, ranking, spread);
        if (interval && interval->high < 0.5)
            out.remarks.push_back("AUROC lies below 0.5: anomalous samples score lower than normal ones");
        if (ranking.steps().size() == 1)
            out.remarks.push_back("every test sample has the same score: the ranking figures say nothing");
    }

    /// What to say where so few false alarms are allowed that the threshold hangs on single samples; else empty.
    static std::string few_allowed(double share, std::size_t normal) {
        constexpr double few = 5;
        const double allowed = std::floor(share * static_cast<double>(normal) + 1e-9);
        if (share == 0 || allowed >= few) return "";
        const std::string of = " of " + std::to_string(normal) + " normal test samples: ";
        if (allowed < 1) return "less than one" + of + "none was allowed";
        return std::to_string(static_cast<int>(allowed)) + of + "it hangs on the few that score highest";
    }

    /// Names what has no interval, and says why.
    static void add_uncertain(fettle::Judgement& out, const Ranking& ranking) {
        const std::string names = evaluate::without_interval(out.figures);
        if (names.empty()) return;
        const bool few = ranking.anomalous() < 2 || ranking.normal() < 2;
        out.remarks.push_back("no interval of " + names + ": " +
                              (few ? "there are fewer than two samples of one kind"
                                   : "the same in every redrawn set, which doesn't mean that it is certain"));
    }

    static void add_precision_curve(fettle::Judgement& out, const Ranking& ranking, const Spread& spread) {
        fettle::Plot plot{"precision and recall", "recall", "precision", spread.recalls, {}, {}, {}};
        plot.y = evaluate::precision_at(ranking.steps(), spread.recalls);
        if (ranking.anomalous() >= 2 && ranking.normal() >= 2)
            for (std::size_t i = 0; i < plot.y.size(); ++i) {
                plot.low.push_back(spread.precision[i] ? spread.precision[i]->low : plot.y[i]);
                plot.high.push_back(spread.precision[i] ? spread.precision[i]->high : plot.y[i]);
            }
        out.plots.push_back(std::move(plot));
    }

    void add_rates(fettle::Judgement& out, const Spread& spread) const {
        const auto& [tp, fp, tn, fn] = out.confusion;
        const double deviations = evaluate::deviations_for(confidence);
        const auto add = [&](const char* name, bool defined, const auto& value, const char* why_not) {
            if (defined)
                out.figures.push_back(value());
            else
                out.remarks.push_back(std::string(why_not) + ": " + name + " is undefined");
        };
        const auto rate = [&](const char* name, std::size_t hits, std::size_t trials, const char* why_not) {
            add(
                name, trials > 0,
                [&] { return figure(name, evaluate::share(hits, trials), evaluate::wilson(hits, trials, deviations)); },
                why_not);
        };
        const fettle::Confusion& calls = out.confusion;
        rate("accuracy", tp + tn, tp + fp + tn + fn, "no samples");
        add(
            "balanced_accuracy", tp + fn > 0 && tn + fp > 0,
            [&] {
                return figure("balanced_accuracy", evaluate::balanced_accuracy(calls),
                              evaluate::balanced_accuracy_interval(calls, deviations));
            },
            "samples of one kind only");
        rate("precision", tp, tp + fp, "nothing was called anomalous");
        rate("recall", tp, tp + fn, "no anomalous sample");
        rate("specificity", tn, tn + fp, "no normal sample");
        add(
            "f1", tp + fp + fn > 0,
            [&] { return figure("f1", evaluate::f1(calls), spread.f1 ? spread.f1 : corners(calls, evaluate::f1)); },
            "no anomalous sample and no alarm");
        add(
            "mcc", evaluate::mcc_is_defined(calls),
            [&] {
                return figure("mcc", evaluate::mcc(calls), spread.mcc ? spread.mcc : corners(calls, evaluate::mcc));
            },
            "samples or calls of one kind only");
    }

    /// For a figure that drawing anew doesn't spread; none where one kind is missing.
    std::optional<Interval> corners(const fettle::Confusion& c, double (*of)(const evaluate::Calls&)) const {
        if (c.true_positive + c.false_negative == 0 || c.true_negative + c.false_positive == 0) return std::nullopt;
        return evaluate::corner_interval(c, of, evaluate::deviations_for(confidence));
    }

    /// How well the calibration scores foretold those of the normal test samples.
    void add_promise(fettle::Judgement& judged, const fettle::Scores& scores, const fettle::Cut& cut) const {
        std::vector<double> calibration, test;
        for (const auto& column : scores.columns) {
            if (column.name != cut.column) continue;
            for (std::size_t i = 0; i < scores.rows.size(); ++i) {
                const auto& [split, label] = std::pair(scores.rows[i].split, scores.rows[i].label);
                if (split == fettle::Split::calibrate && label != fettle::Label::anomalous) {
                    // `threshold.manual` looks at none of them
                    fettle::require_finite(column.values[i], column.name, scores.rows[i].id);
                    calibration.push_back(column.values[i]);
                }
                if (split == fettle::Split::test && label == fettle::Label::normal && std::isfinite(column.values[i]))
                    test.push_back(column.values[i]);
            }
        }
        if (!calibration.empty() && !test.empty())
            judged.plots.push_back(evaluate::promise(std::move(calibration), test, confidence));
    }

    std::uint64_t seed_ = 0;
    const fettle::Context* context_ = nullptr;  ///< of the run; null where only judge() is called
};

}  // namespace

void add_detection(fettle::PluginBuilder& plugin) { plugin.add<Detection>("evaluate.detection"); }
