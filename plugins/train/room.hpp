// Whether a network finds room to learn in, before it does: a system that runs out of memory ends a process without a
// word.
#pragma once

#include "recipe.hpp"
#include "weights.hpp"

#include <fettle/sdk.hpp>

#include <functional>
#include <memory>

namespace train {

/// While one lives, tensors that this thread makes in the machine's own memory take so many bytes together at most: one
/// that would take more throws std::bad_alloc, as where the system has none to give.         [one thread]
class Room {
   public:
    explicit Room(std::size_t bytes);
    ~Room();
    Room(const Room&) = delete;
    Room& operator=(const Room&) = delete;

    /// From now on so many of its bytes are kept for later; what was kept before no longer is.
    void keep(std::size_t bytes);
    /// What tensors may still take, in bytes.
    std::size_t left() const;

   private:
    class Count;
    std::shared_ptr<Count> count_;
    c10::DebugInfoGuard guard_;
};

/// The network that `fresh` makes. On the CPU room is kept for what learning holds besides weights and gradients from
/// its first step on: what the optimiser remembers of each weight, their average, the best of them. Throws
/// Error(Fault::memory) where weights, gradients and those don't fit; it is said before more than half of the room is
/// taken. What layers make of images comes on top.                                     [one at a time per device]
std::shared_ptr<torch::nn::Module> network_within(Room& room, const Recipe& recipe,
                                                  const std::function<std::shared_ptr<torch::nn::Module>()>& fresh);

}  // namespace train
