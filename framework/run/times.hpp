// How long stages took, remembered beside the cache's key texts, so that a plan can say what is to come.
#pragma once

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>

namespace fettle::runtime {

/// Seconds of stages and types, in files below a cache: latest/<graph>/<stage>.seconds, types/<id>.seconds. [any
/// thread]
class Times {
   public:
    explicit Times(std::filesystem::path cache) : cache_(std::move(cache)) {}

    /// What the stage took last, where it was of the same type; else what the type took last, in any graph.
    std::optional<double> expected(const std::string& graph, const std::string& stage, const std::string& type) const;
    /// Best effort: a time that can't be kept is no fault of the run.
    void remember(const std::string& graph, const std::string& stage, const std::string& type,
                  double seconds) const noexcept;

   private:
    std::filesystem::path cache_;
};

/// A clock that several pieces of work share: while n of them run, each gets an n-th of the time that passes. The
/// shares of all add up to the time in which any of them ran, so what they are expected to take does too. [any thread]
class SharedClock {
   public:
    /// A piece of work, while it lives.
    class Lap {
       public:
        explicit Lap(SharedClock& clock) : clock_(clock), begin_(clock.change(+1)) {}
        ~Lap() { clock_.change(-1); }
        Lap(const Lap&) = delete;
        Lap& operator=(const Lap&) = delete;
        /// Its share so far, in seconds.
        double seconds() const { return clock_.change(0) - begin_; }

       private:
        SharedClock& clock_;
        double begin_;
    };

   private:
    /// So many more run; returns where the clock stands.
    double change(int more);

    std::mutex mutex_;
    int running_ = 0;
    double share_ = 0, last_ = 0;  ///< seconds: of each that ran all the time; when it was looked at
};

}  // namespace fettle::runtime
