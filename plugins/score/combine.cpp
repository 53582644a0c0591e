#include "reference.hpp"
#include "scale.hpp"

#include <fettle/mahalanobis.hpp>
#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::SampleInfo;
using fettle::Scores;
using score::is_reference;

/// Several scores as one. Metrics see different things; what they have in common is what is usual on sound
/// calibration images, and there each column's unit comes from.
struct Combine final : fettle::Stage {
    struct In {
        std::vector<fettle::Ref<Scores>> scores;
    };
    struct Out {
        fettle::Ref<Scores> scores;
    };
    std::string by = "weighted", shrink = "ledoit_wolf", name;
    std::vector<double> weights;

    static void describe(fettle::Describe<Combine>& d) {
        d.summary("Several columns of scores as one, each on the scale of its normal calibration scores.")
            .in("scores", &In::scores, "Scores; those of normal calibration samples say what is usual.",
                fettle::needs_calibration())
            .out("scores", &Out::scores, "One column.", {}, fettle::Labels::kept)
            .param(
                "by", &Combine::by,
                "How: \"weighted\" (mean of standard deviations from the mean), \"log_sum\" (the same of "
                "logarithms; calibration scores above 0), \"rank\" (mean share of calibration scores that lie below), "
                "\"mahalanobis\" (distance from the calibration scores by how they scatter together).",
                fettle::one_of({"weighted", "log_sum", "rank", "mahalanobis"}))
            .param("weights", &Combine::weights,
                   "How much each column counts, in proportion, in their order; empty: all the same.",
                   fettle::at_least(0))
            .param("shrink", &Combine::shrink,
                   "For \"mahalanobis\": whether the covariance is drawn towards a sphere where samples are few.",
                   fettle::one_of({"ledoit_wolf", "none"}))
            .param("name", &Combine::name, "The new column's name; empty: made of the way and the columns' names.")
            .check(&Combine::only_what_is_used);
    }

    std::string only_what_is_used() const {
        if (by == "mahalanobis" && !weights.empty())
            return "`weights` are not used by `by = \"mahalanobis\"`: it weighs columns by how they scatter";
        if (by != "mahalanobis" && shrink != Combine().shrink)
            return "`shrink` is read by `by = \"mahalanobis\"` alone";
        if (!weights.empty() && std::all_of(weights.begin(), weights.end(), [](double each) { return each == 0; }))
            return "`weights` needs a number above 0";
        return {};
    }

    Out run(const In& in, fettle::Context& context) const {
        Scores table = fettle::join_scores(in.scores);
        require_weights(table.columns.size());
        require_enough(table);
        for (Scores::Column& column : table.columns) {
            settle(column, table.rows);
            if (by == "log_sum") take_logarithms(column, table.rows);
        }
        auto out = std::make_shared<Scores>();
        out->columns.push_back({column_name(table), by == "mahalanobis" ? distances(table) : weighted_means(table)});
        fettle::settle_missing(out->columns.front(), table.rows, context);
        out->rows = std::move(table.rows);
        return {out};
    }

   private:
    static std::vector<double> reference_of(const Scores::Column& column, const std::vector<SampleInfo>& rows) {
        std::vector<double> out;
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (is_reference(rows[i])) out.push_back(column.values[i]);
        return out;
    }

    std::vector<double> weighted_means(const Scores& table) const {
        const double sum = weights.empty() ? static_cast<double>(table.columns.size())
                                           : std::accumulate(weights.begin(), weights.end(), 0.0);
        std::vector<double> out(table.rows.size());
        for (std::size_t c = 0; c < table.columns.size(); ++c) {
            const Scores::Column& column = table.columns[c];
            const double weight = (weights.empty() ? 1 : weights[c]) / sum;
            if (weight == 0) continue;
            const score::Scale scale(reference_of(column, table.rows), column.name);
            for (std::size_t i = 0; i < out.size(); ++i) {
                const bool own = is_reference(table.rows[i]);
                const double value = column.values[i];
                out[i] += std::isnan(value)
                              ? value  // a missing score has no rank either
                              : weight * (by == "rank" ? scale.rank(value, own) : scale.deviations(value, own));
            }
        }
        return out;
    }

    /// On columns in standard deviations: what a sphere is must not hang on their units.
    std::vector<double> distances(const Scores& table) const {
        std::vector<std::vector<double>> rows(table.rows.size()), reference;
        for (const Scores::Column& column : table.columns) {
            const score::Scale scale(reference_of(column, table.rows), column.name);
            for (std::size_t i = 0; i < rows.size(); ++i)
                rows[i].push_back(scale.deviations(column.values[i], /*own=*/false));
        }
        for (std::size_t i = 0; i < rows.size(); ++i)
            if (is_reference(table.rows[i])) reference.push_back(rows[i]);
        const fettle::Mahalanobis mahalanobis(reference, shrink == "ledoit_wolf");
        std::vector<double> out;
        for (std::size_t i = 0; i < rows.size(); ++i)
            out.push_back(mahalanobis.distance(rows[i], is_reference(table.rows[i])));
        return out;
    }

    std::string column_name(const Scores& table) const {
        if (!name.empty()) return name;
        std::string joined;
        for (const auto& column : table.columns) joined += (joined.empty() ? "" : " + ") + column.name;
        return by + " of " + joined;
    }

    void require_weights(std::size_t columns) const {
        if (weights.empty() || weights.size() == columns) return;
        throw Error(Fault::data, "`weights` has " + std::to_string(weights.size()) + " numbers, the scores have " +
                                     std::to_string(columns) + (columns == 1 ? " column" : " columns"))
            .parameter("weights")
            .help("give one number for each column, in their order");
    }

    /// Three: leaving one out must leave a deviation. A covariance of P columns takes P + 1 samples, one left out.
    void require_enough(const Scores& table) const {
        const auto count = static_cast<std::size_t>(std::count_if(table.rows.begin(), table.rows.end(), is_reference));
        const bool covariance = by == "mahalanobis" && shrink == "none";
        const std::size_t needed = covariance ? std::max<std::size_t>(3, table.columns.size() + 2) : 3;
        if (count >= needed) return;
        throw Error(Fault::data, "what is usual can't be told from " + std::to_string(count) +
                                     " normal calibration sample" + (count == 1 ? "" : "s"))
            .help("give the `calibrate` output of the split at least " + std::to_string(needed) +
                  " normal images, better a hundred");
    }

    /// What lies below all of the reference is taken for the least of it: as usual as anything is known to be. Near 0 a
    /// logarithm would outweigh whatever the other columns say, and 0 has none.
    static void take_logarithms(Scores::Column& column, const std::vector<SampleInfo>& rows) {
        double least = std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (!is_reference(rows[i])) continue;
            if (column.values[i] <= 0)
                throw Error(Fault::numeric, "the score `" + column.name + "` of `" + rows[i].id + "` is " +
                                                fettle::Setting(column.values[i]).text() + " and has no logarithm")
                    .parameter("by")
                    .help("take `by = \"weighted\"` or \"rank\" for scores that may be 0 or below");
            least = std::min(least, column.values[i]);
        }
        for (double& value : column.values)
            if (!std::isnan(value)) value = std::log(std::max(value, least));
    }

    /// A test sample may lack a score; it then has no combined one either.
    static void settle(Scores::Column& column, const std::vector<SampleInfo>& rows) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            if (std::isfinite(column.values[i])) continue;
            if (rows[i].split != fettle::Split::test) fettle::require_finite(column.values[i], column.name, rows[i].id);
            column.values[i] = std::numeric_limits<double>::quiet_NaN();
        }
    }
};

}  // namespace

void add_combine(fettle::PluginBuilder& plugin) { plugin.add<Combine>("score.combine"); }
