// The stages of a run and how far each is, as lines for a terminal of any size; a folder's own.
#pragma once

#include "show/terminal.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace fettle::runtime {

/// "3.2 s", "47 s", "2:05 min", "1:02:05 h".
std::string duration_text(double seconds);

/// How far a stage has come, how fast it goes, and how long it will take. What was there before the first report (a
/// checkpoint) is not taken for speed.
class Pace {
   public:
    using Clock = std::chrono::steady_clock;
    explicit Pace(Clock::time_point begin = {}) : begin_(begin) {}

    void report(std::size_t done, std::size_t total, Clock::time_point now);
    std::size_t done() const { return done_; }
    std::size_t total() const { return total_; }
    double seconds(Clock::time_point now) const { return std::chrono::duration<double>(now - begin_).count(); }
    /// Items per second; 0 where it can't be told yet.
    double rate() const;
    /// "9.6/s", "3.2 s each"; empty where it can't be told yet.
    std::string rate_text() const;
    /// "12 s left"; empty where it can't be told yet, which takes 2 s.
    std::string left_text(Clock::time_point now) const;

   private:
    Clock::time_point begin_, first_{}, last_{};
    std::size_t base_ = 0, done_ = 0, total_ = 0;
};

/// [one thread at a time]
class StageList {
   public:
    enum class State { waiting, running, cached, done, failed };
    using Clock = Pace::Clock;

    StageList(std::string graph, bool unicode, Clock::time_point begin)
        : graph_(std::move(graph)), unicode_(unicode), begin_(begin) {}

    void add(const std::string& stage, State state);
    void started(const std::string& stage, Clock::time_point now);
    void progress(const std::string& stage, std::size_t done, std::size_t total, const std::string& note,
                  Clock::time_point now);
    void finished(const std::string& stage, double seconds);
    void failed(const std::string& stage);
    /// Of a sweep: one more of so many cells.
    void cell_finished(std::size_t cells, bool failed);

    /// A line for the whole and one for each stage, as many as leave the terminal's last row free. Where there are more
    /// stages, those that run or failed go before, then those that come next, then those just done; the last line
    /// counts the rest. No line is as wide as the terminal.
    std::vector<Line> lines(TerminalSize size, Clock::time_point now) const;
    /// What stays when the run has ended: a line for the whole and for each stage that ran, or would have.
    std::vector<Line> closing_lines(TerminalSize size, Clock::time_point now) const;

   private:
    struct Stage {
        std::string name;
        State state;
        Pace pace{};
        std::string note;
        double seconds = 0;     ///< when done
        std::size_t ended = 0;  ///< the how manieth to be done
    };

    Stage& stage(const std::string& name);
    std::size_t count(State state) const;
    Line heading(std::size_t room, Clock::time_point now) const;
    Line line(const Stage& stage, std::size_t room, bool over, Clock::time_point now) const;
    std::string running_text(const Stage& stage, std::size_t room, Clock::time_point now) const;
    std::string bar(std::size_t done, std::size_t total, std::size_t cells) const;
    std::string counts(const std::vector<const Stage*>& stages) const;
    std::vector<bool> chosen(std::size_t rows) const;

    std::string graph_;
    bool unicode_;
    Clock::time_point begin_;
    std::vector<Stage> stages_;
    std::size_t ended_ = 0;
    std::size_t cells_ = 0, cells_done_ = 0, cells_failed_ = 0;
    std::size_t longest_ = 0;  ///< name, in cells
};

}  // namespace fettle::runtime
