#include <fettle/sdk.hpp>

#include <algorithm>
#include <cmath>

namespace {

/// A threshold that somebody has set. It needs no calibration samples, so its port asks for none.
struct Manual final : fettle::Threshold {
    std::vector<double> level;

    static void describe(fettle::Describe<Manual>& d) {
        d.summary("A threshold set by hand, the same whatever the scores. Needs no labels and no calibration samples.")
            .param("level", &Manual::level,
                   "The score above which an image is called anomalous, in the metric's own unit: one for all columns, "
                   "or one for each in their order.",
                   fettle::required())
            .check(&Manual::some_level);
    }

    template <class T>
    static void describe_role(fettle::Describe<T>& d) {
        d.in("scores", &In::scores, "Scores of any samples.")
            .out("decisions", &Out::decisions, "The scores with a threshold for each column.");
    }

    std::string some_level() const {
        if (level.empty()) return "`level` needs a number";
        const bool finite = std::all_of(level.begin(), level.end(), [](double each) { return std::isfinite(each); });
        return finite ? "" : "`level` must be finite";
    }

    /// Of a single column.
    double fit(const fettle::Calibration&) const override {
        require_levels(1);
        return level.front();
    }

    Out run(const In& in, fettle::Context& context) const {
        auto decisions = std::make_shared<fettle::Decisions>();
        decisions->scores = fettle::join_scores(in.scores);
        const auto& columns = decisions->scores.columns;
        require_levels(columns.size());
        for (std::size_t i = 0; i < columns.size(); ++i)
            decisions->cuts.push_back({columns[i].name, level.size() == 1 ? level[0] : level[i], context.label()});
        return {decisions};
    }

   private:
    void require_levels(std::size_t columns) const {
        if (level.size() == 1 || level.size() == columns) return;
        throw fettle::Error(fettle::Fault::data, "`level` has " + std::to_string(level.size()) +
                                                     " numbers, the scores have " + std::to_string(columns) +
                                                     (columns == 1 ? " column" : " columns"))
            .parameter("level")
            .help("give one number for all columns, or one for each");
    }
};

}  // namespace

void add_manual(fettle::PluginBuilder& plugin) { plugin.add<Manual>("threshold.manual"); }
