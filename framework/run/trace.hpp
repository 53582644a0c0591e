// trace.json, as Perfetto and chrome://tracing read it: what each thread did, when.
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace fettle::runtime {

class Trace {
   public:
    using Clock = std::chrono::steady_clock;
    Trace() : start_(Clock::now()) {}

    /// `stage` did `what` from `begin` to `end`, on the calling thread.               [any thread]
    void slice(const std::string& stage, std::string_view what, Clock::time_point begin, Clock::time_point end);
    /// Writes the file; throws Error(Fault::storage).
    void write(const std::filesystem::path& file) const;

   private:
    struct Slice {
        std::string stage;
        std::string what;
        int thread;
        double begin, duration;  ///< microseconds
    };
    Clock::time_point start_;
    mutable std::mutex mutex_;
    std::vector<Slice> slices_;
};

}  // namespace fettle::runtime
