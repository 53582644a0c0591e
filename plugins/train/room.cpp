#include "room.hpp"

#include "memory.hpp"

#include <fettle/thrown.hpp>

#include <c10/core/Allocator.h>
#include <c10/core/impl/alloc_cpu.h>

#include <algorithm>
#include <atomic>
#include <new>

namespace train {

/// Told by LibTorch of each piece of memory that is taken for a tensor, or given back, by a thread that computes for
/// the guard's: it looks for something of this kind where a profiler would be.
class Room::Count final : public c10::MemoryReportingInfoBase {
   public:
    explicit Count(std::size_t bytes) : all_(static_cast<std::int64_t>(std::min<std::size_t>(bytes, INT64_MAX))) {}

    // Versions of LibTorch differ in the two totals, which aren't needed.
    void reportMemoryUsage(void* data, std::int64_t bytes, std::int64_t, std::int64_t, c10::Device device) {
        count(data, bytes, device);
    }
    void reportMemoryUsage(void* data, std::int64_t bytes, std::size_t, std::size_t, c10::Device device) {
        count(data, bytes, device);
    }
    bool memoryProfilingEnabled() const override { return true; }

    void keep(std::size_t bytes) { kept_ = static_cast<std::int64_t>(std::min<std::size_t>(bytes, INT64_MAX)); }
    std::int64_t left() const { return all_ - kept_ - taken_; }

   private:
    void count(void* data, std::int64_t bytes, c10::Device device) {
        if (!device.is_cpu()) return;
        taken_ += bytes;
        if (bytes > 0 && left() < 0) {  // never where memory is given back, which must not throw
            taken_ -= bytes;
            c10::free_cpu(data);  // told before anybody owns it
            throw std::bad_alloc();
        }
    }

    const std::int64_t all_;
    std::atomic<std::int64_t> kept_{0}, taken_{0};
};

Room::Room(std::size_t bytes)
    : count_(std::make_shared<Count>(bytes)), guard_(c10::DebugInfoKind::PROFILER_STATE, count_) {}
Room::~Room() = default;
void Room::keep(std::size_t bytes) { count_->keep(bytes); }
std::size_t Room::left() const { return static_cast<std::size_t>(std::max<std::int64_t>(count_->left(), 0)); }

namespace {

using fettle::Error;
using fettle::Fault;

constexpr const char* smaller = "take a smaller network: less `width` or `depth`";

/// What learning holds for as long as it goes on, in bytes, and in words.
struct Holdings {
    std::size_t weights = 0, gradients = 0, more = 0;
    std::string words = "weights and gradients";
    std::size_t together() const { return weights + gradients + more; }
};

Holdings holdings_of(const torch::nn::Module& net, const Recipe& recipe) {
    Holdings holdings;
    for (const auto& tensor : tensors_of(net)) {
        if (!tensor.value().is_cpu()) continue;
        holdings.weights += tensor.value().nbytes();
        if (tensor.value().requires_grad()) holdings.gradients += tensor.value().nbytes();
    }
    const std::size_t remembered = recipe.optimiser != "sgd" ? 2 : recipe.momentum > 0 ? 1 : 0;
    holdings.more = remembered * holdings.gradients;
    if (remembered > 0)
        holdings.words += ", " + std::to_string(remembered) + " numbers of `" + recipe.optimiser + "` for each";
    for (const auto& [held, what] :
         {std::pair(recipe.average > 0, "their average"), {recipe.patience > 0, "the best so far"}})
        if (held) {
            holdings.more += holdings.weights;
            holdings.words += std::string(", ") + what;
        }
    return holdings;
}

}  // namespace

std::shared_ptr<torch::nn::Module> network_within(Room& room, const Recipe& recipe,
                                                  const std::function<std::shared_ptr<torch::nn::Module>()>& fresh) {
    room.keep(0);
    const std::size_t whole = room.left();
    room.keep(whole / 2);  // gradients take as much as weights do
    std::shared_ptr<torch::nn::Module> net;
    try {
        net = fresh();
    } catch (const std::exception& error) {
        if (!fettle::means_out_of_memory(error)) throw;
        throw Error(Fault::memory,
                    "the network doesn't fit into memory: its weights and gradients alone need more than the " +
                        bytes_text(whole) + " that there are")
            .help(smaller);
    }
    const Holdings holdings = holdings_of(*net, recipe);
    if (holdings.together() > whole)
        throw Error(Fault::memory, "the network has no room to learn in: it needs " + bytes_text(holdings.together()) +
                                       " (" + holdings.words + "), what it makes of images aside, and there are " +
                                       bytes_text(whole))
            .help(smaller +
                  std::string(holdings.more > 0
                                  ? ", or hold less beside it: `optimiser = \"sgd\"`, no `average`, no `patience`"
                                  : ""));
    room.keep(holdings.more);
    return net;
}

}  // namespace train
