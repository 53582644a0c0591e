// What happens around one stage: its inputs and outputs, the cache, what it threw.
#include "run/execution.hpp"
#include "run/failure.hpp"
#include "run/instantiate.hpp"
#include "run/made.hpp"

#include <fettle/ahead.hpp>

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <set>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

/// What a stage does when it is asked for samples, for the trace.
const char* reading_of(const TypeInfo& type) {
    return type.role == "dataset" ? "decode" : type.device ? "compute" : "batch";
}

/// Every file and folder that a stage and its components read.
void paths_of(const Use& use, std::set<fs::path>& paths) {
    for (const Given& given : use.parameters)
        if (!given.path.empty()) paths.insert(given.path);
    for (const auto& parts : use.components)
        for (const Use& part : parts) paths_of(part, paths);
}

}  // namespace

std::size_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

void Execution::journal(std::size_t node, const std::string& event, nlohmann::ordered_json fields) {
    for (const std::size_t g : plan_.nodes[node].graphs) {
        const auto& of = plan_.node_of[g];  // a stage may have another name in another graph
        const auto s = static_cast<std::size_t>(std::find(of.begin(), of.end(), node) - of.begin());
        nlohmann::ordered_json line{{"stage", graphs_[g]->stages[s].name}};
        line.update(fields);
        journals_[g]->write(event, std::move(line));
    }
}

/// Tells of something once in a run, whoever says it again.
void Execution::warn(std::size_t node, std::string_view text, bool lasting) {
    {
        const std::lock_guard lock(observing_);
        const auto said = std::find_if(warnings_.begin(), warnings_.end(),
                                       [&](const Warning& each) { return each.node == node && each.text == text; });
        if (said != warnings_.end()) {
            said->lasting |= lasting;
            return;
        }
        warnings_.push_back({node, std::string(text), lasting});
        observer_.warning(plan_.nodes[node].label, std::string(text));
    }
    journal(node, "warning", {{"text", std::string(text)}});
}

Inputs Execution::gather_inputs(std::size_t node) const {
    Inputs inputs;
    for (const auto& port : plan_.nodes[node].inputs) {
        inputs.emplace_back();
        for (const auto& input : port) inputs.back().push_back(slots_[input.node].outputs.at(input.port));
    }
    return inputs;
}

void Execution::load_from_cache(std::size_t node) {
    const auto begin = Clock::now();
    const auto& outputs = stage_of(node).use.type->outputs;
    slots_[node].outputs.resize(outputs.size());
    for (std::size_t p = 0; p < outputs.size(); ++p)
        if (is_stored(node, outputs[p]))
            slots_[node].outputs[p] =
                load_value(outputs[p].type, cache_.entry(plan_.nodes[node].key) / outputs[p].name);
    trace_.slice(plan_.nodes[node].label, "load", begin, Clock::now());
    recall(node);
}

/// Keeps what making a node's entry cost so far, and what was warned of for good: by itself, and by those that made
/// samples.
void Execution::remember(std::size_t node) noexcept {
    try {
        std::vector<Made> parts;
        for (const std::size_t maker : makers_of(node)) {
            const Account& account = slots_[maker].account;
            parts.push_back({plan_.nodes[maker].key, account.seconds(), account.items.load(), account.batches(), {}});
            const std::lock_guard lock(observing_);
            for (const Warning& each : warnings_)
                if (each.node == maker && each.lasting) parts.back().warnings.push_back(each.text);
        }
        remember_made(cache_, plan_.nodes[node].key, parts);
    } catch (const std::exception&) {  // no memory: a later run knows less
    }
}

/// Tells again what was warned of when a node's entry was made, and knows what that cost.
void Execution::recall(std::size_t node) {
    for (const Made& part : made_before(cache_, plan_.nodes[node].key)) {
        const auto found = std::find_if(plan_.nodes.begin(), plan_.nodes.end(),
                                        [&](const PlanNode& each) { return each.key == part.key; });
        if (found == plan_.nodes.end()) continue;
        const auto from = static_cast<std::size_t>(found - plan_.nodes.begin());
        {
            const std::lock_guard lock(observing_);
            std::optional<Spent>& earlier = slots_[from].earlier;
            if (!earlier || part.seconds > earlier->seconds) earlier = Spent{part.seconds, part.items, part.batches};
        }
        // Several entries may have been made from the samples of one stage: what it warned of is told once.
        for (const std::string& text : part.warnings) warn(from, text, /*lasting=*/true);
    }
}

void Execution::store(std::size_t node, const fs::path& draft) {
    const auto begin = Clock::now();
    const auto& outputs = stage_of(node).use.type->outputs;
    for (std::size_t p = 0; p < outputs.size(); ++p) {
        if (!is_stored(node, outputs[p])) continue;
        fs::create_directories(draft / outputs[p].name);
        save_value(*slots_[node].outputs[p], draft / outputs[p].name);
    }
    expect_unchanged(node);
    remember(node);  // before there is an entry that another process could take
    cache_.commit(plan_.nodes[node].key, draft, plan_.nodes[node].key_text);
    cache_.remember_key_text(memory_name(graph_of(node)), stage_of(node).name, plan_.nodes[node].key_text);
    cache_.forget_checkpoint(plan_.nodes[node].key);
    trace_.slice(plan_.nodes[node].label, "store", begin, Clock::now());
}

/// The node, and those that make samples for it while it runs.
std::vector<std::size_t> Execution::makers_of(std::size_t node) const {
    std::vector<std::size_t> makers{node};
    for (std::size_t m = 0; m < makers.size(); ++m)
        for (const auto& port : plan_.nodes[makers[m]].inputs)
            for (const auto& [from, output] : port)
                if (slots_[from].fresh && !is_stored(from, stage_of(from).use.type->outputs[output]) &&
                    std::find(makers.begin(), makers.end(), from) == makers.end())
                    makers.push_back(from);
    return makers;
}

/// A result belongs to its key only where the files that went into it are those that the key was made of.
void Execution::expect_unchanged(std::size_t node) {
    std::set<fs::path> read;
    for (const std::size_t maker : makers_of(node)) paths_of(stage_of(maker).use, read);
    for (const fs::path& path : read)
        if (const std::string what = digests_.changed(path, {options_.output, cache_.folder()}); !what.empty())
            throw Error(Fault::data,
                        fmt::format("what it was made from changed during the run: {} (`{}`)", what, path.string()))
                .help("run again once the files rest; nothing of this was kept");
}

/// Holds the lock on the node's work; true where another process has put the result into the cache since it was
/// planned.
bool Execution::made_meanwhile(std::size_t node, std::unique_ptr<Cache::Lock>& lock) {
    PlanNode& work = plan_.nodes[node];
    lock = std::make_unique<Cache::Lock>(cache_, work.key);
    if (!lock->held()) {
        slots_[node].context->note("waiting", "another process is making the same");
        const auto begin = Clock::now();
        slots_[node].waits_for_process = true;
        lock->wait([this] { return stopped(); });
        slots_[node].account.give_sign();
        slots_[node].waits_for_process = false;
        slots_[node].context->traced("wait for another process", begin);
        if (!lock->held()) throw Interrupted();
    }
    std::string why;
    Diagnostics known;  // what is wrong with an entry was said when this was planned
    if (!options_.use_cache || slots_[node].read_lazily || !cache_.holds(work.key, work.stored, why, known))
        return false;
    work.state = PlanNode::State::cached;
    load_from_cache(node);
    return true;
}

void Execution::compute(std::size_t node) {
    const PlanNode& work = plan_.nodes[node];
    const StageUse& stage = stage_of(node);
    Slot& slot = slots_[node];
    std::unique_ptr<Cache::Lock> lock;
    if (!work.stored.empty() && made_meanwhile(node, lock)) return;
    if (!options_.use_cache && lock) cache_.forget_checkpoint(work.key);  // nothing of an earlier process is used
    slot.object = instantiate(stage.use, registry_);
    fs::path& draft = slot.draft;
    if (!work.stored.empty()) {
        draft = cache_.begin(work.key);
        for (const PortInfo& port : stage.use.type->outputs)
            if (port.type == Files::type_name) fs::create_directories(slot.output_folder = draft / port.name);
    }
    try {
        slot.outputs = registry_.load(stage.use.type->id).run(*slot.object, gather_inputs(node), *slot.context);
        if (!work.stored.empty()) store(node, draft);
    } catch (...) {
        cache_.discard(draft);
        throw;
    }
    // A folder that was written has moved with its entry.
    for (std::size_t p = 0; p < slot.outputs.size(); ++p)
        if (stage.use.type->outputs[p].type == Files::type_name)
            slot.outputs[p] = load_value(Files::type_name, cache_.entry(work.key) / stage.use.type->outputs[p].name);
    for (ValueRef& output : slot.outputs)
        output = wrap(output, {node, sequences_++, &slot.account, &memo_, &trace_,
                               [this, &slot] { return stopped() || slot.overdue; }, reading_of(*stage.use.type)});
}

/// Says once what was wrong with a node, and where in a sweep.
void Execution::tell(std::size_t node, Diagnostic diagnostic) {
    const auto& holders = plan_.nodes[node].graphs;
    if (graphs_.size() > 1 && holders.size() < graphs_.size()) {
        std::string cells;
        for (const std::size_t g : holders)
            if (cells.size() < 60) cells += (cells.empty() ? "" : ", ") + std::to_string(g + 1);
        diagnostic.help.push_back(
            fmt::format("it is a part of {} {} of {}", holders.size() == 1 ? "cell" : "cells", cells, graphs_.size()));
    }
    if (diagnostic.code == "R506")
        if (std::string room = free_space(cache_.folder()); !room.empty()) diagnostic.help.push_back(std::move(room));
    journal(node, "failed", {{"text", diagnostic.message}});
    const std::lock_guard lock(observing_);
    failures_.emplace_back(node, std::move(diagnostic));
    observer_.stage_failed(plan_.nodes[node].label);
}

void Execution::fail(std::size_t node, std::exception_ptr failure) noexcept {
    slots_[node].failed = true;
    try {
        try {
            std::rethrow_exception(failure);
        } catch (const Interrupted&) {
            slots_[node].interrupted = !tell_silence(node);
            return;
        } catch (const StageFailure& elsewhere) {  // it came from a stage that was asked for samples
            node = elsewhere.node;
            failure = elsewhere.cause;
        } catch (...) {
        }
        any_failed_ = true;
        {  // several stages may have asked the same one for the same samples; it
            // failed once
            const std::lock_guard lock(observing_);
            if (std::exchange(slots_[node].told, true)) return;
        }
        tell(node, explain_exception(stage_of(node), failure));
    } catch (const std::exception& error) {  // no memory, a journal that can't be written
        diagnostics_.add(errors::plugin_threw({}, plan_.nodes[node].label, error.what()));
    }
}

void Execution::run_body(std::size_t node) {
    const PlanNode& work = plan_.nodes[node];
    Slot& slot = slots_[node];
    if (stopped()) throw Interrupted();
    if (work.state == PlanNode::State::cached) {
        load_from_cache(node);
        return journal(node, "cached", {{"key", work.key}});
    }
    if (work.state == PlanNode::State::open) {
        const Charge charge(slot.account, &trace_, "open");
        return compute(node);
    }
    journal(node, "started", {{"key", work.key}, {"why", work.why}});
    {
        const std::lock_guard lock(observing_);
        observer_.stage_started(work.label);
    }
    const auto begin = Clock::now();
    {
        const SharedClock::Lap lap(shared_);
        const Charge charge(slot.account, &trace_, "run");
        compute(node);
        if (work.state == PlanNode::State::run)
            times_.remember(memory_name(graph_of(node)), stage_of(node).name, stage_of(node).use.type->id,
                            lap.seconds() + slot.carried_on);
    }
    slot.peak = peak_memory();
    if (work.state == PlanNode::State::run && !work.stored.empty()) remember(node);  // now with all of its own time
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    if (work.state == PlanNode::State::cached)  // by another process, meanwhile
        journal(node, "cached", {{"key", work.key}});
    else
        journal(node, "finished", {{"seconds", seconds}});
    const std::lock_guard lock(observing_);
    observer_.stage_finished(work.label, seconds);
}

void Execution::body(std::size_t node) noexcept {
    Slot& slot = slots_[node];
    if (slot.fresh)  // what comes from the cache doesn't wait for its inputs, and doesn't need them
        for (const auto& port : plan_.nodes[node].inputs)
            for (const auto& input : port) {
                slot.failed |= slots_[input.node].failed;
                slot.interrupted |= slots_[input.node].interrupted;
            }
    if (abandoned_) return;
    const AheadLimit ahead(options_.memo_bytes / 4);
    slot.account.give_sign();
    slot.running = true;
    try {
        if (!slot.failed) run_body(node);
    } catch (...) {
        fail(node, std::current_exception());
    }
    slot.running = false;
    if (abandoned_) return;
    slot.done = true;
    finish_graphs_of(node);
}

}  // namespace fettle::runtime
