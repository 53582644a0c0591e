// Three ways to show a run: bars on a terminal, dated lines in a log, JSON lines for a program.
#include "run/journal.hpp"
#include "show/show.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <map>

namespace fettle::runtime {
namespace {

using Clock = std::chrono::steady_clock;

std::string duration(double seconds) {
    if (seconds < 10) return fmt::format("{:.1f} s", seconds);
    if (seconds < 120) return fmt::format("{:.0f} s", seconds);
    return fmt::format("{}:{:02} min", static_cast<int>(seconds) / 60, static_cast<int>(seconds) % 60);
}

struct Counts {
    std::size_t run = 0, cached = 0, width = 0;
    Counts(const Graph& graph, const Plan& plan) {
        for (const StageUse& stage : graph.stages) width = std::max(width, stage.name.size());
        for (const PlanNode& node : plan.nodes) {
            run += node.state == PlanNode::State::run;
            cached += node.state == PlanNode::State::cached;
        }
    }
};

/// Where a stage is, and since when.
struct Progress {
    Clock::time_point since = Clock::now(), shown{};
    std::size_t done = 0, total = 0;
    std::string note;

    double seconds() const { return std::chrono::duration<double>(Clock::now() - since).count(); }
    std::string left() const {
        if (done == 0 || total == 0 || done >= total || seconds() < 2) return {};
        return duration(seconds() * static_cast<double>(total - done) / static_cast<double>(done)) + " left";
    }
};

class Lines final : public Observer {
   public:
    void run_started(const Graph& graph, const Plan& plan) override {
        const Counts counts(graph, plan);
        line(fmt::format("graph {}: {} stages to run, {} from the cache", graph.name, counts.run, counts.cached));
    }
    void stage_started(const std::string& stage) override {
        progress_[stage] = {};
        line(stage + " started");
    }
    void stage_progress(const std::string& stage, std::size_t done, std::size_t total,
                        const std::string& note) override {
        Progress& at = progress_[stage];
        at.done = done;
        at.total = total;
        const auto now = Clock::now();
        if (now - std::max(at.shown, at.since) < std::chrono::seconds(10)) return;  // a log is read, not watched
        at.shown = now;
        const std::string left = at.left();
        line(fmt::format("{} {}/{}{}{}", stage, done, total, note.empty() ? "" : ", " + note,
                         left.empty() ? "" : ", " + left));
    }
    void stage_finished(const std::string& stage, double seconds) override {
        line(fmt::format("{} done in {}", stage, duration(seconds)));
    }
    void stage_failed(const std::string& stage) override { line(stage + " failed"); }
    void warning(const std::string& stage, const std::string& text) override {
        line(fmt::format("warning: {}: {}", stage, text));
    }

   private:
    static void line(const std::string& text) {
        fmt::print(stderr, "{:%Y-%m-%d %H:%M:%S} {}\n", fmt::localtime(std::time(nullptr)), text);
    }
    std::map<std::string, Progress> progress_;
};

class Bars final : public Observer {
   public:
    explicit Bars(bool colour) : colour_(colour) {}
    ~Bars() override { erase(); }

    void run_started(const Graph& graph, const Plan& plan) override {
        const Counts counts(graph, plan);
        width_ = counts.width;
        above(fmt::format("{}: {} stages to run, {} from the cache", graph.name, counts.run, counts.cached));
    }
    void stage_started(const std::string& stage) override {
        progress_[stage] = {};
        draw();
    }
    void stage_progress(const std::string& stage, std::size_t done, std::size_t total,
                        const std::string& note) override {
        Progress& at = progress_[stage];
        at.done = done;
        at.total = total;
        at.note = note;
        const auto now = Clock::now();
        if (now - drawn_ >= std::chrono::milliseconds(100)) draw();
    }
    void stage_finished(const std::string& stage, double seconds) override {
        progress_.erase(stage);
        above(fmt::format("{} {:<{}}  {}", paint("32", "✓"), stage, width_, duration(seconds)));
    }
    void stage_failed(const std::string& stage) override {
        progress_.erase(stage);
        above(fmt::format("{} {}", paint("31", "✗"), stage));
    }
    void warning(const std::string& stage, const std::string& text) override {
        above(fmt::format("{} {}: {}", paint("33", "warning:"), stage, text));
    }

   private:
    std::string paint(const char* code, const std::string& text) const {
        return colour_ ? fmt::format("\033[{}m{}\033[0m", code, text) : text;
    }
    static std::size_t terminal_width() {
        winsize size{};
        return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
    }
    /// Takes the bars away; the next text stands where they were.
    void erase() {
        if (lines_ > 0) fmt::print(stderr, "\033[{}A\033[J", lines_);
        lines_ = 0;
        std::fflush(stderr);
    }
    void above(const std::string& text) {
        erase();
        fmt::print(stderr, "{}\n", text);
        draw();
    }
    void draw() {
        std::string out = lines_ > 0 ? fmt::format("\033[{}A", lines_) : "";
        for (const auto& [stage, at] : progress_) {
            constexpr int cells = 24;
            const int full = at.total > 0 ? static_cast<int>(cells * at.done / at.total) : 0;
            std::string bar;
            for (int i = 0; i < cells; ++i) bar += i < full ? "━" : "·";
            const double rate = at.seconds() > 0 ? static_cast<double>(at.done) / at.seconds() : 0;
            std::string facts =
                at.total > 0 ? fmt::format("{}/{}  {:.0f}/s", at.done, at.total, rate) : duration(at.seconds());
            for (const std::string& more : {at.note, at.left()})
                if (!more.empty()) facts += "  " + more;
            const std::size_t room = terminal_width() - std::min(terminal_width(), width_ + cells + 5);
            out += fmt::format("\033[K  {:<{}} {} {}\n", stage, width_, bar, facts.substr(0, room));
        }
        fmt::print(stderr, "{}\033[J", out);
        std::fflush(stderr);
        lines_ = progress_.size();
        drawn_ = Clock::now();
    }

    bool colour_;
    std::size_t width_ = 0, lines_ = 0;
    Clock::time_point drawn_{};
    std::map<std::string, Progress> progress_;
};

class JsonLines final : public Observer {
   public:
    void run_started(const Graph& graph, const Plan& plan) override {
        const Counts counts(graph, plan);
        write({{"event", "run"}, {"graph", graph.name}, {"to_run", counts.run}, {"cached", counts.cached}});
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

std::string figures_text(const RunResult& result) {
    std::string out;
    for (const auto& outputs : result.values)
        for (const ValueRef& value : outputs) {
            const auto* measures = dynamic_cast<const Measures*>(value.get());
            if (measures == nullptr) continue;
            for (const Judgement& judgement : measures->judgements) {
                const Confusion& c = judgement.confusion;
                out += fmt::format("{}, {} = {:.6g}\n", judgement.cut.column, judgement.cut.method,
                                   judgement.cut.threshold);
                for (const Figure& figure : judgement.figures) {
                    const bool interval = figure.low == figure.low && figure.high == figure.high;
                    out += fmt::format("  {:<18} {:.4f}{}\n", figure.name, figure.value,
                                       interval ? fmt::format("  ({:.4f} to {:.4f})", figure.low, figure.high) : "");
                }
                out += fmt::format("  of {} anomalous {} found, {} missed; of {} normal {} false alarms\n",
                                   c.true_positive + c.false_negative, c.true_positive, c.false_negative,
                                   c.true_negative + c.false_positive, c.false_positive);
                for (const std::string& remark : judgement.remarks) out += "  " + remark + "\n";
            }
        }
    return out;
}

}  // namespace fettle::runtime
