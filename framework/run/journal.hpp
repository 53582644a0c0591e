// journal.jsonl: one line per thing that happened, flushed as it happens, so that a killed run tells how far it came.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <mutex>
#include <string>
#include <utility>

namespace fettle::runtime {

/// Now, in UTC: "2026-11-23T12:29:13.042Z".
std::string timestamp();

/// The file is open only while a line is written: a sweep has as many journals as cells, and a process may not have as
/// many files open.
class Journal {
   public:
    explicit Journal(std::filesystem::path file) : file_(std::move(file)) {}
    /// {"time": ..., "event": event, ...fields}                                       [any thread]
    void write(const std::string& event, nlohmann::ordered_json fields = nlohmann::ordered_json::object());

   private:
    std::mutex mutex_;
    std::filesystem::path file_;
};

}  // namespace fettle::runtime
