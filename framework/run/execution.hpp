// Between the steps of running a plan; not part of the folder's interface. executor.cpp plans, lets the stages flow and
// writes folders; stages.cpp does what happens around one stage, context.cpp is what a stage sees of it; silence.cpp
// watches over those that hang.
#pragma once

#include "run/folder.hpp"
#include "run/journal.hpp"
#include "run/memo.hpp"
#include "run/run.hpp"
#include "run/times.hpp"
#include "run/trace.hpp"

#include <memory>
#include <optional>
#include <stop_token>

namespace fettle::runtime {

/// The process's peak resident memory so far, in bytes.
std::size_t peak_memory();

/// One graph, or all cells of a sweep, running as one plan.
class Execution {
   public:
    using Clock = std::chrono::steady_clock;
    /// Makes the folders to write to, one per graph, once it is known what is to be done.
    using MakeFolders = std::function<std::vector<std::filesystem::path>(const Plan&)>;

    /// `graphs` must outlive it. Throws Failure where there is no cache or no such device.
    Execution(std::vector<const Graph*> graphs, Registry& registry, const RunOptions& options, Observer& observer);

    /// One result per graph; without folders where it was stopped while planning.
    std::vector<RunResult> run(const MakeFolders& make_folders);

    const Trace& trace() const { return trace_; }

   private:
    class StageContext;
    /// What became of a piece of work. Filled once, by its body.
    struct Slot {
        std::vector<ValueRef> outputs;
        bool failed = false;       ///< itself, or something it needs
        bool interrupted = false;  ///< the same, and nothing was wrong but that it was to stop
        bool told = false;         ///< its failure was reported
        std::shared_ptr<Component> object;
        std::unique_ptr<Context> context;
        std::filesystem::path output_folder;
        Account account;
        std::size_t peak = 0;
        double carried_on = 0;         ///< seconds that a checkpoint brought along; part of the account's
        std::optional<Spent> earlier;  ///< when what the cache holds was made
        bool fresh = false;            ///< it isn't taken from the cache, as planned
        bool read_lazily = false;      ///< what the cache holds of it isn't enough in this run
        std::filesystem::path draft;
        std::string progress;                 ///< the last it told
        std::atomic<bool> running{false};     ///< its body
        std::atomic<bool> done{false};        ///< the same
        std::atomic<bool> overdue{false};     ///< it was silent for too long, and is asked to stop
        std::atomic<std::size_t> culprit{0};  ///< where it is overdue: whose code is at fault
        std::atomic<bool> waits_for_process{false};
        std::atomic<int> waits_for_device{0};  ///< threads
        std::atomic<std::size_t> readers{0};   ///< graphs that aren't finished and hold it
    };

    /// What a stage warned of; lasting: for as long as there is the result, else in this run alone.
    struct Warning {
        std::size_t node;
        std::string text;
        bool lasting;
    };

    // executor.cpp
    void prepare(const MakeFolders& make_folders);
    void flow();
    void finish_graphs_of(std::size_t node) noexcept;
    void finish(std::size_t graph);
    void write_folder(std::size_t graph);
    Status status_of(std::size_t graph) const;
    std::vector<StageCost> costs_of(std::size_t graph) const;
    void remember_keys() const noexcept;

    // stages.cpp
    std::unique_ptr<Context> make_context(std::size_t node);
    void body(std::size_t node) noexcept;
    void run_body(std::size_t node);
    void compute(std::size_t node);
    bool made_meanwhile(std::size_t node, std::unique_ptr<Cache::Lock>& lock);
    Inputs gather_inputs(std::size_t node) const;
    void load_from_cache(std::size_t node);
    void store(std::size_t node, const std::filesystem::path& draft);
    void remember(std::size_t node) noexcept;
    void recall(std::size_t node);
    void fail(std::size_t node, std::exception_ptr failure) noexcept;
    void warn(std::size_t node, std::string_view text, bool lasting);
    void tell(std::size_t node, Diagnostic diagnostic);
    std::vector<std::size_t> makers_of(std::size_t node) const;
    void expect_unchanged(std::size_t node);

    // silence.cpp
    void watch(const std::stop_token& over);
    std::chrono::nanoseconds silence_of(std::size_t node, Clock::time_point now) const;
    void excuse(std::chrono::nanoseconds gap, Clock::time_point now);
    std::size_t culprit_of(std::size_t node) const;
    bool tell_silence(std::size_t node, const std::string& more = {});
    void abandon();

    const Graph& graph_of(std::size_t node) const { return *graphs_[plan_.nodes[node].graph]; }
    const StageUse& stage_of(std::size_t node) const { return graph_of(node).stages[plan_.nodes[node].stage]; }
    bool is_stored(std::size_t node, const PortInfo& output) const {
        return plan_.nodes[node].stored.count(output.name) > 0;
    }
    bool signalled() const { return options_.signal != nullptr && options_.signal->load() != 0; }
    bool stopped() const { return signalled() || (options_.fail_fast && any_failed_); }
    /// Into the journal of every graph that needs the node.
    void journal(std::size_t node, const std::string& event, nlohmann::ordered_json fields);

    std::vector<const Graph*> graphs_;
    std::vector<GraphText> texts_;
    Registry& registry_;
    const RunOptions& options_;
    Observer& observer_;
    Memo memo_;
    Cache cache_;
    std::optional<Cache::Use> use_;  ///< of what the plan needs
    Times times_;
    DigestStore digests_;
    Device device_;
    int threads_;
    Clock::time_point begin_ = Clock::now();
    std::string started_;
    Plan plan_;
    Diagnostics diagnostics_;  ///< of the cache
    std::vector<std::unique_ptr<Journal>> journals_;
    Trace trace_;
    SharedClock shared_;
    mutable std::mutex observing_;                              ///< the observer, and the two lists below
    std::vector<Warning> warnings_;                             ///< no two alike
    std::vector<std::pair<std::size_t, Diagnostic>> failures_;  ///< node and what was wrong with it
    std::mutex device_in_use_;
    std::atomic<std::size_t> sequences_{0};
    std::atomic<bool> any_failed_{false};
    std::atomic<int> finishing_{0};       ///< threads that write what is done
    std::atomic<bool> abandoned_{false};  ///< the process is about to end: nothing is to be begun any more
    std::vector<RunResult> results_;
    std::vector<std::atomic<std::size_t>> left_;  ///< per graph: work that isn't done
    std::vector<Slot> slots_;                     ///< last: values in it may use everything above until they go
};

}  // namespace fettle::runtime
