// A small training that is interrupted, damaged and repeated: graphs/training.toml.
#pragma once

#include "process.hpp"

#include <gmock/gmock.h>

namespace testing_fettle {

class Training : public Workshop {
   protected:
    static std::string graph_file() { return FETTLE_SOURCE_FOLDER "/tests/faults/graphs/training.toml"; }

    /// `fettle run` of the training.
    Launch training(Arguments more = {}, const std::string& cache = "cache") const {
        Arguments arguments{"run", graph_file(), "--threads", threads};
        arguments.insert(arguments.end(), more.begin(), more.end());
        return fettle(arguments, cache);
    }
    std::string threads = "2";
    fs::path runs() const { return folder() / "runs/training"; }

    /// What a run that nothing disturbed finds, in a cache of its own.
    Findings undisturbed(Arguments more = {}) {
        more.insert(more.end(), {"--output", "undisturbed-runs"});
        const Outcome outcome = call(training(std::move(more), "undisturbed"));
        EXPECT_EQ(outcome.status, 0) << outcome.err;
        const Findings findings = findings_of(run_folder(outcome));
        EXPECT_FALSE(findings.scores.empty());
        EXPECT_EQ(findings.networks.count("train/network.pt"), 1);
        return findings;
    }
};

/// The step that the last event of this kind in a run's journal tells of: "after step 12 of 160"; 0 where none does.
inline int last_step(const std::string& event, const fs::path& run) {
    int step = 0;
    for (const Json& each : journal_of(run))
        if (each.at("event") == event) step = std::stoi(each.at("text").get<std::string>().substr(11));
    return step;
}

}  // namespace testing_fettle
