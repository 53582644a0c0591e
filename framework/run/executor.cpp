// One flow node per piece of work; values pass through a table of slots that is filled once. A graph's folder is
// written as soon as its last piece is done.
#include "run/execution.hpp"
#include "run/failure.hpp"

#include <tbb/flow_graph.h>
#include <tbb/global_control.h>
#include <tbb/task_arena.h>

#include <algorithm>
#include <set>
#include <thread>

namespace fettle::runtime {
namespace {

namespace fs = std::filesystem;

double seconds_since(Execution::Clock::time_point begin) {
    return std::chrono::duration<double>(Execution::Clock::now() - begin).count();
}

Diagnostic not_written(const std::string& what, const std::exception& error) {
    Diagnostic diagnostic = errors::storage_failed({}, "", error.what());
    diagnostic.message = what + " could not be written: " + error.what();
    return diagnostic;
}

/// What makes a run's folder this one: the keys of all its work.
std::string digest_of(const Plan& plan) {
    std::string keys;
    for (const PlanNode& node : plan.nodes) keys += node.key;
    return sha256(keys);
}

}  // namespace

Execution::Execution(std::vector<const Graph*> graphs, Registry& registry, const RunOptions& options,
                     Observer& observer)
    : graphs_(std::move(graphs)),
      registry_(registry),
      options_(options),
      observer_(observer),
      memo_(options.memo_bytes),
      cache_(options.cache.empty() ? default_cache_folder(options.output / ".cache") : options.cache),
      times_(cache_.folder()),
      digests_(cache_.folder() / "digests.json", [this] { return stopped(); }),
      device_(resolve_device(*graphs_.front(), options.device)),
      threads_(options.threads > 0 ? options.threads
                                   : std::max(1, static_cast<int>(std::thread::hardware_concurrency()))),
      started_(timestamp()),
      results_(graphs_.size()),
      left_(graphs_.size()) {
    for (const Graph* graph : graphs_) texts_.push_back(graph_text(*graph));
}

void Execution::prepare(const MakeFolders& make_folders) {
    slots_ = std::vector<Slot>(plan_.nodes.size());
    for (std::size_t n = 0; n < plan_.nodes.size(); ++n) {
        slots_[n].context = make_context(n);
        slots_[n].account.name = plan_.nodes[n].label;
        slots_[n].readers = plan_.nodes[n].graphs.size();
        if (plan_.nodes[n].state != PlanNode::State::idle)
            for (const std::size_t g : plan_.nodes[n].graphs) ++left_[g];
        const auto state = plan_.nodes[n].state;
        slots_[n].fresh = state == PlanNode::State::run || state == PlanNode::State::open;
        if (!slots_[n].fresh) continue;
        for (const auto& port : plan_.nodes[n].inputs)
            for (const auto& [from, output] : port)
                slots_[from].read_lazily |= !is_stored(from, stage_of(from).use.type->outputs[output]);
    }
    const auto folders = make_folders(plan_);
    for (std::size_t g = 0; g < graphs_.size(); ++g) {
        results_[g].folder = folders[g];
        journals_.push_back(std::make_unique<Journal>(folders[g] / "journal.jsonl"));
        journals_[g]->write("run", {{"graph", graphs_[g]->file.string()},
                                    {"command", options_.command},
                                    {"threads", threads_},
                                    {"device", to_string(device_)},
                                    {"cache", cache_.folder().string()}});
    }
    observer_.run_started(graphs_, plan_);
}

void Execution::flow() {
    using Node = tbb::flow::continue_node<tbb::flow::continue_msg>;
    const tbb::global_control limit(tbb::global_control::max_allowed_parallelism, static_cast<std::size_t>(threads_));
    std::jthread watcher;
    if (options_.stage_timeout > 0) watcher = std::jthread([this](const std::stop_token& over) { watch(over); });
    tbb::task_arena arena(threads_);
    arena.execute([&] {
        tbb::flow::graph flow;
        std::vector<std::unique_ptr<Node>> nodes(plan_.nodes.size());
        for (std::size_t n = 0; n < nodes.size(); ++n) {
            if (plan_.nodes[n].state == PlanNode::State::idle) continue;
            const auto work = [this, n](tbb::flow::continue_msg) {
                // Otherwise a thread that waits inside one stage could start another on the same stack.
                tbb::this_task_arena::isolate([&] { body(n); });
            };
            // Of those that are ready, the one that the plan names first: a sweep goes cell by cell.
            nodes[n] = std::make_unique<Node>(flow, work, static_cast<tbb::flow::node_priority_t>(nodes.size() - n));
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

Status Execution::status_of(std::size_t graph) const {
    bool failed = diagnostics_.has_errors(), interrupted = signalled() && graphs_.size() == 1;
    for (const std::size_t n : plan_.node_of[graph]) {
        failed |= slots_[n].failed && !slots_[n].interrupted;
        interrupted |= slots_[n].interrupted;
    }
    if (interrupted && (signalled() || !failed)) return Status::interrupted;
    return failed ? Status::failed : Status::done;
}

std::vector<StageCost> Execution::costs_of(std::size_t graph) const {
    const std::lock_guard lock(observing_);  // cells that still run may learn more of stages that they share
    std::vector<StageCost> costs;
    for (const std::size_t n : plan_.node_of[graph]) {
        const Slot& slot = slots_[n];
        costs.push_back({slot.failed, slot.account.seconds(), slot.account.waiting_seconds(), slot.account.items.load(),
                         slot.peak, slot.earlier, slot.carried_on, slot.account.batches()});
    }
    return costs;
}

/// What the graph left behind, but for its record; what can't be written is the graph's failure.
void Execution::write_folder(std::size_t g) {
    RunResult& result = results_[g];
    std::vector<fs::path> telling;  // files that want the run's record
    const auto refuse = [&](const std::string& what, const std::exception& error) {
        result.diagnostics.push_back(not_written(what, error));
        if (std::string room = free_space(result.folder); !room.empty())
            result.diagnostics.back().help.push_back(std::move(room));
        if (result.status == Status::done) result.status = Status::failed;
    };
    try {
        telling = write_results(result.folder, *graphs_[g], result.values);
        if (graphs_.size() == 1) trace_.write(result.folder / "trace.json");
    } catch (const std::exception& error) {
        refuse("the run's folder", error);
    }
    result.seconds = seconds_since(begin_);
    journals_[g]->write("end", {{"status", static_cast<int>(result.status)}, {"seconds", result.seconds}});
    RunRecord record{*graphs_[g],
                     plan_,
                     g,
                     result.status,
                     options_.command,
                     started_,
                     result.seconds,
                     to_string(device_),
                     threads_,
                     peak_memory(),
                     costs_of(g),
                     {}};
    {
        const std::lock_guard lock(observing_);
        for (std::size_t s = 0; s < graphs_[g]->stages.size(); ++s)
            for (const Warning& each : warnings_)
                if (plan_.node_of[g][s] == each.node)
                    record.warnings.emplace_back(graphs_[g]->stages[s].name, each.text);
    }
    try {
        finish_run_folder(result.folder, to_json(record), telling);
        if (graphs_.size() == 1) point_to(result.folder, "latest");
    } catch (const std::exception& error) {
        refuse("run.json", error);
    }
}

void Execution::finish(std::size_t g) {
    RunResult& result = results_[g];
    for (const std::size_t n : plan_.node_of[g])
        result.values.push_back(slots_[n].failed ? std::vector<ValueRef>{} : slots_[n].outputs);
    result.status = status_of(g);
    const auto& of = plan_.node_of[g];
    {
        const std::lock_guard lock(observing_);
        for (const auto& [node, diagnostic] : failures_)
            if (std::find(of.begin(), of.end(), node) != of.end()) result.diagnostics.push_back(diagnostic);
    }
    write_folder(g);
    // Lazy sequences use what goes with this object; whoever wants their samples reads them from the run's folder. Of a
    // sweep the figures and gates are enough: many networks would fill the memory.
    for (auto& outputs : result.values)
        for (ValueRef& value : outputs)
            if (value &&
                (!is_stored_type(value->type()) ||
                 (graphs_.size() > 1 && value->type() != Measures::type_name && value->type() != Files::type_name)))
                value.reset();
    if (graphs_.size() == 1) return;
    for (const std::size_t n : std::set<std::size_t>(of.begin(), of.end()))
        if (--slots_[n].readers == 0 && !abandoned_) {  // else a thread that hangs is still in them
            slots_[n].outputs.clear();
            slots_[n].object.reset();
        }
    const std::lock_guard lock(observing_);
    observer_.cell_finished(g + 1, graphs_.size(), result.status != Status::done);
}

void Execution::finish_graphs_of(std::size_t node) noexcept {
    ++finishing_;
    for (const std::size_t g : plan_.nodes[node].graphs) {
        if (--left_[g] > 0) continue;
        try {
            finish(g);
        } catch (const std::exception& error) {
            results_[g].status = Status::failed;
            diagnostics_.add(not_written("what was found", error));
        }
    }
    --finishing_;
}

/// What a later plan compares with: also of lazy stages, which store nothing themselves.
void Execution::remember_keys() const noexcept {
    for (std::size_t g = 0; g < graphs_.size(); ++g) {
        if (results_[g].status != Status::done) continue;
        const std::string name = memory_name(*graphs_[g]);
        for (std::size_t s = 0; s < graphs_[g]->stages.size(); ++s) {
            const std::string &stage = graphs_[g]->stages[s].name, &text = plan_.nodes[plan_.node_of[g][s]].key_text;
            if (cache_.last_key_text(name, stage) != text) cache_.remember_key_text(name, stage, text);
        }
    }
}

std::vector<RunResult> Execution::run(const MakeFolders& make_folders) {
    try {
        use_.emplace(cache_);
        plan_ = make_plan(graphs_, plan_world(cache_, digests_, diagnostics_, device_, options_.use_cache));
        std::vector<std::string> keys;
        for (const PlanNode& node : plan_.nodes) keys.push_back(node.key);
        use_->claim(keys);
    } catch (const Interrupted&) {
        for (RunResult& result : results_) result.status = Status::interrupted;
        return std::move(results_);
    }
    prepare(make_folders);
    std::vector<std::size_t> idle;  // graphs in which nobody asks for anything
    for (std::size_t g = 0; g < graphs_.size(); ++g)
        if (left_[g] == 0) idle.push_back(g);
    flow();
    for (const std::size_t g : idle) finish(g);
    remember_keys();
    for (const Diagnostic& each : diagnostics_.all())
        for (RunResult& result : results_) result.diagnostics.insert(result.diagnostics.begin(), each);
    return std::move(results_);
}

RunResult run_graph(const Graph& graph, Registry& registry, const RunOptions& options, Observer& observer) {
    return std::move(
        Execution({&graph}, registry, options, observer)
            .run([&](const Plan& plan) { return std::vector{make_run_folder(options.output, graph, digest_of(plan))}; })
            .front());
}

namespace {

/// What the cells come to, with the sweep's files where it has a folder.
SweepResult conclude(const Sweep& sweep, const std::vector<Graph>& graphs, const RunOptions& options,
                     SweepResult result, const Trace& trace) {
    std::set<std::string> told;
    bool failed = false, interrupted = false;
    for (const RunResult& cell : result.cells) {
        failed |= cell.status == Status::failed;
        interrupted |= cell.status == Status::interrupted;
        for (const Diagnostic& each : cell.diagnostics)
            if (told.insert(render(each)).second) result.diagnostics.push_back(each);
    }
    const bool signalled = options.signal != nullptr && options.signal->load() != 0;
    result.status = interrupted && (signalled || !failed) ? Status::interrupted
                    : failed                              ? Status::failed
                                                          : Status::done;
    if (result.folder.empty()) return result;
    try {
        write_text(result.folder / "sweep.json", sweep_json(sweep, graphs, result, options.command) + "\n");
        write_text(result.folder / "sweep.csv", sweep_csv(sweep, result));
        if (const std::string tables = sweep_tables_csv(sweep, result); !tables.empty())
            write_text(result.folder / "tables.csv", tables);
        trace.write(result.folder / "trace.json");
        point_to(result.folder, "latest-sweep");
    } catch (const std::exception& error) {
        result.diagnostics.push_back(not_written("the sweep's folder", error));
        if (result.status == Status::done) result.status = Status::failed;
    }
    return result;
}

}  // namespace

SweepResult run_sweep(const Sweep& sweep, const std::vector<Graph>& graphs, Registry& registry,
                      const RunOptions& options, Observer& observer) {
    const auto begin = Execution::Clock::now();
    std::vector<const Graph*> cells;
    for (const Graph& graph : graphs) cells.push_back(&graph);
    fs::path folder;
    RunOptions settings = options;
    Execution execution(cells, registry, settings, observer);
    const auto concluded = [&](std::vector<RunResult> results) {
        SweepResult result;
        result.folder = folder;
        result.cells = std::move(results);
        result.seconds = seconds_since(begin);
        return conclude(sweep, graphs, options, std::move(result), execution.trace());
    };
    if (options.abandon)
        settings.abandon = [&](const SweepResult& around) { options.abandon(concluded(around.cells)); };
    return concluded(execution.run([&](const Plan& plan) {
        std::vector<fs::path> folders;
        folder = make_sweep_folder(options.output, cells, digest_of(plan), folders);
        return folders;
    }));
}

}  // namespace fettle::runtime
