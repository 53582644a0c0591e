// What a running stage may ask of the framework.
#pragma once

#include <fettle/error.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace fettle {

/// Where tensors are computed.
struct Device {
    enum class Type { cpu, cuda } type = Type::cpu;
    int index = 0;
    friend bool operator==(const Device&, const Device&) = default;
};

/// The graph that a stage belongs to, resolved: every default filled in, every reference replaced.
struct GraphText {
    std::string name, summary;
    std::string toml;  ///< the whole of it
    /// Every setting by its path, with its value as TOML, in the graph's order: "train.model.width" and "32". Of a
    /// list of components, paths count from 0: "train.loss.0.weight". `use` is one of them; inputs aren't.
    std::vector<std::pair<std::string, std::string>> settings;
};

/// Handed to every `run`. It lives as long as any value of the run, so a lazy sequence may keep a pointer to it.
class Context {
   public:
    virtual ~Context() = default;

    /// The stage's own seed, from the graph's and the stage's name.                 [any thread, concurrent]
    virtual std::uint64_t seed() const = 0;
    virtual Device device() const = 0;
    /// How many threads the run may use; the number LibTorch is to be given.
    virtual int threads() const = 0;
    /// The stage's id and its parameters that aren't defaults: "ssim(window=7)". Names columns and maps.
    virtual std::string label() const = 0;
    /// The resolved settings of a component of this stage, as TOML: "use = \"model.autoencoder\"\nwidth = 32\n".
    virtual std::string component_text(std::string_view name) const = 0;

    /// The resolved graph. For types that say `reads_graph()`; others get an empty one, since nothing of it is in the
    /// key of their results.                                                     [any thread, concurrent]
    virtual const GraphText& graph() const = 0;

    /// An empty folder whose content becomes part of the stage's `files/1` output.   [one thread]
    virtual std::filesystem::path output_folder() const = 0;
    /// A folder that outlives a run that was killed, for checkpoints; the same for the same work (equal cache key).
    /// Removed once the stage has finished. Write beside and rename.
    virtual std::filesystem::path checkpoint_folder() const = 0;

    /// `done` of `total` items (epochs, images); `note` is shown beside it: "loss 0.0123".   [any thread]
    virtual void progress(std::size_t done, std::size_t total, std::string_view note = {}) const = 0;
    /// Something the user should know and can act upon, about what lies in the inputs or the settings: kept in the
    /// journal and the report, and told again by every run that takes the result from the cache.   [any thread]
    virtual void warn(std::string_view text) const = 0;
    /// The same about what was so this time alone, a checkpoint that was damaged say: told by this run, and by none
    /// that takes the result from the cache.                                         [any thread]
    virtual void warn_this_time(std::string_view text) const = 0;
    /// A fact for the journal: "checkpoint" at epoch 3.                              [any thread]
    virtual void note(std::string_view event, std::string_view text) const = 0;

    /// Something that took from `begin` until now, as a slice of the trace: "batch", "copy".  [any thread]
    virtual void traced(std::string_view what, std::chrono::steady_clock::time_point begin) const = 0;
    /// The stage waited for its inputs from `begin` until now: a slice of the trace, and a figure of the run.
    ///                                                                                [any thread]
    virtual void waited_since(std::chrono::steady_clock::time_point begin) const = 0;

    /// What this work took so far, in seconds of the stage's own code, with what `carried_on` told of: to be kept in a
    /// checkpoint.                                                                    [the thread of `run`]
    virtual double seconds() const = 0;
    /// Work goes on from a checkpoint that took so many seconds: they are a part of what this stage takes.
    ///                                                                                [the thread of `run`, once]
    virtual void carried_on(double seconds) const = 0;

    /// Throws Interrupted where the user asked to stop; call it between batches.     [any thread]
    void check_stop() const {
        if (stop_requested()) throw Interrupted();
    }
    virtual bool stop_requested() const = 0;

    /// Held around tensor computation on the run's device, and never while waiting for a sequence: work on one
    /// device is one at a time, and the one pool of threads isn't multiplied.
    virtual std::unique_lock<std::mutex> use_device() const = 0;
};

}  // namespace fettle
