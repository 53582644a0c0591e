#include "ranking.hpp"

#include <fettle/sdk.hpp>

#include <boost/math/distributions/normal.hpp>

#include <cmath>
#include <limits>

namespace {

using evaluate::Interval;
using evaluate::Ranking;

/// How well anomalous images are told from normal ones: ranking by raw scores (AUROC, average precision) and what
/// happens at the threshold. A figure that is undefined for these samples is left out with a remark, never given a
/// conventional value. Intervals: DeLong for AUROC, Wilson for what is a rate of independent samples.
struct Detection final : fettle::Measure {
    double confidence = 0.95;

    static void describe(fettle::Describe<Detection>& d) {
        d.summary(
             "AUROC and average precision of the raw scores; accuracy, precision, recall and more at the threshold.")
            .param("confidence", &Detection::confidence, "Of the intervals: how often they hold the true figure.",
                   fettle::between(0.5, 0.9999));
    }

    fettle::Judgement judge(std::span<const double> scores, const std::vector<bool>& anomalous,
                            const fettle::Cut& cut) const override {
        if (std::isnan(cut.threshold))
            throw fettle::Error(fettle::Fault::numeric, "the threshold of `" + cut.column + "` is not a number");
        fettle::Judgement out;
        out.cut = cut;
        for (std::size_t i = 0; i < scores.size(); ++i) {
            const bool called = scores[i] > cut.threshold;
            ++(anomalous[i] ? (called ? out.confusion.true_positive : out.confusion.false_negative)
                            : (called ? out.confusion.false_positive : out.confusion.true_negative));
        }
        if (scores.empty()) {
            out.remarks.push_back("no test sample with a label: there is nothing to judge");
            return out;
        }
        add_ranking(out, Ranking(scores, anomalous));
        add_rates(out);
        return out;
    }

   private:
    static constexpr double none = std::numeric_limits<double>::quiet_NaN();

    double deviations() const { return boost::math::quantile(boost::math::normal(), (1 + confidence) / 2); }

    void add_ranking(fettle::Judgement& out, const Ranking& ranking) const {
        if (ranking.anomalous() == 0 || ranking.normal() == 0) {
            out.remarks.push_back(std::string("no ") + (ranking.anomalous() == 0 ? "anomalous" : "normal") +
                                  " test sample: AUROC, average precision and the ROC curve are undefined");
            return;
        }
        const double area = ranking.auroc();
        const auto interval = ranking.auroc_interval(deviations());
        out.figures.push_back({"auroc", area, interval ? interval->low : none, interval ? interval->high : none});
        out.figures.push_back({"average_precision", ranking.average_precision(), none, none});
        out.roc = ranking.roc();
        if (interval && interval->high < 0.5)
            out.remarks.push_back("AUROC lies below 0.5: anomalous samples score lower than normal ones");
        if (ranking.steps().size() == 1)
            out.remarks.push_back("every test sample has the same score: the ranking figures say nothing");
        else if (ranking.anomalous() < 2 || ranking.normal() < 2)
            out.remarks.push_back("fewer than two samples of one kind: AUROC has no interval");
        else if (!interval)
            out.remarks.push_back(area == 1
                                      ? "every anomalous test sample scores above every normal one, so DeLong's "
                                        "variance is 0: AUROC has no interval, which doesn't mean that it is certain"
                                      : "DeLong's variance is 0: AUROC has no interval");
    }

    void add_rates(fettle::Judgement& out) const {
        const auto& [tp, fp, tn, fn] = out.confusion;
        const auto rate = [&](const char* name, std::size_t hits, std::size_t trials, const char* why_not) {
            if (trials == 0) {
                out.remarks.push_back(std::string(why_not) + ": " + name + " is undefined");
                return;
            }
            const auto [low, high] = evaluate::wilson(hits, trials, deviations());
            out.figures.push_back({name, share(hits, trials), low, high});
        };
        const auto plain = [&](const char* name, bool defined, double value, const char* why_not) {
            if (defined)
                out.figures.push_back({name, value, none, none});
            else
                out.remarks.push_back(std::string(why_not) + ": " + name + " is undefined");
        };
        const bool both = tp + fn > 0 && tn + fp > 0;
        rate("accuracy", tp + tn, tp + fp + tn + fn, "no samples");
        plain("balanced_accuracy", both, both ? (share(tp, tp + fn) + share(tn, tn + fp)) / 2 : none,
              "samples of one kind only");
        rate("precision", tp, tp + fp, "nothing was called anomalous");
        rate("recall", tp, tp + fn, "no anomalous sample");
        rate("specificity", tn, tn + fp, "no normal sample");
        plain("f1", tp + fp + fn > 0, share(2 * tp, 2 * tp + fp + fn), "no anomalous sample and no alarm");
        plain("mcc", both && tp + fp > 0 && tn + fn > 0, correlation(out.confusion),
              "samples or calls of one kind only");
    }

    static double share(std::size_t part, std::size_t whole) {
        return static_cast<double>(part) / static_cast<double>(whole);
    }

    /// Matthews, Biochimica et Biophysica Acta 405 (1975).
    static double correlation(const fettle::Confusion& c) {
        const auto tp = static_cast<double>(c.true_positive), fp = static_cast<double>(c.false_positive);
        const auto tn = static_cast<double>(c.true_negative), fn = static_cast<double>(c.false_negative);
        return (tp * tn - fp * fn) / (std::sqrt((tp + fp) * (tp + fn)) * std::sqrt((tn + fp) * (tn + fn)));
    }
};

}  // namespace

void add_detection(fettle::PluginBuilder& plugin) { plugin.add<Detection>("evaluate.detection"); }
