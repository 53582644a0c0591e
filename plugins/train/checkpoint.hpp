// Where a training stands, on disk: a run that was killed carries on from there.
#pragma once

#include "schedule.hpp"
#include "weights.hpp"

#include <fettle/sdk.hpp>

#include <cstdint>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace train {

/// What a training knows besides its tensors. Random numbers need no state: every step seeds the generator anew.
struct Progress {
    std::int64_t step = 0;              ///< batches done, over all epochs
    std::int64_t epoch = 0;             ///< epochs that are done, their figures among the curves
    std::int64_t images = 0;            ///< in this epoch's batches so far
    std::int64_t seen = 0;              ///< in all batches
    double seconds = 0;                 ///< of the training's own code, in all processes
    std::vector<double> sums;           ///< per term of the loss, over `images`, each batch weighted by its own
    std::vector<fettle::Curve> curves;  ///< a figure for each epoch that is done
    Watch watch;
    double best = std::numeric_limits<double>::infinity();  ///< lowest loss on the calibration images
    std::int64_t best_epoch = 0;                            ///< counted from 1; 0 for none yet
    std::int64_t masked = 0;                                ///< inputs in all batches whose mask showed anything
};

/// All that a checkpoint holds; restored in place.
struct State {
    torch::nn::Module& net;
    torch::optim::Optimizer& optimiser;
    std::optional<Average>& average;  ///< none where weights aren't averaged
    std::optional<Weights>& best;     ///< the weights of `Progress::best_epoch`, where they are kept
    Progress& progress;
};

/// Two files in the checkpoint folder, the newer and the one before. Each starts with a digest of the rest, so one
/// that a full disk or a crash cut short is never believed.                                      [one thread]
class Checkpoints {
   public:
    /// `architecture` and `work` (a line for each setting) say what is trained and how; a checkpoint of other work
    /// isn't used.
    Checkpoints(std::filesystem::path folder, std::string architecture, std::string work)
        : folder_(std::move(folder)), architecture_(std::move(architecture)), work_(std::move(work)) {}

    /// Writes beside and renames. Throws Error(Fault::storage); the checkpoints that were there stay.
    void write(const State& state) const;

    /// Brings everything to the newest checkpoint that is whole; false where there is none. Warns of each that had to
    /// be passed over, and says why.
    bool restore(const State& state, const fettle::Context& context) const;

   private:
    std::filesystem::path newest() const { return folder_ / "training.checkpoint"; }
    std::filesystem::path previous() const { return folder_ / "training.previous"; }

    std::filesystem::path folder_;
    std::string architecture_, work_;
};

}  // namespace train
