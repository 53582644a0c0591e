#include "show/stage_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace fettle::runtime {

std::string duration_text(double seconds) {
    if (seconds < 10) return fmt::format("{:.1f} s", seconds);
    if (seconds < 120) return fmt::format("{:.0f} s", seconds);
    const auto whole = static_cast<long>(seconds);
    if (whole < 3600) return fmt::format("{}:{:02} min", whole / 60, whole % 60);
    return fmt::format("{}:{:02}:{:02} h", whole / 3600, whole / 60 % 60, whole % 60);
}

void Pace::report(std::size_t done, std::size_t total, Clock::time_point now) {
    if (first_ == Clock::time_point{} || done < done_ || total != total_) first_ = now, base_ = done;
    last_ = now;
    done_ = done;
    total_ = total;
}

double Pace::rate() const {
    const double passed = std::chrono::duration<double>(last_ - first_).count();
    return done_ > base_ && passed > 0 ? static_cast<double>(done_ - base_) / passed : 0;
}

std::string Pace::rate_text() const {
    const double speed = rate();
    if (speed <= 0) return {};
    if (speed >= 1) return fmt::format("{:.{}f}/s", speed, speed < 10 ? 1 : 0);
    return duration_text(1 / speed) + " each";
}

std::string Pace::left_text(Clock::time_point now) const {
    if (rate() <= 0 || done_ >= total_ || seconds(now) < 2) return {};
    // What has passed since the last report is taken off, so that the figure goes down between reports.
    const double since = std::chrono::duration<double>(now - last_).count();
    return duration_text(std::max(0.0, static_cast<double>(total_ - done_) / rate() - since)) + " left";
}

void StageList::add(const std::string& name, State state) {
    stages_.push_back({name, state});
    longest_ = std::max(longest_, cells_of(name));
}

/// One that the plan didn't name is taken in: the list tells what happens, whatever was expected.
StageList::Stage& StageList::stage(const std::string& name) {
    const auto found =
        std::find_if(stages_.begin(), stages_.end(), [&](const Stage& each) { return each.name == name; });
    if (found != stages_.end()) return *found;
    add(name, State::waiting);
    return stages_.back();
}

void StageList::started(const std::string& name, Clock::time_point now) {
    Stage& at = stage(name);
    at.state = State::running;
    at.pace = Pace(now);
    at.note.clear();
}

void StageList::progress(const std::string& name, std::size_t done, std::size_t total, const std::string& note,
                         Clock::time_point now) {
    Stage& at = stage(name);
    if (at.state != State::running) started(name, now);
    at.pace.report(done, total, now);
    at.note = note;
}

void StageList::finished(const std::string& name, double seconds) {
    Stage& at = stage(name);
    at.state = State::done;
    at.seconds = seconds;
    at.ended = ++ended_;
}

void StageList::failed(const std::string& name) {
    stage(name).state = State::failed;
    stage(name).ended = ++ended_;
}

void StageList::cell_finished(std::size_t cells, bool failed) {
    cells_ = cells;
    ++(failed ? cells_failed_ : cells_done_);
}

std::size_t StageList::count(State state) const {
    return static_cast<std::size_t>(
        std::count_if(stages_.begin(), stages_.end(), [&](const Stage& each) { return each.state == state; }));
}

Line StageList::heading(std::size_t room, Clock::time_point now) const {
    const std::size_t cached = count(State::cached), done = count(State::done), failed = count(State::failed);
    std::string text = fmt::format("{}: {} of {} stages done", graph_, done, stages_.size() - cached);
    if (failed > 0) text += fmt::format(", {} failed", failed);
    if (cached > 0) text += fmt::format(", {} from the cache", cached);
    if (cells_ > 0) text += fmt::format(", {} of {} cells", cells_done_, cells_);
    if (cells_failed_ > 0) text += fmt::format(", {} not done", cells_failed_);
    text += ", " + duration_text(std::chrono::duration<double>(now - begin_).count());
    return {"", "", fitted(text, room)};
}

std::string StageList::bar(std::size_t done, std::size_t total, std::size_t cells) const {
    const std::size_t full = total > 0 ? std::min(cells, cells * done / total) : 0;
    std::string out;
    for (std::size_t i = 0; i < cells; ++i) out += i < full ? (unicode_ ? "━" : "#") : (unicode_ ? "·" : ".");
    return out;
}

/// A bar where there is room for it, and as many facts behind it as fit, the most useful before.
std::string StageList::running_text(const Stage& stage, std::size_t room, Clock::time_point now) const {
    const Pace& pace = stage.pace;
    const std::size_t cells = room >= 56 ? 24 : room >= 34 ? 10 : 0;
    std::string out = cells > 0 ? bar(pace.done(), pace.total(), cells) + " " : "";
    std::size_t left = room - std::min(room, cells + (cells > 0 ? 1 : 0));
    const std::string count =
        pace.total() > 0 ? fmt::format("{}/{}", pace.done(), pace.total()) : duration_text(pace.seconds(now));
    const auto add = [&](const std::string& fact, bool whole) {
        const std::string shown = (out.ends_with(' ') || out.empty() ? "" : "  ") + fact;
        if (fact.empty() || left < 8 || (whole && cells_of(shown) > left)) return;
        out += fitted(shown, left);
        left -= std::min(left, cells_of(shown));
    };
    add(count, /*whole=*/cells == 0);
    add(pace.left_text(now), true);
    add(pace.rate_text(), true);
    add(stage.note, false);
    return out;
}

Line StageList::line(const Stage& stage, std::size_t room, bool over, Clock::time_point now) const {
    struct Look {
        const char *mark, *plain, *colour;
    };
    constexpr Look looks[] = {{"·", ".", "2"}, {"▸", ">", "1;36"}, {"≡", "=", "2"}, {"✓", "+", "32"}, {"✗", "x", "31"}};
    const Look& look = looks[static_cast<int>(stage.state)];
    const std::size_t name = std::min(longest_, std::max<std::size_t>(6, room / 3));
    const std::size_t rest = room - std::min(room, name + 4);
    std::string text;
    switch (stage.state) {
        case State::waiting:
            text = over ? "not run" : "waiting";
            break;
        case State::running:
            text = over ? "stopped" : running_text(stage, rest, now);
            break;
        case State::cached:
            text = "from the cache";
            break;
        case State::done:
            text = duration_text(stage.seconds);
            break;
        case State::failed:
            text = "failed";
            break;
    }
    if (room < 3) return {};
    return {unicode_ ? look.mark : look.plain, look.colour,
            fitted(" " + padded(stage.name, name) + "  " + text, room - 1)};
}

std::string StageList::counts(const std::vector<const Stage*>& stages) const {
    constexpr const char* words[] = {"waiting", "running", "from the cache", "done", "failed"};
    std::string out;
    for (int state = 0; state < 5; ++state) {
        const auto many = std::count_if(stages.begin(), stages.end(),
                                        [&](const Stage* each) { return static_cast<int>(each->state) == state; });
        if (many > 0) out += fmt::format("{}{} {}", out.empty() ? "" : ", ", many, words[state]);
    }
    return out;
}

/// Which stages stand in so many rows, where they are more.
std::vector<bool> StageList::chosen(std::size_t rows) const {
    std::vector<bool> out(stages_.size());
    const auto take = [&](State state, std::size_t most) {
        std::vector<std::size_t> order;
        for (std::size_t i = 0; i < stages_.size(); ++i)
            if (stages_[i].state == state && !out[i]) order.push_back(i);
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return stages_[a].ended > stages_[b].ended; });
        order.resize(std::min({order.size(), most, rows}));
        for (const std::size_t i : order) out[i] = true;
        rows -= order.size();
    };
    take(State::running, rows);
    take(State::failed, rows);
    take(State::waiting, (rows + 1) / 2);
    for (const State state : {State::done, State::waiting, State::cached}) take(state, rows);
    return out;
}

std::vector<Line> StageList::lines(TerminalSize size, Clock::time_point now) const {
    const std::size_t room = size.columns - 1, rows = size.rows > 2 ? size.rows - 2 : 1;
    std::vector<Line> out{heading(room, now)};
    const bool all = stages_.size() <= rows;
    const auto shown = all ? std::vector<bool>(stages_.size(), true) : chosen(rows - 1);
    std::vector<const Stage*> rest;
    for (std::size_t i = 0; i < stages_.size(); ++i)
        shown[i] ? out.push_back(line(stages_[i], room, false, now)) : rest.push_back(&stages_[i]);
    if (!rest.empty()) out.push_back({"", "", fitted(fmt::format("  {} more: {}", rest.size(), counts(rest)), room)});
    return out;
}

std::vector<Line> StageList::closing_lines(TerminalSize size, Clock::time_point now) const {
    std::vector<Line> out{heading(size.columns - 1, now)};
    for (const Stage& each : stages_)
        if (each.state != State::cached) out.push_back(line(each, size.columns - 1, true, now));
    return out;
}

}  // namespace fettle::runtime
