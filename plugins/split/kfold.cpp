#include "strata.hpp"

#include <fettle/sdk.hpp>

#include <cmath>

namespace {

using fettle::Error;
using fettle::Fault;
using fettle::Label;
using fettle::Split;

/// One of k ways to leave a part out: each sample is tested in exactly one fold. Run once per fold, with --set or a
/// sweep over `fold`; the division itself depends on the seed alone, so the folds of one graph fit together.
struct KFold final : fettle::Splitter {
    int folds = 5;
    int fold = 0;
    double calibrate = 0.2;
    std::string anomalous = "test";

    static void describe(fettle::Describe<KFold>& d) {
        d.summary("One fold of a k-fold cross-validation: a part tests, the others train and calibrate.")
            .param("folds", &KFold::folds, "Number of parts.", fettle::between(2, 1000))
            .param("fold", &KFold::fold, "Which part tests, from 0.", fettle::at_least(0))
            .param("calibrate", &KFold::calibrate, "Share of the sound images outside the fold that calibrates.",
                   fettle::between(0, 0.9))
            .param(
                "anomalous", &KFold::anomalous,
                "Anomalous images: they only \"test\", each in its own fold, or are also \"learned\" from outside it.",
                fettle::one_of({"test", "learned"}))
            .check(&KFold::fold_exists);
    }

    std::string fold_exists() const {
        return fold < folds ? ""
                            : "`fold` counts from 0 to " + std::to_string(folds - 1) + ", since `folds` is " +
                                  std::to_string(folds);
    }

    std::vector<Split> assign(const fettle::Images& images, fettle::Random random) const override {
        std::vector<std::size_t> known;
        for (std::size_t i = 0; i < images.size(); ++i)
            if (images.info(i).label != Label::unknown) known.push_back(i);
        if (known.size() < static_cast<std::size_t>(folds))
            throw Error(Fault::data, std::to_string(known.size()) + " labelled samples can't make " +
                                         std::to_string(folds) + " folds")
                .parameter("folds");
        std::vector<Split> splits(images.size(), Split::none);
        std::size_t offset = 0;  // so that the odd ones of every class don't all fall into fold 0
        for (const auto& kind : strata(images, known, Kind::category, random)) {
            const bool sound = images.info(kind.front()).label == Label::normal;
            std::vector<std::size_t> outside;
            for (std::size_t k = 0; k < kind.size(); ++k) {
                if ((k + offset) % static_cast<std::size_t>(folds) == static_cast<std::size_t>(fold))
                    splits[kind[k]] = Split::test;
                else if (sound || anomalous == "learned")
                    outside.push_back(kind[k]);
            }
            offset += kind.size();
            const auto to_calibrate =
                static_cast<std::size_t>(std::floor(calibrate * static_cast<double>(outside.size()) + 0.5));
            for (std::size_t k = 0; k < outside.size(); ++k)
                splits[outside[k]] = k < to_calibrate ? Split::calibrate : Split::train;
        }
        return splits;
    }
};

}  // namespace

void add_kfold(fettle::PluginBuilder& plugin) { plugin.add<KFold>("split.kfold"); }
