// journal.jsonl: one line per thing that happened, flushed as it happens, so that a killed run tells how far it came.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>
#include <mutex>
#include <string>

namespace fettle::runtime {

/// Now, in UTC: "2026-11-23T12:29:13.042Z".
std::string timestamp();

class Journal {
   public:
    explicit Journal(const std::filesystem::path& file) : stream_(file, std::ios::app) {}
    /// {"time": ..., "event": event, ...fields}                                       [any thread]
    void write(const std::string& event, nlohmann::ordered_json fields = nlohmann::ordered_json::object());

   private:
    std::mutex mutex_;
    std::ofstream stream_;
};

}  // namespace fettle::runtime
