// Runs made of scores that a test writes down, so that what is compared is known.
#pragma once

#include "process.hpp"

#include <gmock/gmock.h>

#include <cmath>
#include <random>

namespace comparing {

using testing_fettle::Arguments;
using testing_fettle::Json;
using testing_fettle::Outcome;

struct Sample {
    std::string id;
    bool anomalous;
    double score;  ///< NaN: none
    std::string split = "test";
};

/// Scores of normal and anomalous samples that overlap; `skill` is how far apart the two lie, in deviations. Runs of
/// one `sample_seed` share what is hard about each sample.
inline std::vector<Sample> scored(std::size_t count, double skill, unsigned seed, unsigned sample_seed = 1) {
    std::mt19937 own(seed), shared(sample_seed);
    std::normal_distribution<double> difficulty, chance;
    std::vector<Sample> out;
    for (std::size_t i = 0; i < count; ++i) {
        const double hard = difficulty(shared), luck = chance(own);
        const bool anomalous = i % 3 == 0;
        out.push_back({"part/" + std::to_string(i), anomalous, hard + 0.5 * luck + (anomalous ? skill : 0)});
    }
    return out;
}

/// The same scores, each at its neighbour of the same kind: as good exactly, and different everywhere.
inline std::vector<Sample> exchanged(std::vector<Sample> samples) {
    for (std::size_t i = 0; i + 5 < samples.size(); i += 6)
        for (std::size_t k = i; k < i + 3; ++k) std::swap(samples[k].score, samples[k + 3].score);
    return samples;
}

class Runs : public testing_fettle::Workshop {
   protected:
    void write_scores(const std::string& name, const std::vector<Sample>& samples, const std::string& column) {
        std::string text = "sample,label,split,\"" + column + "\"\r\n";
        for (const Sample& each : samples)
            text += "\"" + each.id + "\"," + (each.anomalous ? "anomalous" : "normal") + "," + each.split + "," +
                    (std::isnan(each.score) ? "" : Json(each.score).dump()) + "\r\n";
        testing_fettle::write_text(folder() / (name + ".csv"), text);
    }

    /// Judges these scores; returns the run's folder.
    std::filesystem::path run(const std::string& name, const std::vector<Sample>& samples, double threshold = 0.8,
                              const std::string& column = "ssim", const std::string& graph_name = "judged") {
        write_scores(name, samples, column);
        graph(name + ".toml",
              "format = 1\n[graph]\nname = \"" + graph_name + "\"\n[stage.scores]\nuse = \"score.read\"\npath = \"" +
                  name + ".csv\"\nthresholds = [" + Json(threshold).dump() +
                  "]\n[stage.judge]\nuse = \"evaluate.detection\"\nin.decisions = [\"scores.decisions\"]\n");
        const Outcome outcome = call({"run", name + ".toml"});
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        return run_folder(outcome);
    }

    /// The data that stands in the page of a comparison.
    static Json data_of(const std::string& page) {
        const std::string open = "<script type=\"application/json\" id=\"data\">";
        const auto begin = page.find(open) + open.size();
        return Json::parse(page.substr(begin, page.find("</script>", begin) - begin));
    }
};

}  // namespace comparing
