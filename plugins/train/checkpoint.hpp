// Where a training stands, on disk: a run that was killed carries on from there.
#pragma once

#include <fettle/sdk.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace train {

/// What a training knows besides the network and the optimiser.
struct Progress {
    std::int64_t step = 0;       ///< batches done, over all epochs
    double loss_sum = 0;         ///< of this epoch's batches so far, each weighted by its images
    std::int64_t images = 0;     ///< in them
    std::vector<double> losses;  ///< mean loss of each epoch that is done
};

/// Two files in the checkpoint folder, the newer and the one before. Each starts with a digest of the rest, so one
/// that a full disk or a crash cut short is never believed.                                      [one thread]
class Checkpoints {
   public:
    /// `work` says what is trained and how; a checkpoint of other work isn't used.
    Checkpoints(std::filesystem::path folder, std::string work) : folder_(std::move(folder)), work_(std::move(work)) {}

    /// Writes beside and renames. Throws Error(Fault::storage); the checkpoints that were there stay.
    void write(const torch::nn::Module& net, const torch::optim::Optimizer& optimizer, const Progress& progress) const;

    /// Brings all three to the newest checkpoint that is whole; false where there is none. Warns of each that had
    /// to be passed over.
    bool restore(torch::nn::Module& net, torch::optim::Optimizer& optimizer, Progress& progress,
                 const fettle::Context& context) const;

   private:
    std::filesystem::path newest() const { return folder_ / "training.checkpoint"; }
    std::filesystem::path previous() const { return folder_ / "training.previous"; }

    std::filesystem::path folder_;
    std::string work_;
};

}  // namespace train
