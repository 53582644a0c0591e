// What a stage sees of the run.
#include "run/execution.hpp"
#include "run/instantiate.hpp"
#include "run/unfinished.hpp"

#include <fmt/format.h>

namespace fettle::runtime {

namespace fs = std::filesystem;

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
        return stage_.use.type->reads_graph ? run_.texts_[run_.plan_.nodes[node_].graph] : none;
    }
    void traced(std::string_view what, Clock::time_point begin) const override {
        run_.trace_.slice(name(), what, begin, Clock::now());
    }
    fs::path output_folder() const override { return run_.slots_[node_].output_folder; }
    fs::path checkpoint_folder() const override {
        fs::path folder = run_.cache_.checkpoint(key());
        if (!unfinished(run_.cache_, key())) remember_unfinished(run_.cache_, key(), work());
        return folder;
    }
    void progress(std::size_t done, std::size_t total, std::string_view note) const override {
        Slot& slot = run_.slots_[node_];
        slot.account.items = done;
        total_ = total;
        Charge::done(slot.account, done);
        slot.account.give_sign();
        const std::lock_guard lock(run_.observing_);
        slot.progress = fmt::format("{} of {}{}{}", done, total, note.empty() ? "" : ", ", note);
        run_.observer_.stage_progress(name(), done, total, std::string(note));
    }
    void warn(std::string_view text) const override { run_.warn(node_, text, /*lasting=*/true); }
    void warn_this_time(std::string_view text) const override { run_.warn(node_, text, /*lasting=*/false); }
    void note(std::string_view event, std::string_view text) const override {
        run_.journal(node_, std::string(event), {{"text", std::string(text)}});
        if (event != "checkpoint") return;
        Unfinished now = work();
        const Account& account = run_.slots_[node_].account;
        now.reached = text;
        now.done = account.items;
        now.total = total_;
        now.seconds = account.seconds();
        remember_unfinished(run_.cache_, key(), now);
    }
    void waited_since(Clock::time_point begin) const override {
        const auto now = Clock::now();
        run_.slots_[node_].account.waiting += (now - begin).count();
        run_.trace_.slice(name(), "wait", begin, now);
    }
    double seconds() const override {
        Charge::settle();
        return run_.slots_[node_].account.seconds();
    }
    void carried_on(double seconds) const override {
        Slot& slot = run_.slots_[node_];
        slot.carried_on = seconds;
        slot.account.carry_on(seconds);
    }
    bool stop_requested() const override { return run_.stopped() || run_.slots_[node_].overdue; }
    std::unique_lock<std::mutex> use_device() const override {
        std::unique_lock lock(run_.device_in_use_, std::try_to_lock);
        if (lock.owns_lock()) return lock;
        const auto begin = Clock::now();
        ++run_.slots_[node_].waits_for_device;
        lock.lock();
        --run_.slots_[node_].waits_for_device;
        run_.slots_[node_].account.give_sign();
        traced("wait for device", begin);
        return lock;
    }

   private:
    const std::string& name() const { return run_.plan_.nodes[node_].label; }
    const std::string& key() const { return run_.plan_.nodes[node_].key; }
    /// What it does, and nothing of how far it is.
    Unfinished work() const { return {run_.graph_of(node_).name, stage_.name, stage_.use.type->id, {}, 0, 0, 0}; }

    Execution& run_;
    std::size_t node_;
    const StageUse& stage_;
    mutable std::atomic<std::size_t> total_{0};  ///< items, as progress told
};

std::unique_ptr<Context> Execution::make_context(std::size_t node) {
    return std::make_unique<StageContext>(*this, node);
}

}  // namespace fettle::runtime
