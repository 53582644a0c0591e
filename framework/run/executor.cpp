// One flow node per piece of work; values pass through a table of slots that is filled once.
#include "run/failure.hpp"
#include "run/folder.hpp"
#include "run/instantiate.hpp"
#include "run/journal.hpp"
#include "run/memo.hpp"
#include "run/run.hpp"
#include "run/trace.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <chrono>
#include <cstdlib>
#include <memory>
#include <set>
#include <thread>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin) { return std::chrono::duration<double>(Clock::now() - begin).count(); }

/// The process's peak resident memory so far, in bytes.
std::size_t peak_memory() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::size_t>(usage.ru_maxrss) * 1024;
}

class Execution {
   public:
    Execution(const Graph& graph, Registry& registry, const RunOptions& options, Observer& observer)
        : graph_(graph),
          graph_text_(runtime::graph_text(graph)),
          registry_(registry),
          options_(options),
          observer_(observer),
          memo_(options.memo_bytes),
          cache_(options.cache.empty() ? default_cache_folder(options.output / ".cache") : options.cache),
          digests_(cache_.folder() / "digests.json", [this] { return stopped(); }),
          device_(resolve_device(options.device.empty() ? graph.device : options.device)),
          threads_(options.threads > 0 ? options.threads
                                       : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))) {}

    RunResult run();

   private:
    class StageContext;
    struct Slot {
        std::vector<ValueRef> outputs;
        bool failed = false;  ///< itself, or something it needs
        std::shared_ptr<Component> object;
        std::unique_ptr<StageContext> context;
        Account account;
        double seconds = 0;  ///< wall time of its body
        std::size_t peak = 0;
    };

    const StageUse& stage_of(std::size_t node) const { return graph_.stages[plan_.nodes[node].stage]; }
    bool stopped() const { return options_.signal != nullptr && options_.signal->load() != 0; }

    bool is_stored(std::size_t node, const PortInfo& output) const {
        return plan_.nodes[node].stored.count(output.name) > 0;
    }
    void execute_flow();
    void body(std::size_t node) noexcept;
    void compute(std::size_t node);
    Inputs gather_inputs(std::size_t node) const;
    void load_from_cache(std::size_t node);
    void store(std::size_t node, const fs::path& draft);
    void fail(std::size_t node, std::exception_ptr failure);
    RunRecord record(const RunResult& result, const std::string& started) const;

    const Graph& graph_;
    const GraphText graph_text_;
    Registry& registry_;
    const RunOptions& options_;
    Observer& observer_;
    Memo memo_;
    Cache cache_;
    DigestStore digests_;
    Device device_;
    int threads_;
    Plan plan_;
    Diagnostics diagnostics_;
    std::unique_ptr<Journal> journal_;
    Trace trace_;
    std::mutex observing_;
    std::vector<std::pair<std::string, std::string>> warnings_;  ///< stage and text
    mutable std::mutex device_in_use_;
    std::atomic<std::size_t> sequences_{0};
    std::atomic<bool> interrupted_{false};
    std::vector<Slot> slots_;  ///< last: values in it may use everything above until they go
};

/// What a stage sees of the run.
class Execution::StageContext final : public Context {
   public:
    StageContext(Execution& run, std::size_t node) : run_(run), node_(node), stage_(run.stage_of(node)) {}

    std::uint64_t seed() const override { return stage_.seed; }
    Device device() const override { return run_.device_; }
    int threads() const override { return run_.threads_; }
    std::string label() const override { return label_of(stage_.use); }
    std::string component_text(std::string_view name) const override {
        const auto& components = stage_.use.type->components;
        std::string text;  // of a list, all of them
        for (std::size_t c = 0; c < components.size(); ++c)
            if (components[c].name == name)
                for (const Use& part : stage_.use.components[c]) text += component_toml(part);
        return text;
    }
    const GraphText& graph() const override {
        static const GraphText none;
        return stage_.use.type->reads_graph ? run_.graph_text_ : none;
    }
    void traced(std::string_view what, Clock::time_point begin) const override {
        run_.trace_.slice(stage_.name, what, begin, Clock::now());
    }
    fs::path output_folder() const override { return output_folder_; }
    fs::path checkpoint_folder() const override { return run_.cache_.checkpoint(run_.plan_.nodes[node_].key); }
    void progress(std::size_t done, std::size_t total, std::string_view note) const override {
        run_.slots_[node_].account.items = done;
        const std::lock_guard lock(run_.observing_);
        run_.observer_.stage_progress(stage_.name, done, total, std::string(note));
    }
    void warn(std::string_view text) const override {
        run_.journal_->write("warning", {{"stage", stage_.name}, {"text", std::string(text)}});
        const std::lock_guard lock(run_.observing_);
        run_.warnings_.emplace_back(stage_.name, text);
        run_.observer_.warning(stage_.name, std::string(text));
    }
    void note(std::string_view event, std::string_view text) const override {
        run_.journal_->write(std::string(event), {{"stage", stage_.name}, {"text", std::string(text)}});
    }
    void waited_since(Clock::time_point begin) const override {
        const auto now = Clock::now();
        run_.slots_[node_].account.waiting += (now - begin).count();
        run_.trace_.slice(stage_.name, "wait", begin, now);
    }
    bool stop_requested() const override { return run_.stopped(); }
    std::unique_lock<std::mutex> use_device() const override { return std::unique_lock(run_.device_in_use_); }

    void set_output_folder(fs::path folder) { output_folder_ = std::move(folder); }

   private:
    Execution& run_;
    std::size_t node_;
    const StageUse& stage_;
    fs::path output_folder_;
};

Inputs Execution::gather_inputs(std::size_t node) const {
    Inputs inputs;
    for (const auto& port : plan_.nodes[node].inputs) {
        inputs.emplace_back();
        for (const auto& input : port) inputs.back().push_back(slots_[input.node].outputs.at(input.port));
    }
    return inputs;
}

void Execution::load_from_cache(std::size_t node) {
    const auto& outputs = stage_of(node).use.type->outputs;
    slots_[node].outputs.resize(outputs.size());
    for (std::size_t p = 0; p < outputs.size(); ++p)
        if (is_stored(node, outputs[p]))
            slots_[node].outputs[p] =
                load_value(outputs[p].type, cache_.entry(plan_.nodes[node].key) / outputs[p].name);
}

void Execution::store(std::size_t node, const fs::path& draft) {
    const auto& outputs = stage_of(node).use.type->outputs;
    for (std::size_t p = 0; p < outputs.size(); ++p) {
        if (!is_stored(node, outputs[p])) continue;
        fs::create_directories(draft / outputs[p].name);
        save_value(*slots_[node].outputs[p], draft / outputs[p].name);
    }
    cache_.commit(plan_.nodes[node].key, draft, plan_.nodes[node].key_text);
    cache_.remember_key_text(graph_.name, stage_of(node).name, plan_.nodes[node].key_text);
    cache_.forget_checkpoint(plan_.nodes[node].key);
}

void Execution::compute(std::size_t node) {
    const PlanNode& work = plan_.nodes[node];
    const StageUse& stage = stage_of(node);
    Slot& slot = slots_[node];
    std::unique_ptr<Cache::Lock> lock;
    if (!work.stored.empty()) {
        lock = std::make_unique<Cache::Lock>(cache_, work.key);
        if (!lock->held()) {
            slot.context->note("waiting", "another process is making the same");
            lock->wait([this] { return stopped(); });
            if (!lock->held()) throw Interrupted();
            std::string why;
            if (options_.use_cache && cache_.holds(work.key, work.stored, why, diagnostics_)) {
                plan_.nodes[node].state = PlanNode::State::cached;
                return load_from_cache(node);
            }
        }
    }
    slot.object = instantiate(stage.use, registry_);
    fs::path draft;
    if (!work.stored.empty()) {
        draft = cache_.begin(work.key);
        for (const PortInfo& port : stage.use.type->outputs)
            if (port.type == Files::type_name) {
                fs::create_directories(draft / port.name);
                slot.context->set_output_folder(draft / port.name);
            }
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
        output = wrap(output, {node, sequences_++, &slot.account, &memo_, &trace_, [this] { return stopped(); }});
}

void Execution::fail(std::size_t node, std::exception_ptr failure) {
    slots_[node].failed = true;
    try {
        std::rethrow_exception(failure);
    } catch (const Interrupted&) {
        interrupted_ = true;
        return;
    } catch (const StageFailure& elsewhere) {  // it came from a stage that was asked for samples
        node = elsewhere.node;
        failure = elsewhere.cause;
    } catch (...) {
    }
    const Diagnostic diagnostic = explain_exception(stage_of(node), failure);
    // Several stages may have asked the same one for the same samples; it failed once.
    for (const Diagnostic& known : diagnostics_.all())
        if (known.message == diagnostic.message) return;
    journal_->write("failed", {{"stage", stage_of(node).name}, {"text", diagnostic.message}});
    diagnostics_.add(diagnostic);
    const std::lock_guard lock(observing_);
    observer_.stage_failed(stage_of(node).name);
}

void Execution::body(std::size_t node) noexcept {
    const PlanNode& work = plan_.nodes[node];
    Slot& slot = slots_[node];
    const std::string& name = stage_of(node).name;
    const auto begin = Clock::now();
    try {
        for (const auto& port : work.inputs)
            for (const auto& input : port)
                if (slots_[input.node].failed) {
                    slot.failed = true;
                    return;
                }
        if (stopped()) throw Interrupted();
        if (work.state == PlanNode::State::cached) {
            load_from_cache(node);
            journal_->write("cached", {{"stage", name}, {"key", work.key}});
            return;
        }
        const bool runs = work.state == PlanNode::State::run;
        if (runs) {
            journal_->write("started", {{"stage", name}, {"key", work.key}, {"why", work.why}});
            const std::lock_guard lock(observing_);
            observer_.stage_started(name);
        }
        {
            const Charge charge(slot.account, &trace_, runs ? "run" : "open");
            compute(node);
        }
        slot.seconds = seconds_since(begin);
        slot.peak = peak_memory();
        if (runs) {
            if (work.state == PlanNode::State::cached)  // by another process, meanwhile
                journal_->write("cached", {{"stage", name}, {"key", work.key}});
            else
                journal_->write("finished", {{"stage", name}, {"seconds", slot.seconds}});
            const std::lock_guard lock(observing_);
            observer_.stage_finished(name, slot.seconds);
        }
    } catch (...) {
        fail(node, std::current_exception());
    }
}

void Execution::execute_flow() {
    using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads_));
    tbb::task_arena arena(threads_);
    arena.execute([&] {
        tbb::flow::graph flow;
        std::vector<std::unique_ptr<Node>> nodes(plan_.nodes.size());
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (plan_.nodes[n].state == PlanNode::State::idle) continue;
            nodes[n] = std::make_unique<Node>(flow, [this, n](tbb::flow::continue_msg) {
                // Otherwise a thread that waits inside one stage could start another on the same stack.
                tbb::this_task_arena::isolate([&] { body(n); });
            });
        }
        std::vector<bool> waits(nodes.size());
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            const auto state = plan_.nodes[n].state;
            if (state != PlanNode::State::run && state != PlanNode::State::open) continue;
            std::set<std::size_t> before;
            for (const auto& port : plan_.nodes[n].inputs)
                for (const auto& input : port) before.insert(input.node);
            for (const std::size_t input : before) tbb::flow::make_edge(*nodes[input], *nodes[n]);
            waits[n] = !before.empty();
        }
        for (std::size_t n = 0; n < nodes.size(); ++n)
            if (nodes[n] && !waits[n]) nodes[n]->try_put({});
        flow.wait_for_all();
    });
}

RunRecord Execution::record(const RunResult& result, const std::string& started) const {
    RunRecord record{
        graph_,        plan_, result.status, options_.command, started, result.seconds, to_string(device_), threads_,
        peak_memory(), {},    warnings_};
    for (std::size_t s = 0; s < graph_.stages.size(); ++s) {
        const Slot& slot = slots_[plan_.node_of[0][s]];
        record.costs.push_back({slot.failed, slot.account.seconds(), slot.account.waiting_seconds(),
                                slot.account.items.load(), slot.peak});
    }
    return record;
}

RunResult Execution::run() {
    const auto begin = Clock::now();
    const std::string started = timestamp();
    RunResult result;
    try {
        plan_ = make_plan({&graph_}, plan_world(cache_, digests_, diagnostics_, device_, options_.use_cache));
    } catch (const Interrupted&) {
        result.status = Status::interrupted;
        return result;
    }
    slots_ = std::vector<Slot>(plan_.nodes.size());
    std::string keys;
    for (std::size_t n = 0; n < plan_.nodes.size(); ++n) {
        slots_[n].context = std::make_unique<StageContext>(*this, n);
        slots_[n].account.name = stage_of(n).name;
        keys += plan_.nodes[n].key;
    }
    result.folder = make_run_folder(options_.output, graph_, sha256(keys));
    journal_ = std::make_unique<Journal>(result.folder / "journal.jsonl");
    journal_->write("run", {{"graph", graph_.file.string()},
                            {"command", options_.command},
                            {"threads", threads_},
                            {"device", to_string(device_)},
                            {"cache", cache_.folder().string()}});
    observer_.run_started(graph_, plan_);

    execute_flow();

    for (std::size_t s = 0; s < graph_.stages.size(); ++s) {
        const Slot& slot = slots_[plan_.node_of[0][s]];
        result.values.push_back(slot.failed ? std::vector<ValueRef>{} : slot.outputs);
    }
    std::vector<fs::path> telling;  // files that want the run's record
    try {
        telling = write_results(result.folder, graph_, result.values);
        trace_.write(result.folder / "trace.json");
    } catch (const std::exception& error) {
        Diagnostic diagnostic = errors::storage_failed({}, "", "");
        diagnostic.message = std::string("the run's folder could not be written: ") + error.what();
        diagnostics_.add(std::move(diagnostic));
    }
    result.diagnostics = diagnostics_.all();
    result.status = interrupted_ || stopped()   ? Status::interrupted
                    : diagnostics_.has_errors() ? Status::failed
                                                : Status::done;
    result.seconds = seconds_since(begin);
    journal_->write("end", {{"status", static_cast<int>(result.status)}, {"seconds", result.seconds}});
    try {
        finish_run_folder(result.folder, to_json(record(result, started)), telling);
    } catch (const std::exception& error) {
        Diagnostic diagnostic = errors::storage_failed({}, "", "");
        diagnostic.message = std::string("run.json could not be written: ") + error.what();
        result.diagnostics.push_back(std::move(diagnostic));
        if (result.status == Status::done) result.status = Status::failed;
    }
    // Lazy sequences use what goes with this object; whoever wants their samples reads them from the run's folder.
    for (auto& outputs : result.values)
        for (ValueRef& value : outputs)
            if (value && !is_stored_type(value->type())) value.reset();
    return result;
}

}  // namespace

RunResult run_graph(const Graph& graph, Registry& registry, const RunOptions& options, Observer& observer) {
    // Read by OpenBLAS and libgomp when a plugin first brings them in; whoever set them knows better. One pool of
    // threads is enough, and threads that spin while they wait take the cores from those that decode.
    setenv("OPENBLAS_NUM_THREADS", "1", /*overwrite=*/0);
    setenv("OMP_WAIT_POLICY", "passive", /*overwrite=*/0);
    return Execution(graph, registry, options, observer).run();
}

}  // namespace fettle::runtime
