// The numbers of a network, apart from it: averaged, kept as the best so far, put back.
#pragma once

#include <fettle/sdk.hpp>

#include <cstdint>

namespace train {

using Weights = torch::OrderedDict<std::string, fettle::Tensor>;

/// The network's own parameters and buffers, by name.
Weights tensors_of(const torch::nn::Module& net);
/// Copies of them.
Weights copy_of(const Weights& weights);
/// Copies `from` into the tensors of `to`, which keep their memory format. Throws c10::Error where they don't fit.
void assign(Weights& to, const Weights& from);

/// While one lives, a network has other weights; then its own are back, batch norm's figures too.   [one thread]
class Borrowed {
   public:
    Borrowed(torch::nn::Module& net, const Weights& weights) : tensors_(tensors_of(net)), own_(copy_of(tensors_)) {
        assign(tensors_, weights);
    }
    ~Borrowed() { assign(tensors_, own_); }
    Borrowed(const Borrowed&) = delete;
    Borrowed& operator=(const Borrowed&) = delete;

   private:
    Weights tensors_, own_;
};

/// A running average of a network's weights and of batch norm's figures: after each step, `decay` of it stays and the
/// rest comes from the network. Early on less of it stays, (1 + steps) / (10 + steps) at most, so that the first
/// weights are soon forgotten: TensorFlow's ExponentialMovingAverage with `num_updates`.       [one thread]
class Average {
   public:
    Average(const torch::nn::Module& net, double decay) : now_(copy_of(tensors_of(net))), decay_(decay) {}

    void update(const torch::nn::Module& net, std::int64_t steps);
    Weights& weights() { return now_; }
    const Weights& weights() const { return now_; }

   private:
    Weights now_;
    double decay_;
};

}  // namespace train
