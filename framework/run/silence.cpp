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
/// A stage that was asked has as long as it was waited for, and no longer than a batch may take.
constexpr std::chrono::nanoseconds longest_grace = 30s;

}  // namespace

/// For how long nothing was heard of the node, and of those that make samples for it.
std::chrono::nanoseconds Execution::silence_of(std::size_t node) const {
    std::int64_t last = 0;
    for (const std::size_t maker : makers_of(node)) last = std::max(last, slots_[maker].account.sign.load());
    return Clock::now().time_since_epoch() - std::chrono::nanoseconds(last);
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
    while (!over.stop_requested()) {
        std::this_thread::sleep_for(look_every);
        bool lost = false, alive = false;
        for (std::size_t n = 0; n < slots_.size(); ++n) {
            if (!slots_[n].running) continue;
            const auto silence = slots_[n].waits_for_process ? 0ns : silence_of(n);
            const std::size_t culprit = silence < limit ? n : culprit_of(n);
            if (silence >= limit && slots_[culprit].waits_for_device > 0) continue;  // another has it
            if (silence >= limit && !slots_[n].overdue)
                for (const std::size_t asked : {culprit, n}) {
                    slots_[asked].culprit = culprit;
                    slots_[asked].overdue = true;
                }
            (silence >= limit + grace ? lost : alive) = true;
        }
        if (lost && !alive && options_.abandon) return abandon();
    }
}

/// Writes what is done and ends the process, by way of whoever ran the graph.
void Execution::abandon() {
    abandoned_ = true;
    for (std::size_t n = 0; n < slots_.size(); ++n) {
        if (slots_[n].running) {
            tell_silence(n, "it didn't stop when it was asked, so the program ended around it");
            cache_.discard(slots_[n].draft);
        }
        if (!slots_[n].done) slots_[n].failed = true;
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
    options_.abandon(results_);
}

}  // namespace fettle::runtime
