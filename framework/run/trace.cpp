#include "run/trace.hpp"

#include <fettle/error.hpp>

#include <nlohmann/json.hpp>

#include <atomic>
#include <fstream>

namespace fettle::runtime {
namespace {

int this_thread_number() {
    static std::atomic<int> next{1};
    thread_local const int number = next++;
    return number;
}

}  // namespace

void Trace::slice(const std::string& stage, std::string_view what, Clock::time_point begin, Clock::time_point end) {
    const auto microseconds = [](Clock::duration d) { return std::chrono::duration<double, std::micro>(d).count(); };
    const Slice slice{stage, std::string(what), this_thread_number(), microseconds(begin - start_),
                      microseconds(end - begin)};
    const std::lock_guard lock(mutex_);
    slices_.push_back(slice);
}

void Trace::write(const std::filesystem::path& file) const {
    // The Trace Event Format's complete events ("X"), times in microseconds.
    const std::lock_guard lock(mutex_);
    std::ofstream stream(file);
    stream << "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[";
    const char* separator = "\n";
    for (const Slice& slice : slices_) {
        const nlohmann::ordered_json event{
            {"name", slice.stage}, {"cat", slice.what},    {"ph", "X"}, {"pid", 1}, {"tid", slice.thread},
            {"ts", slice.begin},   {"dur", slice.duration}};
        stream << separator << event.dump();
        separator = ",\n";
    }
    stream << "\n]}\n";
    if (!stream.flush())
        throw Error(Fault::storage, "`" + file.string() + "` could not be written").help("is the disk full?");
}

}  // namespace fettle::runtime
