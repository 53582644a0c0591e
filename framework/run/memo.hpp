// What lazy sequences made, remembered as long as there is room; and the clock that charges time to the stage whose
// code ran.
#pragma once

#include "run/batches.hpp"

#include <fettle/ports.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <tuple>
#include <unordered_map>
#include <vector>

namespace fettle::runtime {

class Trace;

/// What one stage cost. Added to from many threads.
struct Account {
    std::string name;
    std::atomic<std::int64_t> nanoseconds{0}, waiting{0};
    std::atomic<std::uint64_t> items{0};
    std::atomic<std::int64_t> sign{0};  ///< of life: when its code began or ended last, or told of progress (steady)
    std::atomic<int> inside{0};         ///< how many threads are in its code, or in what that asked for
    void give_sign() { sign = std::chrono::steady_clock::now().time_since_epoch().count(); }
    /// A batch took so long, and it was of so many items.
    void add_batch(std::int64_t batch_nanoseconds, std::uint64_t batch_items) {
        const std::lock_guard lock(batching_);
        if (!carried_on_) batches_.add(static_cast<double>(batch_nanoseconds) * 1e-9, batch_items);
    }
    /// Its work goes on from where another process left it after so many seconds. There are no batches then: the first
    /// would hold the other's items, and those after it say nothing of the whole.
    void carry_on(double seconds_before) {
        nanoseconds += static_cast<std::int64_t>(seconds_before * 1e9);
        const std::lock_guard lock(batching_);
        carried_on_ = true;
        batches_ = {};
    }
    Batches batches() const {
        const std::lock_guard lock(batching_);
        return batches_;
    }
    double seconds() const { return static_cast<double>(nanoseconds.load()) * 1e-9; }
    double waiting_seconds() const { return static_cast<double>(waiting.load()) * 1e-9; }

   private:
    mutable std::mutex batching_;
    bool carried_on_ = false;
    Batches batches_;
};

/// While one lives, this thread's time is charged to its account and to no other: the one before it on the same
/// thread pauses. Each is a slice in the trace.
class Charge {
   public:
    Charge(Account& account, Trace* trace, const char* what);
    ~Charge();
    Charge(const Charge&) = delete;
    Charge& operator=(const Charge&) = delete;
    /// Puts down to the account what this thread's innermost one has run up so far.
    static void settle();
    /// All of its time was that of one batch.
    void is_batch(std::uint64_t items) { items_ = items; }
    /// The code that this thread is in says how many items are done in all: those since it last did so were a batch.
    /// Nothing where the thread is in the code of another account.
    static void done(const Account& account, std::uint64_t items);

   private:
    using Clock = std::chrono::steady_clock;
    void pause(Clock::time_point now);

    Account& account_;
    Trace* trace_;
    const char* what_;
    Charge* outer_;
    Clock::time_point begin_, since_;
    std::int64_t own_ = 0;                        ///< nanoseconds charged so far
    std::int64_t own_before_ = 0;                 ///< the same, when the last batch ended
    std::uint64_t items_ = 0, items_before_ = 0;  ///< of the batch that it is; done when the last one ended
};

/// Batches and samples of all sequences of a run, least recently used first out, bounded in bytes. Several threads
/// that ask for the same thing cause one computation.                               [any thread, concurrent]
class Memo {
   public:
    explicit Memo(std::size_t limit) : limit_(limit) {}

    /// (sequence, first index or block number, round).
    using Key = std::tuple<std::size_t, std::size_t, std::uint32_t>;
    using Item = Ref<Batch>;

    /// The batches for `keys`. What isn't there is made by one call of `make` with the positions that are missing;
    /// it returns them in that order. What another thread is making is waited for. `waited`, where given, is told since
    /// when another thread was waited for.
    std::vector<Item> get(const std::vector<Key>& keys,
                          const std::function<std::vector<Item>(const std::vector<std::size_t>& missing)>& make,
                          const std::function<void(std::chrono::steady_clock::time_point begin)>& waited = {});

    std::size_t bytes() const;

   private:
    struct Entry {
        Item item;  ///< null: being made
        std::size_t bytes = 0;
        std::list<Key>::iterator place;
    };
    struct Hash {
        std::size_t operator()(const Key& key) const;
    };
    void make_room();

    std::size_t limit_, used_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::unordered_map<Key, Entry, Hash> entries_;
    std::list<Key> order_;  ///< most recently used first
};

/// Says which stage an exception came from, when it passes through the stages that asked it for samples.
struct StageFailure : std::exception {
    StageFailure(std::size_t node, std::exception_ptr cause) : node(node), cause(std::move(cause)) {}
    const char* what() const noexcept override { return "a stage failed"; }
    std::size_t node;
    std::exception_ptr cause;
};

/// What a wrapped sequence needs of the run it belongs to.
struct Wrapping {
    std::size_t node;      ///< in the plan
    std::size_t sequence;  ///< unique in the run
    Account* account;
    Memo* memo;
    Trace* trace;
    std::function<bool()> stop_requested;
    const char* reading = "read";  ///< what it does when asked, in the trace: "decode", "compute"
};

/// The same sequence, remembered and charged to its stage; views and values that aren't lazy come back as they are.
ValueRef wrap(ValueRef value, const Wrapping& wrapping);

}  // namespace fettle::runtime
