// Which samples make up which step.
#pragma once

#include <fettle/random.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace train {

/// Every epoch a fresh permutation, cut into batches as even as can be, so that no small remainder weighs as much as a
/// whole batch.                             [any thread, concurrent]
class Order {
   public:
    /// `samples` and `batch` are at least 1.
    Order(std::uint64_t seed, std::size_t samples, std::size_t batch)
        : seed_(fettle::derive_seed(seed, "order")), samples_(samples), batches_((samples + batch - 1) / batch) {}

    std::size_t batches() const { return batches_; }                              ///< per epoch
    std::size_t largest() const { return (samples_ + batches_ - 1) / batches_; }  ///< samples of a batch
    std::size_t smallest() const { return samples_ / batches_; }                  ///< one less, or as many

    std::vector<std::size_t> indices(std::size_t step) const {
        const std::size_t epoch = step / batches_, batch = step % batches_;
        const auto order = permutation(epoch);
        const auto begin = order->begin() + static_cast<std::ptrdiff_t>(batch * samples_ / batches_);
        const auto end = order->begin() + static_cast<std::ptrdiff_t>((batch + 1) * samples_ / batches_);
        return {begin, end};
    }

   private:
    using Permutation = std::shared_ptr<const std::vector<std::size_t>>;

    /// Kept until another epoch is asked for: drawing one takes as long as the set is large.
    Permutation permutation(std::size_t epoch) const {
        const std::lock_guard lock(mutex_);
        if (!kept_ || kept_epoch_ != epoch) {
            kept_ =
                std::make_shared<const std::vector<std::size_t>>(fettle::Random(seed_, epoch).permutation(samples_));
            kept_epoch_ = epoch;
        }
        return kept_;
    }

    std::uint64_t seed_;
    std::size_t samples_, batches_;
    mutable std::mutex mutex_;
    mutable Permutation kept_;
    mutable std::size_t kept_epoch_ = 0;
};

}  // namespace train
