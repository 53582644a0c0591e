// Training by gradient descent: the loop that all trainers share.
#pragma once

#include "calibration.hpp"
#include "checkpoint.hpp"
#include "optimiser.hpp"
#include "task.hpp"
#include "trouble.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace train {

/// One run of a training. Everything given outlives it.                                        [one thread]
class Loop {
   public:
    /// Throws Error where the inputs contradict each other or the recipe.
    Loop(const Recipe& recipe, const Task& task, const fettle::Trainer::In& in, fettle::Context& context);

    /// Trains, from a checkpoint where there is one.
    fettle::Network run();

   private:
    using Clock = std::chrono::steady_clock;

    std::shared_ptr<torch::nn::Module> fresh_net() const;
    void prepare();
    void limit_lookahead();
    void caution() const;
    void caution_of_standstill() const;
    Lesson lesson_of(std::size_t step) const;
    void take_step(const Lesson& lesson);
    std::vector<double> learn_from(const Lesson& lesson);
    Place place() const;
    void end_epoch();
    double calibration_loss();
    void record(const std::string& curve, double value);
    bool ended() const;
    void save_checkpoint();
    std::string note() const;
    std::string work() const;
    void settle_weights();
    State state() { return {*net_, *optimiser_, average_, best_, progress_}; }

    const Recipe& recipe_;
    const Task& task_;
    fettle::Context& context_;
    Lessons lessons_;
    std::optional<Calibration> calibration_;
    Order order_;
    std::int64_t per_epoch_;
    Schedule schedule_;
    Lesson example_;  ///< of one image, by which the network is built
    fettle::ImageShape shape_;
    Checkpoints checkpoints_;
    Trial untrained_;
    std::shared_ptr<torch::nn::Module> net_;
    std::unique_ptr<torch::optim::Optimizer> optimiser_;
    std::optional<Average> average_;
    std::optional<Weights> best_;
    Progress progress_;
    std::size_t ahead_ = 2, calibration_ahead_ = 2;  ///< batches that are made before they are needed, at most
    Clock::time_point begun_, saved_;
    std::int64_t seen_before_ = 0;  ///< images, in earlier runs of this training
};

}  // namespace train
