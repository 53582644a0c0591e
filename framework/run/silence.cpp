// Stages that give no sign of life. One is asked to stop first, as by a signal, but alone. A thread can't be taken out
// of a program: where the stage doesn't answer and no other gets on, everything that is done is written, and the
// process ends around it.
#include "run/execution.hpp"

#include <algorithm>
#include <chrono>
#include <thread>

namespace fettle::runtime {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 20ms;
/// Where the time from one look to the next is longer, this process wasn't let run: it was suspended, frozen, or the
/// machine has far too much to do. That is no silence of anybody.
constexpr auto longest_look = 200ms;
/// A stage that was asked has as long as it was waited for, and no longer than a batch may take.
constexpr std::chrono::nanoseconds longest_grace = 30s;

}  // namespace

/// For how long, until `now`, nothing was heard of the node, and of those that make samples for it.
std::chrono::nanoseconds Execution::silence_of(std::size_t node, Clock::time_point now) const {
    std::int64_t last = 0;
    for (const std::size_t maker : makers_of(node)) last = std::max(last, slots_[maker].account.sign.load());
    return now.time_since_epoch() - std::chrono::nanoseconds(last);
}

/// Nobody could give a sign in the gap that ends `now`: everybody's last one counts as that much later.
void Execution::excuse(std::chrono::nanoseconds gap, Clock::time_point now) {
    for (Slot& slot : slots_) {
        std::int64_t sign = slot.account.sign;
        const std::int64_t later = std::min<std::int64_t>(sign + gap.count(), now.time_since_epoch().count());
        if (later > sign) slot.account.sign.compare_exchange_strong(sign, later);  // or it has given one since
    }
}

/// Whose code a silent node is in: the first of those it asked that waits for no other.
std::size_t Execution::culprit_of(std::size_t node) const {
    const auto busy = [&](std::size_t maker) { return slots_[maker].account.inside > 0; };
    for (const std::size_t maker : makers_of(node)) {
        const auto before = makers_of(maker);
        if (busy(maker) && std::none_of(before.begin() + 1, before.end(), busy)) return maker;
    }
    return node;
}

/// Where the node, or one that makes samples for it, was asked to stop for its silence, says so once. False: none was.
bool Execution::tell_silence(std::size_t node, const std::string& more) {
    for (const std::size_t maker : makers_of(node)) {
        if (!slots_[maker].overdue) continue;
        any_failed_ = true;
        const std::size_t culprit = slots_[maker].culprit;
        std::string progress;
        {
            const std::lock_guard lock(observing_);
            if (std::exchange(slots_[culprit].told, true)) return true;
            progress = slots_[culprit].progress.empty() ? slots_[node].progress : slots_[culprit].progress;
        }
        const StageUse& stage = stage_of(culprit);
        auto diagnostic = errors::stage_silent(stage.use.span, stage.name, options_.stage_timeout, progress);
        if (!more.empty()) diagnostic.help.push_back(more);
        tell(culprit, std::move(diagnostic));
        return true;
    }
    return false;
}

void Execution::watch(const std::stop_token& over) {
    const std::chrono::nanoseconds limit(static_cast<std::int64_t>(options_.stage_timeout * 1e9));
    const auto grace = std::min(limit, longest_grace);
    std::vector<std::chrono::nanoseconds> asked(slots_.size());  // how long ago each was, and didn't answer
    bool was_lost = false;
    for (auto looked = Clock::now(); !over.stop_requested();) {
        std::this_thread::sleep_for(look_every);
        const auto now = Clock::now();
        const std::chrono::nanoseconds gap = now - looked, passed = gap > longest_look ? look_every : gap;
        if (gap > passed) excuse(gap - passed, now);
        looked = now;
        bool lost = false, alive = finishing_ > 0;
        for (std::size_t n = 0; n < slots_.size(); ++n) {
            if (!slots_[n].running) continue;
            const auto silence = slots_[n].waits_for_process ? 0ns : silence_of(n, now);
            const std::size_t culprit = silence < limit ? n : culprit_of(n);
            if (silence >= limit && slots_[culprit].waits_for_device > 0) continue;  // another has it
            asked[n] = silence >= limit && slots_[n].overdue ? asked[n] + passed : 0ns;
            if (silence >= limit && !slots_[n].overdue)
                for (const std::size_t each : {culprit, n}) {
                    slots_[each].culprit = culprit;
                    slots_[each].overdue = true;
                }
            (asked[n] >= grace ? lost : alive) = true;
        }
        const bool is_lost = lost && !alive;
        if (is_lost && was_lost && options_.abandon) return abandon();
        was_lost = is_lost;  // twice: between two stages there is a moment in which nothing runs
    }
}

/// Writes what is done and ends the process, by way of whoever ran the graph.
void Execution::abandon() {
    abandoned_ = true;
    for (std::size_t n = 0; n < slots_.size(); ++n) {
        Slot& slot = slots_[n];
        if (slot.done) continue;
        slot.failed = true;
        // What never began, or waits for the device, has done nothing wrong.
        slot.interrupted =
            !slot.running || !tell_silence(n, "it didn't stop when it was asked, so the program ended around it");
        if (slot.running) cache_.discard(slot.draft);
    }
    for (std::size_t g = 0; g < graphs_.size(); ++g) {
        if (left_[g] == 0) continue;
        try {
            finish(g);
        } catch (const std::exception& error) {
            results_[g].status = Status::failed;
            diagnostics_.add(errors::storage_failed({}, graphs_[g]->name, error.what()));
        }
    }
    for (const Diagnostic& each : diagnostics_.all())
        for (RunResult& result : results_) result.diagnostics.insert(result.diagnostics.begin(), each);
    const std::lock_guard lock(observing_);  // for good: nothing is to be shown after this
    SweepResult result;
    result.status = Status::failed;
    result.cells = results_;
    options_.abandon(result);
}

}  // namespace fettle::runtime
