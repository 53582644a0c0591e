#include "bootstrap.hpp"
#include "calls.hpp"
#include "labelled.hpp"
#include "paired.hpp"
#include "trivial.hpp"

#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <optional>
#include <set>

namespace {

using evaluate::Difference;
using evaluate::Labelled;
using fettle::Error;
using fettle::Fault;

constexpr double none = std::numeric_limits<double>::quiet_NaN();

/// One of the two or more things compared: a metric, or a threshold on one.
struct Judge {
    std::string name;
    std::vector<double> scores;              ///< of the labelled samples; NaN where one is missing
    std::vector<std::size_t> order;          ///< of them, from the highest score down
    double threshold = none;                 ///< of a threshold
    std::string column, method;              ///< of a threshold
    evaluate::Placements placed{};           ///< of a metric
    std::vector<std::vector<double>> drawn;  ///< figures of the redrawn sets, by figure
    std::string lacking{};                   ///< whose scores are missing, in words; empty where none is

    bool complete() const { return lacking.empty(); }
    bool right(std::size_t sample, bool anomalous) const { return (scores[sample] > threshold) == anomalous; }
};

/// Average precision where each sample counts as often as it was drawn.
double weighted_precision(const Judge& judge, const std::vector<bool>& anomalous,
                          const std::vector<std::uint32_t>& weights) {
    double sum = 0, hits = 0, called = 0, here = 0;
    for (std::size_t k = 0; k < judge.order.size(); ++k) {
        const std::size_t i = judge.order[k];
        const double weight = weights[i];
        called += weight;
        if (anomalous[i]) hits += weight, here += weight;
        if (k + 1 < judge.order.size() && judge.scores[judge.order[k + 1]] == judge.scores[i]) continue;
        if (here > 0) sum += here * hits / called;
        here = 0;
    }
    return sum / hits;
}

fettle::Confusion weighted_calls(const Judge& judge, const std::vector<bool>& anomalous,
                                 const std::vector<std::uint32_t>& weights) {
    fettle::Confusion out;
    for (std::size_t i = 0; i < judge.scores.size(); ++i) {
        const bool called = judge.scores[i] > judge.threshold;
        (anomalous[i] ? (called ? out.true_positive : out.false_negative)
                      : (called ? out.false_positive : out.true_negative)) += weights[i];
    }
    return out;
}

/// Two judges, and what was found about them figure by figure.
struct Pair {
    std::size_t first, second;
    std::vector<std::pair<std::string, Difference>> differences{};
    std::vector<fettle::Figure> further{};
    std::optional<std::size_t> shared{};  ///< samples that both have a score of, where those aren't all
};

/// Is one metric, or one threshold, better than another, on the same test samples? Paired tests, adjusted for how many
/// there are, with the answer in words.
struct Compare final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<fettle::Scores>> scores;
        std::vector<fettle::Ref<fettle::Decisions>> decisions;
    };
    struct Out {
        fettle::Ref<fettle::Measures> measures;
    };
    double confidence = 0.95;
    int draws = 1000;
    std::string against;

    static void describe(fettle::Describe<Compare>& d) {
        d.summary("Paired tests between metrics and between thresholds on the same samples, with a verdict in words.")
            .in("scores", &In::scores,
                "Metrics to compare: every column with every other; trivial scores of `evaluate.baselines` with "
                "metrics alone.",
                fettle::optional_port())
            .in("decisions", &In::decisions,
                "Thresholds to compare, on one metric or by one method; their columns are compared as metrics too.",
                fettle::optional_port())
            .out("measures", &Out::measures, "A table of pairs, each with its differences and a verdict.")
            .param("confidence", &Compare::confidence,
                   "Of the intervals; one less it is the chance, 0 to 0.5, that any of a table's pairs is called "
                   "different in a figure by mistake. It holds for each figure of each table, not for all of them "
                   "together.",
                   fettle::between(0.5, 0.9999))
            .param("draws", &Compare::draws,
                   "How often the samples are drawn anew for the differences that have no formula.",
                   fettle::between(100, 1e6))
            .param("against", &Compare::against,
                   "A column that all others are compared with, instead of every column with every other.")
            .random()
            .check(&Compare::trouble);
    }

    std::string trouble() const { return evaluate::too_few_draws(draws, confidence); }

    Out run(const In& in, fettle::Context& context) const {
        const fettle::Decisions all = evaluate::gathered(in.scores, in.decisions);
        const Labelled labelled(all.scores.rows);
        std::vector<Judge> metrics, thresholds;
        for (const auto& column : all.scores.columns) {
            metrics.push_back({column.name, labelled.scores(column, all.scores.rows), {}});
            metrics.back().lacking = labelled.missing(metrics.back().scores, all.scores.rows).words(labelled.words());
            sort(metrics.back());
        }
        for (const fettle::Cut& cut : all.cuts) thresholds.push_back(threshold(cut, metrics));
        require(metrics, thresholds, labelled);
        redraw(metrics, thresholds, labelled, context);
        auto measures = std::make_shared<fettle::Measures>();
        measures->scores.rows = all.scores.rows;
        if (metrics.size() > 1) measures->tables.push_back(of_metrics(metrics, labelled, context));
        if (thresholds.size() > 1) {
            auto table = of_thresholds(thresholds, labelled, context);
            if (!table.rows.empty()) measures->tables.push_back(std::move(table));
        }
        return {measures};
    }

   private:
    /// Of one whose scores are all there.
    static void sort(Judge& judge) {
        if (!judge.complete()) return;
        judge.order.resize(judge.scores.size());
        std::iota(judge.order.begin(), judge.order.end(), std::size_t{0});
        std::stable_sort(judge.order.begin(), judge.order.end(),
                         [&](std::size_t a, std::size_t b) { return judge.scores[a] > judge.scores[b]; });
    }

    static Judge threshold(const fettle::Cut& cut, const std::vector<Judge>& metrics) {
        if (std::isnan(cut.threshold))
            throw Error(Fault::numeric, "the threshold of `" + cut.column + "` by " + cut.method + " is not a number");
        const auto metric =
            std::find_if(metrics.begin(), metrics.end(), [&](const Judge& each) { return each.name == cut.column; });
        Judge out{cut.column + " by " + cut.method, metric->scores, {}, cut.threshold, cut.column, cut.method};
        out.lacking = metric->lacking;
        return out;
    }

    void require(const std::vector<Judge>& metrics, const std::vector<Judge>& thresholds,
                 const Labelled& labelled) const {
        if (labelled.rows.empty())
            throw Error(Fault::data, "there is no test sample with a label to compare by")
                .help("score the `test` output of a split of labelled images");
        if (metrics.size() < 2 && thresholds.size() < 2)
            throw Error(Fault::data, "there is nothing to compare: " + std::to_string(metrics.size()) +
                                         " column of scores and " + std::to_string(thresholds.size()) + " thresholds")
                .help("connect two metrics to `in.scores`, or two thresholds to `in.decisions`");
        std::vector<std::string> names;
        for (const Judge& each : metrics) names.push_back(each.name);
        if (against.empty() || std::find(names.begin(), names.end(), against) != names.end()) return;
        std::string known;
        for (const auto& name : names) known += (known.empty() ? "`" : ", `") + name + "`";
        const auto meant = fettle::nearest(against, names);
        throw Error(Fault::data,
                    "there is no column `" + against + "`" + (meant ? "; did you mean `" + *meant + "`?" : ""))
            .parameter("against")
            .help("the columns are " + known);
    }

    static bool ranked(const Labelled& labelled) { return labelled.counts.anomalous > 1 && labelled.counts.normal > 1; }

    /// A judge on some of the samples, which has a score of each.
    static Judge part(const Judge& judge, const std::vector<std::size_t>& places) {
        Judge out = judge;
        out.lacking.clear();
        out.scores = evaluate::chosen(judge.scores, places);
        sort(out);
        return out;
    }

    /// The same redrawn sets for all of them: what is compared stays paired. Those whose scores aren't all there are
    /// left as they are: each of their pairs is drawn from the samples that both have.
    void redraw(std::vector<Judge>& metrics, std::vector<Judge>& thresholds, const Labelled& labelled,
                const fettle::Context& context) const {
        if (!ranked(labelled)) return;
        const auto count = static_cast<std::size_t>(draws);
        for (Judge& each : metrics) {
            if (each.complete()) each.placed = evaluate::placements(each.scores, labelled.anomalous);
            each.drawn.assign(1, std::vector<double>(count));
        }
        for (Judge& each : thresholds) each.drawn.assign(3, std::vector<double>(count));
        std::vector<std::size_t> kinds[2];
        for (std::size_t i = 0; i < labelled.anomalous.size(); ++i) kinds[labelled.anomalous[i]].push_back(i);
        fettle::parallel_for_each_index(count, [&](std::size_t draw) {
            context.check_stop();
            std::vector<std::uint32_t> weights(labelled.anomalous.size());
            fettle::Random random(context.seed(), draw);
            for (const auto& kind : kinds)
                for (std::size_t k = 0; k < kind.size(); ++k)
                    ++weights[kind[static_cast<std::size_t>(random.integer(0, static_cast<int>(kind.size()) - 1))]];
            for (Judge& each : metrics)
                if (each.complete()) each.drawn[0][draw] = weighted_precision(each, labelled.anomalous, weights);
            for (Judge& each : thresholds) {
                if (!each.complete()) continue;
                const auto calls = weighted_calls(each, labelled.anomalous, weights);
                each.drawn[0][draw] = evaluate::balanced_accuracy(calls);
                each.drawn[1][draw] = evaluate::f1(calls);
                each.drawn[2][draw] = evaluate::accuracy(calls);
            }
        });
    }

    Difference redrawn(const Judge& first, const Judge& second, std::size_t figure, double value) const {
        std::vector<double> differences = first.drawn[figure];
        for (std::size_t d = 0; d < differences.size(); ++d) differences[d] -= second.drawn[figure][d];
        return evaluate::redrawn_difference(value, std::move(differences), confidence);
    }

    /// compare(pair, first, second, labelled) for each pair: on all samples, or on those that both have a score of.
    template <class Compare>
    void compare_all(std::vector<Pair>& pairs, const std::vector<Judge>& judges, const Labelled& labelled,
                     bool are_metrics, const fettle::Context& context, const Compare& compare) const {
        fettle::parallel_for_each_index(pairs.size(), [&](std::size_t k) {
            const Judge &first = judges[pairs[k].first], &second = judges[pairs[k].second];
            if (first.complete() && second.complete()) compare(pairs[k], first, second, labelled);
        });
        for (Pair& pair : pairs) {
            const Judge &first = judges[pair.first], &second = judges[pair.second];
            if (first.complete() && second.complete()) continue;
            const auto places = evaluate::known_in_both(first.scores, second.scores);
            pair.shared = places.size();
            std::vector<Judge> both{part(first, places), part(second, places)}, others;
            const Labelled some = labelled.only(places);
            are_metrics ? redraw(both, others, some, context) : redraw(others, both, some, context);
            compare(pair, both[0], both[1], some);
        }
    }

    fettle::Table of_metrics(const std::vector<Judge>& metrics, const Labelled& labelled,
                             const fettle::Context& context) const {
        // Beside metrics, trivial scores needn't be told from each other: each pair more makes the rest harder to tell.
        const auto is_trivial = [](const Judge& each) { return evaluate::is_trivial(each.name); };
        const bool any_metric = !std::all_of(metrics.begin(), metrics.end(), is_trivial);
        const auto is_compared = [&](const Judge& first, const Judge& second) {
            if (!against.empty()) return first.name == against || second.name == against;
            return !any_metric || !is_trivial(first) || !is_trivial(second);
        };
        std::vector<Pair> pairs;
        for (std::size_t a = 0; a < metrics.size(); ++a)
            for (std::size_t b = a + 1; b < metrics.size(); ++b)
                if (is_compared(metrics[a], metrics[b]))
                    pairs.push_back(metrics[b].name == against ? Pair{b, a} : Pair{a, b});
        compare_all(pairs, metrics, labelled, /*are_metrics=*/true, context,
                    [this](auto&&... each) { compare_rankings(each...); });
        return table("Metrics compared", metrics, std::move(pairs), labelled,
                     "AUROC by DeLong's paired test, average precision by drawing the samples anew");
    }

    void compare_rankings(Pair& pair, const Judge& first, const Judge& second, const Labelled& labelled) const {
        if (!ranked(labelled)) return;
        const std::vector<std::uint32_t> once(labelled.rows.size(), 1);
        pair.differences.emplace_back("auroc", evaluate::auroc_difference(first.placed, second.placed, confidence));
        const double precision =
            weighted_precision(first, labelled.anomalous, once) - weighted_precision(second, labelled.anomalous, once);
        pair.differences.emplace_back("average_precision", redrawn(first, second, 0, precision));
    }

    fettle::Table of_thresholds(const std::vector<Judge>& thresholds, const Labelled& labelled,
                                const fettle::Context& context) const {
        std::vector<Pair> pairs;
        for (std::size_t a = 0; a < thresholds.size(); ++a)
            for (std::size_t b = a + 1; b < thresholds.size(); ++b) {
                const Judge &first = thresholds[a], &second = thresholds[b];
                if (first.column != second.column && first.method != second.method) continue;
                if (!against.empty() && first.column != against && second.column != against) continue;
                pairs.push_back({a, b});
            }
        compare_all(pairs, thresholds, labelled, /*are_metrics=*/false, context,
                    [this](auto&&... each) { compare_calls(each...); });
        return table("Thresholds compared", thresholds, std::move(pairs), labelled,
                     "accuracy by McNemar's exact test, balanced accuracy and F1 by drawing the samples anew; pairs on "
                     "one metric or by one method");
    }

    void compare_calls(Pair& pair, const Judge& first, const Judge& second, const Labelled& labelled) const {
        if (labelled.rows.empty()) return;
        std::size_t only_first = 0, only_second = 0;
        for (std::size_t i = 0; i < labelled.anomalous.size(); ++i) {
            const bool one = first.right(i, labelled.anomalous[i]), other = second.right(i, labelled.anomalous[i]);
            only_first += one && !other;
            only_second += other && !one;
        }
        Difference accuracy{(static_cast<double>(only_first) - static_cast<double>(only_second)) /
                                static_cast<double>(labelled.rows.size()),
                            {},
                            evaluate::mcnemar(only_first, only_second)};
        if (ranked(labelled)) accuracy.interval = redrawn(first, second, 2, accuracy.value).interval;
        pair.differences.emplace_back("accuracy", accuracy);
        pair.further = {{"only_first_right", static_cast<double>(only_first), none, none},
                        {"only_second_right", static_cast<double>(only_second), none, none}};
        if (!ranked(labelled)) return;
        const std::vector<std::uint32_t> once(labelled.rows.size(), 1);
        const auto one = weighted_calls(first, labelled.anomalous, once);
        const auto other = weighted_calls(second, labelled.anomalous, once);
        const auto add = [&](const char* name, std::size_t figure, double (*of)(const fettle::Confusion&)) {
            pair.differences.emplace_back(name, redrawn(first, second, figure, of(one) - of(other)));
        };
        add("balanced_accuracy", 0, evaluate::balanced_accuracy);
        add("f1", 1, evaluate::f1);
    }

    /// Adjusts each figure's tests for all pairs and says in words what they mean.
    fettle::Table table(const char* title, const std::vector<Judge>& judges, std::vector<Pair> pairs,
                        const Labelled& labelled, const std::string& tests) const {
        fettle::Table out;
        out.title = title;
        out.note = "The first one's figure less the second one's, on " + std::to_string(labelled.counts.anomalous) +
                   " anomalous and " + std::to_string(labelled.counts.normal) + " normal test samples: " + tests +
                   ". Each p is adjusted for the number of pairs by Holm's method; intervals are not.";
        if (labelled.unlabelled > 0)
            out.note += " " + std::to_string(labelled.unlabelled) + " test sample" +
                        (labelled.unlabelled == 1 ? "" : "s") + " without a label " +
                        (labelled.unlabelled == 1 ? "was" : "were") + " left out.";
        std::set<std::string> said;
        for (const Judge& each : judges) {
            const std::string& column = each.column.empty() ? each.name : each.column;
            if (!each.complete() && said.insert(column).second) out.note += " `" + column + "`: " + each.lacking + ".";
        }
        if (!said.empty()) out.note += " Each pair is compared on the samples that both have a score of.";
        if (!ranked(labelled)) out.note += " Fewer than two samples of one kind: what needs both is left out.";
        std::size_t figures = 0;  // a pair on few samples has the first ones alone
        for (const Pair& pair : pairs) figures = std::max(figures, pair.differences.size());
        for (std::size_t f = 0; f < figures; ++f) {
            std::vector<std::optional<double>> p;
            for (const Pair& pair : pairs)
                p.push_back(f < pair.differences.size() ? pair.differences[f].second.p : std::nullopt);
            p = evaluate::holm(p);
            for (std::size_t k = 0; k < pairs.size(); ++k)
                if (f < pairs[k].differences.size()) pairs[k].differences[f].second.p = p[k];
        }
        for (const Pair& pair : pairs) out.rows.push_back(row(pair, judges));
        return out;
    }

    fettle::Table::Row row(const Pair& pair, const std::vector<Judge>& judges) const {
        const std::string &first = judges[pair.first].name, &second = judges[pair.second].name;
        fettle::Table::Row out{"`" + first + "` against `" + second + "`", {}, ""};
        for (const auto& [name, difference] : pair.differences) {
            out.figures.push_back({name + "_difference", difference.value,
                                   difference.interval ? difference.interval->low : none,
                                   difference.interval ? difference.interval->high : none});
            if (difference.p) out.figures.push_back({name + "_p", *difference.p, none, none});
        }
        out.figures.insert(out.figures.end(), pair.further.begin(), pair.further.end());
        if (pair.shared) out.figures.push_back({"shared_samples", static_cast<double>(*pair.shared), none, none});
        out.verdict = verdict(pair, first, second);
        return out;
    }

    std::string verdict(const Pair& pair, const std::string& first, const std::string& second) const {
        std::string better_first, better_second, alike, untested;
        for (const auto& [name, difference] : pair.differences) {
            const bool sure = difference.p && *difference.p < 1 - confidence;
            std::string& list = !difference.p          ? untested
                                : !sure                ? alike
                                : difference.value > 0 ? better_first
                                                       : better_second;
            list += (list.empty() ? "" : ", ") + name;
        }
        if (pair.differences.empty()) return "can't be compared: samples of both kinds are needed";
        if (better_first.empty() && better_second.empty() && untested.empty()) return "not distinguishable";
        std::string out;
        const auto say = [&out](const std::string& words, const std::string& figures) {
            if (!figures.empty()) out += (out.empty() ? "" : "; ") + words + " by " + figures;
        };
        say("`" + first + "` is better", better_first);
        say("`" + second + "` is better", better_second);
        say("not distinguishable", alike);
        say("no spread to judge", untested);
        return out;
    }
};

}  // namespace

void add_compare(fettle::PluginBuilder& plugin) { plugin.add<Compare>("evaluate.compare"); }
