// Three ways to show a run: bars on a terminal, dated lines in a log, JSON lines for a program.
#include "run/journal.hpp"
#include "show/show.hpp"
#include "show/stage_list.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace fettle::runtime {
namespace {

using Clock = Pace::Clock;

struct Counts {
    std::size_t run = 0, cached = 0;
    explicit Counts(const Plan& plan) {
        for (const PlanNode& node : plan.nodes) {
            run += node.state == PlanNode::State::run;
            cached += node.state == PlanNode::State::cached;
        }
    }
};

class Lines final : public Observer {
   public:
    void run_started(const std::vector<const Graph*>& graphs, const Plan& plan) override {
        const Counts counts(plan);
        line(fmt::format("graph {}{}: {} stages to run, {} from the cache", graphs.front()->name,
                         graphs.size() > 1 ? fmt::format(", {} cells", graphs.size()) : "", counts.run, counts.cached));
    }
    void stage_started(const std::string& stage) override {
        stages_[stage] = {Pace(Clock::now()), Clock::now()};
        line(stage + " started");
    }
    void stage_progress(const std::string& stage, std::size_t done, std::size_t total,
                        const std::string& note) override {
        Stage& at = stages_[stage];
        const auto now = Clock::now();
        at.pace.report(done, total, now);
        if (now - at.shown < std::chrono::seconds(10)) return;  // a log is read, not watched
        at.shown = now;
        std::string text = fmt::format("{} {}/{}", stage, done, total);
        for (const std::string& fact : {note, at.pace.rate_text(), at.pace.left_text(now)})
            if (!fact.empty()) text += ", " + fact;
        line(text);
    }
    void stage_finished(const std::string& stage, double seconds) override {
        line(fmt::format("{} done in {}", stage, duration_text(seconds)));
    }
    void stage_failed(const std::string& stage) override { line(stage + " failed"); }
    void warning(const std::string& stage, const std::string& text) override {
        line(fmt::format("warning: {}: {}", stage, text));
    }
    void cell_finished(std::size_t cell, std::size_t cells, bool failed) override {
        line(fmt::format("cell {} of {} {}", cell, cells, failed ? "not done" : "done"));
    }

   private:
    struct Stage {
        Pace pace;
        Clock::time_point shown{};
    };
    static void line(const std::string& text) {
        fmt::print(stderr, "{:%Y-%m-%d %H:%M:%S} {}\n", fmt::localtime(std::time(nullptr)), text);
    }
    std::map<std::string, Stage> stages_;
};

/// The list of stages at the bottom of a terminal. A thread of its own paints it, at most ten times a second: time goes
/// on and windows change their size while no stage reports.
class Bars final : public Observer {
   public:
    explicit Bars(bool colour) : painter_(colour, terminal_reflows()) {}
    ~Bars() override {
        if (ticking_.joinable()) {
            {
                const std::lock_guard lock(mutex_);
                over_ = true;
            }
            wake_.notify_one();
            ticking_.join();
        }
        if (list_) put(painter_.paint(list_->closing_lines(terminal_size(), Clock::now()), above_, terminal_size()));
    }

    void run_started(const std::vector<const Graph*>& graphs, const Plan& plan) override {
        const std::lock_guard lock(mutex_);
        list_.emplace(graphs.front()->name, terminal_has_unicode(), Clock::now());
        for (const PlanNode& node : plan.nodes) {
            if (node.state == PlanNode::State::run) list_->add(node.label, StageList::State::waiting);
            if (node.state == PlanNode::State::cached) list_->add(node.label, StageList::State::cached);
        }
        if (!ticking_.joinable()) ticking_ = std::thread([this] { tick(); });
    }
    void stage_started(const std::string& stage) override {
        change([&](StageList& list) { list.started(stage, Clock::now()); });
    }
    void stage_progress(const std::string& stage, std::size_t done, std::size_t total,
                        const std::string& note) override {
        change([&](StageList& list) { list.progress(stage, done, total, note, Clock::now()); });
    }
    void stage_finished(const std::string& stage, double seconds) override {
        change([&](StageList& list) { list.finished(stage, seconds); });
    }
    void stage_failed(const std::string& stage) override {
        change([&](StageList& list) { list.failed(stage); });
    }
    void warning(const std::string& stage, const std::string& text) override {
        const std::lock_guard lock(mutex_);
        above_ += painter_.painted("33", "warning:") + " " + one_line(stage + ": " + text) + "\n";
    }
    void cell_finished(std::size_t, std::size_t cells, bool failed) override {
        change([&](StageList& list) { list.cell_finished(cells, failed); });
    }

   private:
    /// Long texts are broken by the terminal; what would move its cursor becomes `?`.
    static std::string one_line(const std::string& text) { return fitted(text, cells_of(text)); }

    template <class Change>
    void change(const Change& make) {
        const std::lock_guard lock(mutex_);
        if (list_) make(*list_);
    }
    void tick() {
        std::unique_lock lock(mutex_);
        while (!over_) {
            const TerminalSize size = terminal_size();
            put(painter_.paint(list_->lines(size, Clock::now()), above_, size));
            above_.clear();
            wake_.wait_for(lock, std::chrono::milliseconds(100), [this] { return over_; });
        }
    }
    /// In one call: nothing half-written is ever on the screen.
    static void put(std::string_view text) {
        while (!text.empty()) {
            const ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
            if (written < 0 && errno != EINTR) return;  // nobody looks any more
            if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
        }
    }

    Painter painter_;
    std::mutex mutex_;  ///< of all below, and of the painter
    std::condition_variable wake_;
    bool over_ = false;
    std::optional<StageList> list_;
    std::string above_;  ///< warnings to stand above the list from the next frame on
    std::thread ticking_;
};

class JsonLines final : public Observer {
   public:
    void run_started(const std::vector<const Graph*>& graphs, const Plan& plan) override {
        constexpr const char* states[] = {"cached", "run", "open", "idle"};
        const Counts counts(plan);
        auto stages = nlohmann::ordered_json::array();
        for (const PlanNode& node : plan.nodes)
            stages.push_back({{"stage", node.label},
                              {"use", graphs[node.graph]->stages[node.stage].use.type->id},
                              {"state", states[static_cast<int>(node.state)]}});
        nlohmann::ordered_json event{{"event", "run"}, {"graph", graphs.front()->name}};
        if (graphs.size() > 1) event["cells"] = graphs.size();
        event.update({{"to_run", counts.run}, {"cached", counts.cached}, {"stages", std::move(stages)}});
        write(std::move(event));
    }
    void stage_started(const std::string& stage) override { write({{"event", "started"}, {"stage", stage}}); }
    void stage_progress(const std::string& stage, std::size_t done, std::size_t total,
                        const std::string& note) override {
        write({{"event", "progress"}, {"stage", stage}, {"done", done}, {"total", total}, {"note", note}});
    }
    void stage_finished(const std::string& stage, double seconds) override {
        write({{"event", "finished"}, {"stage", stage}, {"seconds", seconds}});
    }
    void stage_failed(const std::string& stage) override { write({{"event", "failed"}, {"stage", stage}}); }
    void warning(const std::string& stage, const std::string& text) override {
        write({{"event", "warning"}, {"stage", stage}, {"text", text}});
    }
    void cell_finished(std::size_t cell, std::size_t cells, bool failed) override {
        write({{"event", "cell"}, {"cell", cell}, {"cells", cells}, {"done", !failed}});
    }

   private:
    static void write(nlohmann::ordered_json event) {
        event["time"] = timestamp();
        fmt::print(stderr, "{}\n", event.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
    }
};

}  // namespace

std::unique_ptr<Observer> make_observer(bool json) {
    if (json) return std::make_unique<JsonLines>();
    const char* terminal = std::getenv("TERM");
    if (!isatty(STDERR_FILENO) || terminal == nullptr || std::string_view(terminal) == "dumb")
        return std::make_unique<Lines>();
    const char* no_colour = std::getenv("NO_COLOR");
    return std::make_unique<Bars>(no_colour == nullptr || *no_colour == '\0');
}

}  // namespace fettle::runtime
