// Parallel loops on the run's one pool of threads.
#pragma once

#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>
#include <tbb/task_arena.h>
#include <tbb/task_group.h>

#include <atomic>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>

namespace fettle {

/// body(i) for 0 <= i < count, on all threads of the run; returns when all are done. Where some throw, it rethrows what
/// the lowest i threw, as a loop on one thread would: the same error whatever the threads. Some i above it aren't done
/// then. While it waits it runs tasks of this loop only, never another stage's.    [any thread, concurrent]
template <class Body>
void parallel_for_each_index(std::size_t count, const Body& body) {
    if (count == 1) return body(std::size_t{0});
    // A context of its own: where a group around it is cancelled, the loop would end half done and say nothing.
    tbb::task_group_context whole(tbb::task_group_context::isolated);
    std::atomic<std::size_t> lowest = count;  // that threw
    std::exception_ptr thrown;
    std::mutex mutex;
    tbb::this_task_arena::isolate([&] {
        tbb::parallel_for(
            tbb::blocked_range<std::size_t>(0, count),
            [&](const tbb::blocked_range<std::size_t>& range) {
                for (std::size_t i = range.begin(); i != range.end() && i < lowest; ++i) try {
                        body(i);
                    } catch (...) {
                        const std::lock_guard lock(mutex);
                        if (i < lowest) lowest = i, thrown = std::current_exception();
                    }
            },
            whole);
    });
    if (thrown) std::rethrow_exception(thrown);
}

/// Makes items 0..count-1 in order with a bounded look-ahead: while the caller works on one, up to `ahead` more
/// are being made by other threads. Items reach the caller in order.                 [one thread]
///
///     Lookahead<Batch> next(count, 2, [&](std::size_t k) { return read(k); });
///     for (std::size_t k = 0; k < count; ++k) use(next.take());
template <class Item>
class Lookahead {
   public:
    Lookahead(std::size_t count, std::size_t ahead, std::function<Item(std::size_t)> make)
        : count_(count), ahead_(ahead), make_(std::move(make)) {}

    ~Lookahead() {
        for (auto& slot : slots_) {
            slot->group.cancel();
            try {
                slot->group.wait();
            } catch (...) {  // an item nobody takes any more
            }
        }
    }
    Lookahead(const Lookahead&) = delete;
    Lookahead& operator=(const Lookahead&) = delete;

    /// The next item; waits for it, helping where it isn't made yet. Rethrows what making it threw.
    Item take() {
        while (next_ < count_ && slots_.size() <= ahead_) start(next_++);
        auto slot = std::move(slots_.front());
        slots_.pop_front();
        slot->group.wait();  // in the isolation the task was started in: with one thread, this is where it runs
        return std::move(*slot->item);
    }

   private:
    struct Slot {
        std::unique_ptr<Item> item;
        tbb::task_group group;
    };

    void start(std::size_t k) {
        auto slot = std::make_unique<Slot>();
        // The task outlives this call but not the slot: the destructor and take() wait for it.
        slot->group.run([this, k, place = slot.get()] {
            tbb::this_task_arena::isolate([&] { place->item = std::make_unique<Item>(make_(k)); });
        });
        slots_.push_back(std::move(slot));
    }

    std::size_t count_, ahead_, next_ = 0;
    std::function<Item(std::size_t)> make_;
    std::deque<std::unique_ptr<Slot>> slots_;
};

}  // namespace fettle
